"""What Linux's own tests say of merging, split by file and case.

tools/testing/selftests/mm/merge.c and tools/testing/vma/tests/merge.c. Each row is the assertion
of the case of that name, drawn as rulers.
"""

from __future__ import annotations

import pytest

from tests.rulers import Op, at, check, mmap, move, mprotect, mremap, munmap, spawn, write
from vmlab.model.abi.mman import PROT_READ, PROT_WRITE, VM_DONTEXPAND, VM_IO, VM_MIXEDMAP, VM_PFNMAP
from vmlab.model.linux.include.structs import VmAreaStruct, special_mapping_vmops
from vmlab.model.linux.mm.validate import validate_mm
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.linux.mm.vma_merge import VmaMergeStruct, vma_merge_new_range
from vmlab.model.mmu.page import PAGE_SHIFT

RW = PROT_READ | PROT_WRITE

# case: before, calls, after
SELFTEST = {
    "mprotect_unfaulted_left": ("aaaaaAAAAA", [write(5), mprotect(0, 5, RW)], "A" * 10),
    "mprotect_unfaulted_right": ("AAAAAaaaaa", [write(0), mprotect(5, 5, RW)], "A" * 10),
    "mprotect_unfaulted_both": ("aaaAAAaaa", [write(3), mprotect(0, 9, RW)], "A" * 9),
    "mprotect_faulted_left_unfaulted_right": (
        "AAAaaaAAA",
        [write(0), mprotect(3, 3, RW)],
        "A" * 9,
    ),
    "mprotect_unfaulted_left_faulted_right": (
        "AAAaaaAAA",
        [write(6), mprotect(3, 3, RW)],
        "A" * 9,
    ),
    "mremap_unfaulted_to_faulted": (
        "AAAAA.......BBBBB",
        [write(0), move(12, 5, 5)],
        "A" * 10,
    ),
    "mremap_unfaulted_behind_faulted": (
        ".....AAAAA.......BBBBB",
        [write(5), move(17, 5, 0)],
        "A" * 10,
    ),
    "mremap_unfaulted_between_faulted": (
        "AAAAA.....BBBBB.....CCCCC",
        [write(0), write(10), move(20, 5, 5)],
        "AAAAAAAAAABBBBB",
    ),
    "mremap_unfaulted_between_faulted_unfaulted": (
        "AAAAA.....BBBBB.....CCCCC",
        [write(0), move(20, 5, 5)],
        "A" * 15,
    ),
    "mremap_unfaulted_between_correctly_placed_faulted": (
        "AAAAAAAAAAAAAAA.....CCCCC",
        [write(0), munmap(5, 5), move(20, 5, 5)],
        "A" * 15,
    ),
    "mremap_correct_placed_faulted: middle": (
        "A" * 15,
        [write(0, 15), move(5, 5, 25), move(25, 5, 5)],
        "A" * 15,
    ),
    "mremap_correct_placed_faulted: left": (
        "A" * 15,
        [write(0, 15), move(0, 5, 25), move(25, 5, 0)],
        "A" * 15,
    ),
    "mremap_correct_placed_faulted: right": (
        "A" * 15,
        [write(0, 15), move(10, 5, 25), move(25, 5, 10)],
        "A" * 15,
    ),
    "mremap_correct_placed_faulted: a piece away": (
        "A" * 15,
        [write(0, 15), move(5, 5, 25)],
        "AAAAA.....AAAAA..........AAAAA",
    ),
    "mremap_correct_placed_faulted: two pieces, left first": (
        "A" * 15,
        [
            write(0, 15),
            move(5, 5, 25),
            move(10, 5, 35),
            move(25, 5, 5),
            move(35, 5, 10),
        ],
        "A" * 15,
    ),
    "mremap_correct_placed_faulted: two pieces, right first": (
        "A" * 15,
        [
            write(0, 15),
            move(5, 5, 25),
            move(10, 5, 35),
            move(35, 5, 10),
            move(25, 5, 5),
        ],
        "A" * 15,
    ),
    "mremap_faulted_to_unfaulted_prev": (
        "...AAA",
        [write(3), move(3, 3, 20), mmap(0, "AAA"), move(20, 3, 3, dontunmap=True)],
        "AAAAAA..............AAA",
    ),
    "mremap_faulted_to_unfaulted_next": (
        "AAA",
        [write(0), move(0, 3, 20), mmap(3, "AAA"), move(20, 3, 0, dontunmap=True)],
        "AAAAAA..............AAA",
    ),
    "mremap_faulted_to_unfaulted_prev_unfaulted_next": (
        "...AAA",
        [
            write(3),
            move(3, 3, 20),
            mmap(0, "AAA"),
            mmap(6, "AAA"),
            move(20, 3, 3, dontunmap=True),
        ],
        "AAAAAAAAA...........AAA",
    ),
    "mremap_faulted_to_unfaulted_prev_faulted_next": (
        "...AAAAAA",
        [
            write(3, 6),
            move(3, 3, 20),
            mmap(0, "AAA"),
            move(20, 3, 3, dontunmap=True),
        ],
        "AAAAAAAAA...........AAA",
    ),
}


@pytest.mark.parametrize("case", SELFTEST)
def test_selftest(case: str) -> None:
    before, ops, after = SELFTEST[case]
    check(before, ops, after)


def test_selftest_forked_target_vma() -> None:
    ops = [write(0, 5), mmap(5, "AAAAA")]
    check("AAAAA", ops, "AAAAABBBBB", written="A", child=True)


