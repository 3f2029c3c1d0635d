"""Files without a name and without bytes: eventfd, epoll, timerfd, signalfd."""

from __future__ import annotations

from collections.abc import Callable

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import O_CLOEXEC, O_NONBLOCK
from vmlab.model.linux.fs.file import fd_install
from vmlab.model.linux.fs.file_table import alloc_file
from vmlab.model.linux.fs.inode import alloc_inode
from vmlab.model.linux.include.anon_inodes import Private
from vmlab.model.linux.include.fs import DEV_ANON, FMODE_READ, FMODE_WRITE
from vmlab.model.linux.include.structs import File, System, TaskStruct
from vmlab.model.linux.lib.iov_iter import IovIter, copy_to_iter, iter_iov_addr

WORD = 8  # bytes that most of such files are read by


def copy_word_to_iter(system: System, word: int, to: IovIter) -> int:
    """Store what is read from such a file, a number of 8 bytes; return 8. The name is vmlab's.

    Raises:
        LinuxError: EFAULT.

    Emits: copy_to_user.
    Source: fs/eventfd.c: eventfd_read() [v6.18]; fs/timerfd.c: timerfd_read_iter() [v6.18].
    """
    addr = iter_iov_addr(to)
    if copy_to_iter(system, word.to_bytes(WORD, "little"), to) < WORD:
        raise LinuxError(errno.EFAULT, "nothing_stored", addr=addr)
    return WORD


def check_word(file: File, to: IovIter, ready: Callable[[], bool], waits: str, now: str) -> None:
    """Check that there is room for a number of 8 bytes, and that there is one.

    The name is vmlab's.

    Args:
        file: what is read.
        to: where it goes.
        ready: says whether there is one.
        waits: why it would sleep, as a code.
        now: why it does not wait, as a code.

    Raises:
        LinuxError: EINVAL for less room; EAGAIN if there is none, with O_NONBLOCK.
        Sleeps: there is none.

    Source: fs/eventfd.c: eventfd_read() [v6.18]; fs/timerfd.c: timerfd_read_iter() [v6.18].
    """
    if to.count < WORD:
        raise LinuxError(errno.EINVAL, "room_below_word")
    if not ready():
        if file.f_flags & O_NONBLOCK:
            raise LinuxError(errno.EAGAIN, now)
        raise Sleeps(ready, waits)


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
