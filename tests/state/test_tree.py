"""The tree of VMAs from its root down."""

from __future__ import annotations

from itertools import pairwise

from vmlab import Machine
from vmlab.state import tree, views
from vmlab.state.snapshot import MmState

BASE, STRIDE = 0x10000000, 0x2000


def space(regions: int) -> MmState:
    process = Machine().spawn()
    for number in range(regions):
        process.mmap(BASE + number * STRIDE, 0x1000, 1, 0x32)
    return process.machine.snapshot().mms[0]


def test_the_way_to_a_node_follows_its_parents() -> None:
    mm = space(40)
    parents = {
        child: vma.vm_start
        for vma in mm.mmap
        for child in (vma.rb_left, vma.rb_right)
        if child is not None
    }
    for vma in mm.mmap:
        way = tree.way(mm, vma.vm_start)
        assert way[0] == mm.mm_rb
        assert all(parents[below] == above for above, below in pairwise(way))
        assert tree.depth(mm, vma.vm_start) == len(way) - 1
    assert tree.way(mm, BASE + 1) == []
    assert tree.depth(mm, BASE + 1) is None


def test_all_levels_are_all_nodes() -> None:
    mm = space(40)
    found = list(tree.levels(mm, 99, set()))
    assert sorted(vma.vm_start for vma, _, _ in found) == [vma.vm_start for vma in mm.mmap]
    assert all(tree.depth(mm, vma.vm_start) == deep and not hid for vma, deep, hid in found)


def test_what_is_deeper_is_counted_and_the_way_to_what_is_wanted_is_there() -> None:
    mm = space(200)
    wanted = BASE + 77 * STRIDE
    found = list(tree.levels(mm, 3, tree.ways(mm, {wanted})))
    shown = [vma.vm_start for vma, _, hidden in found if not hidden]
    assert wanted in shown
    assert len(shown) < 30
    assert len(shown) + sum(hidden for _, _, hidden in found) == len(mm.mmap)


def test_few_nodes_are_looked_at(monkeypatch) -> None:
    mm = space(2000)
    asked: list[int] = []
    plain = views.vmas_below
    monkeypatch.setattr(views, "vmas_below", lambda mm, at: (asked.append(at), plain(mm, at))[1])
    list(tree.levels(mm, 4, tree.ways(mm, {BASE + 1000 * STRIDE})))
    assert len(asked) < 120
