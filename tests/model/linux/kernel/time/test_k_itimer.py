"""Timers that a process makes: what is left, what they send, and when. Asked of Linux 6.18."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.kernel.processes import A, deaf_process
from tests.refused import refused
from tests.threads import THREAD
from vmlab import LinuxError, Process, Snapshot
from vmlab.model.abi.signal import SI_TIMER, SIGALRM, Sigaction
from vmlab.model.linux.kernel.signal import do_sigaction
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_next_event

SECOND = 10**9
RT = 40


@pytest.fixture
def p() -> Process:
    return deaf_process()


def create(p: Process, notify: int = 0, sig: int = RT, tid: int = 0, clock: int = 1) -> int:
    p.store(A, struct.pack("<Q3i", 0x1234567890, sig, notify, tid))
    p.timer_create(clock, A, A + 64)
    return int.from_bytes(p.load(A + 64, 4), "little")


def settime(p: Process, timer: int, value: int, interval: int = 0, flags: int = 0) -> None:
    parts = (*divmod(interval, SECOND), *divmod(value, SECOND))
    p.store(A, struct.pack("<4q", *parts))
    p.timer_settime(timer, flags, A, A + 128)


def left(p: Process, timer: int, at: int = A) -> tuple[int, int]:
    p.timer_gettime(timer, at)
    seconds, rest, first, first_rest = struct.unpack("<4q", p.load(at, 32))
    return first * SECOND + first_rest, seconds * SECOND + rest


def take(p: Process) -> tuple[int, ...] | None:
    """The number of a signal, its code, timer, overrun and value."""
    p.store(A + 640, bytes(16))
    try:
        sig = p.rt_sigtimedwait(A + 512, A, A + 640)
    except LinuxError:
        return None
    code, timer, overrun, value = struct.unpack("<8xi4x2iQ", p.load(A, 32))
    return sig, code, timer, overrun, value


def comes(p: Process) -> int:
    """Let the next time come; return what the clock shows."""
    p._time_comes()
    return p.machine.system.clock


def test_a_timer_sends_its_signal_once(p: Process) -> None:
    assert create(p) == 0
    assert left(p, 0) == (0, 0)
    settime(p, 0, 2 * SECOND)
    p.machine.system.clock += SECOND
    assert left(p, 0) == (SECOND, 0)
    assert comes(p) == 2 * SECOND
    assert left(p, 0) == (0, 0)
    assert hrtimer_next_event(p.task) is None
    assert take(p) == (RT, SI_TIMER, 0, 0, 0x1234567890)
    assert take(p) is None


@pytest.mark.parametrize("sig", [RT, 99])
def test_one_that_sends_nothing_has_no_signal(p: Process, sig: int) -> None:
    timer = p.task.signal.posix_timers[create(p, notify=1, sig=sig)]
    assert (timer.si_signo, timer.si_value) == (0, 0)


def test_one_without_an_event_sends_its_number(p: Process) -> None:
    create(p)
    p.timer_create(0, None, A)
    settime(p, 1, 1)
    comes(p)
    assert take(p) == (SIGALRM, SI_TIMER, 1, 0, 1)


def test_one_that_comes_again_starts_when_its_signal_is_taken(p: Process) -> None:
    create(p)
    settime(p, 0, 10, 100)
    assert comes(p) == 10
    assert hrtimer_next_event(p.task) is None
    p.machine.system.clock = 310
    assert take(p) == (RT, SI_TIMER, 0, 3, 0x1234567890)
    assert p.timer_getoverrun(0) == 3
    assert (hrtimer_next_event(p.task), left(p, 0)) == (410, (100, 100))


def test_who_asks_meanwhile_is_told_of_the_next_time(p: Process) -> None:
    create(p)
    settime(p, 0, 10, 100)
    comes(p)
    p.machine.system.clock = 250
    assert left(p, 0) == (60, 100)
    assert (take(p) or ())[3] == 2


def test_one_that_is_set_anew_drops_its_signal(p: Process) -> None:
    create(p)
    settime(p, 0, 10)
    comes(p)
    settime(p, 0, 0)
    p.rt_sigpending(A)
    assert int.from_bytes(p.load(A, 8), "little") == 1 << RT - 1, "it is seen until then"
    assert take(p) is None
    settime(p, 0, 10)
    comes(p)
    settime(p, 0, 20)
    comes(p)
    assert take(p) is not None, "one signal for both"
    assert take(p) is None


def test_one_that_is_deleted_drops_its_signal_too(p: Process) -> None:
    create(p)
    settime(p, 0, 10)
    comes(p)
    p.timer_delete(0)
    assert take(p) is None
    with refused(LinuxError, "no_timer", "EINVAL"):
        p.timer_delete(0)
    assert create(p) == 1, "no number is given twice"


def test_a_time_that_is_over_comes_at_once(p: Process) -> None:
    create(p)
    p.machine.system.clock = 5 * SECOND
    settime(p, 0, 3 * SECOND, 0, 1)
    assert take(p) is not None
    settime(p, 0, 5 * SECOND, 3 * SECOND, 1)
    assert (take(p) or ())[3] == 0
    settime(p, 0, 6 * SECOND, 0, 1)
    assert take(p) is None


def test_one_that_tells_nobody(p: Process) -> None:
    create(p, notify=1)
    settime(p, 0, 2 * SECOND)
    assert hrtimer_next_event(p.task) is None
    assert left(p, 0) == (2 * SECOND, 0)
    settime(p, 0, 0)
    assert left(p, 0) == (2 * SECOND, 0), "it is told nevertheless"
    settime(p, 0, 10, 100)
    p.machine.system.clock = 30
    assert left(p, 0) == (80, 100)
    settime(p, 0, 10)
    p.machine.system.clock = 50
    assert left(p, 0) == (0, 0)


def test_a_signal_for_a_thread(p: Process) -> None:
    thread = p.clone(THREAD)
    create(p, 4, RT, thread.pid)
    settime(p, 0, 10)
    comes(p)
    assert [len(each.task.pending) for each in (p, thread)] == [0, 1]
    settime(p, 0, 10)
    thread.exit_thread(0)
    comes(p)
    assert take(p) is None
    with refused(LinuxError, "timer_of_no_thread", "EINVAL"):
        create(p, 4, RT, p.fork().pid)


def test_a_signal_that_is_ignored_comes_once_it_is_not(p: Process) -> None:
    """If the timer is to send more; and it sends none meanwhile."""
    p.store(A + 512, bytes(8))
    p.rt_sigprocmask(2, A + 512)
    create(p, sig=17)
    settime(p, 0, 10, 100)
    assert comes(p) == 10
    assert hrtimer_next_event(p.task) is None
    p.store(A + 512, b"\xff" * 8)
    p.rt_sigprocmask(2, A + 512)
    for handler in (1, 0x401000):  # SIG_IGN, and code
        do_sigaction(p.task, 17, Sigaction(handler))
    assert (take(p) or ())[:3] == (17, SI_TIMER, 0)


def test_a_child_and_a_new_program_have_none(p: Process) -> None:
    create(p)
    settime(p, 0, 10)
    comes(p)
    settime(p, create(p), 10)
    with refused(LinuxError, "no_timer", "EINVAL"):
        p.fork().timer_getoverrun(0)
    p.machine.spawn()
    p.execve("/bin/a.out")
    assert p.task.signal.posix_timers == {}
    assert p.task.signal.shared_pending == []
    assert hrtimer_next_event(p.task) is None


def test_those_that_are_over_first_send_first(p: Process) -> None:
    for _ in range(3):
        create(p)
    for timer, value in ((0, 30), (1, 20), (2, 20)):
        settime(p, timer, value)
    p.machine.system.clock = 25
    comes(p)
    assert [(take(p) or ())[2] for _ in range(2)] == [1, 2]
    assert comes(p) == 30


def test_signals_that_may_wait_bind(p: Process) -> None:
    create(p)
    p.setrlimit(11, 1)  # RLIMIT_SIGPENDING
    with refused(LinuxError, "too_many_signals_wait", "EAGAIN"):
        create(p)
    settime(p, 0, 10)
    comes(p)
    assert take(p) is not None, "its own was counted when it was made"


def test_a_state_keeps_timers(p: Process) -> None:
    for clock in (0, 1, 2, 7, 11):
        create(p, clock=clock)
    settime(p, 0, 10, 100)
    settime(p, 1, 20)
    settime(p, 2, 5)
    comes(p)
    m = p.machine
    snap = Snapshot.from_json(m.snapshot().to_json())
    m.restore(snap)
    assert m.snapshot() == snap
    assert hrtimer_next_event(p.task) == 20
    assert (take(p) or ())[:4] == (RT, SI_TIMER, 0, 0)
