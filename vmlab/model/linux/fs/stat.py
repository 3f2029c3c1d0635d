"""stat and its kin: what kind of file it is, its length and its pages; where a link leads."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import (
    AT_EMPTY_PATH,
    AT_NO_AUTOMOUNT,
    AT_STATX_SYNC_TYPE,
    AT_SYMLINK_NOFOLLOW,
)
from vmlab.model.abi.stat import FileType
from vmlab.model.abi.statx import (
    STATX__RESERVED,
    STATX_BASIC_STATS,
    STATX_BTIME,
    STATX_CTIME,
    STATX_MNT_ID,
    STATX_MTIME,
)
from vmlab.model.abi.time import NSEC_PER_SEC
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.fs.inode import touch_atime
from vmlab.model.linux.fs.namei import Nameidata, getname, path_init, user_path_at, walk
from vmlab.model.linux.fs.proc.generic import in_proc, proc_readlink
from vmlab.model.linux.include.fs import (
    ANON_KINDS,
    DEV_DEVPTS,
    DEV_DEVTMPFS,
    DEV_DISK,
    DEV_PROC,
    DEV_SHMEM,
    DEV_TMPFS,
    S_IFBLK,
    S_IFCHR,
    S_IFDIR,
    S_IFIFO,
    S_IFLNK,
    S_IFREG,
    S_IFSOCK,
    S_MQUEUE,
    S_PIDFD,
    is_tty,
    on_disk,
)
from vmlab.model.linux.include.structs import Inode, System, TaskStruct
from vmlab.model.linux.lib.usercopy import store_to_user
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.decorators import traced

_STAT = struct.Struct("<3Q3I4xQ9q24x")  # struct stat of x86-64; the last three are unused
_KINDS = {
    S_IFIFO: FileType.S_IFIFO,
    S_IFCHR: FileType.S_IFCHR,
    S_IFBLK: FileType.S_IFBLK,
    S_IFDIR: FileType.S_IFDIR,
    S_IFREG: FileType.S_IFREG,
    S_IFLNK: FileType.S_IFLNK,
    S_IFSOCK: FileType.S_IFSOCK,
    S_MQUEUE: FileType.S_IFREG,
    **dict.fromkeys(ANON_KINDS, 0),
}
_PIDFD_MODE = 0o700
_PROC_BLOCK = 1024
_TTY_BLOCK = 1024
_SECTOR = 512  # bytes
_STATX = struct.Struct("<2IQ3IH2x4Q64s4I112x")  # without the number of the mount
_TIMESTAMP = struct.Struct("<qI4x")
_CHANGED = STATX_MTIME | STATX_CTIME
_FINE_TIMES = (DEV_TMPFS, DEV_SHMEM, DEV_DEVTMPFS, DEV_DISK)  # FS_MGTIME
_ATTRIBUTES = 0x203000  # STATX_ATTR_* that a file can have: of any,
_TMPFS_ATTRIBUTES = 0x70
_ATTRIBUTES_OF = {  # and of some devices
    **dict.fromkeys((DEV_TMPFS, DEV_SHMEM, DEV_DEVTMPFS), _TMPFS_ATTRIBUTES),
    DEV_DISK: 0x100874,
}
_STAT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE
_EXT4_INLINE, _TMPFS_INLINE = 60, 128  # bytes of a link from which on it has a block
_FILENT_SIZE = 80  # bytes that a queue of messages seems to have
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
    Left out: times of what is read from /proc.
    """
    inode = fget(task, fd).f_inode
    store_to_user(task, statbuf, _stat(task.system, inode))


def check_stat(flags: int) -> None:
    """Refuse flags that there are not.

    Raises:
        LinuxError: EINVAL.

    Source: fs/stat.c: vfs_statx() [v6.18].
    """
    if flags & ~_STAT_FLAGS:
        raise LinuxError(errno.EINVAL, "unknown_flags")


