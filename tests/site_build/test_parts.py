"""What the site is made of, without building it."""

import importlib
import json
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from site_build import contents, early, front, lite, parts, wheels
from vmlab.words.language import languages


def test_every_package_is_pinned_with_its_digest() -> None:
    lines = wheels.PINS.read_text().splitlines()[1:]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+ --hash=sha256:[0-9a-f]{64}", line) for line in lines)
    names = {line.partition("==")[0].lower() for line in lines}
    assert names == {*wheels.PACKAGES, wheels.KERNEL}
    assert f"{wheels.KERNEL}=={wheels.KERNEL_VERSION}" in " ".join(lines)


def test_ipython_comes_without_its_terminal(tmp_path: Path) -> None:
    whole, copied = tmp_path / "ipython-9-py3-none-any.whl", tmp_path / "copied"
    copied.mkdir()
    with zipfile.ZipFile(whole, "w") as wheel:
        for name in ("__init__", "embed", "ipapp", "pt_inputhooks/__init__", "pt_inputhooks/qt"):
            wheel.writestr(f"IPython/terminal/{name}.py", "import prompt_toolkit")
    wheels.copy_for_kernel(whole, copied)
    with zipfile.ZipFile(copied / whole.name) as wheel:
        names = wheel.namelist()
        assert names == [
            f"IPython/terminal/{n}.py" for n in ("__init__", "embed", "pt_inputhooks/__init__")
        ]
        assert wheel.read("IPython/terminal/embed.py") == b"embed = None\n"


def completer(folder: Path, text: str) -> str:
    """IPython's module that completes code, as a browser gets it."""
    whole, copied = folder / "ipython-9-py3-none-any.whl", folder / "copied"
    copied.mkdir(exist_ok=True)
    with zipfile.ZipFile(whole, "w") as wheel:
        wheel.writestr(wheels.COMPLETER, text)
    wheels.copy_for_kernel(whole, copied)
    with zipfile.ZipFile(copied / whole.name) as wheel:
        return wheel.read(wheels.COMPLETER).decode()


def test_code_is_completed_by_a_jedi_that_is_imported_when_it_is_used(tmp_path: Path) -> None:
    imported = "try:\n    import jedi\n    JEDI_INSTALLED = True\n"
    text = f"{imported}except ImportError:\n    JEDI_INSTALLED = False\n"
    assert completer(tmp_path, f"before = 1\n{text}after = 2\n") == (
        f"before = 1\n{wheels.LATE_JEDI}after = 2\n"
    )
    found: dict[str, Any] = {}
    exec(wheels.LATE_JEDI, found)
    assert found["JEDI_INSTALLED"]
    assert found["jedi"].api is importlib.import_module("jedi.api")
    with pytest.raises(parts.SiteError, match="another way"):
        completer(tmp_path, "import jedi\n")


def site_without_kernel(folder: Path) -> Path:
    (folder / early.WORKERS).mkdir(parents=True)
    (folder / early.WORKERS / "comlink.worker.0123.js").touch()
    (folder / early.STATIC).mkdir(parents=True)
    data = {"appVersion": "0.8", "litePluginSettings": {early.PLUGIN: {"pyodideUrl": "./old.mjs"}}}
    (folder / "jupyter-lite.json").write_text(json.dumps({"jupyter-config-data": data}))
    for app in ("lab", "notebooks"):
        (folder / app).mkdir()
        (folder / app / "index.html").write_text("<html><head></head></html>")
    return folder


def test_python_is_started_by_the_head_of_each_page(tmp_path: Path) -> None:
    site = site_without_kernel(tmp_path)
    early.write(site, ["a", "b"])
    for app in ("lab", "notebooks"):
        page = Links()
        page.feed((site / app / "index.html").read_text())
        (script,) = page.found
        assert (site / app / script).resolve().is_file()
    settings = json.loads((site / "jupyter-lite.json").read_text())["jupyter-config-data"]
    url = settings["litePluginSettings"][early.PLUGIN]["pyodideUrl"]
    assert (site / url).is_file()
    worker = (site / early.STATIC / "early.mjs").read_text()
    (imported, _) = re.findall(r'"(\..*)"', worker)
    assert (site / early.STATIC / imported).resolve().is_file()
    assert worker.endswith('begin(["a", "b"]);\n')


def test_students_get_every_lesson_in_every_language_without_outputs(tmp_path: Path) -> None:
    contents.write(tmp_path)
    english = {path.name for path in tmp_path.glob("*.ipynb")}
    assert any((tmp_path / "incidents").glob("*.ipynb"))
    assert "00_start_here.ipynb" in english
    for code in languages()[1:]:
        assert {path.name for path in (tmp_path / code).glob("*.ipynb")} == english
    for path in tmp_path.rglob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        assert notebook["metadata"]["kernelspec"]["name"] == "python"
        cells = notebook["cells"]
        assert all(isinstance(cell["source"], str) for cell in cells)
        assert not any(cell.get("outputs") for cell in cells)


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("href", "src")]


def test_the_first_page_leads_to_a_lesson_of_each_language(tmp_path: Path) -> None:
    front.write(tmp_path)
    page = Links()
    page.feed((tmp_path / "index.html").read_text(encoding="utf-8"))
    contents.write(tmp_path / "files")
    paths = [link.removeprefix("lab/index.html?path=") for link in page.found]
    assert len(paths) == len(languages())
    assert all((tmp_path / "files" / path).is_file() for path in paths)


def test_another_folder_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(parts.SiteError, match="not empty"):
        lite.build(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize("found", ['{"version": "1.0"}', None])
def test_another_pyodide_is_refused(
    found: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PYODIDE", tmp_path)
    if found:
        (tmp_path / "package.json").write_text(found)
    with pytest.raises(parts.SiteError, match="npm install"):
        parts.pyodide()
