"""The exercise that the instructor guide shows does what the guide says of it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.sources import DOCS
from vmlab import Exercise, cli
from vmlab.lessons.answers_file import Answers

GUIDE = (DOCS / "instructor_guide.md").read_text("utf-8")
NAME = "my_exercises"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the module as the guide has it."""
    (source,) = re.findall(r'^```python\n(""".*?)^```', GUIDE, re.DOTALL | re.MULTILINE)
    (tmp_path / f"{NAME}.py").write_text(source, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_it_is_sound(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["check-exercise", f"{NAME}:region_bytes", "--variants", "30"]
    assert cli.main(command) == 0
    assert (
        "30 variants are sound; wrong answers speak of: length_as_given" in capsys.readouterr()[0]
    )


def test_it_is_shown_and_judged(folder: Path) -> None:
    __import__(NAME)
    exercise = Exercise("region_bytes", 1, Answers(folder / "answers.json"))
    assert exercise.check(exercise.question.answer).right
    length = exercise.question.given.split()[-2]
    verdict = exercise.check(length)
    assert verdict.misconception == "length_as_given"
    assert "That would follow if a region had exactly the bytes" in verdict.words


def test_an_entry_point_makes_it_known(folder: Path) -> None:
    (points,) = re.findall(r'^\[project.entry-points."(.*)"\]$', GUIDE, re.MULTILINE)
    info = folder / "mine-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[{points}]\nregion_bytes = {NAME}:region_bytes\n")
    program = "from vmlab import Exercise; print(Exercise('region_bytes', 1).question.text)"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "How many bytes has the new region?\n"
