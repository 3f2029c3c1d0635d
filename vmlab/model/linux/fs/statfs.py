"""What a file system is, and how much room it has."""

from __future__ import annotations

import struct

from vmlab.model.abi.fcntl import AT_FDCWD
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.fs.namei import getname, user_path_at
from vmlab.model.linux.include.fs import (
    DEV_ANON,
    DEV_DEVPTS,
    DEV_DEVTMPFS,
    DEV_DISK,
    DEV_MQUEUE,
    DEV_PIDFS,
    DEV_PIPEFS,
    DEV_PROC,
    DEV_SHMEM,
    DEV_SOCKFS,
    DEV_TMPFS,
)
from vmlab.model.linux.include.structs import Inode, System, TaskStruct
from vmlab.model.linux.lib.usercopy import store_to_user
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.decorators import traced

# f_type, f_bsize, blocks, free, available, files, free ones, f_fsid, f_namelen, f_frsize, f_flags
_STATFS = struct.Struct("<7qQ3q32x")
_NAME_MAX = 255  # bytes
_ST_VALID, _ST_RELATIME = 0x20, 0x1000
_IN_MEMORY = (DEV_TMPFS, DEV_SHMEM, DEV_DEVTMPFS)
_MAGIC = {
    DEV_DISK: 0xEF53,
    **dict.fromkeys(_IN_MEMORY, 0x01021994),
    DEV_PROC: 0x9FA0,
    DEV_PIPEFS: 0x50495045,
    DEV_SOCKFS: 0x534F434B,
    DEV_DEVPTS: 0x1CD1,
    DEV_ANON: 0x09041934,
    DEV_PIDFS: 0x50494446,
    DEV_MQUEUE: 0x19800202,
}


@traced
def do_statfs(task: TaskStruct, path: str, buf: int) -> None:
    """Store what the file system of a path is, as a struct statfs.

    Args:
        task: the caller.
        path: the path.
        buf: bytes: where to.

    Raises:
        LinuxError: what a path raises; EFAULT.

    Emits: copy_to_user.
    Source: fs/statfs.c: user_statfs() [v6.18].
    """
    inode = user_path_at(task, AT_FDCWD, getname(path))
    store_to_user(task, buf, _statfs(task.system, inode))


@traced
def do_fstatfs(task: TaskStruct, fd: int, buf: int) -> None:
    """Store what the file system of an open file is, as a struct statfs.

    Args:
        task: the caller.
        fd: descriptor.
        buf: bytes: where to.

    Raises:
        LinuxError: EBADF; EFAULT.

    Emits: copy_to_user.
    Source: fs/statfs.c: fd_statfs() [v6.18].
    """
    store_to_user(task, buf, _statfs(task.system, fget(task, fd).f_inode))


def _statfs(system: System, inode: Inode) -> bytes:
    # A file system in memory may take half of it. Source: mm/shmem.c: shmem_statfs() [v6.18].
    in_memory = inode.dev in _IN_MEMORY or inode.dev == DEV_DISK
    blocks = system.totalram_pages // 2 if in_memory else 0
    mine = [each for each in system.inodes.values() if each.dev == inode.dev]
    used = sum(len(each.i_mapping.i_pages) for each in mine)
    free = max(blocks - used, 0)
    files = blocks - len(mine) if in_memory else 0
    return _STATFS.pack(
        *(_MAGIC.get(inode.dev, 0), PAGE_SIZE, blocks, free, free, blocks, max(files, 0), 0),
        *(_NAME_MAX, PAGE_SIZE, _ST_VALID | _ST_RELATIME),
    )
