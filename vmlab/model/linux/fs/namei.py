"""From a path to an inode; making, renaming and taking away what paths name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import AT_FDCWD, AT_REMOVEDIR
from vmlab.model.abi.stat import S_IRWXUGO, S_ISVTX
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.fs.inode import alloc_inode, iput
from vmlab.model.linux.fs.proc.generic import in_proc, proc_lookup, proc_readlink
from vmlab.model.linux.include.fs import DEV_PROC, S_IFDIR, S_IFREG
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

PATH_MAX = 4096  # bytes, with the zero byte at the end
_NAME_MAX = 255  # bytes of one name
_DOTS = ("", ".", "..")


def getname(path: str) -> str:
    """Check the length of a path that a program gave.

    Raises:
        LinuxError: ENOENT if it is empty; ENAMETOOLONG.

    Source: fs/namei.c: getname_flags() [v5.4].
    """
    if not path:
        raise LinuxError(errno.ENOENT, "path_empty")
    if (size := len(path.encode(errors="surrogateescape"))) >= PATH_MAX:
        raise LinuxError(errno.ENAMETOOLONG, "path_too_long", nr_bytes=size)
    return path


def check_name(name: str) -> None:
    """Check the length of one part of a path.

    Raises:
        LinuxError: ENAMETOOLONG.

    Source: mm/shmem.c: shmem_fill_super() [v5.4].
    """
    if (size := len(name.encode(errors="surrogateescape"))) > _NAME_MAX:
        raise LinuxError(errno.ENAMETOOLONG, "name_too_long", nr_bytes=size)


def printable(path: str) -> str:
    """Return a path as a message shows it, with an escape for each byte that is no UTF-8.

    Source: fs/seq_file.c: mangle_path() [v5.4].
    """
    return path.encode(errors="surrogateescape").decode(errors="backslashreplace")


def path_walk(system: System, path: str, start: Inode | None = None) -> tuple[str, Inode | None]:
    """Follow a path.

    Returns the name that /proc shows and the inode, None if only the last name is missing.

    Args:
        system: the kernel.
        path: the path.
        start: the directory where a relative or empty one begins; None = the root.

    Raises:
        LinuxError: ENOENT for a missing directory; ENAMETOOLONG; ENOTDIR for a file on the way,
            or one at the end whose path ends in a slash.

    Source: fs/namei.c: link_path_walk() [v5.4].
    Left out: a symbolic link is one more name of its file.
    """
    walked, inode = _walk(system, path, start)
    return walked if inode is None else inode.name, inode


def _walk(system: System, path: str, start: Inode | None) -> tuple[str, Inode | None]:
    # The same, with the name that the path itself has without '.' and '..'.
    at_root = path.startswith("/") or start is None or start.name == "/"
    walked = [] if at_root or start is None else start.name[1:].split("/")
    inode = system.namei.get(_join(walked))
    for name in path.split("/"):
        if not name and walked == []:
            continue
        if inode is None:
            raise LinuxError(errno.ENOENT, "no_such_path", path=printable(_join(walked)))
        if inode.i_kind != S_IFDIR:
            raise LinuxError(errno.ENOTDIR, "not_directory", path=printable(_join(walked)))
        check_name(name)
        if name == "..":
            del walked[-1:]
        elif name not in ("", "."):
            walked.append(name)
        if in_proc(system, walked):
            inode = proc_lookup(system, walked)
            if inode is not None and inode.name.startswith("/"):
                walked = [part for part in inode.name.split("/") if part]
        else:
            inode = system.namei.get(_join(walked))
    return _join(walked), inode


def mount_of(system: System, path: str) -> str:
    """Return the device of the lowest directory above a path that is there.

    Args:
        system: the kernel.
        path: absolute path of what may not be there yet.

    Source: fs/namei.c: path_parentat() [v6.18].
    """
    above = path.rstrip("/").rpartition("/")[0]
    while above and above not in system.namei:
        above = above.rpartition("/")[0]
    return system.namei[above or "/"].dev


def _join(names: list[str]) -> str:
    return "/" + "/".join(names)


def path_init(task: TaskStruct, dirfd: int, path: str) -> Inode | None:
    """Return the directory where a path begins; None = the root.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.

    Raises:
        LinuxError: EBADF; ENOTDIR if the descriptor is no directory.

    Source: fs/namei.c: path_init() [v6.18].
    """
    if path.startswith("/"):
        return None
    if dirfd == AT_FDCWD:
        return task.fs.pwd if task.fs is not None else None
    file = fget(task, dirfd)
    if file.f_inode.i_kind != S_IFDIR and path:
        raise LinuxError(errno.ENOTDIR, "not_directory", path=file.f_path)
    return file.f_inode


def user_path_at(task: TaskStruct, dirfd: int, path: str) -> Inode:
    """Return the inode of a path that a program gave.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path; an empty one is that directory itself.

    Raises:
        LinuxError: as path_init and path_walk; ENOENT if there is nothing of that name.

    Source: fs/namei.c: user_path_at() [v6.18].
    """
    start = path_init(task, dirfd, path)
    if start is not None and not path:
        return start
    inode = path_walk(task.system, path, start)[1]
    if inode is None:
        raise LinuxError(errno.ENOENT, "no_such_path", path=printable(path))
    return inode


def link_of(task: TaskStruct, dirfd: int, path: str) -> str | None:
    """Return where a symbolic link leads; None if a path names none. Only /proc has some.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.

    Raises:
        LinuxError: as path_init and path_walk.

    Source: fs/namei.c: vfs_readlink() [v6.18].
    """
    if not path or path.endswith("/"):
        return None
    above, _, last = path.rpartition("/")
    folder = above + "/" if above or path.startswith("/") else "./"
    walked, _ = _walk(task.system, folder, path_init(task, dirfd, path))
    names = [part for part in walked.split("/") if part]
    return proc_readlink(task.system, [*names, last]) if in_proc(task.system, names) else None


class _Place(NamedTuple):
    # The last name of a path, in a directory that there is. Source: fs/namei.c: struct qstr.
    above: Inode
    path: str  # from the root
    last: str  # the last part as the path has it: '' = the root, '.', '..', or a name
    slash: bool  # it ends in one
    inode: Inode | None


def _filename_parentat(task: TaskStruct, dirfd: int, path: str) -> _Place:
    # Source: fs/namei.c: filename_parentat() [v6.18].
    getname(path)
    start = path_init(task, dirfd, path)
    bare = path.rstrip("/")
    above, _, last = bare.rpartition("/")
    folder = above + "/" if above or path.startswith("/") else "./"
    system = task.system
    walked, parent = _walk(system, folder, start)
    assert parent is not None
    slash = bare != path
    if last in _DOTS:
        return _Place(parent, walked, last, slash, parent)
    check_name(last)
    found = f"{walked.rstrip('/')}/{last}"
    names = found[1:].split("/")
    inode = proc_lookup(system, names) if in_proc(system, names) else system.namei.get(found)
    return _Place(parent, found, last, slash, inode)


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
    place = _filename_parentat(task, dirfd, path)
    if place.inode is not None:
        raise LinuxError(errno.EEXIST, "path_exists", path=printable(path))
    if place.above.dev == DEV_PROC:
        raise LinuxError(errno.ENOENT, "no_such_path", path=printable(path))
    system = task.system
    inode = system.namei[place.path] = alloc_inode(system, S_IFDIR, place.path, place.above.dev)
    inode.i_mode = mode & (S_IRWXUGO | S_ISVTX) & ~umask_of(task)


def umask_of(task: TaskStruct) -> int:
    """Return the rights that a new file of a task does not get.

    Source: include/linux/fs_struct.h: current_umask() [v6.18].
    """
    return task.fs.umask if task.fs is not None else 0


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
    place = _filename_parentat(task, dirfd, path)
    if place.last in _DOTS:
        code = {"": errno.EBUSY, ".": errno.EINVAL, "..": errno.ENOTEMPTY}[place.last]
        raise LinuxError(code, "path_ends_in_dots", path=printable(path))
    inode = _existing(place, path)
    if inode.i_kind != S_IFDIR:
        raise LinuxError(errno.ENOTDIR, "not_directory", path=printable(path))
    _check_removable(task.system, place.path)
    _check_empty(task.system, place.path)
    _take_name(task.system, place.path, inode)


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
        LinuxError: EINVAL for other flags; EISDIR; EPERM for a device, which stays; with
            AT_REMOVEDIR as do_rmdir; and what a path raises.

    Emits: inode_unlink, inode_free.
    Source: fs/namei.c: SYSCALL_DEFINE3(unlinkat), do_unlinkat() [v6.18].
    """
    check_unlink(flags)
    if flags:
        do_rmdir(task, dirfd, path)
        return
    place = _filename_parentat(task, dirfd, path)
    if place.last in _DOTS:
        raise LinuxError(errno.EISDIR, "is_directory", path=printable(path))
    inode = _existing(place, path)
    if inode.i_kind == S_IFDIR:
        raise LinuxError(errno.EISDIR, "is_directory", path=printable(path))
    if place.slash:
        raise LinuxError(errno.ENOTDIR, "not_directory", path=printable(path))
    if inode.i_kind != S_IFREG:
        raise LinuxError(errno.EPERM, "path_stays", path=place.path)
    _take_name(task.system, place.path, inode)


