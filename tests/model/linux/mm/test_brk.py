"""brk: the heap grows and shrinks."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import Ear, look
from tests.rulers import spawn
from vmlab import Process
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_PRIVATE,
    MAP_SHARED,
    PROT_READ,
    PROT_WRITE,
)
from vmlab.model.abi.resource import Rlimit
from vmlab.model.linux.mm.validate import validate_mm
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.events.vma import BrkRefused

RW = PROT_READ | PROT_WRITE
ANON = MAP_PRIVATE | MAP_ANONYMOUS
MAX = (1 << 64) - 1


@pytest.fixture
def process() -> Process:
    """A process with a file open as 3."""
    return spawn("")


def test_brk_grows_and_shrinks_one_vma(process: Process) -> None:
    start = process.brk(0)
    assert process.brk(start + 5000) == start + 5000
    assert "[heap]" in process.maps()
    assert f"{start:08x}-{start + 2 * PAGE_SIZE:08x} rw-p" in process.maps()
    process.store(start + 4999, b"x")
    assert process.brk(start + 1) == start + 1
    assert f"{start:08x}-{start + PAGE_SIZE:08x} rw-p" in process.maps()
    assert process.brk(start) == start
    assert "[heap]" not in process.maps()


def test_the_heap_does_not_merge_with_bss(process: Process) -> None:
    start = process.brk(0)
    process.brk(start + PAGE_SIZE)
    heap = find_vma(process.mm, start)
    assert heap is not None
    assert heap.vm_start == start
    assert heap.vm_prev is not None
    assert heap.vm_prev.vm_end == start


@pytest.mark.parametrize("pages", [10, 11, 12])
def test_brk_keeps_a_page_free_below_the_next_vma(process: Process, pages: int) -> None:
    start = process.brk(0)
    process.mmap(start + 11 * PAGE_SIZE, PAGE_SIZE, RW, ANON | MAP_FIXED)
    end = start + pages * PAGE_SIZE
    assert process.brk(end) == (end if pages <= 10 else start)


def test_brk_below_its_start_only_asks(process: Process) -> None:
    start = process.brk(0)
    process.brk(start + 100)
    assert process.brk(start - 1) == start + 100
    assert process.brk(MAX) == start + 100


def test_brk_respects_limits(process: Process) -> None:
    start = process.brk(0)
    process.setrlimit(Rlimit.RLIMIT_DATA, 64 * PAGE_SIZE)
    assert process.brk(start + 60 * PAGE_SIZE) == start + 60 * PAGE_SIZE
    assert process.brk(start + 65 * PAGE_SIZE) == start + 60 * PAGE_SIZE
    validate_mm(process.mm)


def test_shrinking_unmaps_whatever_lies_there(process: Process) -> None:
    start = process.brk(0)
    process.brk(start + 4 * PAGE_SIZE)
    process.mmap(start + 2 * PAGE_SIZE, PAGE_SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, 3, 0)
    process.brk(start)
    vma = find_vma(process.mm, start)
    assert vma is not None
    assert vma.vm_start > start + 4 * PAGE_SIZE


def test_a_heap_that_is_not_there_does_not_shrink(process: Process) -> None:
    end = process.brk(process.brk(0) + 2 * PAGE_SIZE)
    process.munmap(end - 2 * PAGE_SIZE, 2 * PAGE_SIZE)
    process.mmap(end, PAGE_SIZE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
    assert process.brk(end - PAGE_SIZE) == end


@pytest.mark.parametrize(("brk", "code"), [(0, "heap_below_start"), (PAGE_SIZE, "rlimit_data")])
def test_why_the_heap_stays_is_told(process: Process, brk: int, code: str) -> None:
    end = process.brk(0)
    process.setrlimit(Rlimit.RLIMIT_DATA, 0, MAX)
    ear = Ear(process)
    assert process.brk(end + brk if brk else 0) == end
    assert [e.reason.code for e in ear.events if isinstance(e, BrkRefused)] == [code]


def test_only_the_heap_is_brought_in_when_it_grows_locked(process: Process) -> None:
    above = process.mmap(0, PAGE_SIZE, RW, ANON)
    process.mlockall(2)  # MCL_FUTURE
    end = process.brk(0)
    process.brk(end + 2 * PAGE_SIZE)
    assert [look(process, addr) for addr in (end, end + PAGE_SIZE, above)] == ["Ax", "Ax", "-"]


def test_the_heap_counts_as_address_space(process: Process) -> None:
    end = process.brk(0)
    process.setrlimit(Rlimit.RLIMIT_AS, (process.mm.total_vm + 2) * PAGE_SIZE)
    assert process.brk(end + 3 * PAGE_SIZE) == end
    assert process.brk(end + 2 * PAGE_SIZE) == end + 2 * PAGE_SIZE
