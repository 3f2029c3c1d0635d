"""From an inode to a path: getcwd."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.lib.usercopy import store_to_user
from vmlab.model.trace.decorators import traced


@traced
def getcwd(task: TaskStruct, buf: int, size: int) -> int:
    """Store the path of the working directory; return its bytes, with the zero byte at the end.

    Args:
        task: the caller.
        buf: bytes: where to.
        size: bytes that there is room for.

    Raises:
        LinuxError: ENOENT if the directory was taken away; ERANGE if there is not enough room;
            EFAULT.

    Emits: copy_to_user.
    Source: fs/d_path.c: SYSCALL_DEFINE2(getcwd) [v6.18].
    """
    assert task.fs is not None
    pwd = task.fs.pwd
    if not pwd.i_nlink:
        raise LinuxError(errno.ENOENT, "directory_gone", path=pwd.name)
    path = pwd.name.encode(errors="surrogateescape") + b"\0"
    if len(path) > size:
        raise LinuxError(errno.ERANGE, "buffer_too_small", size=size)
    store_to_user(task, buf, path)
    return len(path)
