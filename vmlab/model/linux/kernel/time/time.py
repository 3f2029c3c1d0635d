"""What time it is, as older calls tell it; times as programs give and get them."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.time import NSEC_PER_SEC, TIMESPEC_SIZE
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.lib.usercopy import load_from_user, store_number, store_to_user
from vmlab.model.trace.decorators import traced

KTIME_MAX = (1 << 63) - 1  # nanoseconds
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


def get_timespec64(task: TaskStruct, addr: int) -> int:
    """Read a time that a program gives; return nanoseconds.

    Raises:
        LinuxError: EFAULT; EINVAL if it is negative, or its nanoseconds are a second or more.

    Emits: copy_from_user.
    Source: kernel/time/time.c: get_timespec64() [v6.18].
    """
    return timespec64_to_ns(load_from_user(task, addr, TIMESPEC_SIZE))


def timespec64_to_ns(data: bytes) -> int:
    """Return the nanoseconds of a struct timespec.

    Raises:
        LinuxError: EINVAL if it is negative, or its nanoseconds are a second or more.

    Source: include/linux/time64.h: timespec64_valid(), timespec64_to_ns() [v6.18].
    """
    seconds = int.from_bytes(data[:_LONG], "little", signed=True)
    nanoseconds = int.from_bytes(data[_LONG:], "little")
    if seconds < 0 or nanoseconds >= NSEC_PER_SEC:
        raise LinuxError(errno.EINVAL, "time_not_valid")
    return min(seconds * NSEC_PER_SEC + nanoseconds, KTIME_MAX)
