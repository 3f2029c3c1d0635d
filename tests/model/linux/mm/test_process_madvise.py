"""process_madvise: advice about the memory of any process, piece by piece."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.lab import ANON, PAGE, RW
from tests.refused import refused
from vmlab import (
    CLONE_SIGHAND,
    CLONE_THREAD,
    CLONE_VM,
    PIDFD_SELF_THREAD,
    PIDFD_SELF_THREAD_GROUP,
    PIDFD_THREAD,
    LinuxError,
    Machine,
    Madv,
    Process,
)

A = 0x10000000  # where the pieces are told
OWN = A + PAGE
HOLE = A + 8 * PAGE
COLD, DONTNEED = Madv.MADV_COLD, Madv.MADV_DONTNEED
Pieces = list[tuple[int, int]]


@pytest.fixture
def p() -> Process:
    """Return a process whose descriptor 3 is its own, and 4 that of its child."""
    process = Machine().spawn()
    process.mmap(A, 8 * PAGE, RW, ANON | 0x10, -1, 0)
    process.store(OWN, b"t" * 3 * PAGE)
    child = process.fork()
    assert (process.pidfd_open(process.pid), process.pidfd_open(child.pid)) == (3, 4)
    return process


def advise(p: Process, fd: int, pieces: Pieces, advice: int, flags: int = 0) -> int:
    for number, piece in enumerate(pieces):
        p.store(A + 16 * number, struct.pack("<2Q", *piece))
    return p.process_madvise(fd, A, len(pieces), advice, flags)


def resident(process: Process) -> list[bool]:
    return [entry.present for entry in process.pagemap(OWN, 3)]


def test_each_piece_is_treated(p: Process) -> None:
    assert advise(p, 3, [(OWN, 1), (OWN + 2 * PAGE, PAGE)], DONTNEED) == PAGE + 1
    assert resident(p) == [False, True, False]


@pytest.mark.parametrize("fd", [PIDFD_SELF_THREAD, PIDFD_SELF_THREAD_GROUP])
def test_no_descriptor_is_needed_for_oneself(p: Process, fd: int) -> None:
    assert advise(p, fd, [(OWN, PAGE)], DONTNEED) == PAGE
    assert resident(p) == [False, True, True]


def referenced(process: Process) -> int:
    entry = process.smaps().partition("10000000-")[2]
    return int(entry.partition("Referenced:")[2].split()[0]) << 10


def test_pages_of_another_become_cold(p: Process) -> None:
    child = p.machine[p.pid + 1]
    child.store(OWN, b"c")  # the others are shared, and stay as they are
    before = referenced(child)
    assert advise(p, 4, [(OWN, 3 * PAGE)], COLD) == 3 * PAGE
    assert referenced(child) == before - PAGE


@pytest.mark.parametrize("advice", sorted(set(Madv) - {3, 20, 21, 25}))
def test_what_is_not_for_others(p: Process, advice: int) -> None:
    with refused(LinuxError, "advice_not_for_others", "EINVAL"):
        advise(p, 4, [(OWN, PAGE)], advice)


def test_who_shares_the_memory_is_no_other(p: Process) -> None:
    child = p.vfork()
    assert advise(child, child.pidfd_open(p.pid), [(OWN, PAGE)], DONTNEED) == PAGE
    assert resident(p) == [False, True, True]


@pytest.mark.parametrize(
    ("pieces", "count"),
    [
        ([(OWN, 10)], 10),
        ([(OWN, PAGE), (OWN + 5, PAGE)], PAGE),
        ([(OWN, PAGE), (HOLE, PAGE), (OWN, PAGE)], PAGE),
        ([(OWN, 0), (OWN, PAGE), (0, 0)], PAGE),
        ([(OWN, PAGE), (OWN + 1, 0), (OWN, PAGE)], 2 * PAGE),  # an empty one is passed over
        ([(OWN + 1, 0)], 0),
        ([], 0),
    ],
)
def test_bytes_up_to_what_is_refused(p: Process, pieces: Pieces, count: int) -> None:
    assert advise(p, 3, pieces, COLD) == count


@pytest.mark.parametrize(
    ("fd", "pieces", "advice", "reason", "error"),
    [
        (3, [(OWN + 5, PAGE)], COLD, "not_page_aligned", "EINVAL"),
        (3, [(OWN + 1, 0), (OWN, PAGE)], COLD, "not_page_aligned", "EINVAL"),  # unless it is first
        (3, [(HOLE, PAGE)], COLD, "range_has_holes", "ENOMEM"),
        (3, [(OWN, 1 << 63)], COLD, "length_negative", "EINVAL"),
        (4, [(1 << 62, PAGE)], COLD, "buffer_outside_user_space", "EFAULT"),
        (3, [(OWN, PAGE)], 99, "unknown_advice", "EINVAL"),
        (4, [], 99, "advice_not_for_others", "EINVAL"),
        (9, [(OWN, PAGE)], 99, "fd_not_open", "EBADF"),
        (-1, [], COLD, "fd_not_open", "EBADF"),
        (-10002, [], COLD, "fd_not_open", "EBADF"),
    ],
)
def test_what_is_refused(
    p: Process, fd: int, pieces: Pieces, advice: int, reason: str, error: str
) -> None:
    with refused(LinuxError, reason, error):
        advise(p, fd, pieces, advice)


def test_flags_are_looked_at_first_then_the_pieces(p: Process) -> None:
    for args, reason, error in (
        ((99, HOLE, 1, COLD, 1), "unknown_flags", "EINVAL"),
        ((99, HOLE, 1, COLD, 0), "nothing_read", "EFAULT"),
        ((99, A, 1025, COLD, 0), "too_many_pieces", "EINVAL"),
    ):
        with refused(LinuxError, reason, error):
            p.process_madvise(*args)
    assert p.process_madvise(3, A, 1 << 32, COLD, 1 << 32) == 0  # of both the lowest 32 bits count


def test_only_a_descriptor_of_a_process_will_do(p: Process) -> None:
    p.machine.fs.write("/f", b"")
    for fd in (p.open("/f"), p.open("/f", 0x200000)):
        with refused(LinuxError, "fd_of_no_process", "EBADF"):
            advise(p, fd, [(OWN, PAGE)], COLD)


def test_what_has_ended_has_no_memory(p: Process) -> None:
    child = p.machine[p.pid + 1]
    child.exit()
    for _ in range(2):  # a zombie, then none
        with refused(LinuxError, "no_such_process", "ESRCH"):
            advise(p, 4, [(OWN, PAGE)], 99)
        if child.pid in p.machine.system.tasks:
            p.wait()


def test_another_thread_does_not_stand_for_its_process(p: Process) -> None:
    thread = p.clone(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
    fd = p.pidfd_open(thread.pid, PIDFD_THREAD)
    with refused(LinuxError, "no_such_process", "ESRCH"):
        advise(p, fd, [(OWN, PAGE)], COLD)
    assert advise(p, p.pidfd_open(p.pid, PIDFD_THREAD), [(OWN, PAGE)], COLD) == PAGE
    assert advise(thread, PIDFD_SELF_THREAD, [(OWN, PAGE)], COLD) == PAGE
