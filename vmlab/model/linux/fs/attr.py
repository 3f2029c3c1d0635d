"""Rights and owners of files: chmod, chown and their kin."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW
from vmlab.model.abi.stat import S_IALLUGO, S_ISGID, S_ISUID, S_IXGRP
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.fs.inode import inode_set_ctime_current
from vmlab.model.linux.fs.namei import getname, user_path_at
from vmlab.model.linux.include.fs import DEV_PROC, FMODE_PATH, S_IFDIR, S_IFLNK
from vmlab.model.linux.include.structs import Inode, TaskStruct
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

_FLAGS = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH
_AS_IT_IS = (1 << 32) - 1  # as an owner or a group


def check_attr(flags: int) -> None:
    """Check what fchmodat2 and fchownat are asked before the path is looked at.

    Raises:
        LinuxError: EINVAL for unknown flags.

    Source: fs/open.c: do_fchmodat(), do_fchownat() [v6.18].
    """
    if flags & ~_FLAGS:
        raise LinuxError(errno.EINVAL, "unknown_flags")


def _inode_at(task: TaskStruct, dirfd: int, path: str, flags: int) -> Inode:
    check_attr(flags)
    if not flags & AT_EMPTY_PATH:
        getname(path)
    return user_path_at(task, dirfd, path, follow=not flags & AT_SYMLINK_NOFOLLOW)


def _inode_of(task: TaskStruct, fd: int) -> Inode:
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    return file.f_inode


@traced
def do_fchmodat(task: TaskStruct, dirfd: int, path: str, mode: int, flags: int = 0) -> None:
    """Say who may do what with the file at a path.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.
        mode: the rights.
        flags: AT_SYMLINK_NOFOLLOW: of a symbolic link itself; AT_EMPTY_PATH: an empty path is the
            open file itself.

    Raises:
        LinuxError: EINVAL for other flags; as chmod_common; what a path raises.

    Emits: inode_chmod.
    Source: fs/open.c: do_fchmodat() [v6.18].
    """
    chmod_common(task, _inode_at(task, dirfd, path, flags), mode)


@traced
def do_fchmod(task: TaskStruct, fd: int, mode: int) -> None:
    """Say who may do what with an open file.

    Args:
        task: the caller.
        fd: descriptor.
        mode: the rights.

    Raises:
        LinuxError: EBADF; as chmod_common.

    Emits: inode_chmod.
    Source: fs/open.c: SYSCALL_DEFINE2(fchmod) [v6.18].
    """
    chmod_common(task, _inode_of(task, fd), mode)


def chmod_common(task: TaskStruct, inode: Inode, mode: int) -> None:
    """Say who may do what with a file.

    Raises:
        LinuxError: EOPNOTSUPP for a symbolic link; EPERM in /proc.

    Emits: inode_chmod.
    Source: fs/open.c: chmod_common() [v6.18]; fs/attr.c: notify_change() [v6.18].
    """
    if inode.i_kind == S_IFLNK:
        raise LinuxError(errno.EOPNOTSUPP, "link_has_no_rights", path=inode.name)
    if inode.dev == DEV_PROC:
        raise LinuxError(errno.EPERM, "rights_stay", path=inode.name)
    _set_mode(task, inode, mode & S_IALLUGO)
    inode_set_ctime_current(task.system, inode)


def _set_mode(task: TaskStruct, inode: Inode, mode: int) -> None:
    old, inode.i_mode = inode.i_mode, mode
    if mode != old:
        emit(task, file_events.InodeChmod, inode.i_ino, old, mode)


@traced
def do_fchownat(
    task: TaskStruct, dirfd: int, path: str, owner: int, group: int, flags: int
) -> None:
    """Give the file at a path another owner or another group.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.
        owner: its number; -1 = as it is.
        group: the same.
        flags: AT_SYMLINK_NOFOLLOW: of a symbolic link itself; AT_EMPTY_PATH: an empty path is the
            open file itself.

    Raises:
        LinuxError: EINVAL for other flags; what a path raises.

    Emits: inode_chown, inode_chmod.
    Source: fs/open.c: do_fchownat() [v6.18].
    """
    chown_common(task, _inode_at(task, dirfd, path, flags), owner, group)


@traced
def ksys_fchown(task: TaskStruct, fd: int, owner: int, group: int) -> None:
    """Give an open file another owner or another group.

    Args:
        task: the caller.
        fd: descriptor.
        owner: its number; -1 = as it is.
        group: the same.

    Raises:
        LinuxError: EBADF.

    Emits: inode_chown, inode_chmod.
    Source: fs/open.c: ksys_fchown() [v6.18].
    """
    chown_common(task, _inode_of(task, fd), owner, group)


def chown_common(task: TaskStruct, inode: Inode, owner: int, group: int) -> None:
    """Give a file another owner or another group; what let others act as these goes.

    Args:
        task: the caller.
        inode: the file.
        owner: its number; -1 = as it is.
        group: the same.

    Emits: inode_chown, inode_chmod.
    Source: fs/open.c: chown_common() [v6.18]; fs/attr.c: setattr_should_drop_sgid() [v6.18].
    """
    old = inode.i_uid, inode.i_gid
    if owner != _AS_IT_IS:
        inode.i_uid = owner
    if group != _AS_IT_IS:
        inode.i_gid = group
    if (inode.i_uid, inode.i_gid) != old:
        emit(task, file_events.InodeChown, inode.i_ino, inode.i_uid, inode.i_gid)
    if inode.i_kind != S_IFDIR:
        kept = ~S_ISUID if not inode.i_mode & S_IXGRP else ~(S_ISUID | S_ISGID)
        _set_mode(task, inode, inode.i_mode & kept)
    inode_set_ctime_current(task.system, inode)
