"""Every picture keeps to half a page where a source stands beside it."""

import html
import re
from dataclasses import replace

import pytest

from tests.diagrams.lesson_states import STATES
from tests.diagrams.test_sizes import LEGIBLE, PER_POINT, lesson
from vmlab.diagrams.drawing import width_of
from vmlab.diagrams.folds import More
from vmlab.diagrams.room import HEIGHT, LETTERS, WIDTH, squeezed, wrapped
from vmlab.widgets.pictures import PICTURES
from vmlab.words.columns import columns
from vmlab.words.language import languages, speaking

SMALLEST = 9  # points, of the letters for which the room is given
STAGE = (WIDTH * LEGIBLE / SMALLEST, HEIGHT * LEGIBLE / SMALLEST)  # pixels
MAIN = {"fault", "find_vma", "access", "pte"}


def narrow(name: str, state: str) -> str:
    snap, focus = lesson(state).shown()
    return PICTURES[name].svg(snap, replace(focus, narrow=True))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", PICTURES)
def test_all_of_it_is_legible_beside_a_source(name: str, language: str) -> None:
    too_small = {}
    for state in STATES:
        with speaking(language):
            svg = narrow(name, state)
        size = re.search(r'<svg width="(\d+)pt" height="(\d+)pt"', svg)
        assert size is not None
        text = min(map(float, re.findall(r'font-size="([\d.]+)"', svg)))
        scale = min(PER_POINT, STAGE[0] / int(size[1]), STAGE[1] / int(size[2]))
        if text * scale < LEGIBLE - 0.01:
            too_small[state] = f"{text * scale:.1f} pixels of {size[0]}"
    assert too_small == {}


@pytest.mark.parametrize("name", PICTURES)
def test_what_is_marked_is_there_as_it_is_elsewhere(name: str) -> None:
    kind = PICTURES[name]
    for state in STATES:
        snap, focus = lesson(state).shown()
        if not kind.lacks(focus, kind.svg(snap, focus)):
            assert not kind.lacks(focus, narrow(name, state)), state


def test_the_way_of_a_fault_stands_alone_with_where_it_might_have_gone() -> None:
    said = narrow("fault_path", "copy-on-write")
    drawn = set(re.findall(r'id="fault_(?!path)(\w+)"', said))
    assert drawn == MAIN | {"cow", "copy"}
    assert "wp_page_reuse" in said


@pytest.mark.parametrize("language", languages())
def test_nothing_of_memory_over_time_lies_beyond_its_edge(language: str) -> None:
    for state in STATES:
        with speaking(language):
            svg = narrow("memory_over_time", state)
        width = float(re.search(r'<svg width="(\d+)pt"', svg)[1])
        begun = r'text-anchor="start" x="([\d.]+)"[^>]*>([^<]*)<'
        for x, words in re.findall(begun, svg):
            assert float(x) + width_of(html.unescape(words)) <= width, words


def test_a_squeezed_list_has_what_must_be_seen_and_one_fold() -> None:
    found = squeezed(range(10), "numbers", limit=3, keep=[7, 8, 1, 2])
    *shown, more = found
    assert shown == [1, 7, 8]
    assert isinstance(more, More)
    assert list(more.items) == [0, 2, 3, 4, 5, 6, 9]
    assert squeezed(range(4), "numbers", limit=3) == [0, 1, 2, 3]
    assert len(squeezed(range(4), "numbers", limit=3, rows=False)) == 4
    assert squeezed(range(10), "numbers", limit=3, unfold=frozenset({more.key})) == [*range(10)]


def test_long_lines_break_between_their_parts() -> None:
    parts = [f"part {number} of a line" for number in range(12)]
    found = list(wrapped("    ".join(parts)))
    assert len(found) > 1
    assert all(columns(line) <= LETTERS for line in found)
    assert [part for line in found for part in line.split("   ")] == parts
