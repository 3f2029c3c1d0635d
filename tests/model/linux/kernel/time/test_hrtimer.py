"""Sleeping until a time: the clock goes on when all sleep."""

from __future__ import annotations

import pytest

from tests.threads import WORD, Thread, threads
from vmlab import LinuxError, Process

SECOND = 10**9
SIGUSR1 = 10
REST = WORD + 64


def tell(p: Process, seconds: int, nanoseconds: int = 0) -> int:
    """Put a time where the thread can point to it."""
    data = b"".join(each.to_bytes(8, "little", signed=True) for each in (seconds, nanoseconds))
    p.store(WORD, data)
    return WORD


def test_who_sleeps_goes_on_when_the_time_comes() -> None:
    (main,) = threads(0)
    p = main.process
    assert main.call("nanosleep", tell(p, 1, 5)) is None
    assert p.task.timer == SECOND + 5
    assert main.again() is None  # not yet
    p._time_comes()
    assert main.is_ready()
    assert main.again() == 0
    assert (p.task.timer, p.task.system.clock) == (None, SECOND + 5)


def test_no_time_at_all_is_no_sleep() -> None:
    (main,) = threads(0)
    main.process.nanosleep(tell(main.process, 0))


def test_a_time_may_be_told_by_the_clock() -> None:
    (main,) = threads(0)
    p = main.process
    main.call("nanosleep", tell(p, 3))
    p._time_comes()
    main.again()
    p.clock_nanosleep(1, 1, tell(p, 2))  # that was before
    assert main.call("clock_nanosleep", 0, 1, tell(p, 5)) is None
    assert p.task.timer == 5 * SECOND


@pytest.mark.parametrize(
    ("clock", "name"),
    [(-1, "EINVAL"), (10, "EINVAL"), (12, "EINVAL"), (3, "EOPNOTSUPP"), (4, "EOPNOTSUPP")],
)
def test_clocks(clock: int, name: str) -> None:
    (main,) = threads(0)
    with pytest.raises(LinuxError, match=name):
        main.process.clock_nanosleep(clock, 0, tell(main.process, 0))


def test_times_that_there_are_not() -> None:
    (main,) = threads(0)
    p = main.process
    for seconds, nanoseconds in ((-1, 0), (0, SECOND), (0, -1)):
        with pytest.raises(LinuxError, match="EINVAL"):
            p.nanosleep(tell(p, seconds, nanoseconds))
    with pytest.raises(LinuxError, match="EFAULT"):
        p.nanosleep(8)
    with pytest.raises(LinuxError, match="EAGAIN"):
        p.nanosleep(tell(p, 1))
    assert p.task.timer is None


def test_a_signal_leaves_the_rest() -> None:
    main, other = threads(1)
    p = main.process
    main.call("rt_sigaction", SIGUSR1, handler(p), 0, 8)
    tell(p, 7)
    main.call("nanosleep", WORD, REST)
    p.tkill(p.pid, SIGUSR1)
    main.again()
    assert p.load(REST, 16) == (7).to_bytes(8, "little") + bytes(8)
    assert p.task.timer is None
    assert Thread(other.process).call("sched_yield") == 0


def handler(p: Process) -> int:
    """Put a struct sigaction in memory whose handler is somewhere."""
    at = WORD + 128
    restorer = 0x04000000
    words = (p.task.rip, restorer, 0, 0)
    p.store(at, b"".join(word.to_bytes(8, "little") for word in words))
    return at
