"""Sleeping for a socket no longer than SO_RCVTIMEO or SO_SNDTIMEO say."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_cancel, hrtimer_expired, hrtimer_start

T = TypeVar("T")


def in_time(task: TaskStruct, timeo: int, do: Callable[[], T]) -> T:
    """Do something that may sleep, but no longer than a time. The name is vmlab's.

    Args:
        task: the caller.
        timeo: nanoseconds; 0 = without end.
        do: what.

    Raises:
        LinuxError: EAGAIN when the time is over.
        Sleeps: it has to sleep.

    Emits: hrtimer_start.
    Source: include/net/sock.h: sock_rcvtimeo(), sock_intr_errno() [v6.18].
    """
    if not timeo:
        return do()
    try:
        result = do()
    except Sleeps as sleep:
        if hrtimer_expired(task):
            hrtimer_cancel(task)
            raise LinuxError(errno.EAGAIN, "time_is_over") from None
        raise _until(task, sleep, timeo) from None
    except LinuxError:
        hrtimer_cancel(task)
        raise
    hrtimer_cancel(task)
    return result


def _until(task: TaskStruct, sleep: Sleeps, timeo: int) -> Sleeps:
    def begin() -> None:
        if task.timer is None:
            hrtimer_start(task, task.system.clock + timeo)

    return Sleeps(
        lambda: sleep.ready() or hrtimer_expired(task),
        sleep.check,
        errno.EINTR,
        begin,
        lambda: hrtimer_cancel(task),
    )
