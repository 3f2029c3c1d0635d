"""mprotect: rights of ranges, piece by piece."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import Ear
from tests.rulers import Op, at, check, mprotect, mseal, spawn, write
from vmlab import LinuxError, Segfault
from vmlab.model.abi.fcntl import Open
from vmlab.model.abi.mman import (
    MAP_SHARED,
    PROT_EXEC,
    PROT_GROWSDOWN,
    PROT_GROWSUP,
    PROT_READ,
    PROT_WRITE,
    VM_ACCOUNT,
    Madv,
)
from vmlab.model.abi.resource import Rlimit
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.events.page import PteSet

RW = PROT_READ | PROT_WRITE
NONE = 0


@pytest.mark.parametrize(
    ("before", "op", "after"),
    [
        ("AAA", mprotect(0, 3, PROT_READ), "aaa"),
        ("AAA", mprotect(1, 1, NONE), "AnA"),
        ("AAA", mprotect(1, 1, PROT_READ | PROT_EXEC), "AxA"),
        ("AAA", mprotect(1, 1, RW | PROT_EXEC), "AXA"),
        ("AaxnA", mprotect(0, 5, RW), "AAAAA"),
        ("aaxx", mprotect(1, 2, NONE), "annx"),
        ("SSFF", mprotect(1, 2, PROT_READ), "SsfF"),
        ("AAA", mprotect(0, 0, 0xFFFF), "AAA"),
        ("GGG", mprotect(2, 1, PROT_READ | PROT_GROWSDOWN), "ggg"),
    ],
)
def test_rights_change(before: str, op: Op, after: str) -> None:
    check(before, op, after)


def test_a_hole_stops_it_and_what_came_before_stays_changed() -> None:
    check("AAA.BB", mprotect(0, 6, PROT_READ), "aaa.BB", error="ENOMEM")
    check("A..B", mprotect(1, 3, PROT_READ), "A..B", error="ENOMEM")


def test_a_sealed_piece_stops_it() -> None:
    check("AAbCC", [mseal(2, 1), mprotect(0, 5, NONE)], "nnbCC", error="EPERM")


@pytest.mark.parametrize(
    ("op", "error"),
    [
        (mprotect(0, 1, PROT_GROWSDOWN | PROT_GROWSUP), "EINVAL"),
        (mprotect(0, (1 << 52) - 1, RW), "ENOMEM"),
        (mprotect(0, 1, 0x10), "EINVAL"),
        (mprotect(9, 1, RW), "ENOMEM"),
        (mprotect(0, 1, RW | PROT_GROWSUP), "EINVAL"),
        (mprotect(0, 1, RW | PROT_GROWSDOWN), "EINVAL"),
    ],
)
def test_what_is_refused(op: Op, error: str) -> None:
    check("A", op, "A", error=error)


def test_an_unaligned_start_is_refused_even_for_no_bytes() -> None:
    process = spawn("A")
    with pytest.raises(LinuxError, match="EINVAL"):
        process.mprotect(at(0) + 1, 0, RW)


def test_a_shared_mapping_of_a_read_only_file_is_never_writable() -> None:
    process = spawn("")
    fd = process.open("/ruler", Open.O_RDONLY)
    start = process.mmap(0, PAGE_SIZE, PROT_READ, MAP_SHARED, fd)
    with pytest.raises(LinuxError, match="EACCES"):
        process.mprotect(start, PAGE_SIZE, RW)


def test_accesses_obey_at_once() -> None:
    process = check("A", [write(0), mprotect(0, 1, PROT_READ)], "a")
    process.sigaction(11)
    assert process.load(at(0)) == b"!"
    with pytest.raises(Segfault, match="SEGV_ACCERR"):
        process.store(at(0), b"x")
    process.mprotect(at(0), PAGE_SIZE, NONE)
    with pytest.raises(Segfault, match="SEGV_ACCERR"):
        process.load(at(0))
    faults = process.min_flt
    process.mprotect(at(0), PAGE_SIZE, RW)
    process.store(at(0), b"x")
    assert process.min_flt == faults  # its own page is writable again at once


def test_only_writable_private_memory_is_accounted_until_it_was_written() -> None:
    for written, kept in (("", 0), ("A", VM_ACCOUNT)):
        process = check("A", mprotect(0, 1, PROT_READ), "a", written=written)
        vma = find_vma(process.mm, at(0))
        assert vma is not None
        assert vma.vm_flags & VM_ACCOUNT == kept


def test_data_limit() -> None:
    process = spawn("aaa")
    process.setrlimit(Rlimit.RLIMIT_DATA, (process.mm.data_vm + 2) * PAGE_SIZE)
    with pytest.raises(LinuxError, match="ENOMEM"):
        process.mprotect(at(0), 3 * PAGE_SIZE, RW)
    process.mprotect(at(0), 2 * PAGE_SIZE, RW)


def test_pages_behind_a_guard_are_protected_too() -> None:
    process = spawn("AAA", written="A")
    process.sigaction(11)
    process.store(at(2), b"x")
    process.madvise(at(1), PAGE_SIZE, Madv.MADV_GUARD_INSTALL)
    process.mprotect(at(0), 3 * PAGE_SIZE, PROT_READ)
    with pytest.raises(Segfault):
        process.store(at(2), b"y")


def test_an_entry_that_stays_as_it_is_is_not_set_again() -> None:
    """A page of zeros is copied by its first store, whether its mapping may be written or not."""
    process = spawn("a")
    process.mprotect(at(0), PAGE_SIZE, PROT_READ)
    process.load(at(0))
    ear = Ear(process)
    process.mprotect(at(0), PAGE_SIZE, RW)
    assert not [event for event in ear.events if isinstance(event, PteSet)]


@pytest.mark.parametrize(("prot", "pages"), [(PROT_READ | PROT_EXEC, 0), (RW, 1)])
def test_locked_pages_are_brought_in_when_they_may_be_written(prot: int, pages: int) -> None:
    process = spawn("a")
    process.mlock(at(0), PAGE_SIZE)
    process.madvise(at(0), PAGE_SIZE, Madv.MADV_DONTNEED_LOCKED)
    process.mprotect(at(0), PAGE_SIZE, prot)
    assert process.pagemap(at(0))[0].present == bool(pages)
