"""Names of sockets between processes, and whose they are: paths, and names behind a zero byte."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import AT_FDCWD
from vmlab.model.abi.socket import AF_UNIX
from vmlab.model.linux.fs.namei import user_path_at
from vmlab.model.linux.include.fs import S_IFSOCK
from vmlab.model.linux.include.structs import Inode, System, TaskStruct
from vmlab.model.linux.net.core.sock import all_socks, sock_of

UNIX_FAMILY = AF_UNIX.to_bytes(2, "little")
_SOCKADDR_UN = 110  # bytes


def check_name(name: bytes) -> None:
    """Check the length and the family of a name.

    Raises:
        LinuxError: EINVAL.

    Source: net/unix/af_unix.c: unix_validate_addr() [v6.18].
    """
    if not len(UNIX_FAMILY) < len(name) <= _SOCKADDR_UN or name[:2] != UNIX_FAMILY:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=len(name))


def is_abstract(name: bytes) -> bool:
    """Say whether a name is no path. The name is vmlab's.

    Source: net/unix/af_unix.c: unix_bind() [v6.18].
    """
    return not name[2]


def path_of(name: bytes) -> str:
    """Return the path that a name is. The name is vmlab's.

    Source: net/unix/af_unix.c: unix_mkname_bsd() [v6.18].
    """
    return name[2:].partition(b"\0")[0].decode(errors="surrogateescape")


def unix_find_other(task: TaskStruct, name: bytes, kind: int) -> Inode:
    """Return the socket that has a name.

    Args:
        task: the caller.
        name: a struct sockaddr_un.
        kind: its type, SOCK_*.

    Raises:
        LinuxError: what a path raises; ECONNREFUSED if no socket has it; EPROTOTYPE if it is of
            another type.

    Source: net/unix/af_unix.c: unix_find_other() [v6.18].
    """
    if is_abstract(name):
        found = unix_find_socket_byname(task.system, name, kind)
    else:
        named = user_path_at(task, AT_FDCWD, path_of(name))
        if named.i_kind != S_IFSOCK:
            raise LinuxError(errno.ECONNREFUSED, "no_socket_of_name")
        found = unix_find_socket_byinode(task.system, named)
    if found is None:
        raise LinuxError(errno.ECONNREFUSED, "no_socket_of_name")
    if sock_of(found).type != kind:
        raise LinuxError(errno.EPROTOTYPE, "socket_of_other_type")
    return found


def unix_find_socket_byname(system: System, name: bytes, kind: int) -> Inode | None:
    """Return the socket of a type and a name that is no path.

    Source: net/unix/af_unix.c: __unix_find_socket_byname() [v6.18].
    """
    socks = all_socks(system, (AF_UNIX,))
    named = ((inode, sk) for inode, sk in socks if sk.bound == inode.i_ino and sk.type == kind)
    return next((inode for inode, sk in named if sk.name == name), None)


def unix_find_socket_byinode(system: System, named: Inode) -> Inode | None:
    """Return the socket whose name leads to an inode.

    Source: net/unix/af_unix.c: unix_find_socket_byinode() [v6.18].
    """
    socks = all_socks(system, (AF_UNIX,))
    return next((inode for inode, sk in socks if sk.bound == named.i_ino), None)


def unix_may_send(inode: Inode, other: Inode) -> bool:
    """Say whether a socket takes datagrams of another: it has no peer, or that one.

    Source: net/unix/af_unix.c: unix_may_send() [v6.18].
    """
    peer = sock_of(other).peer
    return peer is None or peer is inode
