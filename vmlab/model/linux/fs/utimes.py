"""Saying when a file was read and written to: utimensat and its kin."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW
from vmlab.model.abi.time import NSEC_PER_SEC, UTIME_NOW, UTIME_OMIT
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.fs.inode import inode_set_ctime_current
from vmlab.model.linux.fs.namei import getname, user_path_at
from vmlab.model.linux.include.fs import DEV_DISK, FMODE_PATH
from vmlab.model.linux.include.structs import Inode, TaskStruct
from vmlab.model.linux.lib.usercopy import load_from_user
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

Times = tuple[tuple[int, int], tuple[int, int]]  # of access and of modification: (s, ns)

_PAIR = struct.Struct("<2q")
_PAIRS = struct.Struct("<4q")
_USEC_PER_SEC, _NSEC_PER_USEC = 1_000_000, 1_000
_FLAGS = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH
_NOW = ((0, UTIME_NOW), (0, UTIME_NOW))
# The first and the last second that each keeps.
_OF_EXT4 = -(1 << 31), (1 << 34) - (1 << 31) - 1
_OF_TMPFS = 1 - (1 << 34), (1 << 34) - 1  # Linux keeps more


def check_utimes(flags: int) -> None:
    """Check what utimensat is asked before the path is looked at.

    Raises:
        LinuxError: EINVAL for unknown flags.

    Source: fs/utimes.c: do_utimes_path() [v6.18].
    """
    if flags & ~_FLAGS:
        raise LinuxError(errno.EINVAL, "unknown_flags")


@traced
def do_utimensat(task: TaskStruct, dirfd: int, path: str | None, times: int, flags: int) -> None:
    """Say when a file was read and written to.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path; None = the open file `dirfd` itself.
        times: bytes: where two struct timespec are, with UTIME_NOW or UTIME_OMIT in place of
            nanoseconds; 0 = now.
        flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH.

    Raises:
        LinuxError: EFAULT; what do_utimes raises, unless both times are omitted.

    Emits: copy_from_user, inode_utimes.
    Source: fs/utimes.c: SYSCALL_DEFINE4(utimensat) [v6.18].
    """
    if times and omits_both(task, times):
        return
    do_utimes(task, dirfd, path, _load(task, times) if times else _NOW, flags)


def omits_both(task: TaskStruct, times: int) -> bool:
    """Say whether neither time is to be changed: then nobody looks at the file.

    Args:
        task: the caller.
        times: bytes: where two struct timespec are.

    Raises:
        LinuxError: EFAULT.

    Source: fs/utimes.c: SYSCALL_DEFINE4(utimensat) [v6.18].
    """
    (_, read_ns), (_, written_ns) = _load(task, times)
    return read_ns == written_ns == UTIME_OMIT


def _load(task: TaskStruct, times: int) -> Times:
    read, read_part, written, written_part = _PAIRS.unpack(load_from_user(task, times, _PAIRS.size))
    return (read, read_part), (written, written_part)


@traced
def do_futimesat(task: TaskStruct, dirfd: int, path: str | None, utimes: int) -> None:
    """Say when a file was read and written to, in microseconds.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path; None = the open file `dirfd` itself.
        utimes: bytes: where two struct timeval are; 0 = now.

    Raises:
        LinuxError: EFAULT; EINVAL for a part of a second that is none; what do_utimes raises.

    Emits: copy_from_user, inode_utimes.
    Source: fs/utimes.c: do_futimesat() [v6.18].
    """
    given = _NOW
    if utimes:
        (read, read_us), (written, written_us) = _load(task, utimes)
        if not (0 <= read_us < _USEC_PER_SEC and 0 <= written_us < _USEC_PER_SEC):
            raise LinuxError(errno.EINVAL, "time_not_possible")
        given = ((read, read_us * _NSEC_PER_USEC), (written, written_us * _NSEC_PER_USEC))
    do_utimes(task, dirfd, path, given, 0)


@traced
def do_utime(task: TaskStruct, path: str, times: int) -> None:
    """Say when a file was read and written to, in seconds.

    Args:
        task: the caller.
        path: the path.
        times: bytes: where a struct utimbuf is; 0 = now.

    Raises:
        LinuxError: EFAULT; what do_utimes raises.

    Emits: copy_from_user, inode_utimes.
    Source: fs/utimes.c: SYSCALL_DEFINE2(utime) [v6.18].
    """
    given = _NOW
    if times:
        read, written = _PAIR.unpack(load_from_user(task, times, _PAIR.size))
        given = ((read, 0), (written, 0))
    do_utimes(task, AT_FDCWD, path, given, 0)


def do_utimes(task: TaskStruct, dirfd: int, path: str | None, times: Times, flags: int) -> None:
    """Say when a file was read and written to.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path; None = the open file `dirfd` itself.
        times: when: of each a second, and nanoseconds, UTIME_NOW or UTIME_OMIT.
        flags: AT_SYMLINK_NOFOLLOW: of a symbolic link itself; AT_EMPTY_PATH: an empty path is the
            open file itself.

    Raises:
        LinuxError: EINVAL for other flags, for flags without a path, and for nanoseconds that
            cannot be; EBADF; EFAULT without a path and a file; what a path raises.

    Emits: inode_utimes.
    Source: fs/utimes.c: do_utimes(), vfs_utimes() [v6.18].
    Left out: times of a tmpfs before 1425 and after 2514.
    """
    if path is None and dirfd != AT_FDCWD:
        if flags:
            raise LinuxError(errno.EINVAL, "unknown_flags")
        file = fget(task, dirfd)
        if file.f_mode & FMODE_PATH:
            raise LinuxError(errno.EBADF, "fd_o_path", fd=dirfd)
        inode = file.f_inode
    else:
        check_utimes(flags)
        if path is None:
            raise LinuxError(errno.EFAULT, "nothing_read", addr=0)
        if not flags & AT_EMPTY_PATH:
            getname(path)
        inode = user_path_at(task, dirfd, path, follow=not flags & AT_SYMLINK_NOFOLLOW)
    if any(not 0 <= ns < NSEC_PER_SEC and ns not in (UTIME_NOW, UTIME_OMIT) for _, ns in times):
        raise LinuxError(errno.EINVAL, "time_not_possible")
    (read, written), now = times, task.system.clock
    inode.i_atime = _time(inode, read, inode.i_atime, now)
    inode.i_mtime = _time(inode, written, inode.i_mtime, now)
    inode_set_ctime_current(task.system, inode)
    emit(task, file_events.InodeUtimes, inode.i_ino, inode.i_atime, inode.i_mtime)


def _time(inode: Inode, given: tuple[int, int], old: int, now: int) -> int:
    # As the file system keeps it. Source: fs/inode.c: timestamp_truncate() [v6.18].
    second, ns = given
    if ns in (UTIME_NOW, UTIME_OMIT):
        return now if ns == UTIME_NOW else old
    first, last = _OF_EXT4 if inode.dev == DEV_DISK else _OF_TMPFS
    if not first < second < last:
        return min(max(first, second), last) * NSEC_PER_SEC
    return second * NSEC_PER_SEC + ns
