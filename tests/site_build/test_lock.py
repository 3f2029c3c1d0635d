"""Pyodide's lock file of a folder of wheels."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from site_build.lock import write_lock


@pytest.fixture
def npm_lock(tmp_path: Path) -> Path:
    path = tmp_path / "npm-lock.json"
    info = {"python": "3.14.2", "arch": "wasm32"}
    path.write_text(json.dumps({"info": info, "lockfile_version": "1", "packages": {"old": {}}}))
    return path


def wheel(
    folder: Path, name: str, needs: tuple[str, ...] = (), files: tuple[str, ...] = ()
) -> Path:
    path = folder / f"{name}-1.5-py3-none-any.whl"
    lines = ["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.5"]
    lines += [f"Requires-Dist: {need}" for need in needs]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}-1.5.dist-info/METADATA", "\n".join(lines))
        for file in files:
            archive.writestr(file, "")
    return path


def test_it_tells_what_is_there(npm_lock: Path, tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    needs = (
        "b.c >=1",
        "win; sys_platform == 'win32'",
        "host; sys_platform != 'emscripten'",
        "old; python_version < '3.14'",
        "more; extra == 'all'",
        "widgetsnbextension",
        "prompt_toolkit",
    )
    files = ("A_a/__init__.py", "A_a/inner/__init__.py", "single.py", "data/file.txt")
    files += ("compiled/__init__.pyc", "alone.pyc")
    made = wheel(folder, "A_a", needs, files)
    wheel(folder, "b_c", ("Foo; sys_platform == 'emscripten'",))
    wheel(folder, "foo")
    assert write_lock(npm_lock, folder) == ["a-a", "b-c", "foo"]
    lock = json.loads((folder / "pyodide-lock.json").read_text())
    assert lock["info"] == {"python": "3.14.2", "arch": "wasm32"}
    assert sorted(lock["packages"]) == ["a-a", "b-c", "foo"]
    assert lock["packages"]["b-c"]["depends"] == ["foo"]
    entry = lock["packages"]["a-a"]
    assert entry["depends"] == ["b-c"]
    assert entry["imports"] == ["A_a", "alone", "compiled", "single"]
    assert entry["file_name"] == made.name
    assert entry["version"] == "1.5"
    assert entry["sha256"] == hashlib.sha256(made.read_bytes()).hexdigest()


def test_a_package_that_is_missing_is_an_error(npm_lock: Path, tmp_path: Path) -> None:
    wheel(tmp_path, "a", ("b",))
    with pytest.raises(ValueError, match="a needs b"):
        write_lock(npm_lock, tmp_path)
