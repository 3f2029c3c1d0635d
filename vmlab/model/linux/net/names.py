"""Names of sockets on their way between the memory of a program and the kernel."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.lib.usercopy import load_from_user, store_number, store_to_user

_INT = 4  # bytes
_SOCKADDR_STORAGE = 128


def move_addr_to_kernel(task: TaskStruct, addr: int, size: int) -> bytes:
    """Return a name that a program gave.

    Raises:
        LinuxError: EINVAL for a length that cannot be; EFAULT.

    Emits: copy_from_user.
    Source: net/socket.c: move_addr_to_kernel() [v6.18].
    """
    if not 0 <= size <= _SOCKADDR_STORAGE:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=size)
    return load_from_user(task, addr, size) if size else b""


def move_addr_to_user(task: TaskStruct, addr: int, size_at: int, name: bytes) -> None:
    """Store a name, as much of it as there is room for, and how long it is.

    Args:
        task: the caller.
        addr: bytes: where to.
        size_at: bytes: where the room there stands, an int that becomes the length.
        name: the name.

    Raises:
        LinuxError: EFAULT; EINVAL for less room than none.

    Emits: copy_from_user, copy_to_user.
    Source: net/socket.c: move_addr_to_user() [v6.18].
    """
    room = load_room(task, size_at)
    if part := name[:room]:
        store_to_user(task, addr, part)
    store_number(task, size_at, len(name), _INT)


def load_room(task: TaskStruct, size_at: int) -> int:
    """Return how many bytes a program has room for. The name is vmlab's.

    Raises:
        LinuxError: EFAULT; EINVAL for less than none.

    Emits: copy_from_user.
    Source: net/socket.c: move_addr_to_user() [v6.18].
    """
    room = int.from_bytes(load_from_user(task, size_at, _INT), "little", signed=True)
    if room < 0:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=room)
    return room
