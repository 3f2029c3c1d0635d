"""Every text of every picture is legible on what it really stands on, in both themes."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest

from tests.contrast import TEXT, contrast
from tests.diagrams.machines import Machine, many_vmas, three_processes
from tests.diagrams.pictures import DOT, drawn
from tests.diagrams.test_fault_path import WAYS
from tests.diagrams.test_golden import golden
from tests.diagrams.test_pictures import MARKED
from tests.diagrams.test_process_tree import family
from vmlab.diagrams.fault_path import fault_path_dot
from vmlab.diagrams.page_table import page_table_dot
from vmlab.diagrams.palette import HEAD_INK, INK, NIGHT_INK, PAPER, SOFT, TONES, Colour
from vmlab.record.marks import mark_all

COLOURS = {
    colour.light: colour
    for colour in (PAPER, INK, SOFT, HEAD_INK, NIGHT_INK, *(tone.fill for tone in TONES.values()))
}


def figures() -> Iterator[str]:
    """Draw every kind of thing that a picture can show, marked and not."""
    for name, draw in DOT.items():
        yield draw(three_processes())
        yield draw(three_processes(), highlight=mark_all(*MARKED[name]))
        yield draw(many_vmas(200))
        yield draw(Machine().snapshot())
    yield from golden().values()
    yield from (fault_path_dot(events) for events, _ in WAYS.values())
    yield DOT["process_tree"](family())
    yield page_table_dot(three_processes(), addr=0x407123)


def grounds(root: ET.Element) -> Iterator[tuple[str, str]]:
    """Return for each text its colour and that of the last area drawn below it."""
    areas: list[tuple[float, float, float, float, str]] = []
    for element in root.iter():
        tag, fill = element.tag.rpartition("}")[2], element.get("fill", "")
        if tag in ("polygon", "path") and fill.startswith("#"):
            points = element.get("points") or element.get("d") or ""
            numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*", points)]
            xs, ys = numbers[::2], numbers[1::2]
            areas.append((min(xs), max(xs), min(ys), max(ys), fill))
        if tag == "text" and (element.text or "").strip():
            x, y = float(element.get("x", "0")) + 1, float(element.get("y", "0")) - 3
            below = [
                fill
                for left, right, top, bottom, fill in areas
                if left <= x <= right and top <= y <= bottom
            ]
            yield fill, below[-1] if below else PAPER.light


@pytest.fixture(scope="module")
def pairs() -> set[tuple[str, str]]:
    return {pair for dot in figures() for pair in grounds(drawn(dot))}


def test_every_colour_comes_from_the_palette(pairs: set[tuple[str, str]]):
    assert {colour for pair in pairs for colour in pair} <= set(COLOURS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_is_legible_where_it_stands(pairs: set[tuple[str, str]], theme: str):
    for ink, ground in pairs:
        one, other = (getattr(COLOURS[colour], theme) for colour in (ink, ground))
        assert contrast(one, other) >= TEXT, (ink, ground)


def test_the_grounds_are_found(pairs: set[tuple[str, str]]):
    def has(ink: Colour, ground: str) -> bool:
        return (ink.light, TONES[ground].fill.light) in pairs

    assert has(HEAD_INK, "head")
    assert has(NIGHT_INK, "black")
    assert has(INK, "red")
    assert has(INK, "hot")
    assert has(SOFT, "struct")
    assert (SOFT.light, PAPER.light) in pairs
    assert not any(ink == INK.light and ground == TONES["head"].fill.light for ink, ground in pairs)
