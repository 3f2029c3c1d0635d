"""Sleeping until a time: the clock goes on when all sleep."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import Ear
from tests.threads import WORD, Thread, threads
from vmlab import LinuxError, Process
from vmlab.model.trace.events.futex import HrtimerStart

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
    assert main.call("nanosleep", WORD) == 0


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
    p.nanosleep(tell(p, 0, 0))
    main.call("nanosleep", tell(p, 0, SECOND - 1))
    assert p.task.timer == SECOND - 1
    p._time_comes()
    main.again()
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


def cut_off(name: str, *args: int) -> Process:
    """A process whose sleep a signal ended."""
    main, _ = threads(1)
    p = main.process
    main.call("rt_sigaction", SIGUSR1, handler(p), 0, 8)
    p.machine.system.clock = 2 * SECOND
    p.store(REST, b"?" * 16)
    tell(p, 7, 8)
    main.call(name, *args)
    p.machine.system.clock += 3
    p.tkill(p.pid, SIGUSR1)
    main.again()
    assert p.task.timer is None
    return p


def test_the_rest_has_nanoseconds() -> None:
    p = cut_off("nanosleep", WORD, REST)
    assert p.load(REST, 16) == (7).to_bytes(8, "little") + (5).to_bytes(8, "little")


def test_there_may_be_no_place_for_the_rest() -> None:
    cut_off("nanosleep", WORD, 0)


def test_until_a_time_there_is_no_rest() -> None:
    p = cut_off("clock_nanosleep", 1, 1, WORD, REST)
    assert p.load(REST, 16) == b"?" * 16


def test_who_is_asked_before_the_time_came_sleeps_on() -> None:
    main, _ = threads(1)
    p = main.process
    ear = Ear(p)
    main.call("nanosleep", tell(p, 1))
    tell(p, 9)  # it is not read again
    assert main.again() is None
    assert (p.task.timer, main.is_ready()) == (SECOND, False)
    p._time_comes()
    assert main.again() == 0
    started = [event.expires for event in ear.events if isinstance(event, HrtimerStart)]
    assert started == [SECOND]


def test_time_does_not_go_back() -> None:
    main, other = threads(1)
    p = main.process
    main.call("nanosleep", tell(p, 1))
    other.call("nanosleep", tell(p, 2))
    other.process._time_comes()
    p._time_comes()
    assert p.machine.system.clock == 2 * SECOND


def test_a_time_that_no_clock_reaches_is_the_last_one() -> None:
    (main,) = threads(0)
    main.process.machine.system.clock = 5
    main.call("nanosleep", tell(main.process, (1 << 63) - 1))
    assert main.process.task.timer == (1 << 63) - 1


def handler(p: Process) -> int:
    """Put a struct sigaction in memory whose handler is somewhere."""
    at = WORD + 128
    restorer = 0x04000000
    words = (p.task.rip, restorer, 0, 0)
    p.store(at, b"".join(word.to_bytes(8, "little") for word in words))
    return at


def test_who_waits_for_no_time_lets_the_clock_stand() -> None:
    (main,) = threads(0)
    p = main.process
    ear = Ear(p)
    p._time_comes()
    assert (p.machine.system.clock, ear.events) == (0, [])
