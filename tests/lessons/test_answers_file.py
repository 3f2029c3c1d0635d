"""The file of answers: what every version wrote loads, and what a later one wrote is refused."""

import json
from pathlib import Path

import pytest

from tests.refused import refused
from vmlab import Exercise
from vmlab.errors import StateError
from vmlab.lessons import answers_file
from vmlab.lessons.answers_file import Answers, Guess, Saved
from vmlab.lessons.question import judge

FILES = Path(__file__).parent / "files"


def saved_as(folder: Path, data: object) -> Answers:
    path = folder / "answers.json"
    path.write_text(json.dumps(data))
    return Answers(path)


def test_answers_of_version_1_load() -> None:
    answers = Answers(FILES / "answers.v1.json").all()
    assert len(answers) == 9
    assert answers["find", 1] == Saved("0x10000000", right=True, tries=2)
    assert answers["find", 2] == Saved("1", right=False, tries=1)
    assert answers["protect", 1] == Saved("10000000-10005000 r-xp", right=True, tries=1)


def test_answers_of_version_1_are_still_right_or_wrong() -> None:
    for (name, seed), saved in Answers(FILES / "answers.v1.json").all().items():
        assert judge(Exercise(name, seed).question, saved.text).right == saved.right


def test_answers_of_version_1_know_no_predictions(tmp_path: Path) -> None:
    text = (FILES / "answers.v1.json").read_text()
    answers = saved_as(tmp_path, json.loads(text))
    assert answers.guesses() == {}
    answers.put_guess("fork", Guess("0"))
    assert len(answers.all()) == 9
    assert answers.guesses() == {"fork": Guess("0")}


def test_answers_of_version_2_load() -> None:
    answers = Answers(FILES / "answers.v2.json")
    assert answers.all() == {("find", 1): Saved("0x10000000", right=True, tries=2)}
    assert answers.guesses() == {
        "00.copied": Guess("pfn_14", right=True),
        "00.fork": Guess("3", right=False),
        "00.regions": Guess("9"),
    }


def test_a_later_version_is_refused_by_its_number(tmp_path: Path) -> None:
    later = len(answers_file.MIGRATIONS) + 2
    answers = saved_as(tmp_path, {"version": later, "answers": {}})
    with pytest.raises(StateError) as raised:
        answers.all()
    assert raised.value.code == "answers_too_new"
    assert dict(raised.value.reason.values)["version"] == later


@pytest.mark.parametrize("version", [0, -1, "one", None])
def test_a_version_that_never_was_is_damage(tmp_path: Path, version: object) -> None:
    with refused(StateError, "answers_damaged"):
        saved_as(tmp_path, {"version": version, "answers": {}}).all()


def test_older_answers_are_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def from_version_1(body: dict[str, object]) -> dict[str, object]:
        return {"answers": body["given"], "guesses": {}}

    monkeypatch.setattr(answers_file, "MIGRATIONS", (from_version_1,))
    entry = {"text": "3", "right": True, "tries": 1}
    old = saved_as(tmp_path, {"version": 1, "given": {"merge/1": entry}})
    assert old.get("merge", 1) == Saved("3", right=True, tries=1)
    old.put("merge", 2, "4", right=False)
    assert json.loads(old.path.read_text())["version"] == 2
    assert set(old.all()) == {("merge", 1), ("merge", 2)}
