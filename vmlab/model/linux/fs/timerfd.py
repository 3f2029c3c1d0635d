"""Timerfds: a time that comes, once or again and again, and can be read and waited for."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.anon_files import TFD_TIMER_ABSTIME, TimerfdCreate, TimerfdSettime
from vmlab.model.abi.poll import POLLIN
from vmlab.model.abi.time import NSEC_PER_SEC, Clock
from vmlab.model.linux.fs.anon_inodes import anon_inode_getfd, check_word, copy_word_to_iter
from vmlab.model.linux.fs.eventpoll_wake import wake_up_poll
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.include.anon_inodes import TimerfdCtx
from vmlab.model.linux.include.fs import FMODE_PATH, S_TIMERFD
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.linux.lib.iov_iter import IovIter
from vmlab.model.linux.lib.usercopy import load_from_user, store_to_user
from vmlab.model.trace.decorators import traced

_ITIMERSPEC = struct.Struct("<4q")  # it_interval, it_value: seconds and nanoseconds
_LONGEST = (1 << 63) - 1
_CLOCKS = (
    *(Clock.CLOCK_REALTIME, Clock.CLOCK_MONOTONIC, Clock.CLOCK_BOOTTIME),
    *(Clock.CLOCK_REALTIME_ALARM, Clock.CLOCK_BOOTTIME_ALARM),
)


@traced
def timerfd_create(task: TaskStruct, clockid: int, flags: int) -> int:
    """Make a timerfd that does not run; return its descriptor.

    Args:
        task: the caller.
        clockid: CLOCK_*: all have the same time.
        flags: TFD_NONBLOCK, TFD_CLOEXEC.

    Raises:
        LinuxError: EINVAL for another clock, or other flags; EMFILE.

    Emits: inode_create, file_open, fd_install.
    Source: fs/timerfd.c: SYSCALL_DEFINE2(timerfd_create) [v6.18].
    """
    if flags & ~sum(TimerfdCreate):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if clockid not in _CLOCKS:
        raise LinuxError(errno.EINVAL, "clock_unknown", clock=clockid)
    return anon_inode_getfd(task, S_TIMERFD, TimerfdCtx(clockid), flags)


@traced
def timerfd_settime(task: TaskStruct, ufd: int, flags: int, utmr: int, otmr: int) -> None:
    """Let a timerfd run, or no more, and tell what was left of its old time.

    Args:
        task: the caller.
        ufd: descriptor.
        flags: TFD_TIMER_ABSTIME = until a time, not for a while; TFD_TIMER_CANCEL_ON_SET changes
            nothing, for nobody sets the clock.
        utmr: bytes: where the struct itimerspec is; 0 = it does not run.
        otmr: bytes: where to store the old one; 0 = nowhere.

    Raises:
        LinuxError: EINVAL for other flags, a time that cannot be, another kind of file; EBADF;
            EFAULT.

    Emits: copy_from_user, copy_to_user, ep_ready.
    Source: fs/timerfd.c: SYSCALL_DEFINE4(timerfd_settime), do_timerfd_settime() [v6.18].
    """
    interval, value = _load(task, utmr)
    if flags & ~sum(TimerfdSettime):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if interval is None or value is None:
        raise LinuxError(errno.EINVAL, "time_not_valid")
    inode, now = _timerfd(task, ufd), task.system.clock
    _go_on(task.system, inode)
    old = _ctx(inode)
    expires = min(value if flags & TFD_TIMER_ABSTIME else now + value, _LONGEST)
    inode.i_private = TimerfdCtx(old.clockid, expires if value else None, interval)
    timerfd_tmrproc(task.system)
    if otmr:
        store_to_user(task, otmr, _timer(old, now))


@traced
def timerfd_gettime(task: TaskStruct, ufd: int, otmr: int) -> None:
    """Store what is left of the time of a timerfd, as a struct itimerspec.

    Args:
        task: the caller.
        ufd: descriptor.
        otmr: bytes: where to.

    Raises:
        LinuxError: EBADF; EINVAL for another kind of file; EFAULT.

    Emits: copy_to_user.
    Source: fs/timerfd.c: SYSCALL_DEFINE2(timerfd_gettime), do_timerfd_gettime() [v6.18].
    """
    inode = _timerfd(task, ufd)
    ctx = _go_on(task.system, inode)
    store_to_user(task, otmr, _timer(ctx, task.system.clock))


@traced
def timerfd_read(task: TaskStruct, file: File, to: IovIter) -> int:
    """Read how often the time of a timerfd came since it was read, 8 bytes.

    Args:
        task: the caller.
        file: the timerfd.
        to: where the number goes; if it cannot be stored, it is lost.

    Raises:
        LinuxError: EINVAL for less room than 8 bytes; EFAULT; EAGAIN if it did not come, with
            O_NONBLOCK.
        Sleeps: it did not come.

    Emits: copy_to_user.
    Source: fs/timerfd.c: timerfd_read_iter() [v6.18].
    """
    inode = file.f_inode
    check_word(file, to, lambda: _ctx(inode).ticks > 0, "time_not_over", "time_not_over_now")
    ctx = _go_on(task.system, inode)
    inode.i_private = ctx._replace(ticks=0, expired=False)
    return copy_word_to_iter(task.system, ctx.ticks, to)


def timerfd_poll(file: File) -> int:
    """Return what can be done with a timerfd without sleeping, as POLL* bits.

    Source: fs/timerfd.c: timerfd_poll() [v6.18].
    """
    return POLLIN if _ctx(file.f_inode).ticks else 0


def timerfd_next_event(system: System) -> int | None:
    """Return when the time of the next timerfd comes; None = of none. The name is vmlab's.

    Source: kernel/time/hrtimer.c: __hrtimer_get_next_event() [v6.18].
    """
    times = [ctx.expires for _, ctx in _all(system) if ctx.expires is not None]
    return min(times, default=None)


def timerfd_tmrproc(system: System) -> None:
    """Count the times that have come. One that comes again does so when somebody asks for it.

    Emits: ep_ready.
    Source: fs/timerfd.c: timerfd_tmrproc(), timerfd_triggered() [v6.18].
    """
    for inode, ctx in _all(system):
        if ctx.expires is not None and ctx.expires <= system.clock:
            inode.i_private = ctx._replace(
                expires=None, expired=True, ticks=ctx.ticks + 1, told=ctx.expires
            )
            wake_up_poll(system, inode, POLLIN)


def _go_on(system: System, inode: Inode) -> TimerfdCtx:
    # Count those that came since, and let the next one come.
    # Source: kernel/time/hrtimer.c: hrtimer_forward() [v6.18].
    ctx = _ctx(inode)
    if ctx.expired and ctx.interval:
        passed = (system.clock - ctx.told) // ctx.interval
        ctx = ctx._replace(
            expired=False,
            ticks=ctx.ticks + passed,
            expires=min(ctx.told + (passed + 1) * ctx.interval, _LONGEST),
        )
        inode.i_private = ctx
    return ctx


def _all(system: System) -> list[tuple[Inode, TimerfdCtx]]:
    return [(each, _ctx(each)) for each in system.inodes.values() if each.i_kind == S_TIMERFD]


def _timerfd(task: TaskStruct, fd: int) -> Inode:
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    if file.f_inode.i_kind != S_TIMERFD:
        raise LinuxError(errno.EINVAL, "fd_of_no_timer", fd=fd)
    return file.f_inode


def _load(task: TaskStruct, addr: int) -> tuple[int | None, int | None]:
    # The interval and the first time, nanoseconds; None = it cannot be.
    told = _ITIMERSPEC.unpack(load_from_user(task, addr, _ITIMERSPEC.size))
    interval, value = (
        min(seconds * NSEC_PER_SEC + rest, _LONGEST)
        if seconds >= 0 and 0 <= rest < NSEC_PER_SEC
        else None
        for seconds, rest in (told[:2], told[2:])
    )
    return interval, value


def _timer(ctx: TimerfdCtx, now: int) -> bytes:
    left = max(ctx.expires - now, 0) if ctx.expires is not None else 0
    return _ITIMERSPEC.pack(*divmod(ctx.interval, NSEC_PER_SEC), *divmod(left, NSEC_PER_SEC))


def _ctx(inode: Inode) -> TimerfdCtx:
    assert isinstance(inode.i_private, TimerfdCtx)
    return inode.i_private
