"""The rulers themselves: what they read, make, draw, and say when they do not agree."""

import pytest

from tests.rulers import KINDS, Region, check, draw, mmap, mprotect, munmap, parse, spawn
from vmlab.model.abi.mman import PROT_READ


def test_a_ruler_is_read() -> None:
    assert parse("AAb.F") == [
        Region("A", 0, 2),
        Region("b", 2, 3),
        Region("F", 4, 5),
    ]
    assert parse("...") == []


def test_an_unknown_letter_is_refused() -> None:
    with pytest.raises(ValueError, match="'#'"):
        parse("A#")


@pytest.mark.parametrize("letter", sorted(KINDS))
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_every_letter_can_be_made_and_drawn(letter: str, case: type[str]) -> None:
    ruler = f".{case(letter) * 2}.{case(letter)}"
    assert draw(spawn(ruler), ruler) == ruler


def test_neighbours_that_would_merge_cannot_be_made_unless_they_were_written_apart() -> None:
    with pytest.raises(ValueError, match="'AABB' cannot be made: it is 'AAAA'"):
        spawn("AABB")
    assert draw(spawn("AABB", written="AB"), "AABB") == "AABB"


def test_a_right_answer_passes() -> None:
    check("AAA.BB", munmap(1, 4), "A....B")
    check("aaa", munmap(0, 0), "aaa", error="EINVAL")


@pytest.mark.parametrize(
    ("after", "error"),
    [("A....BB", ""), ("A...B", ""), ("a....B", ""), ("X....B", ""), ("A....B", "EINVAL")],
)
def test_a_wrong_answer_is_printed_as_rulers(after: str, error: str) -> None:
    with pytest.raises(AssertionError) as failure:
        check("AAA.BB", munmap(1, 4), after, error=error)
    assert str(failure.value).splitlines()[1:] == [
        "before    AAA.BB",
        "  munmap(1, 4)",
        f"expected  {after} {error}",
        "got       A....B ",
    ]


def test_only_the_last_call_may_fail() -> None:
    with pytest.raises(OSError, match="EINVAL"):
        check("A", [munmap(0, 0), mmap(1, "b")], "Ab", error="EINVAL")


def test_calls_are_written_as_they_are_made() -> None:
    assert mprotect(1, 2, PROT_READ).text == "mprotect(1, 2, PROT_READ)"
    assert mmap(3, "FF").text == "mmap(3, 'FF')"