@traced
def do_renameat(task: TaskStruct, olddirfd: int, old: str, newdirfd: int, new: str) -> None:
    """Give a file or a directory another name; what had it before loses it.

    Args:
        task: the caller.
        olddirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        old: the path.
        newdirfd: the same for the new path.
        new: the path that it gets.

    Raises:
        LinuxError: EXDEV from one file system to another; EBUSY for '.', '..', the root and where
            one is mounted; EINVAL if a directory would
            lie in itself; ENOTEMPTY, EISDIR, ENOTDIR if what has the name cannot make room;
            EPERM for a device, which stays; and what a path raises.

    Emits: inode_link, inode_unlink, inode_free.
    Source: fs/namei.c: do_renameat2(), vfs_rename() [v6.18].
    """
    source = _filename_parentat(task, olddirfd, old)
    target = _filename_parentat(task, newdirfd, new)
    if _mount(task.system, source.above) != _mount(task.system, target.above):
        raise LinuxError(errno.EXDEV, "on_another_mount", path=printable(old))
    for place, path in ((source, old), (target, new)):
        if place.last in _DOTS:
            raise LinuxError(errno.EBUSY, "path_ends_in_dots", path=printable(path))
    inode = _existing(source, old)
    is_dir = inode.i_kind == S_IFDIR
    if (source.slash or target.slash) and not is_dir:
        raise LinuxError(errno.ENOTDIR, "not_directory", path=printable(old))
    if target.path.startswith(f"{source.path}/"):
        raise LinuxError(errno.EINVAL, "above_itself", path=printable(old))
    if source.path.startswith(f"{target.path}/"):
        raise LinuxError(errno.ENOTEMPTY, "directory_not_empty", path=printable(new))
    if target.inode is inode:
        return
    if target.inode is not None:
        _check_kind(target, target.inode, is_dir)
    _check_removable(task.system, source.path)
    if inode.i_kind not in (S_IFREG, S_IFDIR):
        raise LinuxError(errno.EPERM, "path_stays", path=source.path)
    system, there = task.system, target.inode
    if there is not None:
        _check_replaceable(system, target, there)
        _take_name(system, target.path, there)
    _move(system, source.path, target.path)


