"""With too few free frames an operation fails and changes nothing; with enough of them it succeeds.

Each is tried with no free frame, with one, with two, until it succeeds. Every frame is accounted
for each time, and none is left when all processes have ended.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pytest

from tests.model.linux.lab import ANON, PAGE, PLACE, RW, SHARED, Full, anon, mapped
from vmlab import Killed, LinuxError, Machine, Madv, Map, MiB, Mremap, Open, Process
from vmlab.model.linux.mm.validate import validate_idle, validate_machine

FAR = 0x8040000000  # shares no table but the top one with PLACE
EDGE = PLACE + 2 * MiB - 4 * PAGE  # four pages before the end of a page table
Act = Callable[[Process], object]


# What a process has before


def nothing(p: Process) -> None:
    """Only what every program has."""


def reserved(p: Process) -> None:
    anon(p, 8)


def written(p: Process, addr: int = PLACE) -> None:
    p.mmap(addr, 8 * PAGE, RW, ANON | Map.MAP_FIXED)
    p.store(addr, b"w" * 8 * PAGE)


def shared_with_child(p: Process) -> None:
    written(p)
    p.fork()


def of_zeros(p: Process) -> None:
    anon(p)
    p.load(PLACE, 4 * PAGE)


def guarded(p: Process) -> None:
    written(p)
    p.madvise(PLACE + PAGE, PAGE, Madv.MADV_GUARD_INSTALL)


def of_sparse_file(p: Process, flags: int = Map.MAP_SHARED) -> None:
    """A file in memory that has no pages."""
    fd = p.memfd_create("m")
    p.ftruncate(fd, 8 * PAGE)
    p.mmap(PLACE, 8 * PAGE, RW, flags | Map.MAP_FIXED, fd)


def of_file(p: Process, flags: int = Map.MAP_SHARED) -> None:
    """A file whose pages are cached."""
    mapped(p, flags, pages=4)


def of_private_file(p: Process) -> None:
    of_file(p, Map.MAP_PRIVATE)


def of_read_file(p: Process) -> None:
    of_private_file(p)
    p.load(PLACE)


def near(prepare: Act, distance: int) -> Act:
    """There is a page so many bytes above, with its page tables."""

    def both(p: Process) -> None:
        written(p, PLACE + distance)
        prepare(p)

    return both


# What it does


def store(p: Process) -> None:
    p.store(PLACE, b"s")


def load(p: Process) -> None:
    p.load(PLACE)


def fork(p: Process) -> None:
    p.fork()


def move(to: int, start: int = PLACE, flags: int = 3) -> Act:
    return lambda p: p.mremap(start, 8 * PAGE, 8 * PAGE, Mremap(flags), to)


def advise(advice: Madv) -> Act:
    return lambda p: p.madvise(PLACE, 8 * PAGE, advice)


class Case(NamedTuple):
    """An operation."""

    prepare: Act
    act: Act
    fails: str  # with which error, or that it kills
    frames: int  # that it takes


CASES = {
    # Two tables, and the frame
    "first write": Case(reserved, store, "kills", 3),
    "first write beside others": Case(near(reserved, 8 * PAGE), store, "kills", 1),
    "first read, of zeros": Case(reserved, load, "kills", 2),
    "first write to shared memory": Case(partial(anon, flags=SHARED), store, "kills", 3),
    "first read of shared memory": Case(partial(anon, flags=SHARED), load, "kills", 3),
    "first write to a stack": Case(nothing, lambda p: p.store(0x7FFFFFFE0000, b"x"), "kills", 1),
    # The page of the file is there, or is added
    "shared write to a file": Case(of_file, store, "kills", 2),
    "read of a file": Case(of_file, load, "kills", 2),
    "write to a sparse file": Case(of_sparse_file, store, "kills", 3),
    "read of a sparse file": Case(of_sparse_file, load, "kills", 3),
    # The copy
    "write where zeros were read": Case(of_zeros, store, "kills", 1),
    "write where a child reads": Case(shared_with_child, store, "kills", 1),
    "private write to a file": Case(of_private_file, store, "kills", 3),
    "private write to a file, one table missing": Case(
        near(of_private_file, 4 * MiB), store, "kills", 2
    ),
    "private write to a file, after a read": Case(of_read_file, store, "kills", 1),
    "private write to a sparse file": Case(
        partial(of_sparse_file, flags=Map.MAP_PRIVATE), store, "kills", 4
    ),
    # Tables only
    "move": Case(written, move(FAR), "ENOMEM", 3),
    "move with a guard": Case(guarded, move(FAR), "ENOMEM", 3),
    "move to other page tables": Case(written, move(PLACE + 4 * MiB), "ENOMEM", 1),
    "move of what has no pages": Case(reserved, move(FAR), "ENOMEM", 0),
    "move without unmapping": Case(written, move(FAR, flags=5), "ENOMEM", 3),
    "move of two page tables, one of which goes along": Case(
        partial(written, addr=EDGE), move(FAR + 2 * MiB - 4 * PAGE, EDGE), "ENOMEM", 3
    ),
    "move across page tables": Case(
        partial(written, addr=EDGE), move(FAR + 2 * MiB - 2 * PAGE, EDGE), "ENOMEM", 4
    ),
    "guard": Case(reserved, advise(Madv.MADV_GUARD_INSTALL), "ENOMEM", 2),
    # All pages, and two tables
    "populate to read": Case(reserved, advise(Madv.MADV_POPULATE_READ), "ENOMEM", 2),
    "populate to write": Case(reserved, advise(Madv.MADV_POPULATE_WRITE), "ENOMEM", 10),
    "populate copies": Case(shared_with_child, advise(Madv.MADV_POPULATE_WRITE), "ENOMEM", 8),
    "mlock": Case(reserved, lambda p: p.mlock(PLACE, 8 * PAGE), "EAGAIN", 10),
    "pread": Case(reserved, lambda p: p.pread(3, PLACE, PAGE, 0), "EFAULT", 3),
    "pwrite": Case(written, lambda p: p.pwrite(3, PLACE, PAGE, 10 * PAGE), "ENOMEM", 1),
    "fallocate": Case(of_sparse_file, lambda p: p.fallocate(4, 0, 0, 8 * PAGE), "ENOSPC", 8),
    # Address spaces
    "fork": Case(nothing, fork, "ENOMEM", 7),
    "fork with another page table": Case(partial(written, addr=EDGE), fork, "ENOMEM", 10),
    "fork with a guard": Case(guarded, fork, "ENOMEM", 9),
    "fork with pages of a file": Case(of_read_file, fork, "ENOMEM", 7),
    "execve": Case(nothing, lambda p: p.execve("/bin/a.out"), "ENOMEM", 5),
}


@pytest.mark.parametrize("name", CASES)
def test_an_operation_fails_cleanly_until_there_are_enough_frames(name: str) -> None:
    case = CASES[name]
    answers = [answer(case, left) for left in range(case.frames + 1)]
    assert answers == [case.fails] * case.frames + ["succeeds"]


def answer(case: Case, left: int) -> str:
    m = Machine(ram=2 * MiB, totalram=64 * MiB)
    m.fs.write("/f", b"f" * 4 * PAGE)
    p = m.spawn()
    p.open("/f", Open.O_RDWR)
    p.sigaction(11)  # no handler helps
    case.prepare(p)
    before, processes = p.maps(), {*m.processes}
    with Full(m, left):
        try:
            case.act(p)
        except LinuxError as failure:
            came = failure.name
            assert (p.maps(), {*m.processes}) == (before, processes)
        except Killed:
            came = "kills"
        else:
            came = "succeeds"
        validate_machine(m.system)
    if case.prepare in (written, guarded) and p.maps() == before:
        assert p.load(PLACE) == b"w"
    for each in [*m.processes.values()]:
        if each.state != "X":
            each.exit()
    validate_machine(m.system)
    validate_idle(m.system)
    return came
