"""From a path to an inode: parts of paths, links on the way, the last name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import AT_FDCWD
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.fs.inode import touch_atime
from vmlab.model.linux.fs.proc.generic import in_proc, proc_lookup
from vmlab.model.linux.include.fs import S_IFDIR, S_IFLNK
from vmlab.model.linux.include.structs import Inode, System, TaskStruct

PATH_MAX = 4096  # bytes, with the zero byte at the end
_NAME_MAX = 255  # bytes of one name
_MAXSYMLINKS = 40  # links that one path leads through
OFFSETS = 1 << 12  # places in directories from one inode to the next, for names that are newer
DOTS = ("", ".", "..")  # last parts of paths that are no names


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


@dataclass(slots=True)
class Nameidata:
    """How far a path was followed (struct nameidata)."""

    total_link_count: int = 0  # symbolic links on the way

    def follow(self, system: System, link: Inode) -> str:
        """Return where a symbolic link leads.

        Raises:
            LinuxError: ELOOP if there were too many.

        Source: fs/namei.c: pick_link() [v6.18].
        """
        if self.total_link_count >= _MAXSYMLINKS:
            raise LinuxError(errno.ELOOP, "too_many_links", path=printable(link.name))
        self.total_link_count += 1
        touch_atime(system, link)
        return link.i_link


def path_walk(
    system: System, path: str, start: Inode | None = None, *, follow: bool = True
) -> tuple[str, Inode | None]:
    """Follow a path.

    Returns the name that /proc shows and the inode, None if only the last name is missing.

    Args:
        system: the kernel.
        path: the path.
        start: the directory where a relative or empty one begins; None = the root.
        follow: a symbolic link at the end is followed, too; one before a slash always is.

    Raises:
        LinuxError: ENOENT for a missing directory; ENAMETOOLONG; ENOTDIR for a file on the way,
            or one at the end whose path ends in a slash; ELOOP for too many symbolic links.

    Source: fs/namei.c: link_path_walk() [v5.4].
    """
    walked, inode = walk(system, path, start, Nameidata(), follow=follow)
    if inode is not None and in_proc(system, walked[1:].split("/")):
        return inode.name, inode
    return walked, inode


def walk(
    system: System, path: str, start: Inode | None, nd: Nameidata, *, follow: bool = True
) -> tuple[str, Inode | None]:
    """Follow a part of a path; return its name without links, '.' and '..', and the inode.

    The name is vmlab's.

    Args:
        system: the kernel.
        path: the path.
        start: the directory where a relative or empty one begins; None = the root.
        nd: counts links.
        follow: a symbolic link at the end is followed, too.

    Raises:
        LinuxError: as path_walk.

    Source: fs/namei.c: link_path_walk(), walk_component() [v6.18].
    """
    at_root = path.startswith("/") or start is None or start.name == "/"
    walked = [] if at_root or start is None else start.name[1:].split("/")
    inode = system.namei["/"] if at_root else start
    left = path.split("/")[::-1]
    while left:
        name = left.pop()
        if not name and walked == []:
            continue
        if inode is None:
            raise LinuxError(errno.ENOENT, "no_such_path", path=printable(_join(walked)))
        if inode.i_kind != S_IFDIR:
            raise LinuxError(errno.ENOTDIR, "not_directory", path=printable(_join(walked)))
        check_name(name)
        if name in ("", "."):
            continue
        gone = not inode.i_nlink and name != ".."
        if name == "..":
            del walked[-1:]
        else:
            walked.append(name)
        if gone:
            inode = None
        elif in_proc(system, walked):
            inode = proc_lookup(system, walked)
            if inode is not None and inode.name.startswith("/"):
                walked = [part for part in inode.name.split("/") if part]
        else:
            inode = system.namei.get(_join(walked))
        if inode is not None and inode.i_kind == S_IFLNK and (left or follow):
            target = nd.follow(system, inode)
            walked = [] if target.startswith("/") else walked[:-1]
            inode = system.namei[_join(walked)]
            left += target.split("/")[::-1]
    return _join(walked), inode


def offset_of(system: System, path: str) -> int:
    """Return the place of a name in its directory: the newest name has the largest.

    Source: fs/libfs.c: simple_offset_add() [v6.18].
    """
    return system.offsets.get(path, system.namei[path].i_ino * OFFSETS)


def add_offset(system: System, path: str) -> None:
    """Make a name the newest of its directory, which it is not by the number of its inode.

    Source: fs/libfs.c: simple_offset_add() [v6.18].
    """
    newest = (system.next_ino - 1) * OFFSETS
    system.offsets[path] = max((newest, *system.offsets.values())) + 1


def mount_of(system: System, path: str) -> str:
    """Return the device of the lowest directory above a path that is there.

    Args:
        system: the kernel.
        path: absolute path of what may not be there yet.

    Source: fs/namei.c: path_parentat() [v6.18].
    """
    return lowest_above(system, path).dev


def lowest_above(system: System, path: str) -> Inode:
    """Return the lowest directory above a path that is there. The name is vmlab's.

    Args:
        system: the kernel.
        path: absolute path of what may not be there yet.

    Source: fs/namei.c: path_parentat() [v6.18].
    """
    above = path.rstrip("/").rpartition("/")[0]
    while above and above not in system.namei:
        above = above.rpartition("/")[0]
    return system.namei[above or "/"]


def mountpoint_of(system: System, path: str) -> str:
    """Return the directory where what lies at a path is mounted.

    Args:
        system: the kernel.
        path: absolute path of what is there.

    Source: fs/mount.h: struct mount [v6.18].
    """
    while path != "/" and not is_mountpoint(system, path):
        path = path.rpartition("/")[0] or "/"
    return path


def is_mountpoint(system: System, path: str) -> bool:
    """Say whether something is mounted at a path: it is on another device than what holds it.

    Source: fs/mount.h: is_local_mountpoint() [v6.18].
    """
    inode, above = system.namei.get(path), system.namei.get(path.rpartition("/")[0] or "/")
    if inode is None or above is None:
        return False
    return inode.i_kind == S_IFDIR and inode.dev != above.dev


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


def user_path_at(task: TaskStruct, dirfd: int, path: str, *, follow: bool = True) -> Inode:
    """Return the inode of a path that a program gave.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path; an empty one is that directory itself.
        follow: a symbolic link at the end is followed, too.

    Raises:
        LinuxError: as path_init and path_walk; ENOENT if there is nothing of that name.

    Source: fs/namei.c: user_path_at() [v6.18].
    """
    return filename_lookup(task, dirfd, path, follow=follow)[1]


def filename_lookup(
    task: TaskStruct, dirfd: int, path: str, *, follow: bool = True
) -> tuple[str, Inode]:
    """Return the name without links of a path that a program gave, and the inode.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path; an empty one is that directory, or open file, itself.
        follow: a symbolic link at the end is followed, too.

    Raises:
        LinuxError: as user_path_at.

    Source: fs/namei.c: filename_lookup() [v6.18].
    """
    start = path_init(task, dirfd, path)
    if start is not None and not path:
        name = start.name if dirfd == AT_FDCWD else fget(task, dirfd).f_path
        return name, start
    walked, inode = path_walk(task.system, path, start, follow=follow)
    if inode is None:
        raise LinuxError(errno.ENOENT, "no_such_path", path=printable(path))
    return walked, inode


class Place(NamedTuple):
    """The last name of a path, in a directory that there is (struct qstr)."""

    above: Inode
    path: str  # from the root
    last: str  # the last part as the path has it: '' = the root, '.', '..', or a name
    slash: bool  # it ends in one
    inode: Inode | None


def filename_parentat(task: TaskStruct, dirfd: int, path: str) -> Place:
    """Return the last name of a path that a program gave; a link of that name is not followed.

    Args:
        task: the caller.
        dirfd: of the directory where a relative path begins; AT_FDCWD = the working directory.
        path: the path.

    Raises:
        LinuxError: as getname, path_init and path_walk.

    Source: fs/namei.c: filename_parentat() [v6.18].
    """
    getname(path)
    return parentat(task.system, path, path_init(task, dirfd, path), Nameidata())


def parentat(system: System, path: str, start: Inode | None, nd: Nameidata) -> Place:
    """Return the last name of a path; a link of that name is not followed.

    Args:
        system: the kernel.
        path: the path.
        start: the directory where a relative one begins; None = the root.
        nd: counts links.

    Raises:
        LinuxError: as path_walk.

    Source: fs/namei.c: path_parentat() [v6.18].
    """
    bare = path.rstrip("/")
    above, _, last = bare.rpartition("/")
    folder = above + "/" if above or path.startswith("/") else "./"
    walked, parent = walk(system, folder, start, nd)
    assert parent is not None
    slash = bare != path
    if last in DOTS:
        return Place(parent, walked, last, slash, parent)
    found = f"{walked.rstrip('/')}/{last}"
    if not parent.i_nlink:
        return Place(parent, found, last, slash, None)
    names = found[1:].split("/")
    inode = proc_lookup(system, names) if in_proc(system, names) else system.namei.get(found)
    return Place(parent, found, last, slash, inode)
