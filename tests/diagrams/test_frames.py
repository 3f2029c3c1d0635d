"""Frames: who shows which, and whether it may write."""

import re

from tests.diagrams.machines import three_processes
from tests.diagrams.pictures import drawn, element_ids
from tests.diagrams.test_sharing import HIGHEST, WIDEST, size, touched
from vmlab.diagrams.frames import frames_dot, frames_text
from vmlab.state.ids import pfn_id, pte_id

SNAP = three_processes()


def arrows(dot: str) -> dict[str, tuple[str, str]]:
    """Return for each page the frame its arrow leads to, and the style of the arrow."""
    found = {}
    for line in dot.splitlines():
        key = re.search(r"id=edge_(pte_\w+)", line)
        frame = re.search(r'"frames.memory":f(\d+)', line)
        if key and frame:
            found[key[1]] = (pfn_id(int(frame[1])), "dashed" if "style=dashed" in line else "solid")
    return found


def test_before_the_write_two_processes_share_a_frame_by_dashed_arrows():
    found = arrows(frames_dot(SNAP))
    assert found[pte_id(1, 0x407000)] == found[pte_id(2, 0x407000)]
    assert found[pte_id(1, 0x407000)][1] == "dashed"


def test_after_the_write_the_writer_has_its_own():
    found = arrows(frames_dot(SNAP))
    parent, child = found[pte_id(1, 0x7FFFFFFFE000)], found[pte_id(2, 0x7FFFFFFFE000)]
    assert parent[0] != child[0]
    assert child[1] == "solid"


def test_a_shared_object_is_shared_by_solid_arrows():
    found = arrows(frames_dot(SNAP))
    assert found[pte_id(1, 0x7FFFF7FF1000)] == found[pte_id(3, 0x7FFFF7FF1000)]
    assert found[pte_id(1, 0x7FFFF7FF1000)][1] == "solid"


def test_frames_that_no_page_shows_are_folded_until_asked_for():
    table = pfn_id(SNAP.mms[0].pgd)
    folded = element_ids(drawn(frames_dot(SNAP)))
    opened = element_ids(drawn(frames_dot(SNAP, unfold=frozenset({"more_frames"}))))
    assert table not in folded
    assert table in opened


def test_the_text_lists_the_pages_of_each_frame():
    said = frames_text(SNAP)
    assert "  frame 25 (anon, refcount 2):\n    mm 1, page 0x407000, read-only\n" in said
    assert "mm 3" not in frames_text(SNAP, mms=[1, 2])


def test_two_processes_of_nine_regions_fit_a_laptop():
    wide, high = size(frames_dot(touched().snapshot()))
    assert wide <= WIDEST
    assert high <= HIGHEST
