"""The terminal where programs write, and read what somebody typed.

Left out: line editing, echo, job control; bytes pass as they are.
"""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.fs.inode import alloc_inode
from vmlab.model.linux.include.fs import DEV_DEVPTS, S_IFCHR, S_IFDIR
from vmlab.model.linux.include.structs import Inode, System
from vmlab.model.linux.lib.iov_iter import (
    IovIter,
    copy_from_iter,
    copy_to_iter,
    iter_iov_addr,
)

_PTS = "/dev/pts"
TTY = f"{_PTS}/0"


def tty_inode(system: System) -> Inode:
    """Return the terminal, which is made when it is first needed.

    Emits: inode_create.
    Source: drivers/tty/tty_io.c: tty_init_dev() [v5.4].
    """
    inode = system.namei.get(TTY)
    if inode is None:
        system.namei[_PTS] = alloc_inode(system, S_IFDIR, _PTS, DEV_DEVPTS)
        inode = system.namei[TTY] = alloc_inode(system, S_IFCHR, TTY, DEV_DEVPTS)
    return inode


def n_tty_write(system: System, from_: IovIter) -> int:
    """Show what a program writes; return how many bytes.

    Raises:
        LinuxError: EFAULT if not one byte could be read.

    Emits: copy_from_user.
    Source: drivers/tty/n_tty.c: n_tty_write() [v5.4].
    """
    data = copy_from_iter(system, from_)
    if not data and from_.count:
        raise LinuxError(errno.EFAULT, "nothing_read", addr=iter_iov_addr(from_))
    system.console += data
    return len(data)


def n_tty_read(system: System, to: IovIter) -> int:
    """Give a program what was typed, a line at most; return how many bytes.

    Emits: copy_to_user.
    Source: drivers/tty/n_tty.c: n_tty_read() [v5.4].
    Left out: waiting for more: there is an end.
    """
    line, end, _ = system.stdin.partition(b"\n")
    data = (line + end)[: to.count]
    copied = copy_to_iter(system, data, to)
    system.stdin = system.stdin[copied:]
    return copied
