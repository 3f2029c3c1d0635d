"""fcntl: commands about a descriptor or its open file."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import FD_CLOEXEC, O_APPEND, O_LARGEFILE, O_PATH, Fcntl
from vmlab.model.linux.fs.file import f_dupfd, fget, get_close_on_exec, set_close_on_exec
from vmlab.model.linux.include.fs import (
    FMODE_APPEND,
    FMODE_PATH,
    FMODE_READ,
    FMODE_WRITE,
    S_IFIFO,
)
from vmlab.model.linux.include.structs import File, TaskStruct
from vmlab.model.linux.mm.memfd import memfd_add_seals, memfd_get_seals
from vmlab.model.trace.decorators import traced

_UINT_MAX = (1 << 32) - 1
_OF_PATHS = set(Fcntl) - {Fcntl.F_ADD_SEALS, Fcntl.F_GET_SEALS}  # of an O_PATH descriptor too


@traced
def do_fcntl(task: TaskStruct, fd: int, cmd: int, arg: int) -> int:
    """Carry a command about a descriptor out; return its answer.

    Args:
        task: the caller.
        fd: descriptor.
        cmd: F_*.
        arg: what the command needs; its lowest 32 bits count.

    Raises:
        LinuxError: EBADF; EINVAL for a command that is not known; what the command raises.

    Source: fs/fcntl.c: do_fcntl() [v6.18].
    Left out: locks, leases, owners and signals, sizes of pipes, hints, and F_SETFL.
    """
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH and cmd not in _OF_PATHS:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
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
        case Fcntl.F_ADD_SEALS:
            memfd_add_seals(task, file, arg)
        case Fcntl.F_GET_SEALS:
            return memfd_get_seals(file)
        case _:
            raise LinuxError(errno.EINVAL, "unknown_command", cmd=cmd)
    return 0


def open_flags(file: File) -> int:
    """Return the O_* bits of an open file: what stays of the flags that it was opened with.

    Source: fs/fcntl.c: do_fcntl() [v5.4].
    """
    if file.f_mode & FMODE_PATH:
        return O_PATH | file.f_flags
    flags = (file.f_mode & (FMODE_READ | FMODE_WRITE)) - 1  # O_RDONLY is 0, FMODE_READ is 1
    if file.f_mode & FMODE_APPEND:
        flags |= O_APPEND
    if file.f_inode.i_kind != S_IFIFO:
        flags |= O_LARGEFILE
    return flags | file.f_flags
