"""The timer of a process that sends SIGALRM."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.signal import SI_KERNEL, SIGALRM, Siginfo
from vmlab.model.abi.time import ITIMER_REAL, NSEC_PER_SEC, TICK_NSEC, Itimer
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.linux.kernel.signal import send_signal
from vmlab.model.linux.lib.usercopy import load_from_user, store_to_user
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import futex as events
from vmlab.model.trace.hook import emit

_ITIMERVAL = struct.Struct("<4q")  # it_interval, it_value: seconds and microseconds
_USEC_PER_SEC = 1_000_000
_NSEC_PER_USEC = 1000
_LONGEST = (1 << 63) - 1


def it_real_fn(system: System) -> None:
    """Send SIGALRM to the processes whose time has come.

    Emits: signal_send, hrtimer_start.
    Source: kernel/time/itimer.c: it_real_fn() [v6.18]; kernel/signal.c: dequeue_signal() [v6.18].
    Left out: that a timer that comes again starts when the signal is taken.
    """
    for task in list(system.tasks.values()):
        signal = task.signal
        if signal.it_real is None or signal.it_real > system.clock:
            continue
        send_signal(task, Siginfo(SIGALRM, SI_KERNEL), group=True)
        signal.it_real = system.clock + signal.it_real_incr if signal.it_real_incr else None
        if signal.it_real is not None:
            emit(task, events.HrtimerStart, task.pid, signal.it_real)


@traced
def do_setitimer(task: TaskStruct, which: int, value: int, interval: int) -> tuple[int, int]:
    """Set a timer of a process; return what was left of the old one, and its interval.

    Args:
        task: the caller.
        which: ITIMER_*; all but ITIMER_REAL count the time that the process used.
        value: nanoseconds; 0 = never.
        interval: nanoseconds after which it comes again; 0 = once.

    Raises:
        LinuxError: EINVAL for another timer.

    Emits: hrtimer_start.
    Source: kernel/time/itimer.c: do_setitimer() [v6.18].
    """
    old = do_getitimer(task, which)
    signal = task.signal
    match which:
        case Itimer.ITIMER_VIRTUAL:
            signal.it_virt, signal.it_virt_incr = _by_own_time(value), interval
        case Itimer.ITIMER_PROF:
            signal.it_prof, signal.it_prof_incr = _by_own_time(value), interval
        case _:
            signal.it_real = min(task.system.clock + value, _LONGEST) if value else None
            signal.it_real_incr = interval if value else 0
            if signal.it_real is not None:
                emit(task, events.HrtimerStart, task.pid, signal.it_real)
    return old


def _by_own_time(value: int) -> int:
    # That time is counted by ticks. Source: kernel/time/itimer.c: set_cpu_itimer() [v6.18].
    return min(value + TICK_NSEC, _LONGEST) if value else 0


def do_getitimer(task: TaskStruct, which: int) -> tuple[int, int]:
    """Return what is left of a timer, and its interval, in nanoseconds.

    Raises:
        LinuxError: EINVAL for another timer.

    Source: kernel/time/itimer.c: do_getitimer() [v6.18].
    """
    if which not in tuple(Itimer):
        raise LinuxError(errno.EINVAL, "itimer_unknown", which=which)
    signal = task.signal
    match which:
        case Itimer.ITIMER_VIRTUAL:
            return signal.it_virt, signal.it_virt_incr
        case Itimer.ITIMER_PROF:
            return signal.it_prof, signal.it_prof_incr
    if signal.it_real is None:
        return 0, 0
    return max(signal.it_real - task.system.clock, _NSEC_PER_USEC), signal.it_real_incr


def setitimer(task: TaskStruct, which: int, value: int, ovalue: int) -> None:
    """Set a timer of a process, and tell what was left of the old one.

    Args:
        task: the caller.
        which: ITIMER_*.
        value: bytes: where the struct itimerval is; 0 = never.
        ovalue: bytes: where to store the old one; 0 = nowhere.

    Raises:
        LinuxError: EINVAL for another timer or a time that cannot be; EFAULT.

    Emits: hrtimer_start, copy_from_user, copy_to_user.
    Source: kernel/time/itimer.c: SYSCALL_DEFINE3(setitimer) [v6.18].
    """
    told = (0, 0, 0, 0)
    if value:
        told = _ITIMERVAL.unpack(load_from_user(task, value, _ITIMERVAL.size))
    for seconds, rest in (told[:2], told[2:]):
        if seconds < 0 or not 0 <= rest < _USEC_PER_SEC:
            raise LinuxError(errno.EINVAL, "itimer_not_valid")
    interval, first = (
        min(seconds * NSEC_PER_SEC + rest * _NSEC_PER_USEC, _LONGEST)
        for seconds, rest in (told[:2], told[2:])
    )
    old = do_setitimer(task, which, first, interval)
    if ovalue:
        store_to_user(task, ovalue, _timer(*old))


def getitimer(task: TaskStruct, which: int, value: int) -> None:
    """Store what is left of a timer, as a struct itimerval.

    Raises:
        LinuxError: EINVAL for another timer; EFAULT.

    Emits: copy_to_user.
    Source: kernel/time/itimer.c: SYSCALL_DEFINE2(getitimer) [v6.18].
    """
    store_to_user(task, value, _timer(*do_getitimer(task, which)))


def alarm(task: TaskStruct, seconds: int) -> int:
    """Let SIGALRM come after some seconds; return how many were left of the old timer.

    Source: kernel/time/itimer.c: alarm_setitimer() [v6.18].
    """
    left = do_setitimer(task, ITIMER_REAL, seconds * NSEC_PER_SEC, 0)[0]
    whole, rest = divmod(left // _NSEC_PER_USEC, _USEC_PER_SEC)
    # An alarm that is under way never has 0 seconds left.
    return whole + ((not whole and bool(rest)) or rest >= _USEC_PER_SEC // 2)


def _timer(value: int, interval: int) -> bytes:
    return _ITIMERVAL.pack(
        *(
            part
            for each in (interval, value)
            for part in divmod(each // _NSEC_PER_USEC, _USEC_PER_SEC)
        )
    )
