"""Signalfds: signals that wait are read from a file, in place of a handler."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.anon_files import Signalfd
from vmlab.model.abi.fcntl import O_NONBLOCK
from vmlab.model.abi.poll import POLLIN
from vmlab.model.abi.signal import SI_USER, SIGCHLD, Siginfo
from vmlab.model.linux.fs.anon_inodes import anon_inode_getfd
from vmlab.model.linux.fs.eventpoll_wake import ANY_KEY, wake_up_poll
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.include.anon_inodes import SignalfdCtx
from vmlab.model.linux.include.fs import FMODE_PATH, S_SIGNALFD
from vmlab.model.linux.include.signal import SIG_KERNEL_ONLY_MASK
from vmlab.model.linux.include.structs import File, TaskStruct
from vmlab.model.linux.kernel.signal import check_sigset_size, load_sigset
from vmlab.model.linux.kernel.signal_get import dequeue_of_set, next_of_set
from vmlab.model.linux.lib.iov_iter import IovIter, copy_to_iter, iter_iov_addr
from vmlab.model.trace.decorators import traced

_NEW = -1
# struct signalfd_siginfo: ssi_signo, ssi_errno, ssi_code, ssi_pid, ssi_uid, ssi_status, ssi_addr
_SIGINFO = struct.Struct("<3i2I20xi28xQ48x")
_SIZE = _SIGINFO.size


@traced
def do_signalfd4(task: TaskStruct, ufd: int, user_mask: int, size: int, flags: int) -> int:
    """Make a signalfd, or let one give other signals; return its descriptor.

    Args:
        task: the caller.
        ufd: descriptor; -1 = make one.
        user_mask: bytes: where the set of signals is; SIGKILL and SIGSTOP are left out.
        size: bytes of the set.
        flags: SFD_NONBLOCK, SFD_CLOEXEC.

    Raises:
        LinuxError: EINVAL for another size, other flags, another kind of file; EFAULT; EBADF;
            EMFILE.

    Emits: copy_from_user, inode_create, file_open, fd_install, ep_ready.
    Source: fs/signalfd.c: SYSCALL_DEFINE4(signalfd4), do_signalfd4() [v6.18].
    """
    check_sigset_size(size)
    ctx = SignalfdCtx(load_sigset(task, user_mask) & ~SIG_KERNEL_ONLY_MASK)
    if flags & ~sum(Signalfd):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if ufd == _NEW:
        return anon_inode_getfd(task, S_SIGNALFD, ctx, flags)
    file = fget(task, ufd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=ufd)
    if file.f_inode.i_kind != S_SIGNALFD:
        raise LinuxError(errno.EINVAL, "fd_of_no_signals", fd=ufd)
    file.f_inode.i_private = ctx
    wake_up_poll(task.system, file.f_inode, ANY_KEY)
    return ufd


@traced
def signalfd_read(task: TaskStruct, file: File, to: IovIter) -> int:
    """Take signals that were sent to the reader; return their bytes, 128 for each.

    Args:
        task: the caller.
        file: the signalfd.
        to: where they go, as struct signalfd_siginfo; one that cannot be stored is lost.

    Raises:
        LinuxError: EINVAL for less room than 128 bytes; EFAULT; EAGAIN if none was sent, with
            O_NONBLOCK.
        Sleeps: none was sent.

    Emits: copy_to_user.
    Source: fs/signalfd.c: signalfd_read_iter() [v6.18].
    """
    mask, done = _mask(file), 0
    if to.count < _SIZE:
        raise LinuxError(errno.EINVAL, "room_below_siginfo")
    while to.count >= _SIZE:
        info = dequeue_of_set(task, mask)
        if info is None:
            break
        addr = iter_iov_addr(to)
        if copy_to_iter(task.system, _siginfo(info), to) < _SIZE:
            if not done:
                raise LinuxError(errno.EFAULT, "nothing_stored", addr=addr)
            break
        done += _SIZE
    if done:
        return done
    if file.f_flags & O_NONBLOCK:
        raise LinuxError(errno.EAGAIN, "no_signal_came_now")
    raise Sleeps(lambda: next_of_set(task, _mask(file)) is not None, "no_signal_came")


def signalfd_poll(task: TaskStruct, file: File) -> int:
    """Return what can be done with a signalfd without sleeping, as POLL* bits.

    Source: fs/signalfd.c: signalfd_poll() [v6.18].
    """
    return POLLIN if next_of_set(task, _mask(file)) is not None else 0


def _mask(file: File) -> int:
    ctx = file.f_inode.i_private
    assert isinstance(ctx, SignalfdCtx)
    return ctx.sigmask


def _siginfo(info: Siginfo) -> bytes:
    # Source: fs/signalfd.c: signalfd_copyinfo() [v6.18].
    child = info.si_signo == SIGCHLD and info.si_code > SI_USER
    ids = (0, 0) if info.is_fault else (info.si_pid, info.si_uid)
    return _SIGINFO.pack(
        *(info.si_signo, 0, info.si_code, *ids),
        *(info.si_status if child else 0, info.si_addr if info.is_fault else 0),
    )
