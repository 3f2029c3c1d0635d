"""`vmlab check-exercise` and `vmlab check-lesson`, on files of one's own."""

from pathlib import Path

import nbformat
import pytest

from vmlab import cli

ROUTE = "tests.lessons.replay:unmap"
UNMAP = "vmlab.lessons.generators.regions:unmap"


def test_an_exercise_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check-exercise", UNMAP, "--second", ROUTE, "--variants", "20"]) == 0
    assert "unmap: 20 variants are sound; wrong answers speak of: munmap" in capsys.readouterr().out


def test_what_is_wrong_with_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = "tests.lessons.replay:heap"
    assert cli.main(["check-exercise", UNMAP, "--variants", "1"]) == 1
    assert "there is no second way to the answer" in capsys.readouterr().out
    assert cli.main(["check-exercise", UNMAP, "--second", wrong, "--variants", "20"]) == 1
    assert "by the second way" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["unmap"], "'unmap' is not MODULE:NAME"),
        (["no_module:x"], "no_module:x cannot be loaded"),
        (["vmlab:__version__"], "is no function"),
        ([UNMAP, "--variants", "0"], "at least one variant"),
        (["os:getcwd", "--variants", "1"], "variant 0 fails: TypeError"),
    ],
)
def test_what_cannot_be_checked_is_told(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check-exercise", *arguments]) == 2
    assert words in capsys.readouterr().err


def lesson(path: Path, source: str, printed: str) -> Path:
    output = nbformat.v4.new_output("stream", name="stdout", text=printed)
    cell = nbformat.v4.new_code_cell(source, execution_count=1, outputs=[output])
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)
    return path


def test_a_lesson_is_checked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.py").write_text("NUMBER = 3\n")
    good = lesson(tmp_path / "good.ipynb", "import mine\nprint(mine.NUMBER)", "3\n")
    assert cli.main(["check-lesson", str(good)]) == 0
    assert "good.ipynb: the lesson keeps the rules" in capfd.readouterr().out
    bad = lesson(tmp_path / "bad.ipynb", "import os\nprint(4)", "5\n")
    assert cli.main(["check-lesson", str(bad)]) == 1
    told = capfd.readouterr().out
    assert "bad.ipynb: code cell 1: imports os, not only vmlab" in told
    assert "1 failed" in told


def test_what_is_no_lesson_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "no.ipynb").write_text("[]")
    for name in ("no.ipynb", "none.ipynb"):
        assert cli.main(["check-lesson", str(tmp_path / name)]) == 2
        assert f"{name} cannot be read" in capsys.readouterr().err
