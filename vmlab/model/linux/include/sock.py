"""What a socket holds, of whatever family it is.

Source: include/net/sock.h, include/net/af_unix.h, include/net/inet_sock.h [v6.18].
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Any, NamedTuple

SK_WMEM_DEFAULT = 212_992  # bytes
RCV_SHUTDOWN, SEND_SHUTDOWN = 1, 2
SHUTDOWN_MASK = RCV_SHUTDOWN | SEND_SHUTDOWN


class SkState(IntEnum):
    """How far the connection of a socket is (enum of include/net/tcp_states.h)."""

    TCP_ESTABLISHED = 1
    TCP_SYN_SENT = 2  # it waits for a place in the queue of who listens
    TCP_FIN_WAIT2 = 5  # it has ended what it sends
    TCP_CLOSE = 7
    TCP_CLOSE_WAIT = 8  # its other end has
    TCP_LISTEN = 10


class SkFlag(IntFlag):
    """What was chosen for a socket, and what came of it (enum sock_flags; its numbers are not)."""

    SOCK_REUSEADDR = 1
    SOCK_KEEPOPEN = 2
    SOCK_BROADCAST = 4
    SOCK_REUSEPORT = 8
    IPV6_V6ONLY = 16
    TCP_NODELAY = 32
    SOCK_DONE = 64  # a connection of it has ended
    SS_CONNECTING = 128  # connect answered EINPROGRESS, and nobody asked again
    SOCK_BINDPORT_LOCK = 256  # its port was chosen by who made it


class SkBuff(NamedTuple):
    """What was sent at once and not read yet (struct sk_buff)."""

    data: bytes
    truesize: int  # bytes of memory that it takes
    files: tuple[Any, ...] = ()  # open files that come with it
    name: bytes = b""  # of who sent it
    owner: Any = None  # inode of who sent it; of a connection that waits, its new socket


class Received(NamedTuple):
    """What came: bytes, MSG_* bits, open files, from whom. The name is vmlab's."""

    size: int  # bytes
    flags: int = 0
    files: tuple[Any, ...] = ()  # that came with it
    name: bytes = b""  # of who sent it


class Sock(NamedTuple):
    """A socket (struct sock)."""

    family: int  # AF_*
    type: int  # SOCK_*
    protocol: int = 0
    state: int = SkState.TCP_CLOSE
    pid: int = 0  # whose it is that SO_PEERCRED tells
    peer: Any = None  # inode of the other end; None = there is none any more
    shutdown: int = 0  # RCV_SHUTDOWN, SEND_SHUTDOWN
    err: int = 0  # that is told once (sk_err)
    sndbuf: int = SK_WMEM_DEFAULT  # bytes of memory
    rcvbuf: int = SK_WMEM_DEFAULT
    flags: int = 0  # SkFlag bits
    backlog: int = 0  # connections, or datagrams, that may wait (sk_max_ack_backlog)
    rcvtimeo: int = 0  # nanoseconds that it waits to receive, 0 = without end
    sndtimeo: int = 0  # to send
    wmem_alloc: int = 0  # bytes of memory that what it sent takes, and nobody has read
    bound: int = 0  # inode that its name leads to: that of its path, or its own; 0 = none
    name: bytes = b""  # struct sockaddr, without what stands behind its last byte
    peer_name: bytes = b""  # the same of its other end
    queue: tuple[SkBuff, ...] = ()  # what is to be read, or accepted (sk_receive_queue)

    @property
    def connected(self) -> bool:
        """Say whether there is or was another end."""
        return self.state in (
            SkState.TCP_ESTABLISHED,
            SkState.TCP_CLOSE_WAIT,
            SkState.TCP_FIN_WAIT2,
        )
