"""What is in a directory."""

from __future__ import annotations

import struct
from collections.abc import Callable

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.fs.inode import touch_atime
from vmlab.model.linux.fs.namei import offset_of
from vmlab.model.linux.fs.proc.generic import is_link, proc_readdir
from vmlab.model.linux.include.fs import (
    DEV_PROC,
    FMODE_PATH,
    S_IFBLK,
    S_IFCHR,
    S_IFDIR,
    S_IFIFO,
    S_IFLNK,
    S_IFREG,
    S_IFSOCK,
    S_MQUEUE,
)
from vmlab.model.linux.include.structs import Inode, System, TaskStruct
from vmlab.model.linux.lib.usercopy import store_to_user
from vmlab.model.trace.decorators import traced

_DIRENT = struct.Struct("<QqHB")  # d_ino, d_off, d_reclen, d_type; then the name
_OLD_DIRENT = struct.Struct("<QqH")  # then the name, a zero byte, and d_type at the end
_DT_LNK = 10
_TYPES = {
    S_IFIFO: 1,
    S_IFCHR: 2,
    S_IFDIR: 4,
    S_IFBLK: 6,
    S_IFREG: 8,
    S_IFLNK: _DT_LNK,
    S_IFSOCK: 12,
    S_MQUEUE: 8,
}
_DOT, _DOTS, _END = 0, 1, (1 << 31) - 1  # positions: of '.', of '..', behind the last entry
_LONG = 8  # bytes to which an entry is aligned
_INT_MAX = (1 << 31) - 1

Entry = tuple[str, Inode, int]  # its name, what it is, its position
Packed = Callable[[int, int, int, bytes], bytes]


def entries(system: System, folder: Inode) -> list[Entry]:
    """Return what is in a directory: '.', '..', and the newest first. The name is vmlab's.

    Source: fs/libfs.c: dcache_readdir(), offset_readdir() [v6.18].
    Left out: the order of a directory of the disk, which follows from a secret number of it.
    """
    above = folder.name.rstrip("/") + "/"
    parent = system.namei[folder.name.rpartition("/")[0] or "/"]
    dots = [(".", folder, _DOT), ("..", parent, _DOTS)]
    if folder.dev == DEV_PROC:
        rows = proc_readdir(system, folder)
        return dots + [(*row, _END - 1 - place) for place, row in enumerate(rows)]
    inside = [
        (path[len(above) :], inode, offset_of(system, path))
        for path, inode in system.namei.items()
        if path.startswith(above) and path != above and "/" not in path[len(above) :]
    ]
    return dots + sorted(inside, key=lambda entry: -entry[2])


@traced
def getdents64(task: TaskStruct, fd: int, dirent: int, count: int) -> int:
    """Store what is in a directory from the file's position on, which moves; return the bytes.

    Args:
        task: the caller.
        fd: descriptor.
        dirent: bytes: where to.
        count: bytes that there is room for.

    Raises:
        LinuxError: EBADF, ENOTDIR; ENOENT if it was taken away; EINVAL without room for one
            entry; EFAULT.

    Emits: copy_to_user.
    Source: fs/readdir.c: SYSCALL_DEFINE3(getdents64), filldir64() [v6.18].
    """

    def packed(ino: int, after: int, kind: int, name: bytes) -> bytes:
        size = -(-(_DIRENT.size + len(name)) // _LONG) * _LONG
        return (_DIRENT.pack(ino, after, size, kind) + name).ljust(size, b"\0")

    return iterate_dir(task, fd, dirent, count, packed)


@traced
def getdents(task: TaskStruct, fd: int, dirent: int, count: int) -> int:
    """Store what is in a directory, as getdents64, in the form of old programs.

    Args:
        task: the caller.
        fd: descriptor.
        dirent: bytes: where to.
        count: bytes that there is room for.

    Raises:
        LinuxError: as getdents64.

    Emits: copy_to_user.
    Source: fs/readdir.c: SYSCALL_DEFINE3(getdents), filldir() [v6.18].
    """

    def packed(ino: int, after: int, kind: int, name: bytes) -> bytes:
        size = -(-(_OLD_DIRENT.size + len(name) + 1) // _LONG) * _LONG
        head = _OLD_DIRENT.pack(ino, after, size) + name
        return head.ljust(size - 1, b"\0") + bytes((kind,))

    return iterate_dir(task, fd, dirent, count, packed)


def iterate_dir(task: TaskStruct, fd: int, dirent: int, count: int, packed: Packed) -> int:
    """Store what is in a directory from the file's position on, which moves; return the bytes.

    Args:
        task: the caller.
        fd: descriptor.
        dirent: bytes: where to.
        count: bytes that there is room for.
        packed: makes an entry of an inode's number, the position behind it, its kind and its name
            with a zero byte.

    Raises:
        LinuxError: as getdents64.

    Emits: copy_to_user.
    Source: fs/readdir.c: iterate_dir() [v6.18].
    """
    file = fget(task, fd)
    folder = file.f_inode
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    if folder.i_kind != S_IFDIR:
        raise LinuxError(errno.ENOTDIR, "not_directory", path=file.f_path)
    if not folder.i_nlink:
        raise LinuxError(errno.ENOENT, "directory_gone", path=file.f_path)
    room = (count & _INT_MAX) - (count & ~_INT_MAX)
    data, pos = b"", file.f_pos
    for row, after in _from(entries(task.system, folder), file.f_pos):
        name, inode, _ = row
        kind = _DT_LNK if is_link(folder, name) else _TYPES[inode.i_kind]
        told = packed(inode.i_ino, after, kind, name.encode(errors="surrogateescape") + b"\0")
        if len(data) + len(told) > room:
            if not data:
                raise LinuxError(errno.EINVAL, "buffer_too_small", size=count)
            break
        data += told
        pos = after
    if data:
        store_to_user(task, dirent, data)
    touch_atime(task.system, folder)
    file.f_pos = pos
    return len(data)


def _from(found: list[Entry], pos: int) -> list[tuple[Entry, int]]:
    # Entries from a position on, each with that of the next one. What lies behind '..' comes in
    # falling order.
    positions = [position for _, _, position in found[1:]] + [_END]
    rows = list(zip(found, positions, strict=True))
    if pos <= _DOTS:
        return rows[pos:]
    return [row for row in rows[2:] if row[0][2] <= pos] if pos < _END else []
