"""The tree: its shape, its two colours told apart in three ways, its gaps."""

import re
from itertools import combinations

import pytest

from tests.diagrams.machines import many_vmas, three_processes
from tests.diagrams.pictures import drawn, element_ids, words
from vmlab import Machine
from vmlab.diagrams.layout import render_svg
from vmlab.diagrams.vma_tree import vma_tree_dot, vma_tree_text
from vmlab.record.marks import mark_all
from vmlab.state.ids import vma_id
from vmlab.state.snapshot import MmState, VmaState


def boxes(dot: str, kind: str = "vma") -> dict[str, tuple[float, float, float]]:
    """Return left, right and middle height of each node of a kind."""
    nodes = rf'<g id="({kind}_[^"]*)" class="node">(.*?)</g>'
    found = re.findall(nodes, render_svg(dot), re.DOTALL)
    places = {}
    for key, body in found:
        outline = re.search(r' (?:points|d)="([^"]*)"', body)
        assert outline is not None
        corners = re.findall(r"([-\d.]+),([-\d.]+)", outline[1])
        across, down = ([float(corner[axis]) for corner in corners] for axis in (0, 1))
        places[key] = min(across), max(across), (min(down) + max(down)) / 2
    return places


def centres(dot: str, kind: str = "vma") -> dict[str, float]:
    """Return the horizontal middle of each node of a kind."""
    return {key: (left + right) / 2 for key, (left, right, _) in boxes(dot, kind).items()}


def test_left_children_stand_left_and_right_ones_right():
    for snap in (three_processes(), many_vmas(6)):
        places = centres(vma_tree_dot(snap))
        mm = snap.mms[0]
        for vma in mm.mmap:
            here = places[vma_id(mm.mm, vma.vm_start)]
            if vma.rb_left is not None:
                assert places[vma_id(mm.mm, vma.rb_left)] < here
            if vma.rb_right is not None:
                assert places[vma_id(mm.mm, vma.rb_right)] > here


def parents_of_leaves(mm: MmState) -> list[VmaState]:
    """Return the nodes with two children that have none."""
    leaves = {vma.vm_start for vma in mm.mmap if vma.rb_left is None and vma.rb_right is None}
    return [vma for vma in mm.mmap if {vma.rb_left, vma.rb_right} <= leaves]


def test_two_children_stand_the_same_way_off_to_both_sides():
    snap = many_vmas(14)
    places = centres(vma_tree_dot(snap))
    for vma in parents_of_leaves(snap.mms[0]):
        left, here, right = (
            places[vma_id(1, start or 0)] for start in (vma.rb_left, vma.vm_start, vma.rb_right)
        )
        assert right - here == pytest.approx(here - left)


def test_a_fold_never_hides_a_single_node():
    snap = many_vmas(1000)
    vma = parents_of_leaves(snap.mms[0])[0]
    found = element_ids(drawn(vma_tree_dot(snap, highlight=mark_all(vma_id(1, vma.vm_start)))))
    assert {vma_id(1, vma.rb_left or 0), vma_id(1, vma.rb_right or 0)} <= set(found)


def test_red_and_black_differ_in_letter_shape_and_ground():
    dot = vma_tree_dot(three_processes())
    for vma in three_processes().mms[0].mmap:
        node = re.search(rf"\t{vma_id(1, vma.vm_start)} \[(.*)\]", dot)
        assert node is not None
        red = vma.rb_color == "red"
        assert ("rounded" in node[1]) == red
        assert ("<B>R</B>" in node[1]) == red
        assert ('fillcolor="#fbd9dd"' in node[1]) == red


def test_gaps_are_those_of_the_tree():
    found = words(drawn(vma_tree_dot(three_processes())))
    vdso = found.index("0x7ffff7ffd000")
    # 24 KiB below it, 128 MiB below the stack
    assert found[vdso + 1] == "gap 24K/128M"
    assert any(word.startswith("gap 128M/") for word in found)


def test_the_way_to_a_marked_node_is_shown():
    snap = many_vmas(1000)
    deep = vma_id(1, 0x10000000)
    plain = element_ids(drawn(vma_tree_dot(snap)))
    marked = element_ids(drawn(vma_tree_dot(snap, highlight=mark_all(deep))))
    assert deep not in plain
    assert deep in marked
    assert len(marked) < 80


def test_the_text_puts_children_under_their_parent():
    said = vma_tree_text(three_processes()).splitlines()
    assert len(said) == 10
    assert said[1].startswith("  root: black, 0x404000")
    assert said[2].startswith("    left: red")


def test_nodes_with_names_beyond_ascii_do_not_overlap():
    machine = Machine()
    process = machine.spawn()
    names = ("가나다라마바사아자차카", "한국어 파일.txt", "日本語のファイル", "plain.txt")
    for number, name in enumerate(names):
        machine.fs.write(f"/{name}", b"x")
        process.mmap(0x10000000 + number * 0x2000, 4096, 1, 2, process.open(f"/{name}"), 0)
    snap = machine.snapshot()
    places = boxes(vma_tree_dot(snap))
    assert len(places) == len(snap.mms[0].mmap)
    for one, other in combinations(places.values(), 2):
        if abs(one[2] - other[2]) < 1:
            assert one[1] < other[0] or other[1] < one[0]
