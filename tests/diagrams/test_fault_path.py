"""The decision tree: every way through it, from the events of a fault."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from tests.diagrams.machines import three_processes
from tests.diagrams.pictures import GROUP, drawn, element_ids, words
from tests.plain_codes import plain_codes
from vmlab.codes import because
from vmlab.diagrams.fault_path import (
    fault_path_dot,
    fault_path_end,
    fault_path_text,
    one_fault,
)
from vmlab.diagrams.fault_tree import EDGES, NODES, SWAP_EDGES, SWAP_NODES
from vmlab.model.trace.event import Event
from vmlab.model.trace.events.fault import (
    CowCopy,
    FaultAround,
    FaultBranch,
    FaultDone,
    OomKill,
    PageFaultUser,
    SignalGenerate,
)

START = PageFaultUser(0x2000, 0x1000, 6)
DONE = FaultDone(1, 0x2000, 1)
SEGV = SignalGenerate(1, "SIGSEGV", "SEGV_MAPERR", 0x2000, because("why"))


def branch(node: str, answer: str) -> FaultBranch:
    return FaultBranch(0x2000, node, answer, because("said", by=node))


FOUND = (START, branch("find_vma", "inside"), branch("access", "allowed"))

WAYS = {
    "not user space": ((START, SEGV), ["maperr"]),
    "hole": ((START, branch("find_vma", "hole"), SEGV), ["find_vma", "maperr"]),
    "stack grows": (
        (START, branch("expand_stack", "grown"), branch("access", "allowed"), branch("pte", "none"),
         branch("anonymous", "write"), DONE),
        ["find_vma", "expand_stack", "access", "pte", "anonymous", "new"],
    ),
    "stack refused": (
        (START, branch("expand_stack", "refused"), SEGV), ["find_vma", "expand_stack", "maperr"]
    ),
    "no right": (
        (START, branch("find_vma", "inside"), branch("access", "refused"), SEGV),
        ["find_vma", "access", "accerr"],
    ),
    "zero page": (
        (*FOUND, branch("pte", "none"), branch("anonymous", "read"), DONE),
        ["find_vma", "access", "pte", "anonymous", "zero"],
    ),
    "fault-around": (
        (*FOUND, branch("pte", "none"), branch("fault_type", "read"), FaultAround(1, 0, 3), DONE),
        ["find_vma", "access", "pte", "fault_type", "read_fault", "object"],
    ),
    "hole in a file": (
        (*FOUND, branch("pte", "none"), branch("fault_type", "shared_write"),
         branch("page_cache", "hole"), DONE),
        ["find_vma", "access", "pte", "fault_type", "shared_fault", "page_cache", "object"],
    ),
    "private copy of a file": (
        (*FOUND, branch("pte", "none"), branch("fault_type", "private_write"),
         branch("page_cache", "cached"), CowCopy(1, 0x2000, 1, 2, because("why")), DONE),
        ["find_vma", "access", "pte", "fault_type", "cow_fault", "page_cache", "copy"],
    ),
    "past the end": (
        (*FOUND, branch("pte", "none"), branch("fault_type", "read"),
         branch("page_cache", "beyond"), SEGV),
        ["find_vma", "access", "pte", "fault_type", "read_fault", "page_cache", "sigbus"],
    ),
    "copy on write": (
        (*FOUND, branch("pte", "write_protected"), branch("cow", "shared_frame"), DONE),
        ["find_vma", "access", "pte", "cow", "copy"],
    ),
    "reuse": (
        (*FOUND, branch("pte", "write_protected"), branch("cow", "last_owner"), DONE),
        ["find_vma", "access", "pte", "cow", "reuse"],
    ),
    "in swap": (
        (*FOUND, branch("pte", "swapped"), branch("swap", "device"), DONE),
        ["find_vma", "access", "pte", "swap", "back"],
    ),
    "in swap, copied": (
        (*FOUND, branch("pte", "swapped"), branch("swap", "cached"),
         branch("cow", "shared_frame"), DONE),
        ["find_vma", "access", "pte", "swap", "cow", "copy"],
    ),
    "guard": ((*FOUND, branch("pte", "guard"), SEGV), ["find_vma", "access", "pte", "maperr"]),
    "spurious": (
        (*FOUND, branch("pte", "spurious"), DONE), ["find_vma", "access", "pte", "spurious"]
    ),
}  # fmt: skip


def way(dot: str) -> list[str]:
    """Return the places that are marked, in the order of the marked edges."""
    hot = [
        edge
        for edge in (*EDGES, *SWAP_EDGES)
        for line in dot.splitlines()
        if f"id=edge_fault_{edge.tail}_{edge.head} " in line and "penwidth=2.5" in line
    ]
    places = ["fault"]
    while True:
        following = [edge.head for edge in hot if edge.tail == places[-1]]
        if not following:
            assert len(places) == len(hot) + 1
            return places[1:]
        places += following


@pytest.mark.parametrize("name", list(WAYS))
def test_the_way_of_a_fault(name: str):
    events, places = WAYS[name]
    assert way(fault_path_dot(events)) == places
    assert fault_path_end(events) == {f"fault_{places[-1]}"}


def test_the_ways_cover_the_whole_tree():
    seen = {place for _, places in WAYS.values() for place in places} | {"fault"}
    assert seen == {*NODES, *SWAP_NODES}


def test_swap_is_in_the_tree_only_where_a_page_was_there():
    assert "do_swap_page" not in fault_path_dot(WAYS["reuse"][0])
    assert "do_swap_page" in fault_path_dot(WAYS["in swap"][0])
    assert "do_swap_page" in fault_path_text(WAYS["in swap"][0])


def test_a_fault_that_is_not_over_is_marked_as_far_as_it_came():
    assert way(fault_path_dot(FOUND)) == ["find_vma", "access", "pte"]
    assert way(fault_path_dot(())) == []
    assert fault_path_end(()) == frozenset()


def test_a_frame_that_there_was_not_is_not_reached():
    out_of_memory = (*FOUND, branch("pte", "none"), branch("anonymous", "write"), OomKill(1, 9))
    assert way(fault_path_dot(out_of_memory)) == ["find_vma", "access", "pte", "anonymous"]


def test_the_tree_stays_where_it_is():
    plain, marked = drawn(fault_path_dot()), drawn(fault_path_dot(WAYS["reuse"][0]))
    assert plain.get("viewBox") == marked.get("viewBox")
    assert element_ids(plain) == element_ids(marked)
    places = [key for key in element_ids(plain) if not key.startswith("fault_path.")]
    assert len(places) == len(NODES)


def test_it_says_whose_fault_it_is_and_where():
    snap = three_processes()
    begun = PageFaultUser(0x407123, 0x401000, 6)
    assert fault_path_text((begun, DONE), snap=snap).splitlines()[0] == (
        "Page fault of 1 a.out: a write, page 1 of the heap (0x407123)"
    )
    found = [
        word.replace("\xa0", " ") for word in words(drawn(fault_path_dot((begun,), snap=snap)))
    ]
    assert found[:2] == ["Page fault of 1 a.out: a write", "page 1 of the heap (0x407123)"]
    nowhere = PageFaultUser(0xDEAD000, 0x401000, 4)
    assert fault_path_text((nowhere, SEGV), snap=snap).splitlines()[0] == (
        "Page fault of 1 a.out: a read, 0xdead000"
    )
    assert "No page fault" in fault_path_dot((), snap=snap)


def test_a_process_that_died_of_it_is_named():
    snap = three_processes()
    others = replace(snap, tasks=snap.tasks[1:], current=2)
    said = fault_path_text((PageFaultUser(0xDEAD000, 0x401000, 4), SEGV), snap=others)
    assert said.splitlines()[0] == "Page fault of 1: a read, 0xdead000"


def test_what_a_long_name_shows_moves_nothing():
    snap = three_processes()
    task = replace(snap.tasks[0], comm="x" * 60)
    long = replace(snap, tasks=(task, *snap.tasks[1:]))
    plain, named = drawn(fault_path_dot(FOUND)), drawn(fault_path_dot(FOUND, snap=long))
    assert plain.get("viewBox") == named.get("viewBox")


def test_the_last_fault_is_found():
    events: list[Event] = [*WAYS["reuse"][0], *WAYS["hole"][0], DONE]
    assert one_fault(events) == WAYS["hole"][0]
    assert one_fault([DONE]) == ()


def test_the_text_gives_the_reasons():
    with plain_codes():
        said = fault_path_text(WAYS["reuse"][0])
    assert "do_wp_page: said(by='cow'); then wp_page_reuse" in said
    assert said.splitlines()[-1] == "  back to user space, where the access is tried again"
    assert "back to user space" not in fault_path_text(WAYS["hole"][0])
    assert fault_path_text(()) == "No page fault."


def test_the_words_of_a_place_stand_inside_its_line():
    thick = 1.5  # points of the line of a place on the way that lie inside the box
    low = 2  # points that letters of the smallest size reach below their line of writing
    for name, place in places(drawn(fault_path_dot(FOUND))).items():
        top, bottom, written = place
        assert top + thick < min(written) - 7, name
        assert max(written) + low + thick <= bottom + 0.5, name


def places(root: ET.Element) -> dict[str, tuple[float, float, list[float]]]:
    """Return the top and the bottom of each place, and where its words are written."""
    found = {}
    for group in root.iter(GROUP):
        key = group.get("id", "")
        if group.get("class") == "node" and key.startswith("fault_") and "path" not in key:
            drawing = next(each for each in group.iter() if each.get("points") or each.get("d"))
            ends = re.findall(r",(-?[\d.]+)", drawing.get("points") or drawing.get("d") or "")
            written = [float(each.get("y", "")) for each in group.iter() if each.get("y")]
            found[key] = min(map(float, ends)), max(map(float, ends)), written
    return found
