"""What the file of a socket answers to who polls or closes it, as its family has it."""

from __future__ import annotations

from vmlab.model.abi.socket import AF_UNIX
from vmlab.model.linux.include.structs import File, Inode, System
from vmlab.model.linux.net.core.sock import sock_of
from vmlab.model.linux.net.ipv4.inet_sock import inet_inq, inet_poll, inet_release
from vmlab.model.linux.net.unix.sock import unix_inq_len, unix_poll, unix_release_sock


def sock_poll(inode: Inode) -> int:
    """Return what can be done with a socket without sleeping, as POLL* bits.

    Source: net/socket.c: sock_poll() [v6.18].
    """
    return unix_poll(inode) if sock_of(inode).family == AF_UNIX else inet_poll(inode)


def sock_inq(inode: Inode) -> int:
    """Return how many bytes there are to read; of datagrams those of the first.

    The name is vmlab's.

    Raises:
        LinuxError: EINVAL if it listens, unless it is one of AF_UNIX.

    Source: net/socket.c: sock_ioctl() [v6.18].
    """
    return unix_inq_len(inode) if sock_of(inode).family == AF_UNIX else inet_inq(inode)


def sock_close(system: System, inode: Inode) -> list[File]:
    """Let a socket go; return the open files that were sent to it and nobody took.

    Emits: ep_ready, inode_free.
    Source: net/socket.c: sock_close() [v6.18].
    """
    if sock_of(inode).family == AF_UNIX:
        return unix_release_sock(system, inode)
    inet_release(system, inode)
    return []
