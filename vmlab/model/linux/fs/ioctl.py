"""ioctl: what else can be asked of an open file."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.ioctl import Ioctl
from vmlab.model.linux.drivers.tty.tty_io import tty_ioctl
from vmlab.model.linux.fs.fcntl import set_nonblock
from vmlab.model.linux.fs.file import fget, set_close_on_exec
from vmlab.model.linux.include.fs import FMODE_PATH, S_EVENTPOLL, S_IFIFO, S_IFREG, S_IFSOCK, is_tty
from vmlab.model.linux.include.structs import File, TaskStruct
from vmlab.model.linux.lib.usercopy import load_from_user, store_number
from vmlab.model.linux.net.sock_file import sock_inq
from vmlab.model.trace.decorators import traced

_INT = 4  # bytes
_UINT_MAX = (1 << 32) - 1


@traced
def do_ioctl(task: TaskStruct, fd: int, cmd: int, arg: int) -> None:
    """Do what a command of ioctl(2) stands for.

    Args:
        task: the caller.
        fd: descriptor.
        cmd: the command.
        arg: where in memory the answer goes, or what the command needs stands.

    Raises:
        LinuxError: EBADF; ENOTTY for a command that such a file does not have; EFAULT.

    Emits: fd_cloexec, file_flags, copy_to_user, copy_from_user.
    Source: fs/ioctl.c: SYSCALL_DEFINE3(ioctl), do_vfs_ioctl() [v6.18].
    Left out: all other commands.
    """
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    match cmd:
        case Ioctl.FIOCLEX | Ioctl.FIONCLEX:
            set_close_on_exec(task, fd, cmd == Ioctl.FIOCLEX)
        case Ioctl.FIONBIO:
            set_nonblock(task, file, any(load_from_user(task, arg, _INT)))
        case Ioctl.FIONREAD if file.f_inode.i_kind in (S_IFREG, S_IFIFO):
            left = _left_to_read(file) & _UINT_MAX
            store_number(task, arg, left, _INT)
        case Ioctl.FIONREAD if file.f_inode.i_kind == S_IFSOCK:
            store_number(task, arg, sock_inq(file.f_inode), _INT)
        case _ if file.f_inode.i_kind == S_EVENTPOLL:
            raise LinuxError(errno.EINVAL, "no_such_ioctl", path=file.f_path, cmd=cmd)
        case _ if is_tty(file.f_inode):
            tty_ioctl(task, file, cmd, arg)
        case _:
            raise LinuxError(errno.ENOTTY, "no_such_ioctl", path=file.f_path, cmd=cmd)


def _left_to_read(file: File) -> int:
    return file.f_inode.i_size - file.f_pos  # a pipe has no position
