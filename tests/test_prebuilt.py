"""The lessons' programs are built already, their runs noted: no compiler or emulator is needed."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.prebuilt import ROOT, pack, with_programs
from vmlab import mmapcopy
from vmlab.programs import prebuilt

SOURCE = mmapcopy.source()
LESSONS = with_programs()
WITHOUT = Path(__file__).parent / "without_emulator"  # a folder whose unicorn cannot be imported


def c_cells() -> list[tuple[str, str]]:
    """Name and text of each program in a cell of its own."""
    cells = [cell for path in LESSONS for cell in nbformat.read(path, as_version=4).cells]
    found = [cell.source.partition("\n") for cell in cells if cell.source.startswith("%%c ")]
    return [(first.split()[1], text) for first, _, text in found]


def test_lessons_have_programs() -> None:
    assert len(LESSONS) == 6
    assert len(c_cells()) == 4


@pytest.mark.parametrize(("name", "source"), [*c_cells(), ("mmapcopy", SOURCE)])
def test_each_program_is_built(name: str, source: str) -> None:
    # Newlines at its end are IPython's.
    texts = (source, source + "\n")
    assert any(prebuilt.elf_of(text, f"{name}.c", ("-static",)) for text in texts)


def test_a_python_without_lzma_has_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    prebuilt._programs.cache_clear()
    monkeypatch.setitem(sys.modules, "lzma", None)
    assert prebuilt.elf_of(SOURCE, "mmapcopy.c", ("-static",)) == b""
    prebuilt._programs.cache_clear()


def test_programs_are_packed_alike_each_time(tmp_path: Path) -> None:
    programs = [tmp_path / "a.elf", tmp_path / "b.elf"]
    for number, program in enumerate(programs):
        program.write_bytes(bytes([number]) * 1000)
    pack(programs, tmp_path / "one")
    pack(reversed(programs), tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_without_an_emulator(path: Path) -> None:
    paths = os.pathsep.join([str(WITHOUT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env"]
    options = ["-p", "no:xdist", "-p", "no:cacheprovider", "--nbval-cell-timeout=120", str(path)]
    run = subprocess.run(
        [*command, *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]
