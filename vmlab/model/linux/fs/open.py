"""Opening files, and giving them another length."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import (
    O_ACCMODE,
    O_APPEND,
    O_CLOEXEC,
    O_CREAT,
    O_DIRECTORY,
    O_EXCL,
    O_LARGEFILE,
    O_PATH,
    O_TRUNC,
)
from vmlab.model.linux.fs.file import fd_install, fget, get_unused_fd_flags
from vmlab.model.linux.fs.file_table import alloc_file
from vmlab.model.linux.fs.inode import alloc_inode
from vmlab.model.linux.fs.namei import getname, path_walk
from vmlab.model.linux.include.fs import (
    DEV_ROOT,
    FMODE_APPEND,
    FMODE_PATH,
    FMODE_READ,
    FMODE_WRITE,
    S_IFDIR,
    S_IFREG,
)
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.mm.shmem import shmem_setattr
from vmlab.model.linux.mm.truncate import do_truncate
from vmlab.model.trace.decorators import traced

_NOT_KEPT = O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC | O_ACCMODE | O_APPEND | O_LARGEFILE


@traced
def do_sys_open(task: TaskStruct, path: str, flags: int) -> int:
    """Open a file by its path; return the descriptor.

    Raises:
        LinuxError: ENOENT, EEXIST, EISDIR, ENOTDIR, ENAMETOOLONG, EMFILE.

    Source: fs/open.c: do_sys_open() [v5.4].
    """
    system = task.system
    getname(path)
    get_unused_fd_flags(task)  # before anything is made or cut
    path, inode = path_walk(system, path)
    if inode is None:
        if not flags & O_CREAT:
            raise LinuxError(errno.ENOENT, "no_such_path", path=path)
        inode = alloc_inode(system, S_IFREG, path, DEV_ROOT)
        system.namei[path] = inode
    elif flags & O_CREAT and flags & O_EXCL:
        raise LinuxError(errno.EEXIST, "path_exists", path=path)
    mode = {0: FMODE_READ, 1: FMODE_WRITE}.get(flags & O_ACCMODE, FMODE_READ | FMODE_WRITE)
    if flags & O_PATH:
        mode = FMODE_PATH
    elif inode.i_kind == S_IFDIR and mode & FMODE_WRITE:
        raise LinuxError(errno.EISDIR, "is_directory", path=path)
    if flags & O_DIRECTORY and inode.i_kind != S_IFDIR:
        raise LinuxError(errno.ENOTDIR, "not_directory", path=path)
    if flags & O_TRUNC and inode.i_kind == S_IFREG and mode & FMODE_WRITE:
        do_truncate(system, inode.i_mapping, 0)
    if flags & O_APPEND:
        mode |= FMODE_APPEND
    file = alloc_file(system, inode, mode, path)
    file.f_flags = flags & (O_DIRECTORY if flags & O_PATH else ~_NOT_KEPT)
    return fd_install(task, file, bool(flags & O_CLOEXEC))


@traced
def do_sys_ftruncate(task: TaskStruct, fd: int, length: int) -> None:
    """Give an open file another length.

    Raises:
        LinuxError: EINVAL for a negative length, EBADF, EINVAL for what is not a regular file
            opened for writing; EPERM if the file is sealed against it.

    Emits: pte_clear, tlb_flush, pagecache_remove.
    Source: fs/open.c: do_sys_ftruncate() [v5.4].
    """
    if length < 0 or length >= 1 << 63:
        raise LinuxError(errno.EINVAL, "length_negative")
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    if file.f_inode.i_kind != S_IFREG or not file.f_mode & FMODE_WRITE:
        raise LinuxError(errno.EINVAL, "fd_not_for_writing", fd=fd)
    shmem_setattr(file.f_inode, length)
    do_truncate(task.system, file.f_inode.i_mapping, length)
