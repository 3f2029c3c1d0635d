"""timerfd: when its time comes, how often it came, and what is left."""

from __future__ import annotations

import struct

import pytest

from tests.refused import refused
from vmlab import (
    CLOCK_MONOTONIC,
    TFD_NONBLOCK,
    TFD_TIMER_ABSTIME,
    TFD_TIMER_CANCEL_ON_SET,
    LinuxError,
    Machine,
    MiB,
    Process,
)
from vmlab.model.abi.poll import POLLIN
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_interrupt, hrtimer_next_event

A = 0x10000000
BAD = 0x5000
SECOND = 10**9
FD = 3


@pytest.fixture
def p() -> Process:
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 8192, 3, 0x32)
    p.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)
    return p


def start(p: Process, first: int, interval: int = 0, flags: int = 0) -> tuple[int, int]:
    """What was left of the old time, and its interval."""
    p.store(A, struct.pack("<4q", *divmod(interval, SECOND), *divmod(first, SECOND)))
    p.timerfd_settime(FD, flags, A, A + 64)
    return told(p, A + 64)


def told(p: Process, addr: int) -> tuple[int, int]:
    interval, rest, left, nanoseconds = struct.unpack("<4q", p.load(addr, 32))
    return left * SECOND + nanoseconds, interval * SECOND + rest


def left(p: Process) -> tuple[int, int]:
    p.timerfd_gettime(FD, A)
    return told(p, A)


def ticks(p: Process) -> int:
    assert p.read(FD, A, 9) == 8
    return int.from_bytes(p.load(A, 8), "little")


def ready(p: Process) -> int:
    p.store(A, struct.pack("<iHH", FD, 0xFFFF, 0))
    p.poll(A, 1, 0)
    return int.from_bytes(p.load(A + 6, 2), "little")


def goes_on(p: Process, to: int) -> None:
    """Let the clock go on, as it does when all sleep."""
    p.task.timer = to
    while p.machine.system.clock < to:
        hrtimer_interrupt(p.task)
    p.task.timer = None


def test_it_comes_once(p: Process) -> None:
    assert left(p) == (0, 0)
    assert start(p, 3 * SECOND) == (0, 0)
    assert hrtimer_next_event(p.task) == 3 * SECOND
    goes_on(p, SECOND)
    assert (left(p), ready(p)) == ((2 * SECOND, 0), 0)
    with refused(LinuxError, "time_not_over_now", "EAGAIN"):
        p.read(FD, A, 8)
    goes_on(p, 4 * SECOND)
    assert (left(p), ready(p)) == ((0, 0), POLLIN)
    assert ticks(p) == 1
    assert ready(p) == 0
    assert hrtimer_next_event(p.task) is None


def test_it_comes_again_when_it_was_read(p: Process) -> None:
    start(p, SECOND, SECOND // 2)
    goes_on(p, SECOND)
    assert hrtimer_next_event(p.task) is None
    goes_on(p, 3 * SECOND + 1)
    assert ticks(p) == 5  # at 1, 1.5, 2, 2.5 and 3
    assert left(p) == (SECOND // 2 - 1, SECOND // 2)
    assert hrtimer_next_event(p.task) == 3 * SECOND + SECOND // 2


def test_who_asks_what_is_left_lets_it_go_on_too(p: Process) -> None:
    start(p, SECOND, SECOND)
    goes_on(p, 2 * SECOND)
    assert left(p) == (SECOND, SECOND)
    goes_on(p, 3 * SECOND)
    assert ticks(p) == 3


def test_until_a_time(p: Process) -> None:
    goes_on(p, 5 * SECOND)
    start(p, 7 * SECOND, flags=TFD_TIMER_ABSTIME)
    assert left(p) == (2 * SECOND, 0)
    assert start(p, SECOND, flags=TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) == (2 * SECOND, 0)
    assert ticks(p) == 1


def test_a_new_time_forgets_the_old_one(p: Process) -> None:
    start(p, SECOND, 3 * SECOND)
    goes_on(p, 2 * SECOND)
    assert start(p, 0, SECOND) == (2 * SECOND, 3 * SECOND)
    assert left(p) == (0, SECOND)
    with refused(LinuxError, "time_not_over_now", "EAGAIN"):
        p.read(FD, A, 8)


def test_making_one(p: Process) -> None:
    for clock in (0, 1, 7, 8, 9):
        p.timerfd_create(clock)
    for clock in (2, 3, 4, 11, 12, -1):
        with refused(LinuxError, "clock_unknown", "EINVAL"):
            p.timerfd_create(clock)
    with refused(LinuxError, "unknown_flags", "EINVAL"):
        p.timerfd_create(1, 1)


def test_what_is_looked_at_first(p: Process) -> None:
    p.eventfd()
    p.store(A, struct.pack("<4q", 0, 0, 1, 0))
    for value in (
        (0, SECOND, 1, 0),
        (0, -1, 1, 0),
        (-1, 0, 1, 0),
        (0, 0, -1, 0),
        (0, 0, 0, SECOND),
    ):
        p.store(A + 64, struct.pack("<4q", *value))
        with refused(LinuxError, "time_not_valid", "EINVAL"):
            p.timerfd_settime(99, 0, A + 64)
    for args, code, name in (
        ((99, 4, BAD), "nothing_read", "EFAULT"),
        ((99, 4, A), "unknown_flags", "EINVAL"),
        ((99, 0, A), "fd_not_open", "EBADF"),
        ((4, 0, A), "fd_of_no_timer", "EINVAL"),
        ((FD, 0, A, BAD), "nothing_stored", "EFAULT"),
    ):
        with refused(LinuxError, code, name):
            p.timerfd_settime(*args)
    assert left(p) == (SECOND, 0)  # it runs
    for args, code, name in (
        ((99, BAD), "fd_not_open", "EBADF"),
        ((4, BAD), "fd_of_no_timer", "EINVAL"),
        ((FD, BAD), "nothing_stored", "EFAULT"),
    ):
        with refused(LinuxError, code, name):
            p.timerfd_gettime(*args)


def test_reading(p: Process) -> None:
    start(p, 1, flags=TFD_TIMER_ABSTIME)
    goes_on(p, 1)
    with refused(LinuxError, "room_below_word", "EINVAL"):
        p.read(FD, A, 7)
    with refused(LinuxError, "cannot_be_moved_so", "EINVAL"):
        p.write(FD, A, 8)
    with refused(LinuxError, "nothing_stored", "EFAULT"):
        p.read(FD, BAD, 8)
    assert ready(p) == 0  # lost
    with refused(LinuxError, "time_not_over", "EAGAIN"):
        p.read(p.timerfd_create(1), A, 8)


def test_who_watches_it_is_told(p: Process) -> None:
    epfd = p.epoll_create1()
    p.store(A, struct.pack("<IQ", 1, 0))
    p.epoll_ctl(epfd, 1, FD, A)
    start(p, SECOND)
    assert p.epoll_wait(epfd, A, 1, 0) == 0
    goes_on(p, SECOND)
    assert p.epoll_wait(epfd, A, 1, 0) == 1


def test_undo_gives_it_back(p: Process) -> None:
    start(p, SECOND, SECOND)
    goes_on(p, SECOND)
    again = Machine.from_snapshot(p.machine.snapshot())[p.pid]
    assert again.machine.snapshot() == p.machine.snapshot()
    assert (ticks(again), left(again)) == (1, (SECOND, SECOND))
