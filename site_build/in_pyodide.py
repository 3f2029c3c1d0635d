"""Run by `bytecode.mjs` in the site's Python: compile what a kernel imports when it starts.

Otherwise each kernel would do it at each start, for it has no disk that keeps anything. What is
compiled stands in the place of the text: both together would be too much to download.
"""

import importlib
import py_compile
import sys
import tempfile
import zipfile
from collections.abc import Collection
from pathlib import Path

SITE = Path("/site")  # the folder of the wheels
LIBRARY = "python_stdlib.zip"
KERNEL = ("pyodide_kernel", "piplite.piplite", "micropip")
LATER = ("jedi.api.classes", "jedi.api.helpers")
FIRST_CELL = ("vmlab.widgets.explorer", "vmlab.diagrams.layout.engine_browser")


def main() -> None:
    """Import all that, and compile what it loaded."""
    for name in KERNEL + FIRST_CELL + LATER:
        importlib.import_module(name)
    vmlab = importlib.import_module("vmlab")
    for name in vmlab.__all__:
        getattr(vmlab, name)  # each is loaded when somebody first asks for it
    specs = [module.__spec__ for module in sys.modules.values()]
    loaded = {spec.origin for spec in specs if spec and spec.origin}
    packages = Path(str(vmlab.__file__)).parents[1]
    for wheel in SITE.glob("*.whl"):
        compile_loaded(wheel, packages, loaded)
    library = next(path for path in sys.path if path.endswith(".zip"))
    compile_loaded(SITE / LIBRARY, Path(library), loaded)


def compile_loaded(archive: Path, root: Path, loaded: Collection[str]) -> None:
    """Put bytecode in the place of modules of an archive.

    Args:
        archive: a zip file.
        root: where what it holds lies when it is imported.
        loaded: the paths of the modules, below `root`.
    """
    with zipfile.ZipFile(archive) as old:
        files = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name, content in files.items():
            path = str(root / name)
            if name.endswith(".py") and path in loaded:
                name, content = f"{name}c", _bytecode(content, path)
            new.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


def _bytecode(text: bytes, path: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, compiled = Path(folder, "text.py"), Path(folder, "compiled.pyc")
        source.write_bytes(text)
        as_it_is = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(source), str(compiled), path, True, invalidation_mode=as_it_is)
        return compiled.read_bytes()


if __name__ == "__main__":
    main()
