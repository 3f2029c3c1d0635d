"""Locks on files. What is asked here, Linux 6.18 was asked on a tmpfs."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import PLACE, anon, start
from tests.refused import refused
from vmlab import Fcntl, Flock, LinuxError, Machine, Open, Process, Recorder
from vmlab.model.abi.fcntl import FLOCK, LockType

LAST = (1 << 63) - 1
R, W, U = LockType
SH, EX, NB, UN = Flock
GET, SET, WAIT = Fcntl.F_GETLK, Fcntl.F_SETLK, Fcntl.F_SETLKW
OFD_GET, OFD_SET = Fcntl.F_OFD_GETLK, Fcntl.F_OFD_SETLK
RW, RO, WO, O_PATH, PIPE = 4, 5, 6, 7, 9
FREE = (U, 0, 0, 0, 0)


@pytest.fixture
def p() -> Process:
    """Return a process with a file of 100 bytes on RW, RO, WO and O_PATH, and an end of a pipe."""
    p = start()
    anon(p)
    p.machine.fs.write("/locked", bytes(100))
    for flags in (Open.O_RDWR, Open.O_RDONLY, Open.O_WRONLY, Open.O_PATH):
        p.open("/locked", flags)
    p.pipe()
    return p


def lock(p: Process, fd: int, cmd: int, *fields: int) -> tuple[int, ...]:
    """Ask for a lock: type, whence, start, length, pid. Return what is told of it."""
    p.store(PLACE, FLOCK.pack(*fields, *FREE[len(fields) :]))
    p.fcntl(fd, cmd, PLACE)
    return tuple(FLOCK.unpack(p.load(PLACE, FLOCK.size)))


@pytest.mark.parametrize(
    ("fd", "cmd", "fields", "error"),
    [
        (RO, SET, (W,), "EBADF"),
        (WO, SET, (R,), "EBADF"),
        (RW, SET, (3,), "EINVAL"),
        (RW, SET, (R, 9), "EINVAL"),
        (RW, SET, (R, 0, -1), "EINVAL"),
        (RW, SET, (R, 2, LAST), "EOVERFLOW"),
        (RW, SET, (R, 0, 5, LAST), "EOVERFLOW"),
        (RW, SET, (R, 0, 5, -6), "EINVAL"),
        (RW, GET, (U,), "EINVAL"),
        (RW, GET, (3,), "EINVAL"),
        (O_PATH, SET, (R,), "EBADF"),
        (O_PATH, GET, (R,), "EBADF"),
        (99, SET, (R,), "EBADF"),
        (RW, OFD_SET, (R, 0, 0, 0, 5), "EINVAL"),
        (RW, OFD_GET, (R, 0, 0, 0, 5), "EINVAL"),
        (RW, OFD_GET, (3,), "EINVAL"),
        (RO, SET, (W, 9), "EINVAL"),
    ],
)
def test_what_is_no_lock(
    p: Process, fd: int, cmd: int, fields: tuple[int, ...], error: str
) -> None:
    with pytest.raises(LinuxError, match=error):
        lock(p, fd, cmd, *fields)


def test_what_is_one(p: Process) -> None:
    for fd, cmd, fields in (
        *((RO, SET, (U,)), (RW, SET, (R, 0, 1, LAST)), (RW, SET, (R, 0, 5, -3))),
        *((PIPE, SET, (W,)), (RW, OFD_GET, (U,))),
    ):
        assert lock(p, fd, cmd, *fields)[: len(fields)] == fields
    with refused(LinuxError, "nothing_read", "EFAULT"):
        p.fcntl(RW, SET, 16)


def test_locks_of_another_process(p: Process) -> None:
    lock(p, RW, SET, W, 0, 10, 10)
    lock(p, RW, SET, R, 0, 30, 10)
    child = p.fork()
    first, second = (W, 0, 10, 10, p.pid), (R, 0, 30, 10, p.pid)
    assert lock(child, RW, GET, W) == lock(child, RW, GET, R) == first
    assert lock(child, RW, GET, R, 0, 15) == first
    assert lock(child, RW, GET, W, 0, 25) == second
    assert lock(child, RW, GET, W, 0, 0, 5) == (U, 0, 0, 5, 0)
    assert lock(p, RW, GET, W) == FREE
    with refused(LinuxError, "locked_by_other", "EAGAIN"):
        lock(child, RW, SET, W, 0, 12, 1)
    with refused(LinuxError, "locked_by_other", "EAGAIN"):
        lock(child, RW, OFD_SET, W, 0, 12, 1)
    with refused(LinuxError, "lock_awaited", "EAGAIN"):
        lock(child, RW, WAIT, W, 0, 12, 1)
    lock(child, RW, SET, R, 0, 30, 5)
    assert lock(child, RW, OFD_GET, W) == first


def test_parts_of_a_lock(p: Process) -> None:
    child = p.fork()
    lock(p, RW, SET, W, 0, 10, 10)
    lock(p, RW, SET, U, 0, 13, 2)
    assert lock(child, RW, GET, W, 0, 13, 2) == (U, 0, 13, 2, 0)
    assert lock(child, RW, GET, W, 0, 15, 2) == (W, 0, 15, 5, p.pid)
    assert lock(child, RW, GET, W, 0, 0, 13) == (W, 0, 10, 3, p.pid)
    lock(p, RW, SET, R, 0, 15, 1)
    assert lock(child, RW, GET, W, 0, 13, 3) == (R, 0, 15, 1, p.pid)
    assert lock(child, RW, GET, R, 0, 13, 30) == (W, 0, 16, 4, p.pid)
    lock(p, RW, SET, W, 0, 20, 10)
    assert lock(child, RW, GET, R, 0, 16, 30) == (W, 0, 16, 14, p.pid)


def test_closing_any_descriptor_of_the_file_gives_it_free(p: Process) -> None:
    child = p.fork()
    lock(p, RW, SET, W)
    p.close(p.open("/locked"))
    assert lock(child, RW, GET, W) == FREE
    lock(p, RW, SET, W)
    p.exit()
    assert lock(child, RW, GET, W) == FREE


def test_locks_of_open_files(p: Process) -> None:
    lock(p, RW, OFD_SET, W, 0, 0, 5)
    assert lock(p, RW, OFD_GET, W) == FREE
    assert lock(p, WO, OFD_GET, W) == lock(p, RW, GET, W) == (W, 0, 0, 5, -1)
    with refused(LinuxError, "locked_by_other", "EAGAIN"):
        lock(p, RW, SET, W)
    p.dup(RW)
    p.close(RW)
    assert lock(p, WO, OFD_GET, W) == (W, 0, 0, 5, -1)
    p.close(10)
    assert lock(p, WO, OFD_GET, W) == FREE


@pytest.mark.parametrize(
    ("fd", "operation", "error"),
    [
        *((RW, 0, "EINVAL"), (RW, SH | EX, "EINVAL"), (RW, NB, "EINVAL"), (RW, EX | 16, "EINVAL")),
        *((99, EX, "EBADF"), (99, 0, "EINVAL"), (O_PATH, SH, "EBADF")),
    ],
)
def test_what_flock_refuses(p: Process, fd: int, operation: int, error: str) -> None:
    with pytest.raises(LinuxError, match=error):
        p.flock(fd, operation)


def test_flock(p: Process) -> None:
    p.flock(RO, EX)
    for operation, code in ((EX | NB, "locked_by_other"), (SH, "lock_awaited")):
        with refused(LinuxError, code, "EAGAIN"):
            p.flock(RW, operation)
    p.flock(99, 32)  # LOCK_MAND
    p.flock(PIPE, EX)
    lock(p, RW, SET, W)  # does not see it
    p.flock(RO, UN)
    p.flock(RW, SH)
    p.flock(RO, SH)
    with refused(LinuxError, "locked_by_other", "EAGAIN"):
        p.flock(RW, EX | NB)
    p.flock(RO, EX | NB)  # RW gave its own up


def test_processes_that_share_an_open_file_share_its_lock(p: Process) -> None:
    child = p.fork()
    p.flock(RW, EX)
    child.flock(RW, EX)
    p.close(RW)
    with refused(LinuxError, "locked_by_other", "EAGAIN"):
        p.flock(RO, EX | NB)
    child.exit()
    p.flock(RO, EX | NB)


def test_locks_are_there_after_undo() -> None:
    recorder = Recorder(Machine())
    machine = recorder.machine
    machine.fs.write("/locked", bytes(100))
    p = machine.spawn()
    anon(p)
    fd, other = (p.open("/locked", Open.O_RDWR) for _ in range(2))
    p.flock(fd, EX)
    lock(p, fd, SET, W, 0, 10, 10)
    p.getpid()
    recorder.undo()
    p = machine[p.pid]
    with refused(LinuxError, "locked_by_other", "EAGAIN"):
        p.flock(other, EX | NB)
    assert lock(p.fork(), fd, GET, W) == (W, 0, 10, 10, p.pid)
