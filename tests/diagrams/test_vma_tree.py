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
from vmlab.record.recorder import Recorder
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
        assert ("<B>R " in node[1]) == red
        assert ("<B>B " in node[1]) != red
        assert ('fillcolor="#fbd9dd"' in node[1]) == red  # all others have the ground of black ones


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


def test_fifteen_nodes_fit():
    box = drawn(vma_tree_dot(many_vmas(15))).get("viewBox")
    assert box is not None
    width, height = map(float, box.split()[2:])
    assert width <= 820
    assert height <= 360


@pytest.fixture(scope="module")
def recording() -> Recorder:
    """Regions come, are looked for, and go, and the tree turns."""
    process = Machine().spawn()
    with Recorder(process.machine) as recorder:
        for number in (5, 3, 8, 1, 9, 2):
            process.mmap(0x10000000 + number * 0x2000, 0x1000, 1, 0x32)
        process.munmap(0x1000A000, 0x1000)
    return recorder


def at(recording: Recorder, number: int) -> str:
    before, snap = recording.snapshot(number - 1), recording.snapshot(number)
    return vma_tree_dot(snap, before=before, highlight=recording.marks(number))


def steps(recording: Recorder, *names: str) -> list[int]:
    return [step.number for step in recording.steps if step.event.name in names]


def test_a_rotation_leaves_ghosts_where_the_nodes_were(recording: Recorder):
    turned = steps(recording, "rb_rotate_left", "rb_rotate_right")
    assert turned
    for number in turned:
        ghosts = [key for key in element_ids(drawn(at(recording, number))) if ".before" in key]
        assert 1 <= len(ghosts) <= 2
        before, snap = recording.snapshot(number - 1), recording.snapshot(number)
        said = vma_tree_text(snap, before=before)
        assert len(re.findall(r"on level \d before", said)) == len(ghosts)


def test_a_new_colour_is_said_with_the_old_one(recording: Recorder):
    said = [words(drawn(at(recording, number))) for number in steps(recording, "rb_recolor")]
    assert said
    assert any(word.startswith(("R->B ", "B->R ")) for each in said for word in each)


def test_a_search_numbers_its_nodes(recording: Recorder):
    number = steps(recording, "find_vma")[-1]
    compared = recording.steps[number].event.values()["compared"]
    turns = [key for key in element_ids(drawn(at(recording, number))) if key.endswith(".turn")]
    assert len(turns) == compared > 1


def test_a_node_that_is_gone_leaves_a_ghost(recording: Recorder):
    number = steps(recording, "vma_unlink")[-1]
    gone = vma_id(1, 0x1000A000)
    assert gone in element_ids(drawn(at(recording, number)))
    before, snap = recording.snapshot(number - 1), recording.snapshot(number)
    assert any(
        "gone: 0x1000a000" in line for line in vma_tree_text(snap, before=before).split("\n")
    )
    assert gone not in element_ids(drawn(vma_tree_dot(snap)))
