"""From a path to an inode."""

from __future__ import annotations

import errno

from vmlab.errors import LinuxError
from vmlab.model.kernel.fs import S_IFDIR, Inode
from vmlab.model.kernel.system import System

PATH_MAX = 4096  # bytes, with the zero at the end
NAME_MAX = 255  # bytes of one part


def path_lookup(system: System, path: str) -> Inode | None:
    """Return what a path names, None if there is nothing of that name.

    The working directory of every process is the root.

    Raises:
        LinuxError: ENAMETOOLONG; ENOTDIR for a path through a file.

    Source: fs/namei.c: path_lookupat() [v5.4]. Left out: links, '.' and '..', permissions.
    """
    name = path.encode(errors="surrogateescape")
    if len(name) >= PATH_MAX:
        raise LinuxError(errno.ENAMETOOLONG, f"a path of {len(name)} bytes")
    inode = system.namei.get(path if path[:1] in ("", "/") else f"/{path}")
    above = ""
    for part in path.strip("/").split("/") if inode is None else ():
        if len(part.encode(errors="surrogateescape")) > NAME_MAX:
            raise LinuxError(errno.ENAMETOOLONG, f"one part of {path!r} is too long")
        above += f"/{part}"
        found = system.namei.get(above)
        if found is None:
            break
        if found.i_kind != S_IFDIR:
            raise LinuxError(errno.ENOTDIR, f"{above!r} is no directory")
    return inode
