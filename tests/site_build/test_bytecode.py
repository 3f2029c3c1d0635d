"""Bytecode in the place of what each kernel would compile anew."""

import importlib
import shutil
import zipfile
from pathlib import Path

import pytest

from site_build import bytecode
from site_build.in_pyodide import compile_loaded, put_apart
from site_build.parts import SiteError


def archive(folder: Path) -> Path:
    path = folder / "archive.zip"
    with zipfile.ZipFile(path, "w") as files:
        files.writestr("vmlab_site_used.py", "VALUE = 42\n")
        files.writestr("vmlab_site_unused.py", "VALUE = 0\n")
        files.writestr("used.txt", "words")
    compile_loaded(path, Path("/lib"), {"/lib/vmlab_site_used.py", "/lib/used.txt"})
    return path


def test_what_is_loaded_needs_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path)
    with zipfile.ZipFile(path) as files:
        names = files.namelist()
        assert names == ["vmlab_site_used.pyc", "vmlab_site_unused.py", "used.txt"]
        assert files.read("used.txt") == b"words"
    monkeypatch.syspath_prepend(path)
    assert importlib.import_module("vmlab_site_used").VALUE == 42
    assert importlib.import_module("vmlab_site_unused").VALUE == 0


def test_the_same_text_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    assert archive(tmp_path).read_bytes() == archive(tmp_path / "again").read_bytes()


def test_modules_that_nothing_imported_are_put_apart(tmp_path: Path) -> None:
    path, wheel = tmp_path / "library.zip", tmp_path / "late-3.14-py3-none-any.whl"
    used = ["used.pyc", "half/__init__.pyc", "half/unused.py", "frozen.py", "data.json", "data/a"]
    unused = ["unused.py", "package/__init__.py", "package/inner/module.py", "package/words.txt"]
    with zipfile.ZipFile(path, "w") as files:
        for name in used + unused:
            files.writestr(name, name)
    put_apart(path, {"used", "half", "frozen"}, wheel)
    with zipfile.ZipFile(path) as files:
        assert files.namelist() == used
    with zipfile.ZipFile(wheel) as files:
        assert files.namelist() == [*unused, "late-3.14.dist-info/METADATA"]
        assert files.read("unused.py") == b"unused.py"


def test_without_node_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SiteError, match="Node is needed"):
        bytecode.compile_imports(tmp_path)


@pytest.mark.skipif(not shutil.which("node"), reason="there is no Node")
def test_what_cannot_be_compiled_is_told(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"pyodide\.mjs"):
        bytecode.compile_imports(tmp_path)
