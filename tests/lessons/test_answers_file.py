"""The file of answers: what every version wrote loads, and what a later one wrote is refused."""

import json
import os
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


ENTRY = '{"text": "3", "right": true, "tries": 1}'
WHOLE = '{"version": 1, "answers": {"merge/1": ' + ENTRY + "}}"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"version": 1, "answers": ' + '{"a": ' * 100_000,
        WHOLE.replace('"tries": 1', '"tries": Infinity'),
        WHOLE.replace('"tries": 1', '"tries": NaN'),
        WHOLE.replace('"tries": 1', '"tries": 1.5'),
        WHOLE.replace('"tries": 1', '"tries": ' + "9" * 5000),
        WHOLE.replace('"version": 1', '"version": Infinity'),
        WHOLE.replace('"right": true', '"right": "yes"'),
        WHOLE.replace('"3"', r'"\ud800"'),
        WHOLE.replace('"3"', "3"),
        WHOLE.replace("merge/1", "merge"),
        WHOLE[: len(WHOLE) // 2],
        WHOLE[: len(WHOLE) // 2] + "\0" * 20,
    ],
)
def test_a_damaged_file_is_set_aside_and_work_goes_on(tmp_path: Path, text: str) -> None:
    answers = Answers(tmp_path / "answers.json")
    answers.path.write_text(text)
    with refused(StateError, "answers_damaged"):
        answers.all()
    assert answers.put("merge", 1, "3", right=True) == "answers-damaged.json"
    assert answers.all() == {("merge", 1): Saved("3", right=True, tries=1)}
    assert (tmp_path / "answers-damaged.json").read_text() == text


def test_bytes_that_are_no_text_are_damage(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "answers.json")
    answers.path.write_bytes(b"\xff\xfe\x00{")
    with refused(StateError, "answers_damaged"):
        answers.all()


def test_a_second_damaged_file_does_not_replace_the_first(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "answers.json")
    for text, name in (("one", "answers-damaged.json"), ("two", "answers-damaged2.json")):
        answers.path.write_text(text)
        assert answers.put("merge", 1, "3", right=True) == name
        assert (tmp_path / name).read_text() == text


def test_what_is_not_damaged_is_not_set_aside(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "answers.json")
    assert answers.put("merge", 1, "3", right=True) == ""
    assert answers.put("merge", 2, "3", right=False) == ""
    assert [path.name for path in tmp_path.iterdir()] == ["answers.json"]


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers(tmp_path / "answers.json")
    answers.put("merge", 1, "3", right=True)
    before = answers.path.read_text()

    def fail(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        answers.put("merge", 2, "4", right=True)
    assert answers.path.read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["answers.json"]


def test_two_that_write_at_once_do_not_share_a_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    replace = os.replace

    def seen(old: Path, new: Path) -> None:
        names.append(old)
        replace(old, new)

    monkeypatch.setattr("os.replace", seen)
    for seed in (1, 2):
        Answers(tmp_path / "answers.json").put("merge", seed, "3", right=True)
    assert names[0] != names[1]
