"""flock, and the commands of fcntl about locks."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import (
    FLOCK,
    FLOCK_SIZE,
    LOCK_MAND,
    OFFSET_MAX,
    Fcntl,
    Flock,
    LockType,
    Seek,
)
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.fs.locks import (
    blocker,
    flock_owner,
    lock_file,
    ofd_owner,
    posix_owner,
    whole_file,
)
from vmlab.model.linux.include.filelock import FileLock
from vmlab.model.linux.include.fs import FMODE_READ, FMODE_WRITE
from vmlab.model.linux.include.structs import File, TaskStruct
from vmlab.model.linux.lib.usercopy import load_from_user, store_to_user
from vmlab.model.trace.decorators import traced

_OFD = (Fcntl.F_OFD_GETLK, Fcntl.F_OFD_SETLK, Fcntl.F_OFD_SETLKW)
_TYPES: dict[int, LockType] = {
    Flock.LOCK_SH: LockType.F_RDLCK,
    Flock.LOCK_EX: LockType.F_WRLCK,
    Flock.LOCK_UN: LockType.F_UNLCK,
}


@traced
def do_flock(task: TaskStruct, fd: int, cmd: int) -> None:
    """Lock a whole file for those who ask, or give it free.

    Args:
        task: the caller.
        fd: its descriptor; the lock is that of the open file.
        cmd: LOCK_SH, LOCK_EX or LOCK_UN, with LOCK_NB.

    Raises:
        LinuxError: EINVAL for another command; EBADF; EAGAIN if another has a lock on it, with
            LOCK_NB.
        Sleeps: that, without.

    Emits: file_locked.
    Source: fs/locks.c: SYSCALL_DEFINE2(flock) [v6.18].
    """
    if cmd & LOCK_MAND:
        return  # obsolete
    kind = _TYPES.get(cmd & ~Flock.LOCK_NB.value)
    if kind is None:
        raise LinuxError(errno.EINVAL, "unknown_command", cmd=cmd)
    file = fget(task, fd)
    if not file.f_mode & (FMODE_READ | FMODE_WRITE):
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    lock = whole_file(flock_owner(file), kind, task.tgid)
    lock_file(task, file.f_inode, lock, wait=not cmd & Flock.LOCK_NB)


def fcntl_getlk(task: TaskStruct, file: File, cmd: int, addr: int) -> None:
    """Say which lock stands in the way of another one.

    Args:
        task: the caller.
        file: the open file.
        cmd: F_GETLK or F_OFD_GETLK.
        addr: bytes: where the struct flock is, which tells the lock that was found; of none it
            tells F_UNLCK.

    Raises:
        LinuxError: EFAULT; EINVAL, EOVERFLOW for what is no lock.

    Emits: copy_from_user, copy_to_user.
    Source: fs/locks.c: fcntl_getlk() [v6.18].
    """
    data = load_from_user(task, addr, FLOCK_SIZE)
    if cmd == Fcntl.F_GETLK and FLOCK.unpack(data)[0] not in (LockType.F_RDLCK, LockType.F_WRLCK):
        raise LinuxError(errno.EINVAL, "lock_not_possible")
    found = blocker(file.f_inode, _lock_of(task, file, cmd, data))
    if found is None:
        data = struct.pack("<h", LockType.F_UNLCK) + data[2:]
    else:
        length = 0 if found.end == OFFSET_MAX else found.end - found.start + 1
        pid = -1 if found.owner[0] == "ofd" else found.pid
        data = FLOCK.pack(found.type, Seek.SEEK_SET, found.start, length, pid)
    store_to_user(task, addr, data)


def fcntl_setlk(task: TaskStruct, fd: int, file: File, cmd: int, addr: int) -> None:
    """Lock a part of a file, or give it free.

    Args:
        task: the caller.
        fd: its descriptor.
        file: the open file.
        cmd: F_SETLK, F_SETLKW, F_OFD_SETLK or F_OFD_SETLKW.
        addr: bytes: where the struct flock is.

    Raises:
        LinuxError: EFAULT; EINVAL, EOVERFLOW for what is no lock; EBADF if the file is not open
            for it; EAGAIN if another lock stands in its way; EDEADLK if its owner waits for one of
            the caller.
        Sleeps: another lock stands in its way of F_SETLKW or F_OFD_SETLKW.

    Emits: copy_from_user, file_locked.
    Source: fs/locks.c: fcntl_setlk(), check_fmode_for_setlk() [v6.18].
    """
    lock = _lock_of(task, file, cmd, load_from_user(task, addr, FLOCK_SIZE))
    needed = {LockType.F_RDLCK: FMODE_READ, LockType.F_WRLCK: FMODE_WRITE}.get(
        LockType(lock.type), file.f_mode
    )
    if not file.f_mode & needed:
        raise LinuxError(errno.EBADF, "fd_wrong_mode", fd=fd)
    lock_file(task, file.f_inode, lock, wait=cmd in (Fcntl.F_SETLKW, Fcntl.F_OFD_SETLKW))


def _lock_of(task: TaskStruct, file: File, cmd: int, data: bytes) -> FileLock:
    # Source: fs/locks.c: flock_to_posix_lock(), fcntl_setlk() [v6.18].
    kind, whence, start, length, pid = FLOCK.unpack(data)
    from_ = {
        Seek.SEEK_SET: 0,
        Seek.SEEK_CUR: file.f_pos,
        Seek.SEEK_END: file.f_inode.i_size,
    }.get(whence)
    if from_ is None or kind not in list(LockType) or (cmd in _OFD and pid):
        raise LinuxError(errno.EINVAL, "lock_not_possible")
    first = from_ + start
    if first > OFFSET_MAX or first + length - 1 > OFFSET_MAX:
        raise LinuxError(errno.EOVERFLOW, "end_past_largest_offset")
    if first < 0 or first + min(length, 0) < 0:
        raise LinuxError(errno.EINVAL, "offset_negative")
    end = first + length - 1 if length > 0 else first - 1 if length else OFFSET_MAX
    assert task.files is not None
    owner = ofd_owner(file) if cmd in _OFD else posix_owner(task.files)
    return FileLock(owner, kind, first + min(length, 0), end, task.tgid)