def test_selftest_forked_source_vma() -> None:
    ops = [write(0, 5), mmap(5, "bbbbb"), mprotect(0, 5, PROT_READ)]
    check("AAAAA", ops, "aaaaabbbbb", written="A", child=True)


# case: before, call, after, the pgoff of each VMA as a page of the ruler
UNIT: dict[str, tuple[str, Op, str, list[int]]] = {
    "test_simple_merge": ("A.A", mmap(1, "A"), "AAA", [0]),
    "test_simple_modify": ("AAA", mprotect(1, 1, PROT_READ), "AaA", [0, 1, 2]),
    "test_simple_expand": ("A..", mremap(0, 1, 3), "AAA", [0]),
    "test_simple_shrink": ("AAA", mremap(0, 3, 1), "A", [0]),
    "test_merge_existing: right, partial": ("aaaaAAA", mprotect(2, 2, RW), "aaAAAAA", [0, 2]),
    "test_merge_existing: right, whole": (".aaaaAAA", mprotect(1, 4, RW), ".AAAAAAA", [1]),
    "test_merge_existing: left, partial": ("AAAaaaa", mprotect(3, 2, RW), "AAAAAaa", [0, 5]),
    "test_merge_existing: left, whole": ("AAAaaaa", mprotect(3, 4, RW), "AAAAAAA", [0]),
    "test_merge_existing: both": ("AAAaaaaAAA", mprotect(3, 4, RW), "A" * 10, [0]),
    "test_merge_existing: start, not left": (
        "xxxaaaAA",
        mprotect(3, 1, RW),
        "xxxAaaAA",
        [0, 3, 4, 6],
    ),
    "test_merge_existing: inside": (
        "AAAaaaaAAA",
        mprotect(4, 1, RW),
        "AAAaAaaAAA",
        [0, 3, 4, 5, 7],
    ),
    "test_merge_existing: end, not right": ("AAaaaxx", mprotect(4, 1, RW), "AAaaAxx", [0, 2, 4, 5]),
}


@pytest.mark.parametrize("case", UNIT)
def test_unit(case: str) -> None:
    before, op, after, pgoffs = UNIT[case]
    process = check(before, op, after)
    base = at(0) >> PAGE_SHIFT
    found = [vma.vm_pgoff - base for vma in process.mm if at(0) <= vma.vm_start < at(64)]
    assert found == pgoffs


def test_unit_test_merge_new() -> None:
    process = spawn("AA.B.......CC", written="A")
    others = process.mm.map_count - 3
    left = find_vma(process.mm, at(0))
    assert left is not None
    for page, letters, count in (
        (7, "AA", 4),  # none
        (2, "A", 3),  # both
        (4, "A", 3),  # prev
        (6, "A", 3),  # next
        (5, "A", 2),  # both
        (10, "A", 2),  # next
        (9, "A", 1),  # both
    ):
        mmap(page, letters).run(process)
        assert process.mm.map_count - others == count
        validate_mm(process.mm)
    whole = find_vma(process.mm, at(12))
    assert whole is left
    assert whole.anon_vma is not None


def neighbours() -> tuple[VmAreaStruct, VmAreaStruct]:
    mm = spawn("A.A").mm
    low, high = find_vma(mm, at(0)), find_vma(mm, at(2))
    assert low is not None
    assert high is not None
    return low, high


def fill(low: VmAreaStruct, high: VmAreaStruct) -> VmAreaStruct | None:
    vmg = VmaMergeStruct(
        low.vm_mm, at(1), at(2), low.vm_flags, at(1) >> PAGE_SHIFT, prev=low, next=high
    )
    return vma_merge_new_range(vmg)


@pytest.mark.parametrize("flag", [VM_IO, VM_DONTEXPAND, VM_PFNMAP, VM_MIXEDMAP])
def test_unit_test_vma_merge_special_flags(flag: int) -> None:
    low, high = neighbours()
    low.vm_flags |= flag
    high.vm_flags |= flag
    assert fill(low, high) is None


def test_unit_test_vma_merge_new_with_close() -> None:
    low, high = neighbours()
    high.vm_ops = special_mapping_vmops
    assert fill(low, high) is low
    assert (low.vm_end, high.vm_start) == (at(2), at(2))


def test_unit_test_vma_merge_with_close() -> None:
    process = spawn("AaA")
    middle = find_vma(process.mm, at(1))
    assert middle is not None
    middle.vm_ops = special_mapping_vmops
    process.mprotect(at(1), at(1) - at(0), RW)
    assert find_vma(process.mm, at(1)) is middle


def test_unit_test_anon_vma_non_mergeable() -> None:
    check("AA.BB", mmap(2, "A"), "AAABB", written="AB")
    check("AAAaaa", mprotect(3, 3, RW), "AAABBB", written="Aa")


@pytest.mark.parametrize(
    ("before", "op"),
    [
        ("A.B", mmap(1, "A")),
        ("a.B", mmap(1, "A")),
        ("AB".replace("B", "a"), mprotect(1, 1, RW)),
    ],
)
def test_unit_test_dup_anon_vma(before: str, op: Op) -> None:
    written = "B" if "B" in before else "A"
    process = spawn(before, written)
    op.run(process)
    vma = find_vma(process.mm, at(1))
    assert vma is not None
    assert vma.anon_vma is not None
    validate_mm(process.mm)
