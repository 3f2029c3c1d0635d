"""`vmlab lab` copies the lessons without touching anybody's work, and serves them."""

import os
import sys
import types
from pathlib import Path

import nbformat
import pytest

from tests.pseudo_language import marked, pseudo_language
from vmlab.commands import lab
from vmlab.words.language import VARIABLE


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options JupyterLab is launched with; it is not really launched."""
    options: list[str] = []
    monkeypatch.setenv(VARIABLE, "")  # for it is set, and put back then
    labapp = types.ModuleType("jupyterlab.labapp")
    labapp.LabApp = types.SimpleNamespace(launch_instance=options.extend)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", labapp)
    return options


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lessons in an installed wheel."""
    lessons = tmp_path / "site-packages" / "vmlab" / "_notebooks"
    (lessons / "data").mkdir(parents=True)
    output = nbformat.v4.new_output("stream", text="2")
    cell = nbformat.v4.new_code_cell("print(1 + 1)", outputs=[output], execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), lessons / lab.FIRST_LESSON)
    (lessons / "data" / "a.txt").write_text("data")
    monkeypatch.setattr(lab, "_IN_WHEEL", lessons)
    return lessons


def test_a_checkout_serves_its_own_notebooks(served: list[str]) -> None:
    assert lab.serve(None, browser=True, port=None) == 0
    notebooks = lab._IN_CHECKOUT.parent / "notebooks"
    assert f"--ServerApp.root_dir={notebooks}" in served
    assert f"--LabApp.default_url=/lab/tree/{lab.FIRST_LESSON}" in served
    assert "--no-browser" not in served
    assert (notebooks / lab.FIRST_LESSON).is_file()


def test_options_are_passed_on(served: list[str], tmp_path: Path) -> None:
    lab.serve(tmp_path, browser=False, port=1234)
    assert {"--no-browser", "--port=1234", f"--ServerApp.root_dir={tmp_path}"} <= set(served)


def test_an_installed_wheel_serves_copies(
    installed: Path, served: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lab.serve(None, browser=True, port=None)
    copies = tmp_path / lab.DEFAULT_FOLDER
    assert f"--ServerApp.root_dir={copies}" in served
    (cell,) = nbformat.read(copies / lab.FIRST_LESSON, as_version=4).cells
    assert cell.source == "print(1 + 1)"
    assert (copies / "data" / "a.txt").read_text() == "data"


@pytest.fixture
def in_two_languages(installed: Path) -> Path:
    """The lessons in an installed wheel, one of them in Korean too."""
    (installed / "ko").mkdir()
    cell = nbformat.v4.new_code_cell("print(2)")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), installed / "ko" / lab.FIRST_LESSON)
    return installed


@pytest.mark.parametrize(("code", "source"), [("en", "print(1 + 1)"), ("ko", "print(2)")])
def test_the_lessons_of_one_language_are_copied_and_served(
    in_two_languages: Path, served: list[str], tmp_path: Path, code: str, source: str
) -> None:
    lab.serve(tmp_path / "mine", browser=True, port=None, code=code)
    (cell,) = nbformat.read(tmp_path / "mine" / lab.FIRST_LESSON, as_version=4).cells
    assert cell.source == source
    assert not (tmp_path / "mine" / "ko").exists()
    assert os.environ[VARIABLE] == code  # for the kernels


def test_a_checkout_serves_the_lessons_of_a_language(served: list[str]) -> None:
    lab.serve(None, browser=True, port=None, code="ko")
    assert f"--ServerApp.root_dir={lab._IN_CHECKOUT / 'ko'}" in served


def test_a_copy_has_no_outputs_and_the_lesson_keeps_its_own(
    installed: Path, tmp_path: Path
) -> None:
    lab.copy_lessons(tmp_path / "mine")
    (cell,) = nbformat.read(tmp_path / "mine" / lab.FIRST_LESSON, as_version=4).cells
    assert (cell.outputs, cell.execution_count) == ([], None)
    (cell,) = nbformat.read(installed / lab.FIRST_LESSON, as_version=4).cells
    assert cell.outputs[0].text == "2"


