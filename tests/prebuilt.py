"""The programs of the lessons, built, and what an emulator notes of their runs.

`python -m tests.prebuilt` writes both, with the gcc of this computer, into
`vmlab/programs/prebuilt_data`: it runs the cells of all lessons that have C text. Run it after a
change of that text, of how programs are compiled or of where the kernel puts what they see.
"""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from tqdm import tqdm

from vmlab.programs import build, noted, prebuilt, run
from vmlab.programs.compilers import Compiled, compiler
from vmlab.programs.noting import NotingEmulator
from vmlab.state.machine import Machine

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
DATA = Path(str(prebuilt.FOLDER))
_MARKS = ("%%c", "build(")  # of a cell with C text
_LONGEST = 50_000_000  # instructions of a program that is let run to its end

_runs: dict[str, list[noted.Noted]] = {}
_built: dict[str, build.Program] = {}  # by the name of the file


def with_programs() -> list[Path]:
    """Return the lessons that build programs."""
    return [path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if _builds(path)]


def _builds(path: Path) -> bool:
    cells = nbformat.read(path, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    return any(mark in source for source in code for mark in _MARKS)


def begin() -> None:
    """Compile all that this process builds from now on, and note all runs."""
    build._compiled = _compiled
    run.new_cpu = lambda system: NotingEmulator(system, _runs)


def _compiled(source: str, name: str, options: tuple[str, ...]) -> Compiled:
    compiled = compiler().compile(source, name, options)
    if compiled.elf:
        file = prebuilt.file_name(source, name, options)
        _built[file] = build.Program(name.removesuffix(".c"), source, compiled.elf)
    return compiled


def end(folder: str) -> None:
    """Write what was built and noted into a folder; each program is run by itself, too."""
    for file, program in _built.items():
        machine = Machine()
        program.spawn(machine)
        machine.run(_LONGEST)
        (Path(folder) / file).write_bytes(program.elf)
    (Path(folder) / prebuilt.RUNS).write_bytes(noted.to_bytes(_runs))


def _note(path: Path, folder: Path) -> noted.Runs:
    notebook = nbformat.read(path, as_version=4)
    before, after = (
        nbformat.v4.new_code_cell(f"from tests import prebuilt as _noting\n_noting.{call}")
        for call in ("begin()", f"end({str(folder)!r})")
    )
    notebook.cells = [before, *notebook.cells, after]
    resources = {"metadata": {"path": str(ROOT)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
    return noted.from_bytes((folder / prebuilt.RUNS).read_bytes())


def pack(files: Iterable[Path], archive: Path) -> None:
    """Write files into an archive; the same files give the same bytes."""
    with tarfile.open(archive, "w:xz", format=tarfile.USTAR_FORMAT) as packed:
        for path in sorted(files):
            member = tarfile.TarInfo(path.name)
            member.size = path.stat().st_size
            with path.open("rb") as content:
                packed.addfile(member, content)


def main() -> None:
    """Write the files."""
    runs: dict[str, list[noted.Noted]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in tqdm(with_programs(), "lessons"):
            for key, found in _note(path, folder).items():
                known = runs.setdefault(key, [])
                known += [each for each in found if each not in known]
        (folder / prebuilt.RUNS).write_bytes(noted.to_bytes(runs))
        shutil.rmtree(DATA, ignore_errors=True)
        DATA.mkdir()
        shutil.copy(folder / prebuilt.RUNS, DATA)
        pack(folder.glob("*.elf"), DATA / prebuilt.PROGRAMS)


if __name__ == "__main__":
    main()
