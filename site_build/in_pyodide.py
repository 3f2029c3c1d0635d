"""Run by `bytecode.mjs` in the site's Python: compile what a kernel imports when it starts.

Otherwise each kernel would do it at each start, for it has no disk that keeps anything. What is
compiled stands in the place of the text: both together would be too much to download. What of the
standard library nothing has imported by then is put apart.
"""

import importlib
import py_compile
import sys
import tempfile
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path

SITE = Path("/site")  # the folder of the wheels
LIBRARY = "python_stdlib.zip"
LATE_LIBRARY = "python_stdlib_late"  # a package as others are
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
    version = "{}.{}.{}".format(*sys.version_info)
    put_apart(SITE / LIBRARY, {*sys.modules}, SITE / f"{LATE_LIBRARY}-{version}-py3-none-any.whl")


def compile_loaded(archive: Path, root: Path, loaded: Collection[str]) -> None:
    """Put bytecode in the place of modules of an archive.

    Args:
        archive: a zip file.
        root: where what it holds lies when it is imported.
        loaded: the paths of the modules, below `root`.
    """
    files = {}
    for name, content in _read(archive).items():
        path = str(root / name)
        if name.endswith(".py") and path in loaded:
            name, content = f"{name}c", _bytecode(content, path)
        files[name] = content
    _write(archive, files)


def put_apart(archive: Path, loaded: Collection[str], wheel: Path) -> None:
    """Move what is not used at the start from an archive into a wheel, which is fetched late.

    Args:
        archive: a zip file.
        loaded: the names of modules; others at the top of the archive are moved, with all below.
        wheel: it is written.
    """
    here: dict[str, bytes] = {}
    apart: dict[str, bytes] = {}
    files = _read(archive)
    for name, content in files.items():
        top, _, inside = name.partition("/")
        is_module = f"{top}/__init__.py" in files if inside else top.endswith(".py")
        is_late = is_module and top.removesuffix(".py") not in loaded
        (apart if is_late else here)[name] = content
    _write(archive, here)
    title, version, *_ = wheel.name.split("-")
    metadata = f"Metadata-Version: 2.1\nName: {title}\nVersion: {version}\n".encode()
    _write(wheel, apart | {f"{title}-{version}.dist-info/METADATA": metadata})


def _read(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as old:
        return {name: old.read(name) for name in old.namelist()}


def _write(archive: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name, content in files.items():
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