def test_a_copy_that_was_not_touched_is_no_change(installed: Path, tmp_path: Path) -> None:
    assert lab.copy_lessons(tmp_path / "mine") == []
    assert lab.copy_lessons(tmp_path / "mine") == []


@pytest.mark.parametrize("path", sorted(lab._IN_CHECKOUT.glob("*.ipynb")), ids=lambda p: p.stem)
def test_every_lesson_is_handed_out_as_it_is_but_for_outputs(path: Path) -> None:
    handed_out = nbformat.reads(lab._handed_out(path).decode(), as_version=4)
    nbformat.validate(handed_out)
    sources = [cell.source for cell in handed_out.cells]
    assert sources == [cell.source for cell in nbformat.read(path, as_version=4).cells]
    assert not any(cell.get("outputs") for cell in handed_out.cells)


def test_a_changed_lesson_is_kept(
    installed: Path, served: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copies = tmp_path / "mine"
    assert lab.copy_lessons(copies) == []
    (copies / lab.FIRST_LESSON).write_text("my answers")
    (copies / "data" / "a.txt").unlink()

    lab.serve(copies, browser=True, port=None)

    assert (copies / lab.FIRST_LESSON).read_text() == "my answers"
    assert (copies / "data" / "a.txt").read_text() == "data"
    assert f"kept {copies / lab.FIRST_LESSON}" in capsys.readouterr().out


def test_what_is_kept_is_told_in_the_language_of_the_reader(
    installed: Path, served: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copies = tmp_path / "mine"
    lab.copy_lessons(copies)
    (copies / lab.FIRST_LESSON).write_text("my answers")
    with pseudo_language():
        lab.serve(copies, browser=True, port=None)
    told = marked("kept {file}: it differs from the lesson; delete it to restore the original")
    assert capsys.readouterr().out == told.format(file=copies / lab.FIRST_LESSON) + "\n"


def test_checkpoints_are_not_lessons(installed: Path, tmp_path: Path) -> None:
    checkpoints = installed / ".ipynb_checkpoints"
    checkpoints.mkdir()
    (checkpoints / "old.ipynb").touch()
    lab.copy_lessons(tmp_path / "mine")
    assert not (tmp_path / "mine" / ".ipynb_checkpoints").exists()


def test_a_folder_that_is_a_file_is_told(
    installed: Path, served: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    for folder in (file, file / "inside"):
        assert lab.serve(folder, browser=False, port=None) == 1
        assert str(file) in capsys.readouterr().err
    assert file.read_text() == "mine"
    assert served == []


def test_a_link_that_leads_nowhere_is_kept(
    installed: Path, served: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copies, elsewhere = tmp_path / "mine", tmp_path / "elsewhere"
    copies.mkdir()
    (copies / lab.FIRST_LESSON).symlink_to(elsewhere)
    assert lab.serve(copies, browser=False, port=None) == 0
    assert not elsewhere.exists()
    assert f"kept {copies / lab.FIRST_LESSON}" in capsys.readouterr().out
    assert (copies / "data" / "a.txt").read_text() == "data"


def test_a_folder_in_the_place_of_a_lesson_is_kept(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "mine" / lab.FIRST_LESSON).mkdir(parents=True)
    assert lab.copy_lessons(tmp_path / "mine") == [lab.FIRST_LESSON]


def test_a_link_in_the_place_of_a_folder_is_told(
    installed: Path, served: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copies, elsewhere = tmp_path / "mine", tmp_path / "elsewhere"
    copies.mkdir()
    (copies / "data").symlink_to(elsewhere)
    assert lab.serve(copies, browser=False, port=None) == 1
    assert not elsewhere.exists()
    assert "data" in capsys.readouterr().err
