"""What a socket between processes of one machine holds.

Source: include/net/af_unix.h [v6.18].
"""

from __future__ import annotations

from typing import Any, NamedTuple

SK_WMEM_DEFAULT = 212_992  # bytes
RCV_SHUTDOWN, SEND_SHUTDOWN = 1, 2
SHUTDOWN_MASK = RCV_SHUTDOWN | SEND_SHUTDOWN


class SkBuff(NamedTuple):
    """What was sent at once and not read yet (struct sk_buff)."""

    data: bytes
    truesize: int  # bytes of memory that it takes
    files: tuple[Any, ...] = ()  # open files that come with it


class UnixSock(NamedTuple):
    """One end (struct unix_sock)."""

    type: int  # SOCK_*
    pid: int = 0  # of who made the pair
    peer: Any = None  # inode of the other end; None = there is none any more
    connected: bool = False  # there is or was one (sk_state)
    shutdown: int = 0  # RCV_SHUTDOWN, SEND_SHUTDOWN
    err: int = 0  # that is told once (sk_err)
    sndbuf: int = SK_WMEM_DEFAULT  # bytes of memory
    rcvbuf: int = SK_WMEM_DEFAULT
    queue: tuple[SkBuff, ...] = ()  # what is to be read (sk_receive_queue)
