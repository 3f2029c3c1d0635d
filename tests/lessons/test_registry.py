"""Exercises of one's own: made known, found by name, refused where a name is taken."""

import random
from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from vmlab import Exercise, exercises
from vmlab.errors import UsageError
from vmlab.lessons import misconceptions, registry
from vmlab.lessons.checking import Check


@pytest.fixture(autouse=True)
def kept_clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_registered", {})
    yield
    misconceptions.MISCONCEPTIONS.pop("my_belief", None)


def double(rng: random.Random) -> exercises.Question:
    """Ask for twice a number."""
    n = rng.randrange(1000)
    return exercises.Question(
        "Twice?", str(n), exercises.Number("the number"), str(2 * n), "Add it to itself.",
        distractors=exercises.distractors(str(2 * n), offset_forgotten=str(n)),
    )  # fmt: skip


def test_an_exercise_is_found_by_its_name() -> None:
    assert exercises.register(double) is double
    assert exercises.register(double) is double
    exercise = Exercise("double", 3)
    assert exercise.question.answer == str(2 * int(exercise.question.given))
    assert "double" in registry.names()


def test_a_name_is_given_once() -> None:
    def unmap(rng: random.Random) -> exercises.Question:
        return double(rng)

    with pytest.raises(UsageError, match="another exercise named 'unmap'"):
        exercises.register(unmap)
    with pytest.raises(UsageError, match="a function with a name"):
        exercises.register(3)  # type: ignore[arg-type]


def test_an_entry_point_that_is_broken_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("mine", "no_such_module:mine", registry.GROUP)
    monkeypatch.setattr(registry, "_elsewhere", lambda: {"mine": point})
    with pytest.raises(UsageError, match="'mine' cannot be loaded from no_such_module:mine"):
        Exercise("mine")
    monkeypatch.setattr(registry, "_elsewhere", dict)
    with pytest.raises(UsageError, match="no exercise is named 'mine'; there are rights"):
        Exercise("mine")


def test_a_misconception_of_one_s_own_is_spoken_to() -> None:
    name = exercises.misconception("my_belief", "it were so", "It is not.")
    question = exercises.Question("?", "", exercises.Number("n"), "1", distractors={"2": name})
    verdict = exercises.judge(question, "2")
    assert verdict.words.endswith("That would follow if it were so. It is not.")
    assert verdict.misconception == "my_belief"
    assert exercises.judge(question, "3").misconception == ""
    with pytest.raises(UsageError, match="another misconception named 'my_belief'"):
        exercises.misconception("my_belief", "it were otherwise", "It is not.")


def found(generator: exercises.Generator, second_way: registry.SecondWay | None) -> str:
    check = Check("it", generator, second_way)
    for seed in range(25):
        check.try_variant(seed)
    check.finish()
    return "\n".join(check.problems)


def test_a_sound_exercise_passes() -> None:
    assert found(double, lambda given, _: str(2 * int(given))) == ""


def test_what_is_unsound_is_found() -> None:
    assert "no second way" in found(double, None)
    assert "by the second way '0'" in found(double, lambda *_: "0")

    def constant(_rng: random.Random) -> exercises.Question:
        return exercises.Question("?", "", exercises.Number("n"), "0x1", distractors={"2": "none"})

    said = found(constant, lambda *_: "0x1")
    for words in (
        "'0x1' is not in canonical form",
        "too many variants are the same",
        "all variants have the same answer",
        "no misconception is named 'none'",
        "no wrong answer stands for a misconception",
    ):
        assert words in said

    def chance(_rng: random.Random) -> exercises.Question:
        return double(random.Random())

    assert "the same seed gives another question" in found(chance, lambda *_: "0")

    class Loose(exercises.Number):
        def read(self, text: str) -> str:
            return str(int(text) // 2 * 2)

    def loose(rng: random.Random) -> exercises.Question:
        n = str(2 * rng.randrange(500))
        return exercises.Question(n, n, Loose("n"), n)

    assert "counts as right, too" in found(loose, lambda given, _: given)
