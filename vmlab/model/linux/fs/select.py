"""poll, select and their kin: waiting until one of several files is ready, or a time comes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.personality import Personality
from vmlab.model.abi.poll import (
    POLLERR,
    POLLFD_SIZE,
    POLLHUP,
    POLLIN,
    POLLNVAL,
    POLLOUT,
    POLLPRI,
    POLLRDBAND,
    POLLRDNORM,
    POLLWRBAND,
    POLLWRNORM,
)
from vmlab.model.abi.resource import Rlimit
from vmlab.model.abi.time import NSEC_PER_SEC, TIMESPEC_SIZE
from vmlab.model.linux.fs.poll import vfs_poll
from vmlab.model.linux.include.fs import FMODE_PATH
from vmlab.model.linux.include.structs import File, TaskStruct
from vmlab.model.linux.kernel.signal import (
    ERESTARTNOHAND,
    restore_saved_sigmask,
    set_user_sigmask,
)
from vmlab.model.linux.kernel.time.hrtimer import (
    hrtimer_cancel,
    hrtimer_expired,
    hrtimer_start,
)
from vmlab.model.linux.kernel.time.time import get_timespec64
from vmlab.model.linux.lib.usercopy import copy_to_user, load_from_user, store_to_user
from vmlab.model.trace.decorators import traced

_POLLIN_SET = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR | POLLNVAL
_POLLOUT_SET = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR | POLLNVAL
_POLLEX_SET = POLLPRI | POLLNVAL
_WANTED = (_POLLIN_SET, _POLLOUT_SET, _POLLEX_SET)
_POLLFD = struct.Struct("<iHH")
_LONG = 8  # bytes
_LONG_BITS = 64
_NSEC_PER_MSEC = 1_000_000
_NSEC_PER_USEC = 1000
_USEC_PER_SEC = 1_000_000
_LONGEST = (1 << 63) - 1
_TABLE_STEP = 128  # descriptors by which a table grows, see alloc_fdtable()
_NEVER = -1

Polled = tuple[File | None, int]  # None = the descriptor is not open; what is asked of it


@traced
def do_sys_poll(task: TaskStruct, ufds: int, nfds: int, timeout: int) -> int:
    """Wait until a file is ready; return how many are.

    Args:
        task: the caller.
        ufds: bytes: where the struct pollfd are.
        nfds: how many there are.
        timeout: nanoseconds, below 0 = without end.

    Raises:
        LinuxError: EINVAL for more than RLIMIT_NOFILE of them; EFAULT; EINTR.
        Sleeps: none is ready, and the time has not come.

    Emits: hrtimer_start, copy_from_user, copy_to_user.
    Source: fs/select.c: do_sys_poll(), do_poll() [v6.18].
    """
    if nfds > task.rlim[Rlimit.RLIMIT_NOFILE].rlim_cur:
        raise LinuxError(errno.EINVAL, "too_many_polled", nr=nfds)
    data = load_from_user(task, ufds, nfds * POLLFD_SIZE) if nfds else b""
    asked = [_POLLFD.unpack_from(data, at) for at in range(0, len(data), POLLFD_SIZE)]
    polled = [(_file(task, fd), events | POLLERR | POLLHUP) for fd, events, _ in asked]

    def found() -> list[int]:
        told = [_ready(task, each) for each in polled]
        return [0 if row[0] < 0 else mask for row, mask in zip(asked, told, strict=True)]

    _wait(task, timeout, lambda: any(found()))
    masks = found()
    rows = zip(asked, masks, strict=True)
    answer = b"".join(_POLLFD.pack(fd, events, mask) for (fd, events, _), mask in rows)
    if answer:
        store_to_user(task, ufds, answer)
    return sum(map(bool, masks))


def _file(task: TaskStruct, fd: int) -> File | None:
    file = task.files.fd.get(fd) if task.files is not None else None
    return None if file is None or file.f_mode & FMODE_PATH else file


def _ready(task: TaskStruct, polled: Polled) -> int:
    file, events = polled
    return POLLNVAL if file is None else vfs_poll(task, file) & events


def _wait(task: TaskStruct, timeout: int, ready: Callable[[], bool]) -> None:
    # Until something is ready, or the time comes. A call that slept is made again, with its timer.
    if not timeout or ready() or hrtimer_expired(task):
        hrtimer_cancel(task)
        return
    expires = min(task.system.clock + timeout, _LONGEST)

    def sleep() -> None:
        if timeout > 0 and task.timer is None:
            hrtimer_start(task, expires)

    raise Sleeps(
        lambda: ready() or hrtimer_expired(task),
        "no_file_ready",
        ERESTARTNOHAND,
        sleep,
        lambda: hrtimer_cancel(task),
    )


@traced
def do_select(task: TaskStruct, n: int, sets: Sequence[int], timeout: int) -> int:
    """Wait until a descriptor of some sets is ready; return how many are.

    Args:
        task: the caller.
        n: descriptors from here on do not count.
        sets: bytes: where those are to read from, to write to, and with something out of the
            ordinary; 0 = none.
        timeout: nanoseconds, below 0 = without end.

    Raises:
        LinuxError: EINVAL for an `n` below 0; EBADF for one that is not open; EFAULT; EINTR.
        Sleeps: none is ready, and the time has not come.

    Emits: hrtimer_start, copy_from_user, copy_to_user.
    Source: fs/select.c: core_sys_select(), do_select() [v6.18].
    """
    if n < 0:
        raise LinuxError(errno.EINVAL, "nfds_negative", nr=n)
    n = min(n, _max_fds(task))
    size = -(-n // _LONG_BITS) * _LONG
    asked = [_load_set(task, addr, size) & (1 << n) - 1 for addr in sets]
    fds = [fd for fd in range(n) if any(each >> fd & 1 for each in asked)]
    files = {fd: _file(task, fd) for fd in fds}
    for fd, file in files.items():
        if file is None:
            raise LinuxError(errno.EBADF, "fd_not_open", fd=fd)

    def found() -> list[int]:
        masks = {fd: _ready(task, (file, 0xFFFF)) for fd, file in files.items()}
        return [
            sum(1 << fd for fd in fds if each >> fd & 1 and masks[fd] & wanted)
            for each, wanted in zip(asked, _WANTED, strict=True)
        ]

    _wait(task, timeout, lambda: any(found()))
    told = found()
    for addr, each in zip(sets, told, strict=True):
        if addr and size:
            store_to_user(task, addr, each.to_bytes(size, "little"))
    return sum(each.bit_count() for each in told)


def _max_fds(task: TaskStruct) -> int:
    # The size of a table that grew until now. Source: fs/file.c: alloc_fdtable() [v6.18].
    highest = max(task.files.fd, default=0) if task.files is not None else 0
    if highest < _LONG_BITS:
        return _LONG_BITS
    return _TABLE_STEP << (highest // _TABLE_STEP).bit_length()


def _load_set(task: TaskStruct, addr: int, size: int) -> int:
    return int.from_bytes(load_from_user(task, addr, size), "little") if addr and size else 0


# The calls: in each the time and the signals that wait are told in another way.


def poll(task: TaskStruct, ufds: int, nfds: int, timeout: int) -> int:
    """Wait until a file is ready; return how many are.

    Args:
        task: the caller.
        ufds: bytes: where the struct pollfd are.
        nfds: how many there are.
        timeout: milliseconds; below 0 = without end.

    Source: fs/select.c: SYSCALL_DEFINE3(poll) [v6.18].
    """
    return do_sys_poll(task, ufds, nfds, timeout * _NSEC_PER_MSEC)


def ppoll(task: TaskStruct, ufds: int, nfds: int, tsp: int, sigmask: int, sigsetsize: int) -> int:
    """Wait as poll, while other signals wait.

    Args:
        task: the caller.
        ufds: bytes: where the struct pollfd are.
        nfds: how many there are.
        tsp: bytes: where the time is, and what is left of it is stored; 0 = without end.
        sigmask: bytes: where the signals are that wait meanwhile; 0 = those that wait now.
        sigsetsize: bytes of a set.

    Raises:
        LinuxError: EINVAL for a time or a size that cannot be; as do_sys_poll.

    Emits: signal_blocked.
    Source: fs/select.c: SYSCALL_DEFINE5(ppoll) [v6.18].
    """
    timeout = get_timespec64(task, tsp) if tsp else _NEVER
    set_user_sigmask(task, sigmask, sigsetsize)
    return _finish(task, timeout, tsp, 1, lambda left: do_sys_poll(task, ufds, nfds, left))


def select(task: TaskStruct, n: int, sets: Sequence[int], tvp: int) -> int:
    """Wait until a descriptor of some sets is ready; return how many are.

    Args:
        task: the caller.
        n: descriptors from here on do not count.
        sets: as do_select has them.
        tvp: bytes: where the time is, a struct timeval, and what is left of it is stored; 0 =
            without end.

    Raises:
        LinuxError: EINVAL for a time that cannot be; as do_select.

    Source: fs/select.c: kern_select() [v6.18].
    """
    timeout = _NEVER
    if tvp:
        seconds, rest = struct.unpack("<2q", load_from_user(task, tvp, TIMESPEC_SIZE))
        seconds += rest // _USEC_PER_SEC if rest >= 0 else -(-rest // _USEC_PER_SEC)
        rest = rest % _USEC_PER_SEC if rest >= 0 else rest
        if seconds < 0 or rest < 0:
            raise LinuxError(errno.EINVAL, "time_not_valid")
        timeout = min(seconds * NSEC_PER_SEC + rest * _NSEC_PER_USEC, _LONGEST)
    return _finish(task, timeout, tvp, _NSEC_PER_USEC, lambda left: do_select(task, n, sets, left))


def pselect6(task: TaskStruct, n: int, sets: Sequence[int], tsp: int, sig: int) -> int:
    """Wait as select, while other signals wait.

    Args:
        task: the caller.
        n: descriptors from here on do not count.
        sets: as do_select has them.
        tsp: bytes: where the time is, and what is left of it is stored; 0 = without end.
        sig: bytes: where it stands where the signals are that wait meanwhile, and how many bytes
            they are; 0 = those that wait now.

    Raises:
        LinuxError: EINVAL for a time or a size that cannot be; as do_select.

    Emits: signal_blocked.
    Source: fs/select.c: SYSCALL_DEFINE6(pselect6), do_pselect() [v6.18].
    """
    data = load_from_user(task, sig, 2 * _LONG) if sig else bytes(2 * _LONG)
    sigmask, size = struct.unpack("<2Q", data)
    timeout = get_timespec64(task, tsp) if tsp else _NEVER
    set_user_sigmask(task, sigmask, size)
    return _finish(task, timeout, tsp, 1, lambda left: do_select(task, n, sets, left))


def _finish(task: TaskStruct, timeout: int, addr: int, unit: int, do: Callable[[int], int]) -> int:
    # Source: fs/select.c: poll_select_finish() [v6.18]. A call that is made again finds the time
    # that it was given, for nothing is stored before its end.
    expires = task.timer if task.timer is not None else task.system.clock + timeout

    def tell() -> None:
        if addr and timeout > 0 and not task.personality & Personality.STICKY_TIMEOUTS:
            seconds, rest = divmod(max(expires - task.system.clock, 0), NSEC_PER_SEC)
            copy_to_user(task.system, addr, struct.pack("<2q", seconds, rest // unit))

    try:
        found = do(timeout)
    except Sleeps as sleep:
        cut = sleep.cut

        def cut_off() -> None:
            cut()
            tell()

        sleep.cut = cut_off
        raise
    except LinuxError:
        restore_saved_sigmask(task)
        tell()
        raise
    restore_saved_sigmask(task)
    tell()
    return found
