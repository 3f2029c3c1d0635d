"""rt_sigtimedwait: which signals it takes, and how long it sleeps."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.lab import Ear
from tests.threads import WORD, Thread, threads
from vmlab.model.abi.signal import SI_USER, sigmask
from vmlab.model.linux.kernel.signal_kill import kill
from vmlab.model.trace.events.futex import HrtimerStart

SIGKILL, SIGUSR1, SIGUSR2, SIGTERM = 9, 10, 12, 15
SECOND = 10**9
EAGAIN = -11
TIME, INFO = WORD + 64, WORD + 128


@pytest.fixture
def main() -> Thread:
    """A thread for which SIGUSR1, SIGUSR2 and SIGTERM wait; SIGUSR1, 2 and SIGKILL are the set."""
    thread = threads(0)[0]
    thread.process.task.blocked = sigmask(SIGUSR1, SIGUSR2, SIGTERM)
    thread.process.store(WORD, sigmask(SIGUSR1, SIGUSR2, SIGKILL).to_bytes(8, "little"))
    return thread


def send(thread: Thread, signal: int) -> None:
    task = thread.process.task
    kill(task, task.pid, signal)


def wait(thread: Thread, *time: int) -> int | None:
    """Wait, for so many seconds and nanoseconds."""
    if time:
        thread.process.store(TIME, struct.pack("<2q", *time))
    return thread.call("rt_sigtimedwait", WORD, INFO, TIME if time else 0, 8)


def test_without_a_time_it_sleeps_until_a_signal_of_the_set_comes(main: Thread) -> None:
    p = main.process
    assert wait(main) is None
    assert p.task.timer is None
    send(main, SIGTERM)
    assert not main.is_ready()
    assert main.again() is None
    send(main, SIGUSR2)
    assert main.is_ready()
    assert main.again() == SIGUSR2
    signal, _, code, pid, uid = struct.unpack("<3i4x2i", p.load(INFO, 24))
    assert (signal, code, pid, uid) == (SIGUSR2, SI_USER, p.pid, 0)
    assert [info.si_signo for info in p.task.signal.shared_pending] == [SIGTERM]


def test_a_signal_that_was_sent_before_is_taken_at_once(main: Thread) -> None:
    for signal in (SIGUSR2, SIGUSR1):
        send(main, signal)
    assert [wait(main, 0, 0) for _ in range(3)] == [SIGUSR1, SIGUSR2, EAGAIN]
    assert main.process.task.timer is None


def test_it_ends_when_the_time_is_over(main: Thread) -> None:
    p = main.process
    ear = Ear(p)
    p.machine.system.clock = 5
    assert wait(main, 2, 1) is None
    assert main.again() is None  # which does not start the time anew
    assert not main.is_ready()
    started = [event.expires for event in ear.events if isinstance(event, HrtimerStart)]
    assert started == [2 * SECOND + 6]
    p._time_comes()
    assert main.is_ready()
    assert main.again() == EAGAIN
    assert p.task.timer is None


def test_a_signal_ends_the_time(main: Thread) -> None:
    p = main.process
    assert wait(main, 2, 0) is None
    send(main, SIGUSR1)
    assert main.again() == SIGUSR1
    assert p.task.timer is None


def test_a_signal_that_comes_with_the_end_of_the_time_is_taken(main: Thread) -> None:
    assert wait(main, 2, 0) is None
    main.process._time_comes()
    send(main, SIGUSR1)
    assert main.again() == SIGUSR1
    assert main.process.task.timer is None


def test_no_set_has_sigkill(main: Thread) -> None:
    """So it is not taken, but kills."""
    assert wait(main) is None
    send(main, SIGKILL)
    assert not main.is_ready()
    main.again()
    assert (main.process.state, main.process.exit_code) == ("X", SIGKILL)
