"""Out of frames: a call fails with ENOMEM, a fault kills the largest process, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.model.linux.churn import FILE, Churn
from tests.model.linux.lab import Full
from vmlab import LinuxError, Machine, Map, MiB, Open, Process, Prot
from vmlab.model.linux.mm.validate import validate_idle, validate_machine
from vmlab.model.mmu.page import PAGE_SIZE

RW = Prot.PROT_READ | Prot.PROT_WRITE
ANON = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS
SHARED = Map.MAP_SHARED | Map.MAP_ANONYMOUS
PLACE = 0x40000000


def start(frames: int = 400) -> Process:
    p = Machine(ram=frames * PAGE_SIZE, totalram=64 * MiB).spawn()
    p.machine.fs.write("/small", b"x" * 5000)
    p.open("/small", Open.O_RDWR)
    return p


def mapped(p: Process, pages: int = 8, flags: int = ANON) -> int:
    return p.mmap(PLACE, pages * PAGE_SIZE, RW, flags | Map.MAP_FIXED)


def written(p: Process, pages: int = 8) -> int:
    return mapped(p, pages, ANON | Map.MAP_POPULATE)


def move_far(p: Process, addr: int) -> object:
    """The new place needs page tables of its own."""
    return p.mremap(addr, 8 * PAGE_SIZE, 8 * PAGE_SIZE, 3, 0x80000000)


@pytest.mark.parametrize("left", [0, 1])
@pytest.mark.parametrize(
    ("prepare", "call", "answer"),
    [
        (written, lambda p, addr: p.fork(), "ENOMEM"),
        (written, move_far, "ENOMEM"),
        (mapped, lambda p, addr: p.mlock(addr, 8 * PAGE_SIZE), "EAGAIN"),
        (mapped, lambda p, addr: p.madvise(addr, 8 * PAGE_SIZE, 22), "ENOMEM"),
        (mapped, lambda p, addr: p.madvise(addr, 8 * PAGE_SIZE, 23), "ENOMEM"),
        (mapped, lambda p, addr: p.madvise(addr, 8 * PAGE_SIZE, 102), "ENOMEM"),
        (mapped, lambda p, addr: p.execve("/bin/a.out"), "ENOMEM"),
        (mapped, lambda p, addr: p.machine.spawn(), "ENOMEM"),
        (mapped, lambda p, addr: p.machine.fs.write("/new", bytes(20000)), "ENOSPC"),
    ],
)
def test_a_call_that_finds_no_frame_fails(
    left: int,
    prepare: Callable[[Process], int],
    call: Callable[[Process, int], object],
    answer: str,
) -> None:
    """And leaves everything as it was, or a valid part of the work done."""
    p = start()
    addr = prepare(p)
    p.store(0x7FFFFFFFE000 - 3 * PAGE_SIZE, b"stack")
    with Full(p.machine, left):
        with pytest.raises(LinuxError, match=answer):
            call(p, addr)
        assert p.state == "R"
        validate_machine(p.machine.system)
    p.store(addr, b"goes on")
    assert p.load(addr, 7) == b"goes on"
    assert list(p.machine.processes) == [p.pid]
    p.exit()
    validate_idle(p.machine.system)


def test_a_write_to_a_file_comes_back_short_or_fails() -> None:
    p = start()
    addr = written(p)
    with Full(p.machine, 2):
        assert p.pwrite(3, addr, 8 * PAGE_SIZE, 1 << 20) == 2 * PAGE_SIZE
        with pytest.raises(LinuxError, match="ENOMEM"):
            p.pwrite(3, addr, 8 * PAGE_SIZE, 1 << 21)
        validate_machine(p.machine.system)


@pytest.mark.parametrize("left", [0, 3])
def test_a_mapping_is_made_even_if_it_cannot_be_populated(left: int) -> None:
    p = start()
    with Full(p.machine, left):
        addr = p.mmap(PLACE, 8 * PAGE_SIZE, RW, ANON | Map.MAP_POPULATE)
        assert sum(entry.present for entry in p.pagemap(addr, 8)) == max(0, left - 2)


def test_a_read_into_fresh_memory_comes_back_short() -> None:
    p = start()
    p.machine.fs.write("/long", b"l" * 5 * PAGE_SIZE)
    fd = p.open("/long", 0)
    addr = mapped(p)
    p.store(addr, b"tables")
    with Full(p.machine, 2):
        assert p.pread(fd, addr, 5 * PAGE_SIZE, 0) == 3 * PAGE_SIZE
        with pytest.raises(LinuxError, match="EFAULT"):
            p.pread(fd, addr + 4 * PAGE_SIZE, PAGE_SIZE, 0)


def test_a_failed_fork_leaves_the_parent_able_to_write() -> None:
    p = start()
    addr = written(p, 8)
    before = p.min_flt
    with Full(p.machine, 4), pytest.raises(LinuxError, match="ENOMEM"):
        p.fork()
    p.store(addr, b"mine")
    assert p.min_flt <= before + 1
    assert p.machine.system.next_mm == 3


def test_a_move_that_runs_out_of_tables_goes_back() -> None:
    """Across two last-level tables: the first moves whole, for the second no frame is left."""
    for left in range(2):
        p = start()
        addr = p.mmap(0x401F0000, 32 * PAGE_SIZE, RW, ANON | Map.MAP_FIXED | Map.MAP_POPULATE)
        for page in range(32):
            p.store(addr + page * PAGE_SIZE, bytes((page,)))
        before = p.maps()
        with Full(p.machine, left), pytest.raises(LinuxError, match="ENOMEM"):
            p.mremap(addr, 32 * PAGE_SIZE, 32 * PAGE_SIZE, 3, 0x805F0000)
        assert p.maps() == before
        assert [p.load(addr + page * PAGE_SIZE)[0] for page in range(32)] == list(range(32))


def test_the_largest_process_is_the_victim_and_the_other_tries_again() -> None:
    small = start()
    large = small.machine.spawn()
    written(large, 40)
    addr = mapped(small)
    with Full(small.machine):
        small.store(addr, b"lives")
        assert small.load(addr, 5) == b"lives"
        assert (large.state, large.exit_code) == ("X", 9)
    assert small.state == "R"


@pytest.mark.parametrize(
    ("step", "count", "dies"),
    [
        (PAGE_SIZE, 9, "younger"),
        (PAGE_SIZE, 8, "older"),  # the first of equals
        (2 * MiB, 5, "younger"),  # each with a page table of its own
        (2 * MiB, 4, "older"),
    ],
)
def test_page_tables_count_as_memory(step: int, count: int, dies: str) -> None:
    older = start()
    written(older, 8)
    younger = older.machine.spawn()
    younger.mmap(PLACE, 16 * MiB, RW, ANON | Map.MAP_FIXED)
    for number in range(count):
        younger.store(PLACE + number * step, b"x")
    third = older.machine.spawn()
    with Full(older.machine):
        third.store(mapped(third), b"lives")
    assert (older.state, younger.state) == (("X", "R") if dies == "older" else ("R", "X"))


def test_everybody_who_shares_the_victims_memory_dies() -> None:
    small = start()
    large = small.machine.spawn()
    written(large, 40)
    thread = large.clone(0x100)
    addr = mapped(small)
    with Full(small.machine):
        small.store(addr, b"lives")
    assert (large.state, thread.state) == ("X", "X")


def test_a_vfork_parent_that_is_killed_stays_dead() -> None:
    p = start()
    other = p.machine.spawn()
    written(p, 40)
    child = p.vfork()
    addr = mapped(other)
    with Full(other.machine):
        other.store(addr, b"x")
    assert (p.state, child.state) == ("X", "X")


def test_the_victim_is_waited_for_like_any_other() -> None:
    parent = start()
    child = parent.fork()
    written(child, 40)
    addr = mapped(parent)
    with Full(parent.machine):
        parent.store(addr, b"x")
        assert parent.wait() == (child.pid, 9)


@pytest.mark.parametrize("frames", [20, 30, 45, 60, 90, 130, 200])
@pytest.mark.parametrize("seed", range(3))
def test_any_calls_on_a_machine_that_is_too_small(frames: int, seed: int) -> None:
    """Nothing but the kernel's answers comes out; every frame is accounted for at every step."""
    machine = Machine(ram=frames * PAGE_SIZE, totalram=64 * MiB)
    machine.fs.write(FILE, b"a" * (5000 if frames > 25 else 0))
    churn = Churn(machine, seed * 1000 + frames)
    for _ in range(80):
        churn.step()
        validate_machine(machine.system)
    churn.finish()
    validate_machine(machine.system)
    validate_idle(machine.system)
