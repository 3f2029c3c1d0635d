"""Files without a name and without bytes: eventfd, epoll, timerfd, signalfd."""

from __future__ import annotations

from vmlab.model.abi.fcntl import O_CLOEXEC, O_NONBLOCK
from vmlab.model.linux.fs.file import fd_install
from vmlab.model.linux.fs.file_table import alloc_file
from vmlab.model.linux.fs.inode import alloc_inode
from vmlab.model.linux.include.anon_inodes import Private
from vmlab.model.linux.include.fs import DEV_ANON, FMODE_READ, FMODE_WRITE
from vmlab.model.linux.include.structs import TaskStruct


def anon_inode_getfd(task: TaskStruct, kind: str, private: Private, flags: int) -> int:
    """Make such a file, and give it the lowest free descriptor.

    Args:
        task: the caller.
        kind: what the inode is.
        private: what the file holds.
        flags: O_CLOEXEC, O_NONBLOCK.

    Raises:
        LinuxError: EMFILE.

    Emits: inode_create, file_open, fd_install.
    Source: fs/anon_inodes.c: anon_inode_getfd() [v6.18].
    Left out: that all of them share one inode.
    """
    system, name = task.system, f"anon_inode:[{kind}]"
    inode = alloc_inode(system, kind, name, DEV_ANON)
    inode.i_nlink = 0
    inode.noexec = True
    inode.i_private = private
    file = alloc_file(system, inode, FMODE_READ | FMODE_WRITE, name)
    file.f_flags = flags & O_NONBLOCK
    return fd_install(task, file, bool(flags & O_CLOEXEC))
