"""fsync, fdatasync, sync: writing dirty pages of files to the disk."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fadvise import SYNC_FILE_RANGE_ALL, SYNC_FILE_RANGE_WRITE
from vmlab.model.linux.fs.ext4.inode import ext4_writepages
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.include.fs import (
    FMODE_PATH,
    MAX_LFS_FILESIZE,
    S_IFBLK,
    S_IFDIR,
    S_IFLNK,
    S_IFREG,
    on_disk,
    s_maxbytes,
)
from vmlab.model.linux.include.structs import File, System, TaskStruct
from vmlab.model.trace.decorators import traced


@traced
def ksys_sync(system: System) -> None:
    """Write the dirty pages of all files.

    Emits: what ext4_writepages emits.
    Source: fs/sync.c: ksys_sync() [v5.4].
    """
    for inode in system.inodes.values():
        if on_disk(inode):
            ext4_writepages(system, inode.i_mapping, 0, s_maxbytes(inode))


@traced
def do_fsync(task: TaskStruct, fd: int) -> None:
    """Write the dirty pages of an open file; files in memory have nothing to write.

    Args:
        task: the caller.
        fd: descriptor.

    Raises:
        LinuxError: EBADF; EINVAL for a pipe or a device.

    Source: fs/sync.c: do_fsync() [v5.4].
    """
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    vfs_fsync_range(task.system, file, 0, s_maxbytes(file.f_inode))


def vfs_fsync_range(system: System, file: File, start: int, end: int) -> None:
    """Write the dirty pages of a part of an open file.

    Args:
        system: the kernel.
        file: the open file.
        start: bytes.
        end: bytes after the part.

    Raises:
        LinuxError: EINVAL for a pipe or a device.

    Emits: what ext4_writepages emits.
    Source: fs/sync.c: vfs_fsync_range() [v5.4].
    """
    inode = file.f_inode
    if inode.i_kind not in (S_IFREG, S_IFDIR):
        raise LinuxError(errno.EINVAL, "file_cannot_be_synced")
    if on_disk(inode):
        ext4_writepages(system, inode.i_mapping, start, end)


@traced
def ksys_sync_file_range(task: TaskStruct, fd: int, offset: int, nbytes: int, flags: int) -> None:
    """Write the dirty pages of a part of an open file to its disk.

    Args:
        task: the caller.
        fd: descriptor.
        offset: bytes.
        nbytes: bytes; 0 = up to the end.
        flags: SYNC_FILE_RANGE_WRITE writes; to wait, nobody has to.

    Raises:
        LinuxError: EBADF; EINVAL for other flags and for a part that cannot be; ESPIPE for a pipe
            or a device.

    Emits: what ext4_writepages emits.
    Source: fs/sync.c: ksys_sync_file_range(), sync_file_range() [v6.18].
    """
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    if flags & ~SYNC_FILE_RANGE_ALL:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if offset < 0 or nbytes < 0 or offset + nbytes > MAX_LFS_FILESIZE:
        raise LinuxError(errno.EINVAL, "offset_negative" if offset < 0 else "length_negative")
    inode = file.f_inode
    if inode.i_kind not in (S_IFREG, S_IFDIR, S_IFBLK, S_IFLNK):
        raise LinuxError(errno.ESPIPE, "file_cannot_be_synced")
    if flags & SYNC_FILE_RANGE_WRITE and on_disk(inode):
        end = offset + nbytes if nbytes else MAX_LFS_FILESIZE
        ext4_writepages(task.system, inode.i_mapping, offset, end)
