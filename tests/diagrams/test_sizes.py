"""Every picture of what a lesson shows can be read whole on the screen of a small laptop."""

import re
from functools import cache

import pytest

from tests.diagrams.lesson_states import STATES, Lesson
from vmlab.widgets.pictures import PICTURES

STAGE = (910, 416)  # pixels that a picture has beside the file list of 1366 x 768
PER_POINT = 4 / 3  # pixels that a point has at most
LEGIBLE = 10  # pixels
SMALLEST = 9  # points: nothing is written smaller


@cache
def lesson(state: str) -> Lesson:
    return STATES[state]()


def drawn(name: str, state: str) -> tuple[float, float, float]:
    """Return the width and the height of a picture, and its smallest text, in points."""
    svg = PICTURES[name].svg(*lesson(state).shown())
    size = re.search(r'<svg width="(\d+)pt" height="(\d+)pt"', svg)
    assert size is not None
    return int(size[1]), int(size[2]), min(map(float, re.findall(r'font-size="([\d.]+)"', svg)))


@pytest.mark.parametrize("name", PICTURES)
def test_it_is_legible_where_it_is_seen_whole(name: str):
    too_small = {}
    for state in STATES:
        width, height, text = drawn(name, state)
        assert text >= SMALLEST
        pixels = text * min(PER_POINT, STAGE[0] / width, STAGE[1] / height)
        if pixels < LEGIBLE:
            too_small[state] = f"{pixels:.1f} pixels, for it takes {width} x {height} points"
    assert too_small == {}


@pytest.mark.parametrize("name", ["page_table", "fault_path", "process_tree"])
def test_six_processes_and_a_walk_of_four_levels_are_what_they_claim(name: str):
    snap, focus = lesson("six processes").shown()
    assert sum(bool(task.mm) for task in snap.tasks) == 6
    assert min(len(mm.mmap) for mm in snap.mms) >= 9
    said = PICTURES[name].svg(snap, focus).replace("&#160;", " ")
    wanted = {
        "page_table": ["PGD", "PUD", "PMD", "PTE"],
        "fault_path": ["private copy"],
        "process_tree": [f"pid {task.pid} " for task in snap.tasks],
    }
    assert all(words in said for words in wanted[name])
