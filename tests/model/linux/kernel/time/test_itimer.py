"""alarm and setitimer: what is left, and when SIGALRM comes."""

from __future__ import annotations

import struct

import pytest

from tests.refused import refused
from vmlab import LinuxError, Machine, MiB, Process
from vmlab.model.abi.signal import SI_KERNEL, SIGALRM
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_interrupt, hrtimer_next_event

A = 0x10000000
SECOND = 10**9


@pytest.fixture
def p() -> Process:
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 4096, 3, 0x32)
    p.store(A + 512, b"\xff" * 8)
    p.rt_sigprocmask(2, A + 512)
    return p


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
