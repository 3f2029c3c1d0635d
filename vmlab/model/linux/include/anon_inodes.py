"""What the files hold that are nothing but what the kernel counts or watches for a process.

Linux keeps each in the `private_data` of an open file; all of them share one inode there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from vmlab.model.linux.include.mqueue import MqueueInodeInfo
from vmlab.model.linux.include.sock import Sock


class EventfdCtx(NamedTuple):
    """What an eventfd counts (struct eventfd_ctx)."""

    value: int  # what it has
    flags: int  # EFD_SEMAPHORE


class TimerfdCtx(NamedTuple):
    """When a timerfd comes, and how often it did (struct timerfd_ctx)."""

    clockid: int
    expires: int | None = None  # nanoseconds, None = it does not run
    interval: int = 0  # nanoseconds from one time to the next, 0 = there is only one
    expired: bool = False  # it came, and nobody has asked since
    ticks: int = 0  # how often it came since it was read
    told: int = 0  # nanoseconds: when it came last; it goes on from there


class SignalfdCtx(NamedTuple):
    """Which signals are read from a signalfd (struct signalfd_ctx)."""

    sigmask: int  # those that are, bit 0 is that of signal 1


class Epitem(NamedTuple):
    """What is watched by way of one descriptor (struct epitem)."""

    fd: int
    file: Any  # the open file
    events: int  # EPOLL* bits
    data: int  # what is told with them
    number: int  # in order of creation, over all epolls


class Eventpoll(NamedTuple):
    """What an epoll watches (struct eventpoll)."""

    items: tuple[Epitem, ...] = ()  # in order of creation
    rdllist: tuple[int, ...] = ()  # numbers of those that may be ready, in order


Private = EventfdCtx | TimerfdCtx | SignalfdCtx | Eventpoll | Sock | MqueueInodeInfo
