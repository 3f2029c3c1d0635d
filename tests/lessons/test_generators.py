"""Every exercise: one seed, one question; one right answer, found again by another route."""

from itertools import combinations

import pytest

from tests.lessons.replay import ROUTES
from vmlab.lessons.answer_kinds import AnswerError, Choice, MapsLineAnswer, Names, Number
from vmlab.lessons.generators import GENERATORS
from vmlab.lessons.question import Question, judge, variant

NAMES = list(GENERATORS)


def others(question: Question) -> list[str]:
    """Answers that look like the right one and are not."""
    kind, answer = question.kind, question.answer
    if isinstance(kind, Choice):
        return [option for option in kind.options if option != answer]
    if isinstance(kind, Names):
        sets = (" ".join(n) for k in range(7) for n in combinations(kind.names, k))
        return [names or "none" for names in sets if (names or "none") != answer]
    if isinstance(kind, Number):
        value = int(answer, 0)
        return [str(v) for v in (value - 1, value + 1, value + 4096, value * 2 + 1) if v >= 0]
    if isinstance(kind, MapsLineAnswer):
        if answer == "none":
            return ["10000000-10001000 rw-p"]
        span, rights = answer.split()
        start, end = (int(part, 16) for part in span.split("-"))
        return [
            "none",
            f"{start + 4096:x}-{end + 4096:x} {rights}",
            f"{start:x}-{end + 4096:x} {rights}",
            f"{start:x}-{end:x} {rights[:3]}s",
        ]
    first, *rest = answer.split()
    return [" ".join([str(int(first) + 1), *rest]), " ".join([*rest, first, "1"])]


def examine(name: str, seed: int) -> None:
    question = variant(GENERATORS[name], name, seed)
    again = variant(GENERATORS[name], name, seed)
    assert (question.text, question.given, question.answer) == (
        again.text,
        again.given,
        again.answer,
    )
    assert question.kind.read(question.answer) == question.answer
    assert judge(question, question.answer).right
    for wrong in others(question):
        try:
            assert question.kind.read(wrong) != question.answer
        except AnswerError:
            continue
        verdict = judge(question, wrong)
        assert verdict.outcome == "wrong", (wrong, question.answer)
        assert question.hint in verdict.words
    assert ROUTES[name](question.given, question.text) == question.answer


@pytest.mark.parametrize("name", NAMES)
def test_variants(name: str) -> None:
    for seed in range(30):
        examine(name, seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_thousand_variants(name: str) -> None:
    for seed in range(1000):
        examine(name, seed)


@pytest.mark.parametrize("name", NAMES)
def test_variants_differ(name: str) -> None:
    questions = [variant(GENERATORS[name], name, seed) for seed in range(40)]
    assert len({(q.text, q.given) for q in questions}) > 20
    assert len({q.answer for q in questions}) > 1


@pytest.mark.parametrize("name", NAMES)
def test_empty_and_malformed_answers_are_told_what_to_type(name: str) -> None:
    question = variant(GENERATORS[name], name, 1)
    empty = judge(question, "  ")
    assert (empty.outcome, empty.right) == ("empty", False)
    assert question.kind.form in empty.words
    assert judge(question, "what?!").outcome == "unread"


def test_frames_are_handed_out_as_the_question_says() -> None:
    for seed in range(200):
        question = variant(GENERATORS["frame"], "frame", seed)
        known = {int(word.strip(",")) for word in question.given.split() if word[0].isdigit()}
        assert int(question.answer) in known
