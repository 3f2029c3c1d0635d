"""signalfd: which signals it gives, and what it tells of them."""

from __future__ import annotations

import struct

import pytest

from tests.refused import refused
from vmlab import SFD_CLOEXEC, SFD_NONBLOCK, LinuxError, Machine, MiB, Process
from vmlab.model.abi.poll import POLLIN
from vmlab.model.abi.signal import (
    SEGV_MAPERR,
    SIGCHLD,
    SIGKILL,
    SIGRTMIN,
    SIGSEGV,
    Siginfo,
    sigmask,
)
from vmlab.model.linux.kernel.signal import send_signal

A = 0x10000000
BAD = 0x5000
SIZE = 128
SIGUSR1, SIGUSR2 = 10, 12


@pytest.fixture
def p() -> Process:
    """A process in which some signals wait; A + 512 holds the set of them."""
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 8192, 3, 0x32)
    signals(p, SIGUSR1, SIGCHLD, SIGRTMIN)
    p.rt_sigprocmask(0, A + 512)
    return p


def signals(p: Process, *numbers: int) -> None:
    p.store(A + 512, struct.pack("<Q", sigmask(*numbers)))


def read(p: Process, fd: int, room: int = 4) -> list[tuple[int, int, int, int]]:
    """Of each: signal, code, pid, status."""
    count = p.read(fd, A, room * SIZE)
    assert not count % SIZE
    found = []
    for at in range(A, A + count, SIZE):
        data = p.load(at, SIZE)
        numbers = [int.from_bytes(data[i : i + 4], "little", signed=True) for i in range(0, 48, 4)]
        found.append((numbers[0], numbers[2], numbers[3], numbers[10]))
        assert not any(data[48:])
        assert not any((numbers[1], *numbers[4:10], numbers[11]))
    return found


def test_it_gives_what_was_sent_the_lowest_first(p: Process) -> None:
    fd = p.signalfd4(-1, A + 512, 8, SFD_NONBLOCK)
    p.kill(p.pid, SIGRTMIN)
    p.kill(p.pid, SIGUSR1)
    child = p.fork()
    child.exit(3)
    assert read(p, fd, 2) == [(SIGUSR1, 0, p.pid, 0), (SIGCHLD, 1, child.pid, 3)]
    assert read(p, fd) == [(SIGRTMIN, 0, p.pid, 0)]
    with refused(LinuxError, "no_signal_came_now", "EAGAIN"):
        p.read(fd, A, SIZE)
    with refused(LinuxError, "no_signal_came", "EAGAIN"):
        p.read(p.signalfd(-1, A + 512), A, SIZE)


def test_other_signals_and_deadly_ones_are_left_out(p: Process) -> None:
    signals(p, SIGUSR2, SIGKILL)
    fd = p.signalfd4(-1, A + 512, 8, SFD_NONBLOCK | SFD_CLOEXEC)
    p.kill(p.pid, SIGUSR1)
    with refused(LinuxError, "no_signal_came_now", "EAGAIN"):
        p.read(fd, A, SIZE)
    assert p.task.files.fd[fd].f_inode.i_private.sigmask == sigmask(SIGUSR2)
    signals(p, SIGUSR1)
    assert p.signalfd(fd, A + 512) == fd
    assert read(p, fd) == [(SIGUSR1, 0, p.pid, 0)]


def test_a_fault_tells_its_address(p: Process) -> None:

    signals(p, SIGSEGV)
    p.rt_sigprocmask(0, A + 512)
    fd = p.signalfd(-1, A + 512)
    send_signal(p.task, Siginfo(SIGSEGV, SEGV_MAPERR, 0x1234), group=False)
    p.read(fd, A, SIZE)
    data = p.load(A, SIZE)
    assert struct.unpack_from("<iiiI", data) == (SIGSEGV, 0, SEGV_MAPERR, 0)
    assert struct.unpack_from("<Q", data, 72) == (0x1234,)


def test_what_is_looked_at_first(p: Process) -> None:
    p.eventfd()
    for args, code, name in (
        ((99, BAD, 4, 1), "sigset_size_wrong", "EINVAL"),
        ((99, BAD, 8, 1), "nothing_read", "EFAULT"),
        ((99, A + 512, 8, 1), "unknown_flags", "EINVAL"),
        ((99, A + 512, 8, 0), "fd_not_open", "EBADF"),
        ((3, A + 512, 8, 0), "fd_of_no_signals", "EINVAL"),
    ):
        with refused(LinuxError, code, name):
            p.signalfd4(*args)


def test_reading(p: Process) -> None:
    fd = p.signalfd(-1, A + 512)
    with refused(LinuxError, "room_below_siginfo", "EINVAL"):
        p.read(fd, A, SIZE - 1)
    p.kill(p.pid, SIGUSR1)
    with refused(LinuxError, "nothing_stored", "EFAULT"):
        p.read(fd, BAD, SIZE)
    with refused(LinuxError, "no_signal_came", "EAGAIN"):
        p.read(fd, A, SIZE)
    p.kill(p.pid, SIGUSR1)
    p.kill(p.pid, SIGRTMIN)
    assert p.read(fd, A + 8192 - SIZE, 2 * SIZE) == SIZE


def test_it_is_ready_when_a_signal_was_sent(p: Process) -> None:
    fd, epfd = p.signalfd(-1, A + 512), p.epoll_create1()
    p.store(A, struct.pack("<IQ", 1, 0))
    p.epoll_ctl(epfd, 1, fd, A)
    assert p.epoll_wait(epfd, A, 1, 0) == 0
    p.kill(p.pid, SIGUSR1)
    assert p.epoll_wait(epfd, A, 1, 0) == 1
    p.store(A, struct.pack("<iHH", fd, 0xFFFF, 0))
    assert p.poll(A, 1, 0) == 1
    assert int.from_bytes(p.load(A + 6, 2), "little") == POLLIN


def test_undo_gives_it_back(p: Process) -> None:
    fd = p.signalfd(-1, A + 512)
    p.kill(p.pid, SIGUSR1)
    again = Machine.from_snapshot(p.machine.snapshot())[p.pid]
    assert again.machine.snapshot() == p.machine.snapshot()
    assert read(again, fd) == [(SIGUSR1, 0, p.pid, 0)]
