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
from vmlab.model.abi.statx import (
    STATX__RESERVED,
    STATX_BASIC_STATS,
    STATX_BTIME,
    STATX_CTIME,
    STATX_MNT_ID,
    STATX_MTIME,
)
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.fs.namei import getname, link_of, user_path_at
from vmlab.model.linux.include.fs import (
    ANON_KINDS,
    DEV_DEVPTS,
    DEV_DEVTMPFS,
    DEV_DISK,
    DEV_PROC,
    DEV_SHMEM,
    DEV_TMPFS,
    S_IFCHR,
    S_IFDIR,
    S_IFIFO,
    S_IFREG,
    S_IFSOCK,
    S_PIDFD,
    is_tty,
    on_disk,
)
from vmlab.model.linux.include.structs import Inode, System, TaskStruct
from vmlab.model.linux.lib.usercopy import store_to_user
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.decorators import traced

# struct stat of x86-64, whose six numbers of times and three unused ones are zeros here.
_STAT = struct.Struct("<3Q3I4xQ3q72x")
_KINDS = {
    S_IFIFO: 0o010600,
    S_IFCHR: 0o020666,
    S_IFDIR: 0o040000,
    S_IFREG: 0o100000,
    S_PIDFD: 0o700,
    S_IFSOCK: 0o140777,
    **dict.fromkeys(ANON_KINDS, 0o600),
}
_DEVICES = {  # major and minor number
    "/dev/null": (1, 3),
    "/dev/zero": (1, 5),
    "/dev/random": (1, 8),
    "/dev/urandom": (1, 9),
    "/dev/tty": (5, 0),
}
_PROC_BLOCK = 1024
_UNIX98_PTY_SLAVE_MAJOR = 136
_TTY_MODE, _TTY_BLOCK = 0o020620, 1024
_SECTOR = 512  # bytes
_STATX = struct.Struct("<2IQ3IH2x4Q64x4I112x")  # without times and the number of the mount
_CHANGED = STATX_MTIME | STATX_CTIME
_FINE_TIMES = (DEV_TMPFS, DEV_SHMEM, DEV_DEVTMPFS, DEV_DISK)  # FS_MGTIME
_ATTRIBUTES = 0x203000  # STATX_ATTR_* that a file can have: of any,
_TMPFS_ATTRIBUTES = 0x70
_ATTRIBUTES_OF = {  # and of some devices
    **dict.fromkeys((DEV_TMPFS, DEV_SHMEM, DEV_DEVTMPFS), _TMPFS_ATTRIBUTES),
    DEV_DISK: 0x100874,
}
_STAT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE
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
        flags: AT_EMPTY_PATH: an empty path is the open file itself.

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
    inode = user_path_at(task, dirfd, path)
    store_to_user(task, statbuf, _stat(task.system, inode))


@traced
def do_statx(task: TaskStruct, dirfd: int, path: str, flags: int, mask: int, buffer: int) -> None:
    """Store what kind of file there is at a path, as a struct statx.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.
        flags: AT_EMPTY_PATH: an empty path is the open file itself.
        mask: what is asked for, STATX_* bits: what is cheap is told anyway.
        buffer: bytes: where to.

    Raises:
        LinuxError: EINVAL for unknown flags, and for the bit that is none yet; EFAULT; what a path
            raises.

    Emits: copy_to_user.
    Source: fs/stat.c: SYSCALL_DEFINE5(statx), cp_statx() [v6.18].
    Left out: times, owners and mounts, which are 0; attributes of files.
    """
    check_statx(flags, mask)
    own = not path and flags & AT_EMPTY_PATH and dirfd >= 0
    if not own:
        check_stat(flags)
    if not flags & AT_EMPTY_PATH:
        getname(path)
    inode = fget(task, dirfd).f_inode if own else user_path_at(task, dirfd, path)
    device, ino, nlink, mode, _, _, rdev, size, block, blocks = _STAT.unpack(
        _stat(task.system, inode)
    )
    told = STATX_BASIC_STATS | STATX_MNT_ID
    if inode.dev in _FINE_TIMES and not mask & _CHANGED:
        told &= ~_CHANGED
    told |= mask & STATX_BTIME if inode.dev in _FINE_TIMES else 0
    known = _ATTRIBUTES | _ATTRIBUTES_OF.get(inode.dev, 0)
    head = (told, block, 0, nlink, 0, 0, mode, ino, size, blocks, known)
    numbers = (part for each in (rdev, device) for part in (each >> 8 & 0xFFF, each & 0xFF))
    store_to_user(task, buffer, _STATX.pack(*head, *numbers))


@traced
def do_readlinkat(task: TaskStruct, dirfd: int, path: str, buf: int, bufsiz: int) -> int:
    """Store where a symbolic link leads; return how many bytes. Only /proc has links.

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
    Left out: other symbolic links, which are one more name of their file.
    """
    check_room(bufsiz)
    leads = link_of(task, dirfd, path)
    if leads is not None:
        data = leads.encode(errors="surrogateescape")[:bufsiz]
        store_to_user(task, buf, data)
        return len(data)
    user_path_at(task, dirfd, path)
    code = errno.EINVAL if path else errno.ENOENT
    raise LinuxError(code, "no_link", path=path)


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
    size, nlink, pages = inode.i_size, inode.i_nlink, len(inode.i_mapping.i_pages)
    if on_disk(inode):
        pages = sum(extent.end - extent.start for extent in inode.i_es)
    if inode.i_kind in (S_IFIFO, S_IFSOCK, S_PIDFD, *ANON_KINDS):
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
    mode = _KINDS[inode.i_kind]
    if inode.i_kind in (S_IFREG, S_IFDIR):
        mode |= inode.i_mode
    rdev, block = 0, _PROC_BLOCK if inode.dev == DEV_PROC else PAGE_SIZE
    if inode.i_kind == S_IFCHR:
        rdev = _encode_dev(*_DEVICES.get(inode.name, (0, 0)))
    if inode.dev == DEV_DEVPTS and is_tty(inode):
        mode, rdev, block = _TTY_MODE, _encode_dev(_UNIX98_PTY_SLAVE_MAJOR, 0), _TTY_BLOCK
    major, minor = (int(part, 16) for part in inode.dev.split(":"))
    return _STAT.pack(
        *(_encode_dev(major, minor), inode.i_ino, nlink, mode, 0, 0, rdev),
        *(size, block, pages * PAGE_SIZE // _SECTOR),
    )


def _encode_dev(major: int, minor: int) -> int:
    # Source: include/linux/kdev_t.h: new_encode_dev() [v5.4].
    return minor & 0xFF | major << 8 | (minor & ~0xFF) << 12