def check_statx(flags: int, mask: int) -> None:
    """Refuse flags that exclude each other, and what is kept for later.

    Raises:
        LinuxError: EINVAL.

    Source: fs/stat.c: do_statx() [v6.18].
    """
    if mask & STATX__RESERVED or flags & AT_STATX_SYNC_TYPE == AT_STATX_SYNC_TYPE:
        raise LinuxError(errno.EINVAL, "unknown_flags")


@traced
def do_newfstatat(task: TaskStruct, dirfd: int, path: str, statbuf: int, flags: int) -> None:
    """Store what kind of file there is at a path, as a struct stat.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.
        statbuf: bytes: where to.
        flags: AT_EMPTY_PATH: an empty path is the open file itself; AT_SYMLINK_NOFOLLOW: a symbolic
            link at the end is not followed.

    Raises:
        LinuxError: EINVAL for unknown flags, which nobody looks at for an open file; EFAULT; what
            a path raises.

    Source: fs/stat.c: SYSCALL_DEFINE4(newfstatat), vfs_fstatat() [v6.18].
    Left out: as do_fstat.
    """
    if not path and flags & AT_EMPTY_PATH and dirfd >= 0:
        do_fstat(task, dirfd, statbuf)
        return
    check_stat(flags)
    if not flags & AT_EMPTY_PATH:
        getname(path)
    inode = user_path_at(task, dirfd, path, follow=not flags & AT_SYMLINK_NOFOLLOW)
    store_to_user(task, statbuf, _stat(task.system, inode))


@traced
def do_statx(task: TaskStruct, dirfd: int, path: str, flags: int, mask: int, buffer: int) -> None:
    """Store what kind of file there is at a path, as a struct statx.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.
        flags: AT_EMPTY_PATH: an empty path is the open file itself; AT_SYMLINK_NOFOLLOW: a symbolic
            link at the end is not followed.
        mask: what is asked for, STATX_* bits: what is cheap is told anyway.
        buffer: bytes: where to.

    Raises:
        LinuxError: EINVAL for unknown flags, and for the bit that is none yet; EFAULT; what a path
            raises.

    Emits: copy_to_user.
    Source: fs/stat.c: SYSCALL_DEFINE5(statx), cp_statx() [v6.18].
    Left out: the number of the mount, which is 0; attributes of files.
    """
    check_statx(flags, mask)
    own = not path and flags & AT_EMPTY_PATH and dirfd >= 0
    if not own:
        check_stat(flags)
    if not flags & AT_EMPTY_PATH:
        getname(path)
    follow = not flags & AT_SYMLINK_NOFOLLOW
    inode = fget(task, dirfd).f_inode if own else user_path_at(task, dirfd, path, follow=follow)
    device, ino, nlink, mode, uid, gid, rdev, size, block, blocks, *times = _STAT.unpack(
        _stat(task.system, inode)
    )
    told = STATX_BASIC_STATS | STATX_MNT_ID
    if inode.dev in _FINE_TIMES and not mask & _CHANGED:
        told &= ~_CHANGED
    told |= mask & STATX_BTIME if inode.dev in _FINE_TIMES else 0
    read, written, changed = (_TIMESTAMP.pack(*times[at : at + 2]) for at in (0, 2, 4))
    stamps = read + bytes(_TIMESTAMP.size) + changed + written
    known = _ATTRIBUTES | _ATTRIBUTES_OF.get(inode.dev, 0)
    head = (told, block, 0, nlink, uid, gid, mode, ino, size, blocks, known)
    numbers = (part for each in (rdev, device) for part in (each >> 8 & 0xFFF, each & 0xFF))
    store_to_user(task, buffer, _STATX.pack(*head, stamps, *numbers))


