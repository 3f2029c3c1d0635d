"""The table of what was tried."""

from pathlib import Path

from vmlab import Exercise, progress
from vmlab.lessons.answers_file import Answers


def test_what_was_tried_is_counted(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "answers.json")
    assert str(progress(answers)) == ""
    first = Exercise("mapcount", 1, answers)
    first.check("99")
    first.check(first.question.answer)
    first.another().check("99")
    table = progress(answers)
    assert str(table) == "mapcount       1 of 2 variants right, 3 tries"
    assert repr(table) == "<progress>"
    data = table._repr_mimebundle_()
    assert data["text/plain"] == "<progress>"
