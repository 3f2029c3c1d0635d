"""How the kernel stores numbers in user memory; the answers are those of Linux 6.18."""

from __future__ import annotations

import pytest

from tests.rulers import at
from vmlab import (
    MADV_DONTNEED,
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_PRIVATE,
    PROT_READ,
    PROT_WRITE,
    Arch,
    LinuxError,
    Machine,
    Process,
)
from vmlab.model.abi import errno
from vmlab.model.mmu.page import PAGE_SIZE

A = at(0)
BASE = 0x1122334455
STACK_END = 0x7FFFFFFFF000


@pytest.fixture
def process() -> Process:
    """A process with two pages, and a base of a segment to store."""
    process = Machine().spawn()
    process.mmap(A, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
    process.arch_prctl(Arch.ARCH_SET_GS, BASE)
    return process


def store(process: Process, addr: int) -> tuple[str, int]:
    """Let the kernel store the base; return the error and the faults."""
    before, error = process.min_flt, ""
    try:
        process.arch_prctl(Arch.ARCH_GET_GS, addr)
    except LinuxError as failure:
        error = errno.errorcode[failure.errno or 0]
    return error, process.min_flt - before


def test_a_number_across_a_page_border_brings_in_both_pages(process: Process) -> None:
    addr = A + PAGE_SIZE - 4
    assert store(process, addr) == ("", 2)
    assert process.load(addr, 8) == BASE.to_bytes(8, "little")


def test_a_number_is_stored_whole_or_not_at_all(process: Process) -> None:
    process.munmap(A + PAGE_SIZE, PAGE_SIZE)
    addr = A + PAGE_SIZE - 4
    assert store(process, addr) == ("EFAULT", 1)
    assert process.load(addr, 4) == bytes(4)


def test_only_where_a_number_begins_has_to_be_in_user_space(process: Process) -> None:
    process.madvise(STACK_END - PAGE_SIZE, PAGE_SIZE, MADV_DONTNEED)
    assert store(process, STACK_END + 1) == ("EFAULT", 0)
    assert store(process, STACK_END) == ("EFAULT", 0)
    assert store(process, STACK_END - 4) == ("EFAULT", 1)
