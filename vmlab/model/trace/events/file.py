"""Events about files: inodes, open files, descriptors, and what travels through them."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.codes import Reason
from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class InodeCreate(Event):
    """An inode was made."""

    story_level = "step"
    stands_for = "fs/inode.c: alloc_inode()"

    ino: int
    path: str


@dataclass(frozen=True, slots=True)
class InodeLink(Event):
    """An inode got one more name."""

    story_level = "chapter"
    stands_for = "fs/namei.c: vfs_link()"

    ino: int
    path: str


@dataclass(frozen=True, slots=True)
class InodeSymlink(Event):
    """A symbolic link was made."""

    story_level = "chapter"
    stands_for = "fs/namei.c: vfs_symlink()"

    ino: int
    path: str
    target: str  # where it leads


@dataclass(frozen=True, slots=True)
class InodeChmod(Event):
    """A file got other rights."""

    story_level = "chapter"
    stands_for = "fs/attr.c: setattr_copy()"

    ino: int
    old: int  # rights
    new: int


@dataclass(frozen=True, slots=True)
class InodeChown(Event):
    """A file got another owner or another group."""

    story_level = "chapter"
    stands_for = "fs/attr.c: setattr_copy()"

    ino: int
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class InodeUtimes(Event):
    """It was said when a file was read and written to."""

    story_level = "chapter"
    stands_for = "fs/attr.c: setattr_copy()"

    ino: int
    atime: int  # nanoseconds
    mtime: int


@dataclass(frozen=True, slots=True)
class InodeUnlink(Event):
    """An inode lost its name."""

    story_level = "chapter"
    stands_for = "fs/namei.c: vfs_unlink()"

    ino: int
    path: str


@dataclass(frozen=True, slots=True)
class InodeTruncate(Event):
    """A file got another length."""

    story_level = "chapter"
    stands_for = "mm/shmem.c: shmem_setattr()"

    ino: int
    old: int  # bytes
    new: int


@dataclass(frozen=True, slots=True)
class InodeFallocate(Event):
    """A range of a file has its pages now."""

    story_level = "chapter"
    stands_for = "mm/shmem.c: shmem_fallocate()"

    ino: int
    start: int  # bytes
    end: int
    nr_pages: int  # that are new
    old: int  # bytes: how long the file was
    new: int


@dataclass(frozen=True, slots=True)
class InodeAllocBlocks(Event):
    """A range of a file has blocks on the disk now; nothing was written to the new ones."""

    story_level = "chapter"
    stands_for = "fs/ext4/extents.c: ext4_alloc_file_blocks()"

    ino: int
    start: int  # bytes
    end: int
    old: int  # bytes: how long the file was
    new: int


@dataclass(frozen=True, slots=True)
class InodeSeal(Event):
    """A file in memory got more seals."""

    story_level = "chapter"
    stands_for = "mm/memfd.c: memfd_add_seals()"

    ino: int
    old: int  # F_SEAL_* bits
    new: int


@dataclass(frozen=True, slots=True)
class InodeFree(Event):
    """An inode without name and user went."""

    story_level = "step"
    stands_for = "fs/inode.c: evict()"

    ino: int


@dataclass(frozen=True, slots=True)
class FileOpen(Event):
    """An open file was made."""

    story_level = "step"
    stands_for = "fs/file_table.c: alloc_file()"

    file: int
    ino: int
    path: str


@dataclass(frozen=True, slots=True)
class FileClose(Event):
    """An open file lost its last user."""

    story_level = "step"
    stands_for = "fs/file_table.c: __fput()"

    file: int
    ino: int


@dataclass(frozen=True, slots=True)
class FilePos(Event):
    """An open file got another position, not by reading or writing."""

    story_level = "chapter"
    stands_for = "fs/read_write.c: vfs_setpos()"

    file: int
    old: int  # bytes
    new: int


@dataclass(frozen=True, slots=True)
class FileFlags(Event):
    """An open file got other flags."""

    story_level = "chapter"
    stands_for = "fs/fcntl.c: setfl()"

    file: int
    old: int  # O_* bits
    new: int


@dataclass(frozen=True, slots=True)
class FdInstall(Event):
    """A descriptor got a meaning."""

    story_level = "chapter"
    stands_for = "fs/file.c: fd_install()"

    pid: int
    fd: int
    file: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class FdClose(Event):
    """A descriptor lost its meaning."""

    story_level = "chapter"
    stands_for = "fs/file.c: __close_fd()"

    pid: int
    fd: int
    file: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class FdCloexec(Event):
    """A descriptor is closed by execve from now on, or no longer."""

    story_level = "chapter"
    stands_for = "fs/file.c: set_close_on_exec()"

    pid: int
    fd: int
    cloexec: bool


@dataclass(frozen=True, slots=True)
class FileLocked(Event):
    """A part of a file is locked, in another way or no more."""

    story_level = "chapter"
    stands_for = "fs/locks.c: posix_lock_inode()"

    pid: int  # of the process
    ino: int
    owner: str  # 'posix', 'ofd' or 'flock'
    type: str  # 'F_RDLCK', 'F_WRLCK', 'F_UNLCK'
    start: int  # bytes
    end: int  # its last one; the largest offset = to the end of the file


@dataclass(frozen=True, slots=True)
class PagecacheWrite(Event):
    """Bytes of a cached page changed by a call, not through a mapping."""

    story_level = "step"
    stands_for = "mm/shmem.c: shmem_write_end()"

    ino: int
    index: int  # pages
    pfn: int
    start: int  # bytes in the page
    nr_bytes: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class CopyToUser(Event):
    """The kernel wrote to user memory."""

    story_level = "step"
    stands_for = "lib/usercopy.c: _copy_to_user()"

    addr: int
    nr_bytes: int


@dataclass(frozen=True, slots=True)
class CopyFromUser(Event):
    """The kernel read user memory."""

    story_level = "step"
    stands_for = "lib/usercopy.c: _copy_from_user()"

    addr: int
    nr_bytes: int


@dataclass(frozen=True, slots=True)
class RemoteAccess(Event):
    """Somebody else read or wrote the memory of a process."""

    story_level = "step"
    stands_for = "mm/memory.c: access_remote_vm()"

    mm: int
    addr: int
    nr_bytes: int
    write: bool
