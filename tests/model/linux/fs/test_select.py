"""poll, select and their kin: what is ready, and how they tell it."""

from __future__ import annotations

import struct

import pytest

from tests.refused import refused
from vmlab import LinuxError, Machine, MiB, Open, Process, Rlimit
from vmlab.model.abi.personality import Personality
from vmlab.model.abi.poll import (
    POLLERR,
    POLLHUP,
    POLLIN,
    POLLNVAL,
    POLLOUT,
    POLLRDNORM,
    POLLWRNORM,
)

A = 0x10000000
ALL = 0x1FF


@pytest.fixture
def p() -> Process:
    """A process with a pipe on 3 and 4, and a page at A."""
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 8192, 3, 0x32)
    p.pipe()
    return p


def poll(p: Process, *fds: int, events: int = ALL, timeout: int = 0) -> list[int]:
    p.store(A, b"".join(struct.pack("<iHH", fd, events, 0xFFFF) for fd in fds))
    count = p.poll(A, len(fds), timeout)
    found = [struct.unpack("<iHH", p.load(A + 8 * place, 8)) for place in range(len(fds))]
    assert [row[:2] for row in found] == [(fd, events) for fd in fds]
    masks = [row[2] for row in found]
    assert count == sum(map(bool, masks))
    return masks


def test_ends_of_a_pipe(p: Process) -> None:
    assert poll(p, 3, 4) == [0, POLLOUT | POLLWRNORM]
    p.write(4, A, 8192)
    assert poll(p, 3, 4) == [POLLIN | POLLRDNORM, POLLOUT | POLLWRNORM]
    for _ in range(7):
        p.write(4, A, 8192)
    assert poll(p, 3, 4) == [POLLIN | POLLRDNORM, 0]
    p.close(4)
    assert poll(p, 3) == [POLLIN | POLLRDNORM | POLLHUP]
    p.pipe()
    p.close(4)
    assert poll(p, 5, events=0) == [POLLERR]


def test_files_are_always_ready_and_some_descriptors_are_none(p: Process) -> None:
    p.machine.fs.write("/f", b"x")
    ready = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM
    path = p.open("/f", Open.O_PATH)
    fds = (p.open("/f"), p.open("/"), p.open("/dev/null"), path, 99, -1)
    assert poll(p, *fds) == [ready, ready, ready, POLLNVAL, POLLNVAL, 0]


def test_a_pidfd_is_ready_when_its_process_has_ended(p: Process) -> None:
    child = p.fork()
    fd = p.pidfd_open(child.pid)
    assert poll(p, fd) == [0]
    child.exit()
    assert poll(p, fd) == [POLLIN | POLLRDNORM]
    p.wait()
    assert poll(p, fd) == [POLLIN | POLLRDNORM | POLLHUP]


def test_what_poll_refuses(p: Process) -> None:
    with refused(LinuxError, "no_file_ready", "EAGAIN"):
        poll(p, 3, timeout=-1)
    with refused(LinuxError, "no_file_ready", "EAGAIN"):
        p.poll(0, 0, 5)
    assert p.poll(0, 0, 0) == 0
    with pytest.raises(LinuxError, match="EFAULT"):
        p.poll(16, 1, 0)
    p.setrlimit(Rlimit.RLIMIT_NOFILE, 4)
    with refused(LinuxError, "too_many_polled", "EINVAL"):
        p.poll(A, 5, 0)
    p.store(A + 64, struct.pack("<2q", 0, 10**9))
    with refused(LinuxError, "time_not_valid", "EINVAL"):
        p.ppoll(A, 0, A + 64)
    with refused(LinuxError, "sigset_size_wrong", "EINVAL"):
        p.ppoll(A, 0, None, A, 4)


def test_ppoll_gives_the_mask_back(p: Process) -> None:
    p.store(A + 64, b"\xff" * 8)
    p.store(A, struct.pack("<iHH", 4, POLLOUT, 0))
    assert p.ppoll(A, 1, None, A + 64) == 1
    assert (p.task.blocked, p.task.saved_sigmask) == (0, None)
    with refused(LinuxError, "no_file_ready", "EAGAIN"):
        p.ppoll(A, 0, None, A + 64)
    assert (p.task.blocked, p.task.saved_sigmask) == (0, None)


def select(p: Process, n: int, *sets: int) -> tuple[int, list[int]]:
    p.store(A, struct.pack(f"<{len(sets)}Q", *sets))
    p.store(A + 64, bytes(16))
    addrs = [A + 8 * place for place in range(len(sets))]
    count = p.select(n, *addrs, *[None] * (3 - len(sets)), A + 64)
    return count, [int.from_bytes(p.load(addr, 8), "little") for addr in addrs]


def test_sets_of_descriptors(p: Process) -> None:
    both = 1 << 3 | 1 << 4
    assert select(p, 5, both, both, both) == (1, [0, 1 << 4, 0])
    p.write(4, A, 1)
    assert select(p, 5, both, both) == (2, [1 << 3, 1 << 4])
    assert select(p, 4, both, both) == (1, [1 << 3, 0])
    with refused(LinuxError, "fd_not_open", "EBADF"):
        select(p, 6, 1 << 5)
    assert select(p, 5, 0) == (0, [0])
    with refused(LinuxError, "nfds_negative", "EINVAL"):
        select(p, -1)


def test_pselect6_finds_the_mask_and_its_size(p: Process) -> None:
    p.store(A, struct.pack("<4Q", 1 << 4, 0, A + 64, 8))
    assert p.pselect6(5, None, A, None, None, A + 16) == 1
    p.store(A + 24, b"\7")
    with refused(LinuxError, "sigset_size_wrong", "EINVAL"):
        p.pselect6(5, None, A, None, None, A + 16)


def test_what_is_left_of_the_time_is_told_after_an_error_too(p: Process) -> None:
    """But not to who asked for STICKY_TIMEOUTS, and it is no error if it cannot be stored."""
    time = struct.pack("<2q", 0, 2_000_000)
    p.store(A, time)
    with refused(LinuxError, "nothing_read", "EFAULT"):
        p.select(8, 1, 0, 0, A)
    assert p.load(A, 16) == struct.pack("<2q", 2, 0)
    p.personality(Personality.STICKY_TIMEOUTS)
    p.store(A, time)
    with refused(LinuxError, "nothing_read", "EFAULT"):
        p.select(8, 1, 0, 0, A)
    assert p.load(A, 16) == time
    p.personality(0)
    p.mprotect(A, 4096, 1)
    p.store(A + 4096, bytes((8, *[0] * 7)))
    p.dup2(4, 3)
    assert p.select(8, 0, A + 4096, 0, A) == 1
