"""mlock and munlock."""

from __future__ import annotations

import pytest

from tests.rulers import Op, at, check, mlock, mprotect, munlock, munmap, spawn
from vmlab import LinuxError
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_DROPPABLE,
    MAP_FIXED,
    PROT_READ,
    PROT_WRITE,
    VM_LOCKED,
)
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_SIZE

DROPPABLE = MAP_DROPPABLE | MAP_ANONYMOUS | MAP_FIXED


@pytest.mark.parametrize(
    ("before", "op", "after", "pages"),
    [
        ("AAA", mlock(1, 1), "ALA", 1),
        ("AAA", mlock(0, 3), "LLL", 3),
        ("LLL", munlock(1, 1), "LAL", 2),
        ("ALA", munlock(0, 3), "AAA", 0),
        ("ALA", mlock(0, 3), "LLL", 3),
        ("LLL", munmap(0, 2), "..L", 1),
        ("LLL", mprotect(0, 1, 1), "lLL", 3),
        ("AAA", mlock(0, 0), "AAA", 0),
    ],
)
def test_locking_splits_and_merges(before: str, op: Op, after: str, pages: int) -> None:
    assert check(before, op, after).mm.locked_vm == pages


def test_locked_pages_are_faulted_in() -> None:
    process = check("AAa", mlock(0, 3), "LLl")
    assert [entry.present for entry in process.pagemap(at(0), 3)] == [True] * 3


def test_a_hole_stops_it() -> None:
    process = check("A.A", mlock(0, 3), "L.A", error="ENOMEM")
    assert not process.pagemap(at(0))[0].present  # the hole is found before any page comes in
    check("L.L", munlock(0, 3), "A.L", error="ENOMEM")


def test_memory_without_access_is_locked_but_not_brought_in() -> None:
    process = spawn("n")
    with pytest.raises(LinuxError, match="ENOMEM"):
        process.mlock(at(0), PAGE_SIZE)
    assert process.mm.locked_vm == 1


def test_no_bytes_are_locked_where_no_access_is_allowed() -> None:
    check("nn", mlock(1, 0), "nn")


def test_droppable_memory_is_brought_in_but_not_locked() -> None:
    process = spawn("")
    process.mmap(at(0), PAGE_SIZE, PROT_READ | PROT_WRITE, DROPPABLE, -1, 0)
    process.mlock(at(0), PAGE_SIZE)
    vma = find_vma(process.mm, at(0))
    assert vma is not None
    assert not vma.vm_flags & VM_LOCKED
    assert process.mm.locked_vm == 0
    assert process.pagemap(at(0))[0].present


def test_the_range_is_widened_to_pages() -> None:
    process = spawn("AAA")
    process.mlock(at(1) - 1, 2)
    assert process.mm.locked_vm == 2
    with pytest.raises(LinuxError, match="EINVAL"):
        process.mlock(at(0), (1 << 64) - at(0) - 1)


def test_a_child_inherits_no_locks() -> None:
    child = check("LL", [], "AA", child=True)
    assert child.mm.locked_vm == 0


def test_special_mappings_are_passed_over() -> None:
    process = spawn("")
    process.mlock(process.mm.vdso, PAGE_SIZE)
    vma = find_vma(process.mm, process.mm.vdso)
    assert vma is not None
    assert " lo" not in process.smaps()
    assert process.mm.locked_vm == 0
