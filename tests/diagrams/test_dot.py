"""DOT text: what goes in comes out escaped, folded, and with its id."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.diagrams.pictures import drawn, element_ids, words
from vmlab.diagrams.dot import NAME_LIMIT, TIP_LIMIT, Picture, cell, clean, lines, row, table, text
from vmlab.diagrams.folds import More, fold
from vmlab.diagrams.layout import render_svg
from vmlab.diagrams.rows import head
from vmlab.record.marks import MARKS, Mark


def shown(markup: str) -> list[str]:
    picture = Picture("test")
    picture.node("n", table([row(cell(markup, key="c"))]))
    return words(drawn(picture.dot()))


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("plain", "plain"),
        ("a\nb", "a\\x0ab"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\udcff", "\\xff"),
        ("\ud800", "\\ud800"),
        ("\U000e0001", "\\ue0001"),
        ("한글", "한글"),
        ("שלום", "שלום"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(raw: str, cleaned: str):
    assert clean(raw) == cleaned


def test_long_names_lose_their_middle():
    name = "/home/" + "x" * 10_000 + "/the_end.dat"
    assert len(clean(name)) == NAME_LIMIT
    assert clean(name).startswith("/home/")
    assert clean(name).endswith("/the_end.dat")


@settings(deadline=None)  # the first picture loads Graphviz
@given(st.text())
def test_any_text_comes_back_as_it_was_cleaned(raw: str):
    found = shown(text(raw))
    assert "".join(found).replace("\xa0", " ") == clean(raw)


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1))
@example("&#1;&amp;&lt;&eacute;&bogus;")
@example("\\\x1f")
@example("\\N\\G\\\\x")
def test_any_text_may_be_a_tip(raw: str):
    picture = Picture("test")
    picture.node("n", table([row(cell("x", key="c", tip=raw))]), tip=raw)
    drawing = drawn(picture.dot())
    assert element_ids(drawing) == ["n", "c"]
    title = "{http://www.w3.org/1999/xlink}title"
    tips = [element.get(title) for element in drawing.iter() if element.get(title)]
    assert tips == [clean(raw, TIP_LIMIT)] * 2


def test_a_marked_cell_is_as_large_as_before():
    def view_box(mark: Mark | None, padding: int = 4) -> str | None:
        picture = Picture("test")
        picture.node(
            "n", table([head("title"), row(cell("words", tone="anon", mark=mark, padding=padding))])
        )
        return drawn(picture.dot()).get("viewBox")

    for padding in range(5):
        plain = view_box(None, padding)
        assert [view_box(mark, padding) for mark in MARKS] == [plain] * 4


def test_lines_stand_under_each_other():
    assert shown(lines("one", "two")) == ["one", "two"]
    assert shown(lines("one", "two", align="LEFT")) == ["one", "two"]


def test_a_short_list_is_not_folded():
    assert fold([1, 2, 3], "x", limit=3) == [1, 2, 3]
    assert fold([1, 2, 3, 4], "x", limit=3) == [1, 2, 3, 4]


def folded(limit: int, *keep: int, unfold: frozenset[str] = frozenset()) -> list[object]:
    result = fold(range(100), "x", limit=limit, keep=keep, unfold=unfold)
    return [(thing.key, len(thing.items)) if isinstance(thing, More) else thing for thing in result]


def test_the_line_of_a_marked_structure_covers_no_words_in_it():
    def ground(mark: Mark | None) -> bool:
        picture = Picture("test")
        picture.struct("s", [row(cell("words", border=0))], mark=mark)
        line, *above = re.findall(r'fill="(#\w+)" stroke="([^"]*)"', render_svg(picture.dot()))
        return (line[0], "none") in above

    assert all(ground(mark) for mark in MARKS)
    assert not ground(None)


def test_a_long_list_shows_its_ends_and_what_must_be_seen():
    assert folded(6) == [0, 1, 2, 3, ("more_x", 94), 98, 99]
    assert folded(6, 50) == [0, 1, 2, 3, ("more_x", 46), 50, ("more_x.1", 47), 98, 99]
    assert folded(0, 50) == [("more_x", 50), 50, ("more_x.1", 49)]


def test_a_fold_never_hides_a_single_member():
    assert folded(6, 5) == [0, 1, 2, 3, 4, 5, ("more_x", 92), 98, 99]


def test_opening_a_fold_shows_ten_times_as_many():
    assert folded(6, unfold=frozenset({"more_x"}))[40] == ("more_x_2", 40)
    assert folded(6, unfold=frozenset({"more_x", "more_x_2"})) == list(range(100))
    assert len(folded(0, unfold=frozenset({"more_x"}))) == 31


@given(st.integers(0, 60), st.integers(0, 12), st.sets(st.integers(0, 59)))
def test_a_fold_loses_nothing(size: int, limit: int, keep: set[int]):
    result = fold(range(size), "x", limit=limit, keep={place for place in keep if place < size})
    whole: list[int] = []
    for thing in result:
        whole += thing.items if isinstance(thing, More) else [thing]
    assert whole == list(range(size))
    assert {place for place in keep if place < size} <= {
        thing for thing in result if not isinstance(thing, More)
    }
    keys = [thing.key for thing in result if isinstance(thing, More)]
    assert len(keys) == len(set(keys))
