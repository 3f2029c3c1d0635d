"""Sequences in chunks: parts of them, places in them, and what is another one in a later copy."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vmlab.state.rows import CHUNK, Frames, Rows, differences, find, other_frames, place_of

MANY = 4 * CHUNK

Pair = tuple[int, str]


def number(pair: Pair) -> int:
    return pair[0]


@given(
    st.integers(0, 3 * CHUNK),
    st.slices(3 * CHUNK) | st.builds(slice, st.integers(-9, 9), st.integers(-9, 9), st.just(None)),
)
def test_a_part_is_that_of_a_tuple(size: int, part: slice) -> None:
    assert Rows(range(size))[part] == tuple(range(size))[part]


@given(st.sets(st.integers(0, 3000)), st.integers(-1, 3001))
def test_values_in_order_are_found_by_their_key(keys: set[int], wanted: int) -> None:
    values = [(key, "x") for key in sorted(keys)]
    for held in (values, Rows(values)):
        assert place_of(held, wanted, number) == sum(key < wanted for key in keys)
        assert find(held, wanted, number) == ((wanted, "x") if wanted in keys else None)


@given(
    st.dictionaries(st.integers(0, 2000), st.sampled_from("ab")),
    st.dictionaries(st.integers(0, 2000), st.sampled_from("ab") | st.none(), max_size=9),
)
def test_differences_lead_from_one_to_the_other(
    old: dict[int, str], changes: dict[int, str | None]
) -> None:
    before = Rows(sorted(old.items()))
    after = before.edited(
        {key: (key, value) if value else None for key, value in changes.items()}, number
    )
    new = dict(after)
    found = list(differences(before, after, number))
    assert found == [
        ((key, old[key]) if key in old else None, (key, new[key]) if key in new else None)
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def test_what_two_rows_have_in_common_is_not_looked_through() -> None:
    before = Rows((key, "a") for key in range(MANY))
    after = before.edited({7: (7, "b")}, number)
    asked: list[Pair] = []

    def key(pair: Pair) -> int:
        asked.append(pair)
        return pair[0]

    assert list(differences(before, after, key)) == [((7, "a"), (7, "b"))]
    assert 0 < len(asked) <= 2 * CHUNK
    asked.clear()
    assert list(differences(after, after, key)) == []
    assert not asked


def test_frames_with_other_bytes() -> None:
    before = Frames({1: b"a", 2: b"b", 3 * CHUNK: b"c"})
    after = before.edited({1: b"a", 2: b"x", 5: b"y", 3 * CHUNK: None})
    assert list(other_frames(before, after)) == [2, 5, 3 * CHUNK]
