"""Sleeping until a time.

While somebody runs, the clock goes on by ticks (see timer.py). When all sleep, it goes on to the
first time that one of them sleeps until.
"""

from __future__ import annotations

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.time import NSEC_PER_SEC, TIMER_ABSTIME, Clock
from vmlab.model.linux.fs.timerfd import timerfd_next_event, timerfd_tmrproc
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.linux.kernel.signal import ERESTARTNOHAND
from vmlab.model.linux.kernel.time.itimer import it_real_fn
from vmlab.model.linux.kernel.time.k_itimer import posix_timer_fn, posix_timer_next_event
from vmlab.model.linux.kernel.time.time import KTIME_MAX, get_timespec64
from vmlab.model.linux.lib.usercopy import store_to_user
from vmlab.model.trace.events import futex as events
from vmlab.model.trace.hook import emit

_LONG = 8  # bytes
_SLEEPERS = (
    *(Clock.CLOCK_REALTIME, Clock.CLOCK_MONOTONIC, Clock.CLOCK_BOOTTIME, Clock.CLOCK_TAI),
    Clock.CLOCK_PROCESS_CPUTIME_ID,
)
_ALARMS = (Clock.CLOCK_REALTIME_ALARM, Clock.CLOCK_BOOTTIME_ALARM)


def hrtimer_start(task: TaskStruct, expires: int) -> None:
    """Let a task sleep until a time.

    Args:
        task: the task.
        expires: nanoseconds.

    Emits: hrtimer_start.
    Source: kernel/time/hrtimer.c: hrtimer_start_range_ns() [v6.18].
    """
    task.timer = expires
    emit(task, events.HrtimerStart, task.pid, expires)


def hrtimer_cancel(task: TaskStruct) -> None:
    """Let a task sleep until no time any more.

    Source: kernel/time/hrtimer.c: hrtimer_cancel() [v6.18].
    """
    task.timer = None


def hrtimer_expired(task: TaskStruct) -> bool:
    """Say whether the time came that a task sleeps until. The name is vmlab's.

    Source: kernel/time/hrtimer.c: __hrtimer_run_queues() [v6.18].
    """
    return task.timer is not None and task.timer <= task.system.clock


def hrtimer_next_event(task: TaskStruct) -> int | None:
    """Return when a task is woken, a timer of its process is over, or that of a file; None = never.

    Source: kernel/time/hrtimer.c: __hrtimer_get_next_event() [v6.18].
    """
    signal, files = posix_timer_next_event(task), timerfd_next_event(task.system)
    times = (task.timer, task.signal.it_real, signal, files)
    return min((each for each in times if each is not None), default=None)


def hrtimer_interrupt(task: TaskStruct) -> None:
    """Let the next time come that a task waits for.

    Emits: hrtimer_expire, and what hrtimer_run_queues emits.
    Source: kernel/time/hrtimer.c: hrtimer_interrupt() [v6.18].
    """
    system, expires = task.system, hrtimer_next_event(task)
    if expires is not None:
        system.clock = max(system.clock, expires)
        emit(task, events.HrtimerExpire, task.pid, system.clock)
        hrtimer_run_queues(system)


def hrtimer_run_queues(system: System) -> None:
    """Do what is to be done at the times that have come.

    Emits: what it_real_fn, posix_timer_fn and timerfd_tmrproc emit.
    Source: kernel/time/hrtimer.c: hrtimer_run_queues() [v6.18].
    """
    it_real_fn(system)
    posix_timer_fn(system)
    timerfd_tmrproc(system)


def clock_nanosleep(task: TaskStruct, clock: int, flags: int, rqtp: int, rmtp: int) -> None:
    """Sleep for a while, or until a time.

    Args:
        task: the caller.
        clock: CLOCK_*: all have the same time.
        flags: TIMER_ABSTIME = until a time.
        rqtp: where in memory the time is.
        rmtp: where the rest is stored if a signal comes first, 0 = nowhere.

    Raises:
        LinuxError: EINVAL for a clock or time that there is not; EOPNOTSUPP for a clock that
            nobody can sleep by; EFAULT.
        Sleeps: it has to sleep.

    Emits: hrtimer_start, copy_from_user.
    Source: kernel/time/posix-timers.c: SYSCALL_DEFINE4(clock_nanosleep) [v6.18];
        kernel/time/hrtimer.c: hrtimer_nanosleep() [v6.18].
    """
    if clock not in tuple(Clock):
        raise LinuxError(errno.EINVAL, "clock_unknown", clock=clock)
    if clock in _ALARMS:  # which need a clock that wakes the machine
        get_timespec64(task, rqtp)
    if clock not in _SLEEPERS:
        raise LinuxError(errno.EOPNOTSUPP, "clock_without_sleep", clock=clock)
    if clock == Clock.CLOCK_PROCESS_CPUTIME_ID:
        _sleep_by_own_time(get_timespec64(task, rqtp))
        return
    system = task.system
    if hrtimer_expired(task):
        hrtimer_cancel(task)
        return
    expires = task.timer
    if expires is None:
        expires = get_timespec64(task, rqtp)
        if not flags & TIMER_ABSTIME:
            expires = min(expires + system.clock, KTIME_MAX)
        if expires <= system.clock:
            return

    def cut() -> None:
        hrtimer_cancel(task)
        if rmtp and not flags & TIMER_ABSTIME:
            rest = divmod(expires - system.clock, NSEC_PER_SEC)
            data = b"".join(each.to_bytes(_LONG, "little") for each in rest)
            store_to_user(task, rmtp, data)

    def sleep() -> None:
        if task.timer is None:
            hrtimer_start(task, expires)

    raise Sleeps(
        lambda: task.timer is None or hrtimer_expired(task),
        "time_not_over",
        ERESTARTNOHAND,
        sleep,
        cut,
    )


def _sleep_by_own_time(time: int) -> None:
    # Who sleeps uses no time of a CPU. Source: kernel/time/posix-cpu-timers.c: do_cpu_nsleep()
    # [v6.18].
    if time:
        raise Sleeps(lambda: False, "time_not_over", ERESTARTNOHAND)


def nanosleep(task: TaskStruct, rqtp: int, rmtp: int) -> None:
    """Sleep for a while.

    Source: kernel/time/hrtimer.c: SYSCALL_DEFINE2(nanosleep) [v6.18].
    """
    clock_nanosleep(task, Clock.CLOCK_MONOTONIC, 0, rqtp, rmtp)
