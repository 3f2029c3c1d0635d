"""What time it is, as older calls tell it."""

from __future__ import annotations

from vmlab.model.abi.time import NSEC_PER_SEC
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.lib.usercopy import store_number, store_to_user
from vmlab.model.trace.decorators import traced

_LONG = 8  # bytes
_NSEC_PER_USEC = 1000
_TIMEZONE = bytes(8)  # struct timezone: none


@traced
def gettimeofday(task: TaskStruct, tv: int, tz: int) -> None:
    """Store what time it is, as a struct timeval.

    Args:
        task: the caller.
        tv: bytes: where to; 0 = nowhere.
        tz: the same for the time zone, a struct timezone.

    Raises:
        LinuxError: EFAULT.

    Emits: copy_to_user.
    Source: kernel/time/time.c: SYSCALL_DEFINE2(gettimeofday) [v6.18].
    """
    seconds, rest = divmod(task.system.clock, NSEC_PER_SEC)
    if tv:
        for place, value in ((tv, seconds), (tv + _LONG, rest // _NSEC_PER_USEC)):
            store_number(task, place, value, _LONG)
    if tz:
        store_to_user(task, tz, _TIMEZONE)


@traced
def do_time(task: TaskStruct, tloc: int) -> int:
    """Return what time it is, in seconds.

    Args:
        task: the caller.
        tloc: bytes: where it is stored too; 0 = nowhere.

    Raises:
        LinuxError: EFAULT.

    Emits: copy_to_user.
    Source: kernel/time/time.c: SYSCALL_DEFINE1(time) [v6.18].
    """
    seconds = task.system.clock // NSEC_PER_SEC
    if tloc:
        store_number(task, tloc, seconds, _LONG)
    return seconds
