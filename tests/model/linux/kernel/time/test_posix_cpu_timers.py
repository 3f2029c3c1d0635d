"""Timers by the time that a process used: each tick takes some of what is left."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.kernel.processes import A, deaf_process
from vmlab import Process
from vmlab.model.abi.signal import SI_KERNEL, SI_TIMER, SIGALRM, SIGPROF, SIGVTALRM
from vmlab.model.abi.time import TICK_NSEC
from vmlab.model.linux.kernel.time.posix_cpu_timers import posix_cpu_next_event

MS = 10**6
OWN = (2, 3, -6, -2)  # CLOCK_PROCESS_CPUTIME_ID, that of the thread; and as glibc numbers them
ITIMERS = [(1, SIGVTALRM), (2, SIGPROF)]


@pytest.fixture
def p() -> Process:
    return deaf_process()


def waiting(p: Process) -> list[tuple[int, int]]:
    """Take the signals that wait: number and code."""
    queue = p.task.signal.shared_pending
    found = [(info.si_signo, info.si_code) for info in queue]
    queue.clear()
    return found


def settime(p: Process, clock: int, value: int, interval: int = 0) -> None:
    p.timer_create(clock, None, A + 64)
    p.store(A, struct.pack("<4q", 0, interval, 0, value))
    p.timer_settime(int.from_bytes(p.load(A + 64, 4), "little"), 0, A, None)


@pytest.mark.parametrize(("which", "signal"), ITIMERS)
def test_a_timer_of_its_own_time_comes_once(p: Process, which: int, signal: int) -> None:
    p.store(A, struct.pack("<4q", 0, 0, 0, 10_000))
    p.setitimer(which, A)
    assert posix_cpu_next_event(p.task) == 10 * MS + TICK_NSEC
    p._tick(10 * MS)
    assert waiting(p) == []
    assert posix_cpu_next_event(p.task) == TICK_NSEC
    p._tick(TICK_NSEC)
    assert waiting(p) == [(signal, SI_KERNEL)]
    assert posix_cpu_next_event(p.task) is None


@pytest.mark.parametrize(("which", "signal"), ITIMERS)
def test_it_comes_again_after_its_interval(p: Process, which: int, signal: int) -> None:
    p.store(A, struct.pack("<4q", 0, 10_000, 0, 6_000))
    p.setitimer(which, A)
    p._tick(12 * MS)  # 2 ms too late
    assert waiting(p) == [(signal, SI_KERNEL)]
    assert posix_cpu_next_event(p.task) == 8 * MS
    p._tick(50 * MS)
    assert waiting(p) == [(signal, SI_KERNEL)]
    assert posix_cpu_next_event(p.task) == 1, "it is late by more than an interval"


@pytest.mark.parametrize("clock", OWN)
def test_a_timer_by_a_clock_of_its_own(p: Process, clock: int) -> None:
    settime(p, clock, 10 * MS, 100 * MS)
    p._tick(9 * MS)
    assert waiting(p) == []
    p._tick(MS)
    assert waiting(p) == [(SIGALRM, SI_TIMER)]
    assert posix_cpu_next_event(p.task) is None, "it starts when its signal is taken"


def test_the_first_of_them_is_the_next_one(p: Process) -> None:
    settime(p, 2, 30 * MS)
    settime(p, 2, 10 * MS)
    settime(p, 1, MS)
    assert posix_cpu_next_event(p.task) == 10 * MS


def test_time_that_another_process_used_does_not_count(p: Process) -> None:
    settime(p, 2, 10 * MS)
    p.machine.spawn()._tick(20 * MS)
    assert waiting(p) == []