def _check_kind(place: _Place, there: Inode, by_dir: bool) -> None:
    is_dir = there.i_kind == S_IFDIR
    if is_dir != by_dir:
        code = errno.EISDIR if is_dir else errno.ENOTDIR
        raise LinuxError(code, "is_directory" if is_dir else "not_directory", path=place.path)


def _check_replaceable(system: System, place: _Place, there: Inode) -> None:
    _check_removable(system, place.path)
    if there.i_kind == S_IFDIR:
        _check_empty(system, place.path)
    elif there.i_kind != S_IFREG:
        raise LinuxError(errno.EPERM, "path_stays", path=place.path)


def _existing(place: _Place, path: str) -> Inode:
    if place.inode is None:
        raise LinuxError(errno.ENOENT, "no_such_path", path=printable(path))
    if place.above.dev == DEV_PROC:
        raise LinuxError(errno.EPERM, "path_stays", path=place.path)
    return place.inode


def _mount(system: System, folder: Inode) -> str:
    # The directory where what a directory lies in is mounted.
    path = folder.name
    while path != "/" and not _is_mountpoint(system, path):
        path = path.rpartition("/")[0] or "/"
    return path


def _is_mountpoint(system: System, path: str) -> bool:
    # A directory is on another device than the one that holds it only where one is mounted.
    inode, above = system.namei[path], system.namei[path.rpartition("/")[0] or "/"]
    return inode.i_kind == S_IFDIR and inode.dev != above.dev


def _check_removable(system: System, path: str) -> None:
    if _is_mountpoint(system, path):
        raise LinuxError(errno.EBUSY, "path_stays", path=path)


def _check_empty(system: System, path: str) -> None:
    if any(each.startswith(f"{path}/") for each in system.namei):
        raise LinuxError(errno.ENOTEMPTY, "directory_not_empty", path=path)


def _take_name(system: System, path: str, inode: Inode) -> None:
    del system.namei[path]
    inode.i_nlink -= 1
    emit(system, file_events.InodeUnlink, inode.i_ino, path)
    iput(system, inode)


def _move(system: System, old: str, new: str) -> None:
    # With all that lies below, whose names begin with it, and the open files that have them.
    moved = [path for path in system.namei if path == old or path.startswith(f"{old}/")]
    files = list(_open_files(system))
    for path in moved:
        now = new + path[len(old) :]
        inode = system.namei.pop(path)
        system.namei[now] = inode
        if inode.name == path:
            inode.name = now
        for file in files:
            if file.f_inode is inode and file.f_path == path:
                file.f_path = now
        if path == old:
            emit(system, file_events.InodeLink, inode.i_ino, now)
            emit(system, file_events.InodeUnlink, inode.i_ino, path)


def _open_files(system: System) -> Iterator[File]:
    tables = (task.files for task in system.tasks.values())
    for table in tables:
        yield from table.fd.values() if table is not None else ()
    for mm in system.mms.values():
        if mm.exe_file is not None:
            yield mm.exe_file
        yield from (vma.vm_file for vma in mm if vma.vm_file is not None)
