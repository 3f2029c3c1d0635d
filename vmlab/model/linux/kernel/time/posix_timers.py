"""What time it is, by each clock.

All but those of a process's own time, which are 0, have the time since the start of the machine.
"""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.time import NSEC_PER_SEC, TICK_NSEC, Clock
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.lib.usercopy import store_to_user
from vmlab.model.trace.decorators import traced

_OWN = (Clock.CLOCK_PROCESS_CPUTIME_ID, Clock.CLOCK_THREAD_CPUTIME_ID)
_COARSE = (Clock.CLOCK_REALTIME_COARSE, Clock.CLOCK_MONOTONIC_COARSE)
_ALARM = (Clock.CLOCK_REALTIME_ALARM, Clock.CLOCK_BOOTTIME_ALARM)  # need a clock with a battery


@traced
def clock_gettime(task: TaskStruct, clock: int, tp: int) -> None:
    """Store what time it is, as a struct timespec.

    Args:
        task: the caller.
        clock: CLOCK_*.
        tp: bytes: where to.

    Raises:
        LinuxError: EINVAL for a clock that there is not; EFAULT.

    Emits: copy_to_user.
    Source: kernel/time/posix-timers.c: SYSCALL_DEFINE2(clock_gettime) [v6.18].
    Left out: the clock of another process.
    """
    _check(clock)
    now = 0 if clock in _OWN else task.system.clock
    if clock in _COARSE:
        now -= now % TICK_NSEC
    store_to_user(task, tp, _timespec(now))


@traced
def clock_getres(task: TaskStruct, clock: int, res: int) -> None:
    """Store what a clock counts by, as a struct timespec.

    Args:
        task: the caller.
        clock: CLOCK_*.
        res: bytes: where to; 0 = nowhere.

    Raises:
        LinuxError: EINVAL for a clock that there is not; EFAULT.

    Emits: copy_to_user.
    Source: kernel/time/posix-timers.c: SYSCALL_DEFINE2(clock_getres) [v6.18].
    """
    _check(clock)
    if res:
        store_to_user(task, res, _timespec(TICK_NSEC if clock in _COARSE else 1))


def _check(clock: int) -> None:
    if clock not in list(Clock) or clock in _ALARM:
        raise LinuxError(errno.EINVAL, "clock_unknown", clock=clock)


def _timespec(now: int) -> bytes:
    return struct.pack("<2q", *divmod(now, NSEC_PER_SEC))
