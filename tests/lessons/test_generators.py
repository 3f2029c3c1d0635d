"""Every exercise: one seed, one question; one right answer, found again by another route."""

import pytest

from tests.lessons.replay import ROUTES
from vmlab.lessons.checking import Check
from vmlab.lessons.generators import GENERATORS
from vmlab.lessons.question import judge, variant

NAMES = list(GENERATORS)


def examined(name: str, variants: range) -> Check:
    check = Check(name, GENERATORS[name], ROUTES[name])
    for seed in variants:
        check.try_variant(seed)
    return check


@pytest.mark.parametrize("name", NAMES)
def test_variants(name: str) -> None:
    assert examined(name, range(4)).problems == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_many_variants(name: str) -> None:
    check = examined(name, range(4, 64))
    check.finish()
    assert check.problems == []


def test_there_are_exercises_for_an_examination() -> None:
    assert len(NAMES) >= 45
    assert set(ROUTES) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_empty_and_malformed_answers_are_told_what_to_type(name: str) -> None:
    question = variant(GENERATORS[name], name, 1)
    empty = judge(question, "  ")
    assert (empty.outcome, empty.right) == ("empty", False)
    assert empty.words == question.kind.request
    assert judge(question, "what?!").outcome == "unread"


def test_frames_are_handed_out_as_the_question_says() -> None:
    for seed in range(200):
        question = variant(GENERATORS["frame"], "frame", seed)
        known = {int(word.strip(",")) for word in question.given.split() if word[0].isdigit()}
        assert int(question.answer) in known
