"""The list and the tree of VMAs, and the checks that find each way to break them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.model.linux.lab import Ear
from tests.refused import refused
from tests.rulers import at, check, mlock, mmap, munmap, spawn, write
from vmlab import KernelBug, Machine, Rlimit
from vmlab.model.linux.include.mm import vm_start_gap
from vmlab.model.linux.include.structs import AnonVma, MmStruct, VmAreaStruct
from vmlab.model.linux.lib.rbtree import RED, rb_first
from vmlab.model.linux.mm.validate import validate_mm
from vmlab.model.linux.mm.vma import find_vma, find_vma_intersection, find_vma_prev, vma_gap_update
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.events.vma import FindVma


def vmas(ruler: str, written: str = "") -> tuple[MmStruct, list[VmAreaStruct]]:
    """The address space of a ruler and the VMAs on it."""
    mm = spawn(ruler, written).mm
    return mm, [vma for vma in mm if at(0) <= vma.vm_start < at(64)]


def test_find_vma_gives_the_first_that_ends_above() -> None:
    mm, (low, high) = vmas(".AA..bb")
    for page, expected in enumerate([low, low, low, high, high, high, high]):
        assert find_vma(mm, at(page)) is expected
    assert find_vma(mm, at(3) - 1) is low
    assert find_vma(mm, mm.highest_vm_end) is None


def test_find_vma_is_cached_until_a_vma_goes() -> None:
    process = spawn("A.B.C")
    mm = process.mm
    found = find_vma(mm, at(2))
    assert found in process.task.vmacache.vmas
    process.munmap(at(2), PAGE_SIZE)
    assert find_vma(mm, at(2)) is not found


def test_find_vma_tells_how_far_it_went_down() -> None:
    process = spawn("A.b.C")
    ear = Ear(process)
    root = process.mm.mm_rb.rb_node
    leaf = rb_first(process.mm.mm_rb)
    depth = 1
    while leaf is not root:
        leaf, depth = leaf.rb_parent, depth + 1
    for addr in (root.vm_start, rb_first(process.mm.mm_rb).vm_start, 0):
        find_vma(process.mm, addr)
    told = [event.compared for event in ear.events if isinstance(event, FindVma)]
    assert told == [0, depth, depth]  # the task's cache knew the first


def test_find_vma_intersection_needs_an_overlap() -> None:
    mm, (low, high) = vmas("A..B")
    assert find_vma_intersection(mm, at(0), at(9)) is low
    assert find_vma_intersection(mm, at(1), at(3)) is None
    assert find_vma_intersection(mm, at(1), at(3) + 1) is high


def test_find_vma_prev_gives_the_last_vma_above_all() -> None:
    mm, (low, high) = vmas("A.B")
    assert find_vma_prev(mm, at(1)) == (high, low)
    last = find_vma_prev(mm, mm.highest_vm_end)
    assert last[0] is None
    assert last[1] is not None
    assert last[1].vm_end == mm.highest_vm_end


def test_a_stack_keeps_a_gap_below_itself() -> None:
    _, (plain, stack) = vmas("A" + "." * 20 + "G")
    assert vm_start_gap(plain) == plain.vm_start
    assert vm_start_gap(stack) == stack.vm_start - 256 * PAGE_SIZE


def test_the_largest_gap_reaches_the_root() -> None:
    mm, _ = vmas("A.B..C")
    gaps = [vma.vm_start - (vma.vm_prev.vm_end if vma.vm_prev else 0) for vma in mm]
    assert mm.mm_rb.rb_node.rb_subtree_gap == max(gaps)


def test_gaps_are_right_when_a_rotation_meets_the_vma_above() -> None:
    Machine().spawn(rlimits={Rlimit.RLIMIT_STACK: (1 << 64) - 1})  # [vdso] far below the stack
    for order in ([0, 2, 4, 6, 8], [8, 6, 4, 2, 0], [4, 0, 8, 2, 6], [4, 2, 8, 0, 6]):
        check("", [mmap(page, "A") for page in order], "A.A.A.A.A")


def test_totals_follow_every_call() -> None:
    process = check("AAA.bb", [mlock(0, 2), munmap(1, 4), write(0)], "L....b")
    assert process.mm.locked_vm == 1
    validate_mm(process.mm)


def _order(mm: MmStruct, vma: VmAreaStruct) -> None:
    other = vma.vm_next
    assert other is not None
    vma.vm_start, vma.vm_end, other.vm_start, other.vm_end = (
        other.vm_start,
        other.vm_end,
        vma.vm_start,
        vma.vm_end,
    )


def _missing_in_list(mm: MmStruct, vma: VmAreaStruct) -> None:
    assert vma.vm_prev is not None
    assert vma.vm_next is not None
    vma.vm_prev.vm_next, vma.vm_next.vm_prev = vma.vm_next, vma.vm_prev
    vma_gap_update(vma.vm_next)


def _back_link(mm: MmStruct, vma: VmAreaStruct) -> None:
    vma.vm_prev = None


def _colour(mm: MmStruct, vma: VmAreaStruct) -> None:
    mm.mm_rb.rb_node.rb_color = RED


def _black_height(mm: MmStruct, vma: VmAreaStruct) -> None:
    leaf = mm.mm_rb.rb_node
    while leaf.rb_left is not None:
        leaf = leaf.rb_left
    leaf.rb_color = not leaf.rb_color


def _parent_link(mm: MmStruct, vma: VmAreaStruct) -> None:
    mm.mm_rb.rb_node.rb_left.rb_parent = vma


def _gap(mm: MmStruct, vma: VmAreaStruct) -> None:
    vma.rb_subtree_gap += PAGE_SIZE


def _map_count(mm: MmStruct, vma: VmAreaStruct) -> None:
    mm.map_count += 1


def _total_vm(mm: MmStruct, vma: VmAreaStruct) -> None:
    mm.total_vm -= 1


def _locked_vm(mm: MmStruct, vma: VmAreaStruct) -> None:
    mm.locked_vm -= 1


def _highest_vm_end(mm: MmStruct, vma: VmAreaStruct) -> None:
    mm.highest_vm_end -= PAGE_SIZE


def _alignment(mm: MmStruct, vma: VmAreaStruct) -> None:
    vma.vm_end += 1


def _overlap(mm: MmStruct, vma: VmAreaStruct) -> None:
    vma.vm_end += 8 * PAGE_SIZE


def _empty(mm: MmStruct, vma: VmAreaStruct) -> None:
    vma.vm_end = vma.vm_start


def _beyond(mm: MmStruct, vma: VmAreaStruct) -> None:
    mm.task_size = vma.vm_start


def _other_mm(mm: MmStruct, vma: VmAreaStruct) -> None:
    vma.vm_mm = MmStruct(mm.system, 99, 0, mm.task_size)


def _anon_vma(mm: MmStruct, vma: VmAreaStruct) -> None:
    vma.anon_vma = AnonVma(99)


@pytest.mark.parametrize(
    ("corrupt", "code"),
    [
        (_order, "vmas_overlap"),
        (_missing_in_list, "list_and_tree_differ"),
        (_back_link, "vm_prev_wrong"),
        (_colour, "rb_root_is_red"),
        (_black_height, "rb_black_heights_differ"),
        (_parent_link, "rb_no_way_back"),
        (_gap, "rb_stale_augmented"),
        (_map_count, "map_count_wrong"),
        (_total_vm, "total_vm_wrong"),
        (_locked_vm, "locked_vm_wrong"),
        (_highest_vm_end, "highest_vm_end_wrong"),
        (_alignment, "vma_not_page_aligned"),
        (_overlap, "vmas_overlap"),
        (_empty, "vma_empty"),
        (_beyond, "vma_leaves_user_space"),
        (_other_mm, "vma_of_other_mm"),
        (_anon_vma, "vma_untied"),
    ],
)
def test_a_corrupted_address_space_is_caught(
    corrupt: Callable[[MmStruct, VmAreaStruct], None], code: str
) -> None:
    mm, (_, middle, *_) = vmas("AA.BBB.cc")
    validate_mm(mm)
    corrupt(mm, middle)
    with refused(KernelBug, code):
        validate_mm(mm)
