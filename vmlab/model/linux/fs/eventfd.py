"""Eventfds: a number that writers add to, and that a reader takes."""

from __future__ import annotations

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.anon_files import EFD_SEMAPHORE, Eventfd
from vmlab.model.abi.fcntl import O_NONBLOCK
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.abi.poll import POLLERR, POLLIN, POLLOUT
from vmlab.model.linux.fs.anon_inodes import WORD, anon_inode_getfd, check_word, copy_word_to_iter
from vmlab.model.linux.fs.eventpoll_wake import wake_up_poll
from vmlab.model.linux.include.anon_inodes import EventfdCtx
from vmlab.model.linux.include.fs import S_EVENTFD
from vmlab.model.linux.include.structs import File, Inode, TaskStruct
from vmlab.model.linux.lib.iov_iter import IovIter
from vmlab.model.linux.lib.usercopy import load_from_user
from vmlab.model.trace.decorators import traced

_FLAGS = sum(Eventfd)


def do_eventfd(task: TaskStruct, count: int, flags: int) -> int:
    """Make an eventfd; return its descriptor.

    Args:
        task: the caller.
        count: what it has at first.
        flags: EFD_* bits.

    Raises:
        LinuxError: EINVAL for other flags; EMFILE.

    Emits: inode_create, file_open, fd_install.
    Source: fs/eventfd.c: do_eventfd() [v6.18].
    """
    if flags & ~_FLAGS:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    ctx = EventfdCtx(count, flags & EFD_SEMAPHORE)
    return anon_inode_getfd(task, S_EVENTFD, ctx, flags)


@traced
def eventfd_read(task: TaskStruct, file: File, to: IovIter) -> int:
    """Take what an eventfd counts, or 1 of it with EFD_SEMAPHORE; return 8.

    Args:
        task: the caller.
        file: the eventfd.
        to: where the number goes; if it cannot be stored, it is lost.

    Raises:
        LinuxError: EINVAL for less room than 8 bytes; EFAULT; EAGAIN if it counts nothing, with
            O_NONBLOCK.
        Sleeps: it counts nothing.

    Emits: copy_to_user, ep_ready.
    Source: fs/eventfd.c: eventfd_read() [v6.18].
    """
    inode = file.f_inode
    check_word(file, to, lambda: _ctx(inode).value > 0, "eventfd_zero", "eventfd_zero_now")
    ctx = _ctx(inode)
    taken = 1 if ctx.flags & EFD_SEMAPHORE else ctx.value
    inode.i_private = ctx._replace(value=ctx.value - taken)
    wake_up_poll(task.system, inode, POLLOUT)
    return copy_word_to_iter(task.system, taken, to)


@traced
def eventfd_write(task: TaskStruct, file: File, buf: int, count: int) -> int:
    """Add a number to what an eventfd counts; return 8.

    Args:
        task: the caller.
        file: the eventfd.
        buf: bytes: where the number is.
        count: bytes: 8.

    Raises:
        LinuxError: EINVAL for another length, and for the largest number; EFAULT; EAGAIN if it
            would count more than one less than that, with O_NONBLOCK.
        Sleeps: it would.

    Emits: copy_from_user, ep_ready.
    Source: fs/eventfd.c: eventfd_write() [v6.18].
    """
    inode = file.f_inode
    if count != WORD:
        raise LinuxError(errno.EINVAL, "not_one_word")
    value = int.from_bytes(load_from_user(task, buf, WORD), "little")
    if value == ULONG_MAX:
        raise LinuxError(errno.EINVAL, "eventfd_largest")
    if not _has_room(inode, value):
        if file.f_flags & O_NONBLOCK:
            raise LinuxError(errno.EAGAIN, "eventfd_full_now")
        raise Sleeps(lambda: _has_room(inode, value), "eventfd_full")
    ctx = _ctx(inode)
    inode.i_private = ctx._replace(value=ctx.value + value)
    wake_up_poll(task.system, inode, POLLIN)
    return WORD


def eventfd_poll(file: File) -> int:
    """Return what can be done with an eventfd without sleeping, as POLL* bits.

    Source: fs/eventfd.c: eventfd_poll() [v6.18].
    """
    count = _ctx(file.f_inode).value
    mask = POLLIN if count else 0
    mask |= POLLERR if count == ULONG_MAX else 0
    return mask | (POLLOUT if count < ULONG_MAX - 1 else 0)


def _has_room(inode: Inode, value: int) -> bool:
    return value < ULONG_MAX - _ctx(inode).value


def _ctx(inode: Inode) -> EventfdCtx:
    assert isinstance(inode.i_private, EventfdCtx)
    return inode.i_private
