"""Locks on files: whose they are, which stand in whose way, how they are set and go."""

from __future__ import annotations

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import OFFSET_MAX, LockType
from vmlab.model.linux.include.filelock import FileLock, LockOwner
from vmlab.model.linux.include.structs import File, FilesStruct, Inode, TaskStruct
from vmlab.model.trace.events.file import FileLocked
from vmlab.model.trace.hook import emit


def posix_owner(files: FilesStruct) -> LockOwner:
    """Return who owns the locks of F_SETLK: a table of descriptors. The name is vmlab's.

    Source: fs/locks.c: flock_to_posix_lock() [v6.18].
    """
    return "posix", files.number


def ofd_owner(file: File) -> LockOwner:
    """Return who owns the locks of F_OFD_SETLK: an open file. The name is vmlab's.

    Source: fs/locks.c: fcntl_setlk() [v6.18].
    """
    return "ofd", file.number


def flock_owner(file: File) -> LockOwner:
    """Return who owns the lock of flock: an open file. The name is vmlab's.

    Source: fs/locks.c: flock_make_lock() [v6.18].
    """
    return "flock", file.number


def blocker(inode: Inode, wanted: FileLock) -> FileLock | None:
    """Return the first lock that another one cannot stand beside, if there is one.

    The name is vmlab's. A lock of flock and one of fcntl do not see each other.

    Source: fs/locks.c: posix_locks_conflict(), flock_locks_conflict() [v6.18].
    """
    of_flock = wanted.owner[0] == "flock"
    for lock in inode.i_flctx:
        if (
            lock.owner != wanted.owner
            and (lock.owner[0] == "flock") == of_flock
            and LockType.F_WRLCK in (lock.type, wanted.type)
            and wanted.type != LockType.F_UNLCK
            and lock.start <= wanted.end
            and wanted.start <= lock.end
        ):
            return lock
    return None


def lock_file(task: TaskStruct, inode: Inode, wanted: FileLock, *, wait: bool) -> None:
    """Set a lock, or take it away; what the owner had there makes room for it.

    Args:
        task: the caller.
        inode: the file.
        wanted: the lock; F_UNLCK takes away.
        wait: sleep until nobody's lock stands in its way.

    Raises:
        LinuxError: EAGAIN if somebody's lock stands in its way; EDEADLK if its owner waits for
            this one.
        Sleeps: that, with `wait`.

    Emits: file_locked.
    Source: fs/locks.c: posix_lock_inode(), flock_lock_inode() [v6.18].
    """
    task.lock_wait = None
    other = blocker(inode, wanted)
    if other is None:
        _lock_inode(task, inode, wanted)
        return
    if wanted.owner[0] == "flock":  # one that is changed is given up first
        _lock_inode(task, inode, wanted._replace(type=LockType.F_UNLCK))
    if not wait:
        raise LinuxError(errno.EAGAIN, "locked_by_other", pid=other.pid)
    if _is_deadlock(task, wanted, other):
        raise LinuxError(errno.EDEADLK, "lock_deadlock", pid=other.pid)

    def begin() -> None:
        task.lock_wait = inode, wanted

    def cut() -> None:
        task.lock_wait = None

    raise Sleeps(lambda: blocker(inode, wanted) is None, "lock_awaited", begin=begin, cut=cut)


def _is_deadlock(task: TaskStruct, wanted: FileLock, other: FileLock) -> bool:
    # Source: fs/locks.c: posix_locks_deadlock() [v6.18].
    seen = set[LockOwner]()
    while wanted.owner[0] == "posix" and other.owner not in seen:
        seen.add(other.owner)
        waits = [
            each.lock_wait
            for each in task.system.tasks.values()
            if each.lock_wait is not None and each.lock_wait[1].owner == other.owner
        ]
        found = blocker(*waits[0]) if waits else None
        if found is None:
            return False
        if found.owner == wanted.owner:
            return True
        other = found
    return False


def _lock_inode(task: TaskStruct, inode: Inode, wanted: FileLock) -> None:
    old = inode.i_flctx
    _set(inode, wanted)
    if inode.i_flctx != old:
        kind, told = wanted.owner[0], LockType(wanted.type).name
        emit(task, FileLocked, task.tgid, inode.i_ino, kind, told, wanted.start, wanted.end)


def _set(inode: Inode, wanted: FileLock) -> None:
    start, end = wanted.start, wanted.end
    kept = []
    for lock in inode.i_flctx:
        if lock.owner != wanted.owner:
            kept.append(lock)
        elif (
            lock.type == wanted.type
            and lock.start <= wanted.end + 1
            and (wanted.start <= lock.end + 1)
        ):
            start, end = min(start, lock.start), max(end, lock.end)
        else:
            if lock.start < wanted.start:
                kept.append(lock._replace(end=min(lock.end, wanted.start - 1)))
            if lock.end > wanted.end:
                kept.append(lock._replace(start=max(lock.start, wanted.end + 1)))
    if wanted.type != LockType.F_UNLCK:
        kept.append(wanted._replace(start=start, end=end))
    inode.i_flctx = tuple(sorted(kept, key=lambda lock: lock.start))


def _remove(inode: Inode, *owners: LockOwner) -> None:
    inode.i_flctx = tuple(lock for lock in inode.i_flctx if lock.owner not in owners)


def locks_remove_posix(file: File, files: FilesStruct) -> None:
    """Take away what a table of descriptors has locked of a file: it closes one of the file.

    Source: fs/locks.c: locks_remove_posix() [v6.18].
    """
    _remove(file.f_inode, posix_owner(files))


def locks_remove_file(file: File) -> None:
    """Take away the locks of an open file, which is closed.

    Source: fs/locks.c: locks_remove_file() [v6.18].
    """
    _remove(file.f_inode, flock_owner(file), ofd_owner(file))


def whole_file(owner: LockOwner, kind: int, pid: int) -> FileLock:
    """Return a lock on all of a file. The name is vmlab's.

    Source: fs/locks.c: flock_make_lock() [v6.18].
    """
    return FileLock(owner, kind, 0, OFFSET_MAX, pid)