@traced
def do_readlinkat(task: TaskStruct, dirfd: int, path: str, buf: int, bufsiz: int) -> int:
    """Store where a symbolic link leads; return how many bytes.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.
        buf: bytes: where to.
        bufsiz: bytes that there is room for.

    Raises:
        LinuxError: EFAULT; EINVAL if there is no room, or no link; ENOENT for an empty path; what
            a path raises.

    Source: fs/stat.c: do_readlinkat() [v6.18].
    Emits: copy_to_user, for a link.
    """
    check_room(bufsiz)
    leads = _link_of_proc(task, dirfd, path)
    if leads is not None:
        data = leads.encode(errors="surrogateescape")[:bufsiz]
        store_to_user(task, buf, data)
        return len(data)
    inode = user_path_at(task, dirfd, path, follow=False)
    if inode.i_kind == S_IFLNK:
        touch_atime(task.system, inode)
        data = inode.i_link.encode(errors="surrogateescape")[:bufsiz]
        store_to_user(task, buf, data)
        return len(data)
    code = errno.EINVAL if path else errno.ENOENT
    raise LinuxError(code, "no_link", path=path)


def _link_of_proc(task: TaskStruct, dirfd: int, path: str) -> str | None:
    # Where a link of /proc leads. Source: fs/namei.c: vfs_readlink() [v6.18].
    if not path or path.endswith("/"):
        return None
    above, _, last = path.rpartition("/")
    folder = above + "/" if above or path.startswith("/") else "./"
    walked, _ = walk(task.system, folder, path_init(task, dirfd, path), Nameidata())
    names = [part for part in walked.split("/") if part]
    return proc_readlink(task.system, [*names, last]) if in_proc(task.system, names) else None


def check_room(bufsiz: int) -> None:
    """Check what readlinkat is asked before the path is looked at.

    Raises:
        LinuxError: EINVAL if there is no room.

    Source: fs/stat.c: do_readlinkat() [v6.18].
    """
    if bufsiz <= 0:
        raise LinuxError(errno.EINVAL, "size_not_positive")


def _stat(system: System, inode: Inode) -> bytes:
    # Source: mm/shmem.c: shmem_getattr() [v6.18].
    size, nlink = inode.i_size, inode.i_nlink
    pages = len(inode.i_mapping.i_pages) + len(inode.i_mapping.i_swapped)
    if on_disk(inode):
        pages = sum(extent.end - extent.start for extent in inode.i_es)
    if inode.i_kind in (S_IFIFO, S_IFSOCK, S_PIDFD, *ANON_KINDS):
        size, nlink, pages = 0, nlink or 1, 0
    elif inode.i_kind == S_MQUEUE:
        size = _FILENT_SIZE
    elif inode.i_kind == S_IFLNK:
        pages = int(size >= (_EXT4_INLINE if inode.dev == DEV_DISK else _TMPFS_INLINE))
    elif inode.i_kind == S_IFDIR:
        above = inode.name.rstrip("/") + "/"
        inside = [
            found
            for path, found in system.namei.items()
            if path.startswith(above) and "/" not in path[len(above) :] and path != above
        ]
        size = (2 + len(inside)) * _BOGO_DIRENT_SIZE
        nlink = 2 + sum(found.i_kind == S_IFDIR for found in inside)
    kind = _KINDS.get(inode.i_kind)
    mode = kind | inode.i_mode if kind is not None else _PIDFD_MODE
    block = _PROC_BLOCK if inode.dev == DEV_PROC else PAGE_SIZE
    if inode.dev == DEV_DEVPTS and is_tty(inode):
        block = _TTY_BLOCK
    major, minor = (int(part, 16) for part in inode.dev.split(":"))
    return _STAT.pack(
        *(_encode_dev(major, minor), inode.i_ino, nlink, mode),
        *(inode.i_uid, inode.i_gid, inode.i_rdev),
        *(size, block, pages * PAGE_SIZE // _SECTOR),
        *divmod(inode.i_atime, NSEC_PER_SEC),
        *divmod(inode.i_mtime, NSEC_PER_SEC),
        *divmod(inode.i_ctime, NSEC_PER_SEC),
    )


def _encode_dev(major: int, minor: int) -> int:
    # Source: include/linux/kdev_t.h: new_encode_dev() [v5.4].
    return minor & 0xFF | major << 8 | (minor & ~0xFF) << 12
