"""Files that stand for processes."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.pidfd import PIDFD_THREAD
from vmlab.model.abi.poll import POLLHUP, POLLIN, POLLRDNORM
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.fs.file_table import alloc_file
from vmlab.model.linux.fs.inode import alloc_inode
from vmlab.model.linux.include.fs import DEV_PIDFS, FMODE_PATH, FMODE_READ, FMODE_WRITE, S_PIDFD
from vmlab.model.linux.include.sched import EXIT_ZOMBIE
from vmlab.model.linux.include.structs import File, System, TaskStruct

_NAME = "anon_inode:[pidfd]"


def pidfs_alloc_file(system: System, pid: int, flags: int) -> File:
    """Open the file that stands for a process, which all who have it open share.

    Args:
        system: the kernel.
        pid: of the process.
        flags: PIDFD_* bits.

    Emits: inode_create, file_open.
    Source: fs/pidfs.c: pidfs_alloc_file() [v6.18].
    Left out: that the inode has the same number again after it was closed everywhere.
    """
    inode = next((each for each in system.inodes.values() if each.pid == pid), None)
    if inode is None:
        inode = alloc_inode(system, S_PIDFD, _NAME, DEV_PIDFS)
        inode.i_nlink = 0
        inode.noexec = True
        inode.pid = pid
    file = alloc_file(system, inode, FMODE_READ | FMODE_WRITE, _NAME)
    file.f_flags = flags
    return file


def pidfd_pid(task: TaskStruct, fd: int) -> int:
    """Return the number of the process that a descriptor stands for.

    Raises:
        LinuxError: EBADF if it stands for none.

    Source: fs/pidfs.c: pidfd_pid() [v6.18].
    """
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH or file.f_inode.i_kind != S_PIDFD:
        raise LinuxError(errno.EBADF, "fd_of_no_process", fd=fd)
    return file.f_inode.pid


def pidfd_poll(system: System, file: File) -> int:
    """Return what can be done with a pidfd without sleeping, as POLL* bits: a process has ended.

    Source: fs/pidfs.c: pidfd_poll() [v6.18].
    """
    task = system.tasks.get(file.f_inode.pid)
    if task is None:
        return POLLIN | POLLRDNORM | POLLHUP
    threads = [each for each in system.tasks.values() if each.tgid == task.tgid]
    alone = bool(file.f_flags & PIDFD_THREAD) or all(
        each is task or each.state == EXIT_ZOMBIE for each in threads
    )
    return POLLIN | POLLRDNORM if task.state == EXIT_ZOMBIE and alone else 0
