"""Queues of messages of POSIX: order, limits, who waits, who is told."""

from __future__ import annotations

import struct

import pytest

from tests.refused import refused
from vmlab import O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_RDWR, LinuxError, Machine, MiB, Process
from vmlab.model.abi.signal import SI_MESGQ

A = 0x10000000
SIGUSR1 = 10
MAKE = O_RDWR | O_CREAT | O_NONBLOCK


@pytest.fixture
def p() -> Process:
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 1 << 16, 3, 0x32)
    return p


def small(p: Process) -> int:
    p.store(A, struct.pack("<4q32x", 0, 2, 16, 0))
    return p.mq_open("small", MAKE, 0o600, A)


def send(p: Process, fd: int, data: bytes, prio: int = 0) -> None:
    p.store(A, data)
    p.mq_timedsend(fd, A, len(data), prio)


def receive(p: Process, fd: int, room: int = 16) -> tuple[bytes, int]:
    count = p.mq_timedreceive(fd, A, room, A + 100)
    return p.load(A, count), int.from_bytes(p.load(A + 100, 4), "little")


def test_the_highest_priority_comes_first_and_of_equal_ones_the_oldest(p: Process) -> None:
    fd = p.mq_open("jobs", MAKE, 0o600)
    for data, prio in ((b"a", 1), (b"b", 5), (b"c", 1), (b"d", 32767)):
        send(p, fd, data, prio)
    found = [receive(p, fd, 8192) for _ in range(4)]
    assert found == [(b"d", 32767), (b"b", 5), (b"a", 1), (b"c", 1)]
    with refused(LinuxError, "mq_empty_now", "EAGAIN"):
        receive(p, fd, 8192)


def test_limits(p: Process) -> None:
    fd = small(p)
    with refused(LinuxError, "message_above_size", "EMSGSIZE"):
        send(p, fd, bytes(17))
    with refused(LinuxError, "room_below_message", "EMSGSIZE"):
        receive(p, fd, 15)
    with refused(LinuxError, "priority_too_high", "EINVAL"):
        send(p, fd, b"x", 32768)
    send(p, fd, b"x")
    send(p, fd, b"y")
    with refused(LinuxError, "mq_full_now", "EAGAIN"):
        send(p, fd, b"z")
    p.store(A + 64, struct.pack("<4q32x", 0, 9, 9, 9))
    p.mq_getsetattr(fd, A + 64, A)
    assert struct.unpack("<4q", p.load(A, 32)) == (O_NONBLOCK, 2, 16, 2)
    p.mq_getsetattr(fd, None, A)
    assert struct.unpack("<4q", p.load(A, 32)) == (0, 2, 16, 2)


def test_names(p: Process) -> None:
    with refused(LinuxError, "no_such_path", "ENOENT"):
        p.mq_open("jobs", O_RDONLY)
    fd = p.mq_open("jobs", MAKE, 0o666)
    with refused(LinuxError, "path_exists", "EEXIST"):
        p.mq_open("jobs", MAKE | O_EXCL)
    with refused(LinuxError, "name_of_no_queue", "EACCES"):
        p.mq_open("a/b", MAKE)
    send(p, fd, b"four")
    told = p.open("/dev/mqueue/jobs")
    assert p.load(A, p.read(told, A, 80)).startswith(b"QSIZE:4          NOTIFY:0")
    p.mq_unlink("jobs")
    with refused(LinuxError, "no_such_path", "ENOENT"):
        p.mq_unlink("jobs")
    assert receive(p, fd, 8192)[0] == b"four"
    with refused(LinuxError, "fd_of_no_queue", "EBADF"):
        receive(p, p.open("/dev/null"), 8192)


@pytest.mark.parametrize("limits", [(0, 8), (65537, 8), (8, 0), (8, (16 << 20) + 1)])
def test_limits_that_cannot_be(p: Process, limits: tuple[int, int]) -> None:
    p.store(A, struct.pack("<4q32x", 0, *limits, 0))
    with refused(LinuxError, "queue_limits", "EINVAL"):
        p.mq_open("jobs", MAKE, 0o600, A)


def test_all_queues_share_one_limit(p: Process) -> None:
    for number in range(9):
        p.mq_open(str(number), MAKE, 0o600)
    with refused(LinuxError, "queues_too_large", "EMFILE"):
        p.mq_open("9", MAKE, 0o600)


def notify(p: Process, fd: int, how: int = 0, signo: int = SIGUSR1) -> None:
    p.store(A, struct.pack("<Qii48x", 42, signo, how))
    p.mq_notify(fd, A)


def test_one_process_is_told_once(p: Process) -> None:
    p.rt_sigprocmask(0, _set(p), 0)
    fd, child = small(p), p.fork()
    notify(p, fd)
    with refused(LinuxError, "queue_tells_other", "EBUSY"):
        notify(child, fd)
    send(child, fd, b"x")
    (info,) = p.task.signal.shared_pending
    assert (info.si_signo, info.si_code, info.si_pid) == (SIGUSR1, SI_MESGQ, child.pid)
    assert info.si_value == 42
    notify(child, fd)
    send(p, fd, b"y")  # the queue was not empty
    assert not child.task.signal.shared_pending


def test_who_closes_it_is_not_told(p: Process) -> None:
    fd = small(p)
    other = p.dup(fd)
    notify(p, fd)
    p.close(other)
    notify(p, fd)
    p.mq_notify(fd)
    notify(p, fd, 1)
    with refused(LinuxError, "notify_unknown", "EINVAL"):
        notify(p, fd, 7)
    with refused(LinuxError, "no_such_signal", "EINVAL"):
        notify(p, fd, 0, 65)


def _set(p: Process) -> int:
    p.store(A, (1 << SIGUSR1 - 1).to_bytes(8, "little"))
    return A
