"""Taking away what paths name, and giving it other names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import (
    AT_REMOVEDIR,
    RENAME_EXCHANGE,
    RENAME_NOREPLACE,
    RENAME_WHITEOUT,
)
from vmlab.model.linux.fs.inode import file_update_time, inode_set_ctime_current, iput
from vmlab.model.linux.fs.namei import (
    DOTS,
    OFFSETS,
    Place,
    add_offset,
    check_name,
    filename_parentat,
    is_mountpoint,
    mountpoint_of,
    offset_of,
    printable,
)
from vmlab.model.linux.fs.namei_create import make_inode
from vmlab.model.linux.include.fs import DEV_DEVPTS, DEV_DEVTMPFS, DEV_PROC, S_IFCHR, S_IFDIR
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

_RENAME_FLAGS = RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT


@traced
def do_rmdir(task: TaskStruct, dirfd: int, path: str) -> None:
    """Take an empty directory away.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.

    Raises:
        LinuxError: ENOTDIR, ENOTEMPTY; EBUSY for the root and for what is mounted; EINVAL and
            ENOTEMPTY for a path that ends in '.' or '..'; and what a path raises.

    Emits: inode_unlink, inode_free.
    Source: fs/namei.c: do_rmdir() [v6.18].
    """
    place = filename_parentat(task, dirfd, path)
    if place.last in DOTS:
        code = {"": errno.EBUSY, ".": errno.EINVAL, "..": errno.ENOTEMPTY}[place.last]
        raise LinuxError(code, "path_ends_in_dots", path=printable(path))
    inode = _existing(place, path)
    if inode.i_kind != S_IFDIR:
        raise LinuxError(errno.ENOTDIR, "not_directory", path=printable(path))
    _check_removable(task.system, place.path)
    _check_empty(task.system, place.path)
    _take_name(task.system, place, inode)


def check_unlink(flags: int) -> None:
    """Check what unlinkat is asked before the path is looked at.

    Raises:
        LinuxError: EINVAL for unknown flags.

    Source: fs/namei.c: SYSCALL_DEFINE3(unlinkat) [v6.18].
    """
    if flags & ~AT_REMOVEDIR:
        raise LinuxError(errno.EINVAL, "unknown_flags")


@traced
def do_unlinkat(task: TaskStruct, dirfd: int, path: str, flags: int) -> None:
    """Take the name of a file away; the file lives on while it is open or mapped.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.
        flags: AT_REMOVEDIR takes an empty directory away instead.

    Raises:
        LinuxError: EINVAL for other flags; EISDIR; EPERM for a device of the machine, which stays;
            with AT_REMOVEDIR as do_rmdir; and what a path raises.

    Emits: inode_unlink, inode_free.
    Source: fs/namei.c: SYSCALL_DEFINE3(unlinkat), do_unlinkat() [v6.18].
    """
    check_unlink(flags)
    if flags:
        do_rmdir(task, dirfd, path)
        return
    place = filename_parentat(task, dirfd, path)
    if place.last in DOTS:
        raise LinuxError(errno.EISDIR, "is_directory", path=printable(path))
    inode = _existing(place, path)
    if inode.i_kind == S_IFDIR:
        raise LinuxError(errno.EISDIR, "is_directory", path=printable(path))
    if place.slash:
        raise LinuxError(errno.ENOTDIR, "not_directory", path=printable(path))
    _check_no_device(place, inode)
    _take_name(task.system, place, inode)


def check_rename(flags: int) -> None:
    """Check what renameat2 is asked before the paths are looked at.

    Raises:
        LinuxError: EINVAL for unknown flags, and for those that exclude each other.

    Source: fs/namei.c: do_renameat2() [v6.18].
    """
    if flags & ~_RENAME_FLAGS:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if flags & RENAME_EXCHANGE and flags & (RENAME_NOREPLACE | RENAME_WHITEOUT):
        raise LinuxError(
            errno.EINVAL, "flag_excludes", flag="RENAME_EXCHANGE", other="RENAME_NOREPLACE"
        )


@traced
def do_renameat2(
    task: TaskStruct, olddirfd: int, old: str, newdirfd: int, new: str, flags: int
) -> None:
    """Give a file or a directory another name; what had it before loses it.

    Args:
        task: the caller.
        olddirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        old: the path.
        newdirfd: the same for the new path.
        new: the path that it gets.
        flags: RENAME_NOREPLACE: nothing has that name yet; RENAME_EXCHANGE: what has it gets the
            old one; RENAME_WHITEOUT leaves a device with the number 0 behind.

    Raises:
        LinuxError: EINVAL for other flags; EXDEV from one file system to another; EBUSY for '.',
            '..', the root and where one is mounted; EEXIST; EINVAL if a directory would lie in
            itself; ENOTEMPTY, EISDIR, ENOTDIR if what has the name cannot make room; EPERM for a
            device of the machine, which stays; and what a path raises.

    Emits: inode_link, inode_unlink, inode_free, inode_create.
    Source: fs/namei.c: do_renameat2(), vfs_rename() [v6.18].
    """
    check_rename(flags)
    source = filename_parentat(task, olddirfd, old)
    target = filename_parentat(task, newdirfd, new)
    system, exchange = task.system, bool(flags & RENAME_EXCHANGE)
    inode = _check_names(system, (source, old), (target, new), flags)
    is_dir = inode.i_kind == S_IFDIR
    if not is_dir and (source.slash or (target.slash and not exchange)):
        raise LinuxError(errno.ENOTDIR, "not_directory", path=printable(old))
    if target.path.startswith(f"{source.path}/"):
        raise LinuxError(errno.EINVAL, "above_itself", path=printable(old))
    if source.path.startswith(f"{target.path}/"):
        if exchange:
            raise LinuxError(errno.EINVAL, "above_itself", path=printable(new))
        raise LinuxError(errno.ENOTEMPTY, "directory_not_empty", path=printable(new))
    there = target.inode
    if there is inode:
        return
    if there is not None and not exchange:
        _check_kind(target, there, is_dir)
    for place, found in ((source, inode), (target, there)):
        _check_removable(system, place.path)
        if found is not None:
            _check_no_device(place, found)
    moves = {source.path: target.path}
    if there is not None and exchange:
        moves[target.path] = source.path
    elif there is not None:
        if there.i_kind == S_IFDIR:
            _check_empty(system, target.path)
        _take_name(system, target, there)
    _move(system, moves)
    for folder in (source.above, target.above):
        file_update_time(system, folder)
    if flags & RENAME_WHITEOUT:
        make_inode(system, S_IFCHR, source.path, source.above, 0)


def _check_names(
    system: System, source: tuple[Place, str], target: tuple[Place, str], flags: int
) -> Inode:
    # What is told before it is known what the two are. Returns the source.
    (place, old), (other, new) = source, target
    if mountpoint_of(system, place.above.name) != mountpoint_of(system, other.above.name):
        raise LinuxError(errno.EXDEV, "on_another_mount", path=printable(old))
    if place.last in DOTS:
        raise LinuxError(errno.EBUSY, "path_ends_in_dots", path=printable(old))
    if other.last in DOTS:
        code = errno.EEXIST if flags & RENAME_NOREPLACE else errno.EBUSY
        raise LinuxError(code, "path_ends_in_dots", path=printable(new))
    inode = _existing(place, old)
    check_name(other.last)
    if flags & RENAME_NOREPLACE and other.inode is not None:
        raise LinuxError(errno.EEXIST, "path_exists", path=printable(new))
    if flags & RENAME_EXCHANGE and _existing(other, new).i_kind != S_IFDIR and other.slash:
        raise LinuxError(errno.ENOTDIR, "not_directory", path=printable(new))
    return inode


def _check_kind(place: Place, there: Inode, by_dir: bool) -> None:
    is_dir = there.i_kind == S_IFDIR
    if is_dir != by_dir:
        code = errno.EISDIR if is_dir else errno.ENOTDIR
        raise LinuxError(code, "is_directory" if is_dir else "not_directory", path=place.path)


def _existing(place: Place, path: str) -> Inode:
    check_name(place.last)
    if place.inode is None:
        raise LinuxError(errno.ENOENT, "no_such_path", path=printable(path))
    if place.above.dev == DEV_PROC:
        raise LinuxError(errno.EPERM, "path_stays", path=place.path)
    return place.inode


def _check_no_device(place: Place, inode: Inode) -> None:
    # The devices of the machine keep their names.
    if inode.i_kind == S_IFCHR and inode.dev in (DEV_DEVTMPFS, DEV_DEVPTS):
        raise LinuxError(errno.EPERM, "path_stays", path=place.path)


def _check_removable(system: System, path: str) -> None:
    if is_mountpoint(system, path):
        raise LinuxError(errno.EBUSY, "path_stays", path=path)


def _check_empty(system: System, path: str) -> None:
    if any(each.startswith(f"{path}/") for each in system.namei):
        raise LinuxError(errno.ENOTEMPTY, "directory_not_empty", path=path)


def _take_name(system: System, place: Place, inode: Inode) -> None:
    file_update_time(system, place.above)
    remove_link(system, place.path, inode)


def remove_link(system: System, path: str, inode: Inode) -> None:
    """Take a name of an inode away. The name is vmlab's.

    Emits: inode_unlink, inode_free.
    Source: mm/shmem.c: shmem_unlink() [v6.18]; fs/ext4/namei.c: __ext4_unlink() [v6.18].
    """
    del system.namei[path]
    system.offsets.pop(path, None)
    inode.i_nlink -= 1
    inode_set_ctime_current(system, inode)
    emit(system, file_events.InodeUnlink, inode.i_ino, path)
    iput(system, inode)


def _move(system: System, moves: Mapping[str, str]) -> None:
    # With all that lies below, whose names begin with it, and the open files that have them.
    files = list(_open_files(system))
    found = []
    for old, new in moves.items():
        inside = [path for path in system.namei if path == old or path.startswith(f"{old}/")]
        found += [(path, new + path[len(old) :], system.namei[path]) for path in inside]
    places = {path: offset_of(system, path) for path, _, _ in found}
    named = [inode.name == path for path, _, inode in found]
    opened = [
        [each for each in files if each.f_inode is inode and each.f_path == path]
        for path, _, inode in found
    ]
    for path, _, _ in found:
        del system.namei[path]
        system.offsets.pop(path, None)
    for (path, now, inode), is_name, users in zip(found, named, opened, strict=True):
        system.namei[now] = inode
        if path not in moves and places[path] != inode.i_ino * OFFSETS:
            system.offsets[now] = places[path]
        if is_name:
            inode.name = now
        for file in users:
            file.f_path = now
        if path in moves:
            inode_set_ctime_current(system, inode)
            emit(system, file_events.InodeLink, inode.i_ino, now)
            emit(system, file_events.InodeUnlink, inode.i_ino, path)
    for now in reversed(list(moves.values())):
        add_offset(system, now)


def _open_files(system: System) -> Iterator[File]:
    tables = (task.files for task in system.tasks.values())
    for table in tables:
        yield from table.fd.values() if table is not None else ()
    for mm in system.mms.values():
        if mm.exe_file is not None:
            yield mm.exe_file
        yield from (vma.vm_file for vma in mm if vma.vm_file is not None)
