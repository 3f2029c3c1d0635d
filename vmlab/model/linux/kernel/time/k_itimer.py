"""Timers that a process makes, and what they send. In Linux's kernel/time/posix-timers.c.

Those by the time that a process or a thread used are in posix_cpu_timers.py, once they run.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.kinds import INT
from vmlab.model.abi.signal import (
    NSIG,
    SIGALRM,
    SIGEV_NONE,
    SIGEV_SIGNAL,
    SIGEV_THREAD,
    SIGEV_THREAD_ID,
    Siginfo,
)
from vmlab.model.abi.time import NSEC_PER_SEC, TIMER_ABSTIME, TIMESPEC_SIZE, Clock
from vmlab.model.linux.include.posix_timers import ARMED, DISARMED, REQUEUE_PENDING, KItimer
from vmlab.model.linux.include.sched import EXIT_ZOMBIE
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.linux.kernel.signal import sigqueue_alloc
from vmlab.model.linux.kernel.signal_timer import posixtimer_send_sigqueue
from vmlab.model.linux.kernel.time.time import KTIME_MAX, timespec64_to_ns
from vmlab.model.linux.lib.usercopy import load_from_user, store_number, store_to_user
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import timer as timer_events
from vmlab.model.trace.hook import emit

OWN_CLOCKS = (Clock.CLOCK_PROCESS_CPUTIME_ID, Clock.CLOCK_THREAD_CPUTIME_ID)
_WITH_TIMERS = (
    *(Clock.CLOCK_REALTIME, Clock.CLOCK_MONOTONIC, Clock.CLOCK_BOOTTIME, Clock.CLOCK_TAI),
    *OWN_CLOCKS,
)
_ALARMS = (Clock.CLOCK_REALTIME_ALARM, Clock.CLOCK_BOOTTIME_ALARM)  # need a clock with a battery
_UINT_MAX = (1 << 32) - 1
_OF_CALLER = dict(zip((_UINT_MAX - 5, _UINT_MAX - 1), OWN_CLOCKS, strict=True))  # of pid 0
_SIGEVENT = struct.Struct("<Qiii44x")
_ITIMERSPEC = struct.Struct("<4q")
_INT = 4  # bytes
_INT_MAX = INT[-1]


class Sigevent(NamedTuple):
    """What a timer does when it is over (struct sigevent)."""

    sigev_value: int
    sigev_signo: int
    sigev_notify: int
    tid: int  # of the thread, with SIGEV_THREAD_ID


class Itimerspec(NamedTuple):
    """When a timer is over, and after how long again (struct itimerspec64), in nanoseconds."""

    it_interval: int
    it_value: int


# Making timers, setting them and asking


@traced
def do_timer_create(task: TaskStruct, clock: int, event: int, created: int) -> None:
    """Make a timer.

    Args:
        task: the caller.
        clock: CLOCK_*.
        event: bytes: where the struct sigevent is; 0 = it sends SIGALRM with its number.
        created: bytes: where its number is stored.

    Raises:
        LinuxError: EFAULT; EINVAL for a clock, a signal, a thread or a way that there is not;
            EOPNOTSUPP for a clock without timers; EAGAIN if more signals may wait than
            RLIMIT_SIGPENDING lets.

    Emits: timer_create, copy_from_user, copy_to_user.
    Source: kernel/time/posix-timers.c: do_timer_create() [v6.18].
    Left out: the clocks of other processes.
    """
    given = None
    if event:
        given = Sigevent(*_SIGEVENT.unpack(load_from_user(task, event, _SIGEVENT.size)))
    clock = _OF_CALLER.get(clock & _UINT_MAX, clock)
    if clock not in tuple(Clock):
        raise LinuxError(errno.EINVAL, "clock_unknown", clock=clock)
    if clock not in _WITH_TIMERS and clock not in _ALARMS:
        raise LinuxError(errno.EOPNOTSUPP, "clock_without_timers", clock=clock)
    if not sigqueue_alloc(task):
        raise LinuxError(errno.EAGAIN, "too_many_signals_wait")
    signal = task.signal
    timer_id = signal.next_posix_timer_id
    signal.next_posix_timer_id = timer_id + 1 & _INT_MAX
    if given is None:
        given = Sigevent(timer_id, SIGALRM, SIGEV_SIGNAL, 0)
    _check_sigevent(task, given)
    store_number(task, created, timer_id, _INT)
    if clock in _ALARMS:
        raise LinuxError(errno.EOPNOTSUPP, "clock_without_timers", clock=clock)
    to_thread = given.sigev_notify == SIGEV_THREAD_ID
    timer = KItimer(timer_id, clock, given.sigev_notify, given.tid if to_thread else task.tgid)
    if given.sigev_notify != SIGEV_NONE:
        timer.si_signo, timer.si_value = given.sigev_signo, given.sigev_value
    signal.posix_timers[timer_id] = timer
    emit(task, timer_events.TimerCreate, task.tgid, timer_id, clock)


def _check_sigevent(task: TaskStruct, event: Sigevent) -> None:
    # Source: kernel/time/posix-timers.c: good_sigevent() [v6.18].
    if event.sigev_notify == SIGEV_THREAD_ID:
        thread = task.system.tasks.get(event.tid)
        if thread is None or thread.tgid != task.tgid:
            raise LinuxError(errno.EINVAL, "timer_of_no_thread", tid=event.tid)
    elif event.sigev_notify not in (SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD):
        raise LinuxError(errno.EINVAL, "sigev_notify_unknown", notify=event.sigev_notify)
    if event.sigev_notify != SIGEV_NONE and not 0 < event.sigev_signo <= NSIG:
        raise LinuxError(errno.EINVAL, "signal_unknown", signal=event.sigev_signo)


@traced
def timer_settime(task: TaskStruct, timer_id: int, flags: int, new: int, old: int) -> None:
    """Say when a timer is over, and after how long again.

    Args:
        task: the caller.
        timer_id: its number.
        flags: TIMER_ABSTIME = at a time, else after a while.
        new: bytes: where the struct itimerspec is; its value 0 = never.
        old: bytes: where to store what was left; 0 = nowhere.

    Raises:
        LinuxError: EINVAL if there is no such timer, no new setting, or a time cannot be; EFAULT.

    Emits: timer_arm, timer_disarm, copy_from_user, copy_to_user, and what posix_timer_fn emits.
    Source: kernel/time/posix-timers.c: SYSCALL_DEFINE4(timer_settime), common_timer_set() [v6.18].
    """
    if not new:
        raise LinuxError(errno.EINVAL, "timer_without_setting")
    data = load_from_user(task, new, _ITIMERSPEC.size)
    interval, value = (
        timespec64_to_ns(part) for part in (data[:TIMESPEC_SIZE], data[TIMESPEC_SIZE:])
    )
    timer = _lock_timer(task, timer_id)
    left = _common_timer_get(task.system, timer)
    timer.it_signal_seq += 1
    timer.it_status = DISARMED
    timer.it_interval = interval if value else 0
    timer.it_overrun_last, timer.it_overrun, timer.ignored = 0, -1, False
    if value:
        now = 0 if flags & TIMER_ABSTIME else _now(task.system, timer)
        timer.expires = min(now + value, KTIME_MAX)
        if timer.it_sigev_notify != SIGEV_NONE:
            timer.it_status = ARMED
        emit(task, timer_events.TimerArm, task.tgid, timer_id, timer.expires)
        posix_timer_fn(task.system)  # the time may be over already
    else:
        emit(task, timer_events.TimerDisarm, task.tgid, timer_id)
    if old:
        store_to_user(task, old, _itimerspec(left))


@traced
def timer_gettime(task: TaskStruct, timer_id: int, setting: int) -> None:
    """Store what is left of a timer, and its interval, as a struct itimerspec.

    Raises:
        LinuxError: EINVAL if there is no such timer; EFAULT.

    Emits: copy_to_user.
    Source: kernel/time/posix-timers.c: SYSCALL_DEFINE2(timer_gettime) [v6.18].
    """
    left = _common_timer_get(task.system, _lock_timer(task, timer_id))
    store_to_user(task, setting, _itimerspec(left))


def timer_getoverrun(task: TaskStruct, timer_id: int) -> int:
    """Return how often more a timer was over before its last signal was taken.

    Raises:
        LinuxError: EINVAL if there is no such timer.

    Source: kernel/time/posix-timers.c: SYSCALL_DEFINE1(timer_getoverrun) [v6.18].
    """
    return _overrun_to_int(_lock_timer(task, timer_id))


def timer_delete(task: TaskStruct, timer_id: int) -> None:
    """Delete a timer; a signal of it that waits is dropped when it is to be taken.

    Raises:
        LinuxError: EINVAL if there is no such timer.

    Emits: timer_delete.
    Source: kernel/time/posix-timers.c: SYSCALL_DEFINE1(timer_delete) [v6.18].
    """
    del task.signal.posix_timers[_lock_timer(task, timer_id).it_id]
    emit(task, timer_events.TimerDelete, task.tgid, timer_id)


def exit_itimers(task: TaskStruct) -> None:
    """Delete all timers of a process: it ends, or executes a program.

    Emits: timer_delete.
    Source: kernel/time/posix-timers.c: exit_itimers() [v6.18].
    """
    for timer_id in list(task.signal.posix_timers):
        timer_delete(task, timer_id)


def _lock_timer(task: TaskStruct, timer_id: int) -> KItimer:
    timer = task.signal.posix_timers.get(timer_id)
    if timer is None:
        raise LinuxError(errno.EINVAL, "no_timer", timer_id=timer_id)
    return timer


def _now(system: System, timer: KItimer) -> int:
    return 0 if timer.it_clock in OWN_CLOCKS else system.clock


def _common_timer_get(system: System, timer: KItimer) -> Itimerspec:
    # What is left. One without a signal tells that even after it was disarmed.
    # Source: kernel/time/posix-timers.c: common_timer_get() [v6.18].
    silent = timer.it_sigev_notify == SIGEV_NONE
    if not timer.it_interval and timer.it_status == DISARMED and not silent:
        return Itimerspec(0, 0)
    now = _now(system, timer)
    if timer.it_interval and timer.it_status != ARMED:
        timer.it_overrun += _timer_forward(timer, now)
    return Itimerspec(timer.it_interval, max(timer.expires - now, 0 if silent else 1))


def _itimerspec(setting: Itimerspec) -> bytes:
    return _ITIMERSPEC.pack(*(part for each in setting for part in divmod(each, NSEC_PER_SEC)))


def _overrun_to_int(timer: KItimer) -> int:
    return min(timer.it_overrun_last, _INT_MAX)


def _timer_forward(timer: KItimer, now: int) -> int:
    # Move its time behind now, by whole intervals; return how many. Source:
    # kernel/time/hrtimer.c: hrtimer_forward() [v6.18].
    if timer.expires > now:
        return 0
    times = (now - timer.expires) // timer.it_interval + 1
    timer.expires = min(timer.expires + times * timer.it_interval, KTIME_MAX)
    return times


# The time comes


def posix_timer_next_event(task: TaskStruct) -> int | None:
    """Return when the next timer of a process is over; None = never. The name is vmlab's.

    Source: kernel/time/hrtimer.c: __hrtimer_get_next_event() [v6.18].
    """
    timers = task.signal.posix_timers.values()
    return min((timer.expires for timer in timers if _runs(timer)), default=None)


def _runs(timer: KItimer) -> bool:
    return timer.it_status == ARMED and timer.it_clock not in OWN_CLOCKS


def posix_timer_fn(system: System) -> None:
    """Send the signals of the timers that are over, those first that were so first.

    Emits: what posix_timer_queue_signal emits.
    Source: kernel/time/posix-timers.c: posix_timer_fn() [v6.18].
    """
    alive = [task for task in system.tasks.values() if task.state != EXIT_ZOMBIE]
    owners = {task.signal: task for task in reversed(alive)}
    over = [
        (timer.expires, task.tgid, timer.it_id, timer, task)
        for signal, task in owners.items()
        for timer in signal.posix_timers.values()
        if _runs(timer) and timer.expires <= system.clock
    ]
    for _, _, _, timer, task in sorted(over, key=lambda each: each[:3]):
        posix_timer_queue_signal(task, timer)


def posix_timer_queue_signal(task: TaskStruct, timer: KItimer) -> None:
    """Send the signal of a timer that is over.

    Emits: timer_expire, and what posixtimer_send_sigqueue emits.
    Source: kernel/time/posix-timers.c: posix_timer_queue_signal() [v6.18].
    """
    timer.it_status = REQUEUE_PENDING if timer.it_interval else DISARMED
    timer.it_sig_periodic = bool(timer.it_interval)
    emit(task, timer_events.TimerExpire, task.tgid, timer.it_id)
    posixtimer_send_sigqueue(task, timer)


def posixtimer_deliver_signal(task: TaskStruct, info: Siginfo) -> Siginfo | None:
    """Return what is told of the signal of a timer that is taken, and start the timer anew.

    Returns:
        None if the timer was set or deleted since.

    Emits: timer_arm.
    Source: kernel/time/posix-timers.c: posixtimer_deliver_signal() [v6.18].
    """
    timer = task.signal.posix_timers.get(info.si_pid)
    if timer is None or info.seq != timer.it_signal_seq:
        return None
    if timer.it_interval and timer.it_status == REQUEUE_PENDING:
        timer.it_overrun += _timer_forward(timer, _now(task.system, timer))
        timer.it_status = ARMED
        timer.it_overrun_last, timer.it_overrun = timer.it_overrun, -1
        timer.it_signal_seq += 1
        emit(task, timer_events.TimerArm, task.tgid, timer.it_id, timer.expires)
        info = info._replace(si_uid=_overrun_to_int(timer))  # si_overrun stands there
    return info._replace(seq=0)
