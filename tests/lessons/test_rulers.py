"""Rulers as answers."""

import pytest

from vmlab.lessons.answer_kinds import AnswerError
from vmlab.lessons.rulers import Ruler


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("AAA..bb", "AAA..bb"),
        (" CCC..aa ", "AAA..bb"),
        ("AA BB", "AABB"),
        ("AAb--D", "AAb--D"),
        ("....", "...."),
        ("AA.AA", "AA.BB"),
    ],
)
def test_letters_count_regions_from_the_left(typed: str, answer: str) -> None:
    assert Ruler().read(typed) == answer


@pytest.mark.parametrize("typed", ["AA?", "12", "-7"])
def test_what_is_no_ruler_is_told_so(typed: str) -> None:
    with pytest.raises(AnswerError, match=r"is not a ruler such as AA\.\.bb"):
        Ruler().read(typed)


@pytest.mark.parametrize(
    ("given", "right", "words"),
    [
        ("AA..", "AA..", ""),
        ("AA.", "AA..", "that is 3 pages, not 4"),
        ("AAA.", "AA..", "page 2 is not A"),
        ("AA..", "aa..", "page 0 is not A"),
    ],
)
def test_the_first_page_that_is_wrong_is_named(given: str, right: str, words: str) -> None:
    assert Ruler().wrong(given, right) == words
