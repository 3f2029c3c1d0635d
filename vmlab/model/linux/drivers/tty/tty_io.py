"""What can be asked of the terminal."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.ioctl import Ioctl
from vmlab.model.linux.drivers.tty.n_tty import inq_canon
from vmlab.model.linux.include.structs import File, TaskStruct
from vmlab.model.linux.lib.usercopy import store_number, store_to_user

_INT = 4  # bytes
_ICANON = 2  # lines
_CFLAG = 0xBF  # B38400, CS8, CREAD
_CONTROL = bytes.fromhex("031c7f150400010011131a00120f1716000000")  # ^C and so on
_TERMIOS = struct.pack("<4IB19s", 0, 0, _CFLAG, _ICANON, 0, _CONTROL)
_WINSIZE = bytes(8)  # nobody has said how large it is


def tty_ioctl(task: TaskStruct, file: File, cmd: int, arg: int) -> None:
    """Store how the terminal is set, it gives lines and changes no byte; or what can be read.

    Args:
        task: the caller.
        file: the open terminal.
        cmd: TCGETS, TIOCGWINSZ or FIONREAD.
        arg: where in memory the answer goes.

    Raises:
        LinuxError: ENOTTY for another command; EFAULT.

    Emits: copy_to_user.
    Source: drivers/tty/tty_io.c: tty_ioctl() [v6.18]; drivers/tty/n_tty.c: n_tty_ioctl() [v6.18].
    Left out: changing it.
    """
    match cmd:
        case Ioctl.TCGETS:
            store_to_user(task, arg, _TERMIOS)
        case Ioctl.FIONREAD:
            store_number(task, arg, inq_canon(task.system), _INT)
        case Ioctl.TIOCGWINSZ:
            store_to_user(task, arg, _WINSIZE)
        case _:
            raise LinuxError(errno.ENOTTY, "no_such_ioctl", path=file.f_path, cmd=cmd)
