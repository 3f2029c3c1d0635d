"""From a path to an inode."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.include.fs import S_IFDIR
from vmlab.model.linux.include.structs import Inode, System

_PATH_MAX = 4096  # bytes, with the zero byte at the end
_NAME_MAX = 255  # bytes of one name


def getname(path: str) -> str:
    """Check the length of a path that a program gave.

    Raises:
        LinuxError: ENOENT if it is empty; ENAMETOOLONG.

    Source: fs/namei.c: getname_flags() [v5.4].
    """
    if not path:
        raise LinuxError(errno.ENOENT, "path_empty")
    if (size := len(path.encode(errors="surrogateescape"))) >= _PATH_MAX:
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
    Left out: working directories; a symbolic link is one more name of its file.
    """
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
        inode = system.namei.get(_join(walked))
    return _join(walked) if inode is None else inode.name, inode


def mount_of(system: System, path: str) -> str:
    """Return the device of the directory that a path lies in.

    Args:
        system: the kernel.
        path: absolute path of what may not be there yet.

    Source: fs/namei.c: path_parentat() [v6.18].
    """
    above = path.rstrip("/").rpartition("/")[0]
    return system.namei[above or "/"].dev


def _join(names: list[str]) -> str:
    return "/" + "/".join(names)
