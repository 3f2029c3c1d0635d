"""Making what paths name: directories, links, FIFOs and other special files."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import AT_EMPTY_PATH, AT_SYMLINK_FOLLOW
from vmlab.model.abi.stat import S_IALLUGO, S_IFMT, S_IRWXUGO, S_ISVTX, FileType
from vmlab.model.linux.fs.inode import (
    alloc_inode,
    file_update_time,
    inode_init_owner,
    inode_set_ctime_current,
)
from vmlab.model.linux.fs.namei import (
    DOTS,
    Place,
    add_offset,
    check_name,
    filename_lookup,
    filename_parentat,
    getname,
    mountpoint_of,
    printable,
)
from vmlab.model.linux.include.fs import (
    DEV_PROC,
    S_IFBLK,
    S_IFCHR,
    S_IFDIR,
    S_IFIFO,
    S_IFLNK,
    S_IFREG,
    S_IFSOCK,
)
from vmlab.model.linux.include.pipe_fs_i import PipeInodeInfo
from vmlab.model.linux.include.structs import Inode, System, TaskStruct
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

_MADE = {
    0: S_IFREG,
    FileType.S_IFREG: S_IFREG,
    FileType.S_IFIFO: S_IFIFO,
    FileType.S_IFCHR: S_IFCHR,
    FileType.S_IFBLK: S_IFBLK,
    FileType.S_IFSOCK: S_IFSOCK,
}


def umask_of(task: TaskStruct) -> int:
    """Return the rights that a new file of a task does not get.

    Source: include/linux/fs_struct.h: current_umask() [v6.18].
    """
    return task.fs.umask if task.fs is not None else 0


def _filename_create(
    task: TaskStruct, dirfd: int, path: str, *, is_directory: bool = False
) -> Place:
    # A name that is free. Source: fs/namei.c: filename_create() [v6.18].
    place = filename_parentat(task, dirfd, path)
    if place.last in DOTS:
        raise LinuxError(errno.EEXIST, "path_exists", path=printable(path))
    check_name(place.last)
    if place.inode is not None:
        raise LinuxError(errno.EEXIST, "path_exists", path=printable(path))
    if (place.slash and not is_directory) or place.above.dev == DEV_PROC or not place.above.i_nlink:
        raise LinuxError(errno.ENOENT, "no_such_path", path=printable(path))
    return place


def make_inode(system: System, kind: str, path: str, above: Inode, mode: int) -> Inode:
    """Make an inode that a path names. The name is vmlab's.

    Args:
        system: the kernel.
        kind: S_IF*.
        path: from the root, without links.
        above: the directory that it is in.
        mode: its rights.

    Emits: inode_create.
    Source: mm/shmem.c: shmem_mknod() [v6.18]; fs/ext4/namei.c: ext4_mknod() [v6.18].
    """
    inode = system.namei[path] = alloc_inode(system, kind, path, above.dev)
    inode_init_owner(inode, above, mode)
    file_update_time(system, above)
    return inode


@traced
def do_mkdirat(task: TaskStruct, dirfd: int, path: str, mode: int) -> None:
    """Make a directory.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.
        mode: who may do what with it, without what the caller's umask takes away.

    Raises:
        LinuxError: EEXIST; and what a path raises.

    Emits: inode_create.
    Source: fs/namei.c: do_mkdirat() [v6.18].
    """
    place = _filename_create(task, dirfd, path, is_directory=True)
    mode &= (S_IRWXUGO | S_ISVTX) & ~umask_of(task)
    make_inode(task.system, S_IFDIR, place.path, place.above, mode)


def may_mknod(mode: int) -> None:
    """Check what mknod is asked before the path is looked at.

    Raises:
        LinuxError: EPERM for a directory; EINVAL for what is no kind of file, and for a link.

    Source: fs/namei.c: may_mknod() [v6.18].
    """
    kind = mode & S_IFMT
    if kind == FileType.S_IFDIR:
        raise LinuxError(errno.EPERM, "mkdir_makes_directories")
    if kind not in _MADE:
        raise LinuxError(errno.EINVAL, "unknown_file_type", mode=mode)


@traced
def do_mknodat(task: TaskStruct, dirfd: int, path: str, mode: int, dev: int) -> None:
    """Make a FIFO, a device, a socket, or an empty file.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.
        mode: its kind, S_IF*, and who may do what with it, without what the caller's umask takes
            away.
        dev: the number of a device.

    Raises:
        LinuxError: what may_mknod raises; EEXIST; ENOENT for a path that ends in a slash; and what
            a path raises.

    Emits: inode_create.
    Source: fs/namei.c: do_mknodat() [v6.18].
    """
    may_mknod(mode)
    place = _filename_create(task, dirfd, path)
    kind = _MADE[mode & S_IFMT]
    mode &= S_IALLUGO & ~umask_of(task)
    inode = make_inode(task.system, kind, place.path, place.above, mode)
    if kind == S_IFIFO:
        inode.i_pipe = PipeInodeInfo()
    elif kind in (S_IFCHR, S_IFBLK):
        inode.i_rdev = dev


@traced
def do_symlinkat(task: TaskStruct, target: str, dirfd: int, path: str) -> None:
    """Make a symbolic link.

    Args:
        task: the caller.
        target: the path where it leads, which need not be there.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path of the link.

    Raises:
        LinuxError: EEXIST; ENOENT for an empty target, and for a path that ends in a slash;
            ENAMETOOLONG; and what a path raises.

    Emits: inode_create, inode_symlink.
    Source: fs/namei.c: do_symlinkat() [v6.18].
    """
    getname(target)
    place = _filename_create(task, dirfd, path)
    make_symlink(task.system, target, place.path, place.above)


def make_symlink(system: System, target: str, path: str, above: Inode) -> None:
    """Make a symbolic link at a path where nothing is. The name is vmlab's.

    Args:
        system: the kernel.
        target: where it leads.
        path: from the root, without links.
        above: the directory that it is in.

    Emits: inode_create, inode_symlink.
    Source: mm/shmem.c: shmem_symlink() [v6.18]; fs/ext4/namei.c: ext4_symlink() [v6.18].
    """
    inode = make_inode(system, S_IFLNK, path, above, S_IRWXUGO)
    inode.i_link = target
    inode.i_size = len(target.encode(errors="surrogateescape"))
    emit(system, file_events.InodeSymlink, inode.i_ino, path, target)


def check_link(flags: int) -> None:
    """Check what linkat is asked before the paths are looked at.

    Raises:
        LinuxError: EINVAL for unknown flags.

    Source: fs/namei.c: do_linkat() [v6.18].
    """
    if flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH):
        raise LinuxError(errno.EINVAL, "unknown_flags")


@traced
def do_linkat(
    task: TaskStruct, olddirfd: int, old: str, newdirfd: int, new: str, flags: int
) -> None:
    """Give a file one more name.

    Args:
        task: the caller.
        olddirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        old: a path of the file.
        newdirfd: the same for the new path.
        new: the path that it gets.
        flags: AT_SYMLINK_FOLLOW follows a symbolic link at the end of `old`; AT_EMPTY_PATH: an
            empty one is the open file itself.

    Raises:
        LinuxError: EINVAL for other flags; EEXIST; EXDEV from one file system to another; EPERM
            for a directory; ENOENT for a file without a name that cannot get one; and what a path
            raises.

    Emits: inode_link.
    Source: fs/namei.c: do_linkat(), vfs_link() [v6.18].
    """
    check_link(flags)
    if not flags & AT_EMPTY_PATH:
        getname(old)
    system = task.system
    name, inode = filename_lookup(task, olddirfd, old, follow=bool(flags & AT_SYMLINK_FOLLOW))
    place = _filename_create(task, newdirfd, new)
    here = mountpoint_of(system, place.above.name)
    if inode.dev != place.above.dev or mountpoint_of(system, name) != here:
        raise LinuxError(errno.EXDEV, "on_another_mount", path=printable(old))
    if inode.i_kind == S_IFDIR:
        raise LinuxError(errno.EPERM, "is_directory", path=printable(old))
    if not (inode.i_nlink or inode.linkable):
        raise LinuxError(errno.ENOENT, "file_gone", path=printable(name))
    add_link(system, inode, place.path)
    file_update_time(system, place.above)


def add_link(system: System, inode: Inode, path: str) -> None:
    """Give an inode one more name. The name is vmlab's.

    Emits: inode_link.
    Source: mm/shmem.c: shmem_link() [v6.18]; fs/ext4/namei.c: __ext4_link() [v6.18].
    """
    system.namei[path] = inode
    add_offset(system, path)
    inode.i_nlink += 1
    inode.linkable = False
    inode_set_ctime_current(system, inode)
    emit(system, file_events.InodeLink, inode.i_ino, path)
