"""mlock and its kin."""

from __future__ import annotations

import pytest

from tests.refused import refused
from tests.rulers import Op, at, check, mlock, mprotect, munlock, munmap, spawn
from vmlab import LinuxError, Process
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_DROPPABLE,
    MAP_FIXED,
    MAP_PRIVATE,
    MCL_CURRENT,
    MCL_FUTURE,
    MCL_ONFAULT,
    MLOCK_ONFAULT,
    PROT_READ,
    PROT_WRITE,
    VM_LOCKED,
    VM_LOCKED_MASK,
)
from vmlab.model.linux.include.mm import vma_pages
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


# mlock2, mlockall, munlockall


def flags_at(process: Process, page: int) -> int:
    vma = find_vma(process.mm, at(page))
    assert vma is not None
    return vma.vm_flags & VM_LOCKED_MASK


def test_mlock2_locks_pages_as_they_are_touched() -> None:
    process = spawn("AAA")
    process.mlock2(at(1), PAGE_SIZE, MLOCK_ONFAULT)
    assert [flags_at(process, page) for page in range(3)] == [0, VM_LOCKED_MASK, 0]
    assert not process.pagemap(at(1))[0].present
    process.mlock2(at(1), PAGE_SIZE, 0)
    assert flags_at(process, 1) == VM_LOCKED
    assert process.pagemap(at(1))[0].present
    assert process.mm.locked_vm == 1


def test_mlock2_locks_memory_without_access() -> None:
    process = spawn("n")
    process.mlock2(at(0), PAGE_SIZE, MLOCK_ONFAULT)
    assert flags_at(process, 0) == VM_LOCKED_MASK


@pytest.mark.parametrize("flags", [2, 3, 1 << 31])
def test_mlock2_knows_one_flag(flags: int) -> None:
    with refused(LinuxError, "unknown_flags", "EINVAL"):
        spawn("A").mlock2(at(0), PAGE_SIZE, flags)


def test_mlockall_locks_all_there_is_and_brings_it_in() -> None:
    process = spawn("A.a")
    process.mlockall(MCL_CURRENT)
    locked = [vma for vma in process.mm if vma.vm_flags & VM_LOCKED]
    assert process.mm.locked_vm == sum(vma_pages(vma) for vma in locked)
    assert process.pagemap(at(0))[0].present
    assert not process.mm.def_flags
    process.mmap(at(1), PAGE_SIZE, PROT_READ, DROPPABLE)
    assert not flags_at(process, 1)


@pytest.mark.parametrize(
    ("flags", "lock"), [(MCL_FUTURE, VM_LOCKED), (MCL_FUTURE | MCL_ONFAULT, VM_LOCKED_MASK)]
)
def test_mlockall_locks_what_will_be_mapped(flags: int, lock: int) -> None:
    process = spawn("A")
    process.mlockall(flags)
    assert not flags_at(process, 0)
    process.mmap(at(2), PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
    assert flags_at(process, 2) == lock
    assert process.pagemap(at(2))[0].present == (lock == VM_LOCKED)
    process.brk(process.mm.brk + PAGE_SIZE)
    assert process.mm.locked_vm == 2


def test_droppable_memory_is_never_locked() -> None:
    process = spawn("A")
    process.mlockall(MCL_FUTURE | MCL_ONFAULT)
    process.mmap(at(2), PAGE_SIZE, PROT_READ, DROPPABLE)
    assert not flags_at(process, 2)
    assert not process.mm.locked_vm
    assert process.pagemap(at(2))[0].present  # brought in as if it were


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (0, "neither_current_nor_future"),
        (MCL_ONFAULT, "neither_current_nor_future"),
        (8 | MCL_CURRENT, "unknown_flags"),
    ],
)
def test_mlockall_refuses(flags: int, reason: str) -> None:
    with refused(LinuxError, reason, "EINVAL"):
        spawn("A").mlockall(flags)


def test_munlockall_undoes_it() -> None:
    process = spawn("A")
    process.mlockall(MCL_CURRENT | MCL_FUTURE)
    process.munlockall()
    assert not process.mm.locked_vm
    assert not process.mm.def_flags
    assert not flags_at(process, 0)


def test_neither_a_child_nor_the_next_program_is_locked() -> None:
    process = spawn("A")
    process.mlockall(MCL_CURRENT | MCL_FUTURE)
    child = process.fork()
    assert not child.mm.locked_vm
    assert not child.mm.def_flags
    process.machine.spawn()
    process.execve("/bin/a.out")
    assert not process.mm.def_flags
    assert not process.mm.locked_vm
