"""Opening files, and giving them another length."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import (
    AT_EACCESS,
    AT_EMPTY_PATH,
    AT_FDCWD,
    AT_SYMLINK_NOFOLLOW,
    FALLOC_FL_COLLAPSE_RANGE,
    FALLOC_FL_INSERT_RANGE,
    FALLOC_FL_KEEP_SIZE,
    FALLOC_FL_PUNCH_HOLE,
    FALLOC_FL_UNSHARE_RANGE,
    FALLOC_FL_WRITE_ZEROES,
    FALLOC_FL_ZERO_RANGE,
    O_ACCMODE,
    O_APPEND,
    O_CLOEXEC,
    O_CREAT,
    O_DIRECT,
    O_DIRECTORY,
    O_DSYNC,
    O_EXCL,
    O_LARGEFILE,
    O_NOCTTY,
    O_NOFOLLOW,
    O_PATH,
    O_SYNC_ALONE,
    O_TMPFILE_ALONE,
    O_TRUNC,
    VALID_OPEN_FLAGS,
    X_OK,
)
from vmlab.model.abi.stat import S_IALLUGO, S_IRWXO, S_IXUGO
from vmlab.model.linux.fs.ext4.extents import ext4_fallocate
from vmlab.model.linux.fs.ext4.inode import ext4_setattr
from vmlab.model.linux.fs.file import fd_install, fget, get_unused_fd_flags
from vmlab.model.linux.fs.file_table import alloc_file
from vmlab.model.linux.fs.fs_struct import set_fs_pwd
from vmlab.model.linux.fs.inode import alloc_inode, file_update_time, inode_init_owner
from vmlab.model.linux.fs.namei import (
    DOTS,
    Nameidata,
    check_name,
    getname,
    parentat,
    path_init,
    path_walk,
    user_path_at,
)
from vmlab.model.linux.fs.namei_create import make_inode, umask_of
from vmlab.model.linux.fs.pipe import fifo_open, half_open
from vmlab.model.linux.include.fs import (
    DEV_PROC,
    FMODE_APPEND,
    FMODE_PATH,
    FMODE_READ,
    FMODE_WRITE,
    S_IFDIR,
    S_IFIFO,
    S_IFLNK,
    S_IFREG,
    S_PIDFD,
    can_odirect,
    has_driver,
    is_proc,
    on_disk,
    s_maxbytes,
)
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.linux.mm.shmem import shmem_setattr
from vmlab.model.linux.mm.shmem_fallocate import shmem_fallocate
from vmlab.model.linux.mm.truncate import truncate_setsize
from vmlab.model.trace.decorators import traced

_FALLOCATE_MODES = {
    *(0, FALLOC_FL_UNSHARE_RANGE, FALLOC_FL_ZERO_RANGE),
    *(mode | FALLOC_FL_KEEP_SIZE for mode in (0, FALLOC_FL_UNSHARE_RANGE, FALLOC_FL_ZERO_RANGE)),
    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
    *(FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_INSERT_RANGE, FALLOC_FL_WRITE_ZEROES),
}
_O_PATH_FLAGS = O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC
_NOT_KEPT = (
    *(O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC),
    *(O_CLOEXEC, O_ACCMODE, O_APPEND, O_LARGEFILE, O_PATH),  # which other fields tell
)
_ACCESS_FLAGS = AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH


@traced
def do_sys_openat2(task: TaskStruct, dirfd: int, path: str, flags: int, mode: int) -> int:
    """Open a file by its path; return the descriptor.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.
        flags: O_* bits.
        mode: who may do what with a file that is made, without what the caller's umask takes away.

    Raises:
        LinuxError: EINVAL for flags that exclude each other; ENOENT, EEXIST, EISDIR, ENOTDIR,
            ENAMETOOLONG, EBADF, EMFILE, ETXTBSY; ELOOP for too many links, and for one at the end
            with O_NOFOLLOW; ENXIO for a device or a socket that nobody answers for, and to write
            to a FIFO that nobody reads, with O_NONBLOCK.
        Sleeps: nobody has the other end of a FIFO open, without it.

    Source: fs/open.c: do_sys_openat2() [v6.18].
    """
    system = task.system
    flags = build_open_flags(flags)
    mode &= S_IALLUGO & ~umask_of(task)
    getname(path)
    get_unused_fd_flags(task)  # before anything is made or cut
    start = path_init(task, dirfd, path)
    if task.fifo is not None:
        path, inode = half_open(task, task.fifo)
    elif flags & O_TMPFILE_ALONE:
        path, inode = _do_tmpfile(system, path, start, flags, mode)
    else:
        path, inode = _lookup_open(system, path, start, flags, mode)
        _may_open(path, inode, flags)
    f_mode = FMODE_PATH if flags & O_PATH else (flags + 1) & (FMODE_READ | FMODE_WRITE)
    if flags & O_TRUNC and inode.i_kind == S_IFREG:  # whatever it is opened for
        do_truncate(system, inode, 0)
    if flags & O_APPEND:
        f_mode |= FMODE_APPEND
    if inode.i_kind == S_IFIFO and not flags & O_PATH:
        file = fifo_open(task, inode, path, f_mode, flags)
    else:
        file = alloc_file(system, inode, f_mode, path)
    file.f_flags = flags & ~sum(_NOT_KEPT)
    return fd_install(task, file, bool(flags & O_CLOEXEC))


def build_open_flags(flags: int) -> int:
    """Return those flags of open(2) that count.

    Raises:
        LinuxError: EINVAL if they exclude each other.

    Source: fs/open.c: build_open_how(), build_open_flags() [v6.18].
    """
    flags &= VALID_OPEN_FLAGS
    if flags & O_PATH:
        return flags & _O_PATH_FLAGS
    if flags & O_CREAT and flags & O_DIRECTORY:
        raise LinuxError(errno.EINVAL, "flag_excludes", flag="O_CREAT", other="O_DIRECTORY")
    if flags & O_TMPFILE_ALONE:
        if not flags & O_DIRECTORY:
            raise LinuxError(errno.EINVAL, "flag_needs", flag="O_TMPFILE", other="O_DIRECTORY")
        if not flags & O_ACCMODE:
            raise LinuxError(errno.EINVAL, "flag_needs", flag="O_TMPFILE", other="O_RDWR")
    return flags | O_DSYNC if flags & O_SYNC_ALONE else flags


def _lookup_open(
    system: System, path: str, start: Inode | None, flags: int, mode: int
) -> tuple[str, Inode]:
    # The file of a path, which may be made. Source: fs/namei.c: open_last_lookups() [v6.18].
    follow = not flags & O_NOFOLLOW
    if not flags & O_CREAT:
        walked, found = path_walk(system, path, start, follow=follow)
        if found is None:
            raise LinuxError(errno.ENOENT, "no_such_path", path=path)
        return walked, found
    nd = Nameidata()
    place = parentat(system, path, start, nd)
    while place.last not in DOTS:
        if place.slash:
            raise LinuxError(errno.EISDIR, "path_ends_in_slash", path=path)
        check_name(place.last)
        inode = place.inode
        if inode is None or inode.i_kind != S_IFLNK or not follow or flags & O_EXCL:
            break
        place = parentat(system, nd.follow(system, inode), place.above, nd)
    inode = place.inode
    if inode is None:
        if place.above.dev == DEV_PROC or not place.above.i_nlink:
            raise LinuxError(errno.ENOENT, "no_such_path", path=place.path)
        return place.path, make_inode(system, S_IFREG, place.path, place.above, mode)
    if flags & O_EXCL:
        raise LinuxError(errno.EEXIST, "path_exists", path=place.path)
    if inode.i_kind == S_IFDIR:
        raise LinuxError(errno.EISDIR, "is_directory", path=place.path)
    return inode.name if inode.dev == DEV_PROC else place.path, inode


def _may_open(path: str, inode: Inode, flags: int) -> None:
    # Source: fs/namei.c: do_open(), may_open(); fs/open.c: do_dentry_open() [v6.18].
    if flags & O_DIRECTORY and inode.i_kind != S_IFDIR:
        raise LinuxError(errno.ENOTDIR, "not_directory", path=path)
    if flags & O_PATH:
        return
    if inode.i_kind == S_IFLNK:
        raise LinuxError(errno.ELOOP, "link_not_followed", path=path)
    if inode.i_kind == S_IFDIR and flags & (O_ACCMODE | O_TRUNC):
        raise LinuxError(errno.EISDIR, "is_directory", path=path)
    writes = (flags + 1) & FMODE_WRITE or flags & O_TRUNC
    if writes and inode.i_writecount < 0:
        raise LinuxError(errno.ETXTBSY, "executed_now", path=path)
    if not has_driver(inode):
        raise LinuxError(errno.ENXIO, "no_such_device", path=path)
    if flags & O_DIRECT and (inode.i_kind == S_IFIFO or not can_odirect(inode)):
        raise LinuxError(errno.EINVAL, "no_direct_access", path=path)


def _do_tmpfile(
    system: System, path: str, start: Inode | None, flags: int, mode: int
) -> tuple[str, Inode]:
    # A file without a name in a directory. Source: fs/namei.c: do_tmpfile() [v6.18].
    path, above = path_walk(system, path, start)
    if above is None:
        raise LinuxError(errno.ENOENT, "no_such_path", path=path)
    if above.i_kind != S_IFDIR:
        raise LinuxError(errno.ENOTDIR, "not_directory", path=path)
    name = f"{path.rstrip('/')}/#{system.next_ino}"
    inode = alloc_inode(system, S_IFREG, name, above.dev)
    inode.i_nlink = 0
    inode.linkable = not flags & O_EXCL
    inode_init_owner(inode, above, mode)
    return f"{name} (deleted)", inode


@traced
def ksys_fallocate(task: TaskStruct, fd: int, mode: int, offset: int, length: int) -> None:
    """Give a range of an open file its pages, or take them away; see `vfs_fallocate`.

    Args:
        task: the caller.
        fd: descriptor.
        mode: FALLOC_FL_* bits.
        offset: bytes.
        length: bytes.

    Raises:
        LinuxError: EBADF; what vfs_fallocate raises.

    Source: fs/open.c: ksys_fallocate() [v6.18].
    """
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    vfs_fallocate(task.system, file, mode, offset, length)


def vfs_fallocate(system: System, file: File, mode: int, offset: int, length: int) -> None:
    """Give a range of an open file its pages, or take them away.

    Args:
        system: the kernel.
        file: the open file.
        mode: FALLOC_FL_* bits.
        offset: bytes.
        length: bytes.

    Raises:
        LinuxError: EINVAL for a range that cannot be; EOPNOTSUPP for a mode that the file system
            does not have, and for a pidfd; EBADF if it is not open for writing; ESPIPE, ENODEV for
            what is no file; EFBIG past the largest file; what shmem_fallocate and ext4_fallocate
            raise.

    Source: fs/open.c: vfs_fallocate() [v6.18].
    """
    if offset < 0:
        raise LinuxError(errno.EINVAL, "offset_negative")
    if length <= 0:
        raise LinuxError(errno.EINVAL, "length_not_positive")
    if mode not in _FALLOCATE_MODES:
        raise LinuxError(errno.EOPNOTSUPP, "fallocate_mode")
    if not file.f_mode & FMODE_WRITE:
        raise LinuxError(errno.EBADF, "file_not_open_for_writing")
    inode = file.f_inode
    if inode.i_kind == S_IFIFO:
        raise LinuxError(errno.ESPIPE, "pipe_has_no_offsets")
    if inode.i_kind not in (S_IFREG, S_PIDFD):  # a directory is never open for writing
        raise LinuxError(errno.ENODEV, "not_regular_file", path=file.f_path)
    if offset + length > s_maxbytes(inode):
        raise LinuxError(errno.EFBIG, "end_past_largest_offset")
    if inode.i_kind == S_PIDFD:
        raise LinuxError(errno.EOPNOTSUPP, "pidfd_has_no_bytes")
    if is_proc(inode):
        raise LinuxError(errno.EOPNOTSUPP, "fallocate_mode")
    fallocate = ext4_fallocate if on_disk(inode) else shmem_fallocate
    fallocate(system, inode, mode, offset, length)


@traced
def do_sys_truncate(task: TaskStruct, path: str, length: int) -> None:
    """Give the file at a path another length.

    Raises:
        LinuxError: EINVAL for a negative length, EISDIR, EINVAL for what is no regular file
            either, ETXTBSY for a program that runs; what a path raises; EFBIG, EPERM as
            do_truncate.

    Emits: pte_clear, tlb_flush, pagecache_remove.
    Source: fs/open.c: do_sys_truncate(), vfs_truncate() [v6.18].
    """
    if length < 0 or length >= 1 << 63:
        raise LinuxError(errno.EINVAL, "length_negative")
    inode = user_path_at(task, AT_FDCWD, getname(path))
    if inode.i_kind == S_IFDIR:
        raise LinuxError(errno.EISDIR, "is_directory", path=path)
    if inode.i_kind != S_IFREG:
        raise LinuxError(errno.EINVAL, "not_regular_file", path=path)
    if inode.i_writecount < 0:
        raise LinuxError(errno.ETXTBSY, "executed_now", path=path)
    do_truncate(task.system, inode, length)


@traced
def do_sys_ftruncate(task: TaskStruct, fd: int, length: int) -> None:
    """Give an open file another length.

    Raises:
        LinuxError: EINVAL for a negative length, EBADF, EINVAL for what is not a regular file
            opened for writing; EOPNOTSUPP for a pidfd; EFBIG, EPERM as do_truncate.

    Emits: pte_clear, tlb_flush, pagecache_remove.
    Source: fs/open.c: do_sys_ftruncate() [v5.4].
    """
    if length < 0 or length >= 1 << 63:
        raise LinuxError(errno.EINVAL, "length_negative")
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    if file.f_inode.i_kind == S_PIDFD:
        raise LinuxError(errno.EOPNOTSUPP, "pidfd_has_no_bytes")
    if file.f_inode.i_kind != S_IFREG or not file.f_mode & FMODE_WRITE:
        raise LinuxError(errno.EINVAL, "fd_not_for_writing", fd=fd)
    do_truncate(task.system, file.f_inode, length)


def do_truncate(system: System, inode: Inode, length: int) -> None:
    """Give a file another length.

    Args:
        system: the kernel.
        inode: the file.
        length: bytes.

    Raises:
        LinuxError: EFBIG past the largest file; EPERM if the file is sealed against it.

    Emits: what ext4_setattr and truncate_setsize emit.
    Source: fs/open.c: do_truncate() [v5.4].
    """
    if is_proc(inode):
        return  # it has no length
    if length > s_maxbytes(inode):
        raise LinuxError(errno.EFBIG, "end_past_largest_offset")
    file_update_time(system, inode)
    if on_disk(inode):
        ext4_setattr(system, inode, length)
    else:
        shmem_setattr(inode, length)
        truncate_setsize(system, inode.i_mapping, length)


@traced
def do_faccessat(task: TaskStruct, dirfd: int, path: str, mode: int, flags: int = 0) -> None:
    """Say whether the caller may do something with a file.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.
        mode: R_OK, W_OK, X_OK; 0 = is there one?
        flags: AT_EMPTY_PATH: an empty path is the directory or file of `dirfd` itself;
            AT_SYMLINK_NOFOLLOW: it is about a symbolic link itself; AT_EACCESS changes nothing.

    Raises:
        LinuxError: EINVAL for other bits and flags; EACCES to execute what nobody may; what a path
            raises.

    Source: fs/open.c: do_faccessat() [v6.18].
    """
    check_access(mode, flags)
    if not flags & AT_EMPTY_PATH:
        getname(path)
    inode = user_path_at(task, dirfd, path, follow=not flags & AT_SYMLINK_NOFOLLOW)
    refused = not inode.i_mode & S_IXUGO or (inode.noexec and inode.i_kind == S_IFREG)
    if mode & X_OK and inode.i_kind != S_IFDIR and refused:
        raise LinuxError(errno.EACCES, "not_executable", path=path)


def check_access(mode: int, flags: int = 0) -> None:
    """Check what faccessat is asked before the path is looked at.

    Raises:
        LinuxError: EINVAL for other bits and flags.

    Source: fs/open.c: do_faccessat() [v6.18].
    """
    if mode & ~S_IRWXO or flags & ~_ACCESS_FLAGS:
        raise LinuxError(errno.EINVAL, "unknown_flags")


@traced
def do_chdir(task: TaskStruct, path: str) -> None:
    """Make a directory the working one.

    Raises:
        LinuxError: ENOTDIR; and what a path raises.

    Source: fs/open.c: SYSCALL_DEFINE1(chdir) [v6.18].
    """
    inode = user_path_at(task, AT_FDCWD, getname(path))
    if inode.i_kind != S_IFDIR:
        raise LinuxError(errno.ENOTDIR, "not_directory", path=path)
    set_fs_pwd(task, inode)


@traced
def do_fchdir(task: TaskStruct, fd: int) -> None:
    """Make an open directory the working one.

    Raises:
        LinuxError: EBADF, ENOTDIR.

    Source: fs/open.c: SYSCALL_DEFINE1(fchdir) [v6.18].
    """
    file = fget(task, fd)
    if file.f_inode.i_kind != S_IFDIR:
        raise LinuxError(errno.ENOTDIR, "not_directory", path=file.f_path)
    set_fs_pwd(task, file.f_inode)
