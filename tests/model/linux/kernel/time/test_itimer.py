"""alarm and setitimer: what is left, and when SIGALRM comes."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.kernel.processes import A, deaf_process
from tests.model.linux.lab import Ear
from tests.refused import refused
from vmlab import LinuxError, Process
from vmlab.model.abi.signal import SI_KERNEL, SIGALRM
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_interrupt, hrtimer_next_event
from vmlab.model.trace.events.futex import HrtimerStart

SECOND = 10**9


@pytest.fixture
def p() -> Process:
    return deaf_process()


def timer(p: Process, *value: int) -> None:
    p.store(A, struct.pack("<4q", *value))
    p.setitimer(0, A)


def left(p: Process) -> tuple[int, ...]:
    p.getitimer(0, A)
    return struct.unpack("<4q", p.load(A, 32))


def test_an_alarm_comes_once(p: Process) -> None:
    assert p.alarm(100) == 0
    assert p.alarm(2) == 100
    assert hrtimer_next_event(p.task) == 2 * SECOND
    hrtimer_interrupt(p.task)
    (info,) = p.task.signal.shared_pending
    assert (info.si_signo, info.si_code, info.si_pid) == (SIGALRM, SI_KERNEL, 0)
    assert (p.machine.system.clock, hrtimer_next_event(p.task)) == (2 * SECOND, None)
    assert p.alarm(0) == 0


def test_a_timer_comes_again(p: Process) -> None:
    timer(p, 3, 5, 1, 0)
    assert left(p) == (3, 5, 1, 0)
    hrtimer_interrupt(p.task)
    assert left(p) == (3, 5, 3, 5)
    timer(p, 0, 0, 0, 0)
    assert left(p) == (0, 0, 0, 0)


@pytest.mark.parametrize(("which", "interval"), [(0, (0, 0)), (1, (3, 5)), (2, (3, 5))])
def test_a_timer_that_never_comes_keeps_its_interval_if_it_counts_own_time(
    p: Process, which: int, interval: tuple[int, int]
) -> None:
    p.store(A, struct.pack("<4q", 3, 5, 0, 0))
    p.setitimer(which, A)
    p.getitimer(which, A)
    assert struct.unpack("<4q", p.load(A, 32)) == (*interval, 0, 0)


def test_what_is_left_of_an_alarm_is_rounded(p: Process) -> None:
    for micro, seconds in ((1, 1), (400_000, 1), (600_000, 1)):
        timer(p, 0, 0, 0, micro)
        assert p.alarm(0) == seconds
    for micro, seconds in ((400_000, 2), (500_000, 3)):
        timer(p, 0, 0, 2, micro)
        assert p.alarm(0) == seconds


def test_a_child_has_no_timer_and_a_program_keeps_it(p: Process) -> None:
    p.alarm(9)
    assert p.fork().alarm(0) == 0
    p.machine.spawn()
    p.execve("/bin/a.out")
    assert p.alarm(0) == 9


def test_what_is_refused(p: Process) -> None:
    for which in (3, -1):
        with refused(LinuxError, "itimer_unknown", "EINVAL"):
            p.setitimer(which, None)
    for value in ((0, 0, 0, 10**6), (0, -1, 0, 0), (-1, 0, 0, 0)):
        with refused(LinuxError, "itimer_not_valid", "EINVAL"):
            timer(p, *value)
    with pytest.raises(LinuxError, match="EFAULT"):
        p.setitimer(0, 16)
    p.getitimer(1, A)
    assert p.load(A, 32) == bytes(32)


def started(ear: Ear) -> list[tuple[int, int]]:
    """Whose timers were started, and when they come."""
    found = [event for event in ear.events if isinstance(event, HrtimerStart)]
    return [(event.pid, event.expires) for event in found]


def test_each_start_of_a_timer_is_told(p: Process) -> None:
    """And none is where it does not start."""
    ear = Ear(p)
    timer(p, 0, 0, 0, 0)
    timer(p, 3, 0, 1, 0)
    hrtimer_interrupt(p.task)
    timer(p, 0, 0, 2, 0)
    hrtimer_interrupt(p.task)
    p.alarm(0)
    assert started(ear) == [(p.pid, SECOND), (p.pid, 4 * SECOND), (p.pid, 3 * SECOND)]


def test_only_whose_time_has_come_gets_the_signal(p: Process) -> None:
    """Whoever comes first: those without a timer, and those whose time is later, change nothing."""
    later, without, soon = p.fork(), p.fork(), p.fork()
    later.alarm(5)
    soon.alarm(2)
    hrtimer_interrupt(soon.task)
    sent = [len(each.task.signal.shared_pending) for each in (p, later, without, soon)]
    assert sent == [0, 0, 0, 1]
    assert [each.alarm(0) for each in (p, later, without, soon)] == [0, 3, 0, 0]


def test_a_timer_of_the_time_that_a_process_used_starts_no_clock(p: Process) -> None:
    ear = Ear(p)
    p.store(A, struct.pack("<4q", 0, 0, 5, 0))
    for which in (1, 2):
        p.setitimer(which, A, A + 32)
    assert (started(ear), hrtimer_next_event(p.task)) == ([], None)


def test_the_timer_that_there_was_is_told(p: Process) -> None:
    timer(p, 3, 5, 7, 0)
    p.machine.system.clock += 2 * SECOND + 500
    p.store(A, struct.pack("<4q", 0, 0, 9, 0))
    p.setitimer(0, A, A + 32)
    assert struct.unpack("<4q", p.load(A + 32, 32)) == (3, 5, 4, 999_999)
    p.setitimer(0, None, A + 32)  # which ends it
    assert struct.unpack("<4q", p.load(A + 32, 32)) == (0, 0, 9, 0)
    assert left(p) == (0, 0, 0, 0)
    assert hrtimer_next_event(p.task) is None


def test_a_timer_that_never_comes_has_no_interval(p: Process) -> None:
    timer(p, 7, 3, 0, 0)
    assert p.task.signal.it_real_incr == 0
    assert left(p) == (0, 0, 0, 0)


def test_a_new_timer_starts_though_the_old_one_cannot_be_told(p: Process) -> None:
    p.store(A, struct.pack("<4q", 0, 0, 5, 0))
    with pytest.raises(LinuxError, match="EFAULT"):
        p.setitimer(0, A, 8)
    assert left(p) == (0, 0, 5, 0)


def test_an_alarm_may_be_as_late_as_a_number_can_say(p: Process) -> None:
    for seconds in ((1 << 31) - 1, 1 << 31, (1 << 32) - 1):
        assert p.alarm(seconds) == 0
        assert p.alarm(0) == seconds


def test_a_time_that_no_clock_reaches_is_the_last_one(p: Process) -> None:
    last = ((1 << 63) - 1) // 1000
    timer(p, 0, 0, 1 << 62, 0)
    assert left(p) == (0, 0, *divmod(last, 10**6))
    timer(p, 1 << 62, 0, 5, 0)
    assert left(p) == (*divmod(last, 10**6), 5, 0)
