"""The terminal where programs write, and read what somebody typed.

It is in canonical mode: what is typed can be read a line at a time, when the line is whole.
Left out: line editing, echo, job control; all other bytes pass as they are.
"""

from __future__ import annotations

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import O_NONBLOCK
from vmlab.model.abi.poll import POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
from vmlab.model.linux.fs.eventpoll_wake import wake_up_poll
from vmlab.model.linux.fs.inode import alloc_inode
from vmlab.model.linux.include.fs import DEV_DEVPTS, PTS_DEV, S_IFCHR, S_IFDIR, is_tty
from vmlab.model.linux.include.structs import File, Inode, System
from vmlab.model.linux.lib.iov_iter import (
    IovIter,
    copy_from_iter,
    copy_to_iter,
    iter_iov_addr,
)
from vmlab.model.trace.decorators import traced

_NEWLINE, _EOF = b"\n", b"\x04"  # what ends a line; ^D
_CHUNK = 64  # bytes that are taken out at once
_PTS = "/dev/pts"
_TTY_MODE = 0o620
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
        inode.i_rdev, inode.i_mode = PTS_DEV, _TTY_MODE
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


@traced
def n_tty_read(system: System, file: File, to: IovIter) -> int:
    """Give a program what was typed, a line at most; return how many bytes.

    An end of file that was typed ends a line too, and is no byte of it: where it stands alone,
    there are 0.

    Args:
        system: the kernel.
        file: the open terminal.
        to: where the bytes go.

    Raises:
        LinuxError: EFAULT if not one byte could be stored: up to 64 are lost; EAGAIN if no whole
            line was typed, with O_NONBLOCK; Sleeps without it.

    Emits: copy_to_user.
    Source: drivers/tty/n_tty.c: n_tty_read(), canon_copy_from_read_buf() [v6.18];
        drivers/tty/tty_io.c: iterate_tty_read() [v6.18].
    Left out: erasing what was typed; that a line has 4095 bytes at most.
    """
    if not to.count:
        return 0
    if not _input_available(system):
        if file.f_flags & O_NONBLOCK:
            raise LinuxError(errno.EAGAIN, "terminal_empty_now")
        raise Sleeps(lambda: _input_available(system), "terminal_empty")
    addr, done = iter_iov_addr(to), 0
    line, end = _next_line(system.stdin)
    size, left = len(line + end.rstrip(_EOF)), to.count
    while done < min(size, left):
        chunk = system.stdin[: min(size - done, left - done, _CHUNK)]
        system.stdin = system.stdin[len(chunk) :]
        copied = copy_to_iter(system, chunk, to)
        done += copied
        if copied < len(chunk):
            if not done:
                raise LinuxError(errno.EFAULT, "nothing_stored", addr=addr)
            return done
    if done == size and end == _EOF:
        system.stdin = system.stdin[1:]
    return done


def n_tty_receive(system: System) -> None:
    """Tell those that watch the terminal that something was typed, if a line is whole.

    Emits: ep_ready.
    Source: drivers/tty/n_tty.c: n_tty_handle_newline() [v6.18].
    """
    if _input_available(system):
        for inode in [each for each in system.inodes.values() if is_tty(each)]:
            wake_up_poll(system, inode, POLLIN | POLLRDNORM)


def n_tty_poll(system: System) -> int:
    """Return what can be done with the terminal without sleeping, as POLL* bits.

    Source: drivers/tty/n_tty.c: n_tty_poll() [v6.18].
    """
    mask = POLLOUT | POLLWRNORM
    return mask | POLLIN | POLLRDNORM if _input_available(system) else mask


def inq_canon(system: System) -> int:
    """Return how many bytes there are to read, up to the end of the last whole line.

    Source: drivers/tty/n_tty.c: inq_canon() [v6.18].
    """
    end = max(system.stdin.rfind(each) for each in (_NEWLINE, _EOF)) + 1
    return end - system.stdin.count(_EOF, 0, end)


def _input_available(system: System) -> bool:
    # Source: drivers/tty/n_tty.c: input_available_p() [v6.18].
    return _NEWLINE in system.stdin or _EOF in system.stdin


def _next_line(typed: bytes) -> tuple[bytes, bytes]:
    # A line, and what ends it.
    end = min(place for each in (_NEWLINE, _EOF) if (place := typed.find(each)) >= 0)
    return typed[:end], typed[end : end + 1]
