"""fcntl: commands about a descriptor or its open file."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import (
    FASYNC,
    FD_CLOEXEC,
    O_APPEND,
    O_DIRECT,
    O_LARGEFILE,
    O_NOATIME,
    O_NONBLOCK,
    O_PATH,
    Fcntl,
)
from vmlab.model.linux.fs.file import f_dupfd, fget, get_close_on_exec, set_close_on_exec
from vmlab.model.linux.fs.lock_calls import fcntl_getlk, fcntl_setlk
from vmlab.model.linux.include.fs import (
    ANON_KINDS,
    FMODE_APPEND,
    FMODE_PATH,
    FMODE_READ,
    FMODE_WRITE,
    S_IFIFO,
    S_IFSOCK,
    S_PIDFD,
    can_odirect,
)
from vmlab.model.linux.include.structs import File, TaskStruct
from vmlab.model.linux.mm.memfd import memfd_add_seals, memfd_get_seals
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

_SETFL_MASK = O_NONBLOCK | O_DIRECT | O_NOATIME  # and O_APPEND, which f_mode tells
_UINT_MAX = (1 << 32) - 1
_OF_PATHS = {
    Fcntl.F_DUPFD,
    Fcntl.F_DUPFD_CLOEXEC,
    Fcntl.F_GETFD,
    Fcntl.F_SETFD,
    Fcntl.F_GETFL,
}  # of an O_PATH descriptor too


@traced
def do_fcntl(task: TaskStruct, fd: int, cmd: int, arg: int) -> int:
    """Carry a command about a descriptor out; return its answer.

    Args:
        task: the caller.
        fd: descriptor.
        cmd: F_*.
        arg: what the command needs: of locks where the struct flock is, of others its lowest 32
            bits count.

    Raises:
        LinuxError: EBADF; EINVAL for a command that is not known; what the command raises.

    Source: fs/fcntl.c: do_fcntl() [v6.18].
    Left out: leases, owners and signals, sizes of pipes, hints.
    """
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH and cmd not in _OF_PATHS:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    match cmd:
        case Fcntl.F_GETLK | Fcntl.F_OFD_GETLK:
            fcntl_getlk(task, file, cmd, arg)
            return 0
        case Fcntl.F_SETLK | Fcntl.F_SETLKW | Fcntl.F_OFD_SETLK | Fcntl.F_OFD_SETLKW:
            fcntl_setlk(task, fd, file, cmd, arg)
            return 0
    arg &= _UINT_MAX
    match cmd:
        case Fcntl.F_DUPFD | Fcntl.F_DUPFD_CLOEXEC:
            return f_dupfd(task, fd, arg, cmd == Fcntl.F_DUPFD_CLOEXEC)
        case Fcntl.F_GETFD:
            return FD_CLOEXEC if get_close_on_exec(task, fd) else 0
        case Fcntl.F_SETFD:
            set_close_on_exec(task, fd, bool(arg & FD_CLOEXEC))
        case Fcntl.F_GETFL:
            return open_flags(file)
        case Fcntl.F_SETFL:
            setfl(task, file, arg)
        case Fcntl.F_ADD_SEALS:
            memfd_add_seals(task, file, arg)
        case Fcntl.F_GET_SEALS:
            return memfd_get_seals(file)
        case _:
            raise LinuxError(errno.EINVAL, "unknown_command", cmd=cmd)
    return 0


def setfl(task: TaskStruct, file: File, flags: int) -> None:
    """Change those O_* bits of an open file that can change.

    Args:
        task: the caller.
        file: the open file.
        flags: O_* bits; only O_APPEND, O_NONBLOCK, O_DIRECT, O_NOATIME and, for a pipe, FASYNC
            count.

    Raises:
        LinuxError: EINVAL for O_DIRECT, where it is not possible.

    Emits: file_flags.
    Source: fs/fcntl.c: setfl() [v6.18].
    """
    if flags & O_DIRECT and not can_odirect(file.f_inode):
        raise LinuxError(errno.EINVAL, "no_direct_access", path=file.f_path)
    mask = _SETFL_MASK | (FASYNC if file.f_inode.i_kind in (S_IFIFO, S_IFSOCK) else 0)
    old = open_flags(file)
    file.f_mode = file.f_mode & ~FMODE_APPEND | (FMODE_APPEND if flags & O_APPEND else 0)
    file.f_flags = flags & mask | file.f_flags & ~mask
    _tell(task, file, old)


def set_nonblock(task: TaskStruct, file: File, nonblock: bool) -> None:
    """Say whether reading and writing fail where they would sleep.

    Emits: file_flags.
    Source: fs/ioctl.c: ioctl_fionbio() [v6.18].
    """
    old = open_flags(file)
    file.f_flags = file.f_flags & ~O_NONBLOCK | (O_NONBLOCK if nonblock else 0)
    _tell(task, file, old)


def _tell(task: TaskStruct, file: File, old: int) -> None:
    if open_flags(file) != old:
        emit(task, file_events.FileFlags, file.number, old, open_flags(file))


def open_flags(file: File) -> int:
    """Return the O_* bits of an open file: what stays of the flags that it was opened with.

    Source: fs/fcntl.c: do_fcntl() [v5.4].
    """
    if file.f_mode & FMODE_PATH:
        return O_PATH | file.f_flags
    access = FMODE_READ | FMODE_WRITE
    flags = (file.f_mode - 1) & access  # O_RDONLY is 0, FMODE_READ is 1
    if file.f_mode & FMODE_APPEND:
        flags |= O_APPEND
    if file.f_inode.i_kind not in (S_IFIFO, S_IFSOCK, S_PIDFD, *ANON_KINDS):
        flags |= O_LARGEFILE
    return flags | file.f_flags
