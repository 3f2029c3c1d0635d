"""fstat: what kind of file is open, its length and its pages."""

from __future__ import annotations

import struct

from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.include.fs import S_IFCHR, S_IFDIR, S_IFIFO, S_IFREG, is_dev_zero, on_disk
from vmlab.model.linux.include.structs import Inode, System, TaskStruct
from vmlab.model.linux.lib.usercopy import store_to_user
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.decorators import traced

# struct stat of x86-64, whose six numbers of times and three unused ones are zeros here.
_STAT = struct.Struct("<3Q3I4xQ3q72x")
_KINDS = {S_IFIFO: 0o010600, S_IFCHR: 0o020666, S_IFDIR: 0o040777, S_IFREG: 0o100000}
_MEM_MAJOR, _NULL, _ZERO = 1, 3, 5
_SECTOR = 512  # bytes
_BOGO_DIRENT_SIZE = 20  # bytes that an entry of a directory counts


@traced
def do_fstat(task: TaskStruct, fd: int, statbuf: int) -> None:
    """Store what kind of file is open, as a struct stat.

    Args:
        task: the caller.
        fd: descriptor.
        statbuf: bytes: where to.

    Raises:
        LinuxError: EBADF, EFAULT.

    Source: fs/stat.c: SYSCALL_DEFINE2(newfstat), cp_new_stat() [v6.18].
    Left out: times and owners, which are 0; rights, all of which everybody has.
    """
    inode = fget(task, fd).f_inode
    store_to_user(task, statbuf, _stat(task.system, inode))


def _stat(system: System, inode: Inode) -> bytes:
    # Source: mm/shmem.c: shmem_getattr() [v6.18].
    size, nlink, pages = inode.i_size, inode.i_nlink, len(inode.i_mapping.i_pages)
    if on_disk(inode):
        pages = sum(extent.end - extent.start for extent in inode.i_es)
    if inode.i_kind == S_IFIFO:
        size, nlink, pages = 0, 1, 0
    elif inode.i_kind == S_IFDIR:
        above = inode.name.rstrip("/") + "/"
        inside = [
            found
            for path, found in system.namei.items()
            if path.startswith(above) and "/" not in path[len(above) :] and path != above
        ]
        size = (2 + len(inside)) * _BOGO_DIRENT_SIZE
        nlink = 2 + sum(found.i_kind == S_IFDIR for found in inside)
    mode = _KINDS[inode.i_kind] | (inode.i_mode if inode.i_kind == S_IFREG else 0)
    rdev = 0
    if inode.i_kind == S_IFCHR:
        rdev = _encode_dev(_MEM_MAJOR, _ZERO if is_dev_zero(inode) else _NULL)
    major, minor = (int(part, 16) for part in inode.dev.split(":"))
    return _STAT.pack(
        *(_encode_dev(major, minor), inode.i_ino, nlink, mode, 0, 0, rdev),
        *(size, PAGE_SIZE, pages * PAGE_SIZE // _SECTOR),
    )


def _encode_dev(major: int, minor: int) -> int:
    # Source: include/linux/kdev_t.h: new_encode_dev() [v5.4].
    return minor & 0xFF | major << 8 | (minor & ~0xFF) << 12
