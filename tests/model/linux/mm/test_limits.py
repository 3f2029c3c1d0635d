"""RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, and the memory of the machine."""

from __future__ import annotations

import pytest

from tests.rulers import Op, at, madvise, mlock, mmap, move, mprotect, mremap, munmap, spawn
from vmlab import GiB, LinuxError, Machine, Process, Rlimit, Segfault
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_GROWSDOWN,
    MAP_NORESERVE,
    MAP_PRIVATE,
    MAP_SHARED,
    PROT_READ,
    PROT_WRITE,
    Madv,
    Mremap,
)
from vmlab.model.mmu.page import PAGE_SIZE

RW = PROT_READ | PROT_WRITE
ANON = MAP_PRIVATE | MAP_ANONYMOUS


def test_the_address_space_limit_counts_everything_once() -> None:
    process = spawn("A")
    process.setrlimit(Rlimit.RLIMIT_AS, (process.mm.total_vm + 1) * PAGE_SIZE)
    with pytest.raises(LinuxError, match="ENOMEM"):
        process.mmap(0, 2 * PAGE_SIZE, PROT_READ, ANON)
    process.mmap(at(0), 2 * PAGE_SIZE, RW, ANON | MAP_FIXED)  # one page of it was there
    with pytest.raises(LinuxError, match="ENOMEM"):
        process.mmap(0, PAGE_SIZE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS)


@pytest.mark.parametrize(
    ("prot", "flags", "counts"),
    [
        (RW, ANON, True),
        (PROT_WRITE, ANON, True),
        (PROT_READ, ANON, False),
        (RW, MAP_SHARED | MAP_ANONYMOUS, False),
        (RW, ANON | MAP_GROWSDOWN, False),
        (RW, ANON | MAP_NORESERVE, True),
    ],
)
def test_the_data_limit_counts_private_writable_memory(prot: int, flags: int, counts: bool) -> None:
    process = spawn("A")
    process.setrlimit(Rlimit.RLIMIT_DATA, process.mm.data_vm * PAGE_SIZE)
    if counts:
        with pytest.raises(LinuxError, match="ENOMEM"):
            process.mmap(0, PAGE_SIZE, prot, flags)
    else:
        process.mmap(0, PAGE_SIZE, prot, flags)


def test_the_stack_limit_ends_its_growth() -> None:
    process = spawn("")
    process.sigaction(11)
    process.setrlimit(Rlimit.RLIMIT_STACK, 64 * PAGE_SIZE)
    top = process.mm.task_size
    process.store(top - 64 * PAGE_SIZE, b"x")
    with pytest.raises(Segfault, match="SEGV_MAPERR"):
        process.store(top - 65 * PAGE_SIZE, b"x")
    process.setrlimit(Rlimit.RLIMIT_AS, process.mm.total_vm * PAGE_SIZE)
    process.setrlimit(Rlimit.RLIMIT_STACK, 99 * PAGE_SIZE)
    with pytest.raises(Segfault, match="SEGV_MAPERR"):
        process.store(top - 65 * PAGE_SIZE, b"x")


@pytest.mark.parametrize(
    ("before", "op", "room", "error"),
    [
        ("AAAA", mmap(5, "A"), 0, "ENOMEM"),
        ("AAAA", munmap(1, 1), 1, "ENOMEM"),
        ("AAAA", mprotect(1, 1, PROT_READ), 2, "ENOMEM"),
        ("AAAA", madvise(1, 1, Madv.MADV_DONTFORK), 2, "EAGAIN"),
        ("AAAA", mlock(1, 1), 2, "ENOMEM"),
        ("AAAA", move(0, 4, 8), 6, "ENOMEM"),
        ("AAAA", move(1, 2, 8, dontunmap=True), 6, "ENOMEM"),
        ("AAAAb", mremap(0, 4, 6, Mremap.MREMAP_MAYMOVE), 4, "ENOMEM"),
    ],
)
def test_how_many_vmas_there_must_be_room_for(before: str, op: Op, room: int, error: str) -> None:
    """As Linux 6.18 answers with 65530 for max_map_count."""

    def with_room(room: int) -> Process:
        process = spawn(before)
        process.machine.system.sysctl_max_map_count = process.mm.map_count + room
        return process

    op.run(with_room(room))
    with pytest.raises(LinuxError, match=error):
        op.run(with_room(room - 1))


def test_a_heap_grows_unless_there_are_too_many_vmas_already() -> None:
    process = spawn("A")
    end = process.brk(0)
    for room, grown in ((0, PAGE_SIZE), (-1, 0)):
        process.machine.system.sysctl_max_map_count = process.mm.map_count + room
        assert process.brk(end + PAGE_SIZE) == end + grown
        process.brk(end)


@pytest.mark.parametrize(
    ("prot", "flags", "fits"),
    [
        (RW, ANON, False),
        (RW, MAP_SHARED | MAP_ANONYMOUS, False),
        (PROT_READ, ANON, True),
        (RW, ANON | MAP_NORESERVE, True),
    ],
)
def test_one_request_may_not_exceed_the_memory_of_the_machine(
    prot: int, flags: int, fits: bool
) -> None:
    process = Machine(totalram=GiB).spawn()
    process.mmap(0, GiB, prot, flags)
    if fits:
        process.mmap(0, GiB + PAGE_SIZE, prot, flags)
    else:
        with pytest.raises(LinuxError, match="ENOMEM"):
            process.mmap(0, GiB + PAGE_SIZE, prot, flags)
