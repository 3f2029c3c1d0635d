"""What sockets of each family do when something is asked of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vmlab.model.abi.socket import AF_UNIX, SOCK_DGRAM, SOCK_STREAM
from vmlab.model.linux.include.sock import Received, Sock
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.linux.lib.iov_iter import IovIter
from vmlab.model.linux.net.ipv4.af_inet import (
    inet_accept,
    inet_bind,
    inet_connect,
    inet_getname,
    inet_listen,
    inet_shutdown,
)
from vmlab.model.linux.net.ipv4.tcp import tcp_recvmsg, tcp_sendmsg
from vmlab.model.linux.net.ipv4.udp import udp_recvmsg, udp_sendmsg
from vmlab.model.linux.net.unix.af_unix import (
    unix_dgram_recvmsg,
    unix_dgram_sendmsg,
    unix_stream_recvmsg,
    unix_stream_sendmsg,
)
from vmlab.model.linux.net.unix.connect import (
    unix_accept,
    unix_bind,
    unix_connect,
    unix_getname,
    unix_listen,
)
from vmlab.model.linux.net.unix.sock import unix_shutdown

_Sendmsg = Callable[[TaskStruct, File, IovIter, int, tuple[File, ...], bytes], int]


class ProtoOps(NamedTuple):
    """What a socket does (struct proto_ops)."""

    bind: Callable[[TaskStruct, Inode, bytes], None]
    listen: Callable[[TaskStruct, Inode, int], None]
    accept: Callable[[TaskStruct, File], Inode]
    connect: Callable[[TaskStruct, File, bytes], None]
    getname: Callable[..., bytes]
    shutdown: Callable[[System, Inode, int], None]
    sendmsg: _Sendmsg
    recvmsg: Callable[[TaskStruct, File, IovIter, int], Received]


def _tcp_sendmsg(
    task: TaskStruct, file: File, from_: IovIter, flags: int, _: tuple[File, ...], __: bytes
) -> int:
    return tcp_sendmsg(task, file, from_, flags)


def _udp_sendmsg(
    task: TaskStruct, file: File, from_: IovIter, flags: int, _: tuple[File, ...], name: bytes
) -> int:
    return udp_sendmsg(task, file, from_, flags, name)


_UNIX = (unix_bind, unix_listen, unix_accept, unix_connect, unix_getname, unix_shutdown)
_INET = (inet_bind, inet_listen, inet_accept, inet_connect, inet_getname, inet_shutdown)
_UNIX_STREAM = ProtoOps(*_UNIX, unix_stream_sendmsg, unix_stream_recvmsg)
_UNIX_DGRAM = ProtoOps(*_UNIX, unix_dgram_sendmsg, unix_dgram_recvmsg)
_INET_STREAM = ProtoOps(*_INET, _tcp_sendmsg, tcp_recvmsg)
_INET_DGRAM = ProtoOps(*_INET, _udp_sendmsg, udp_recvmsg)


def ops_of(sk: Sock) -> ProtoOps:
    """Return what a socket does. The name is vmlab's.

    Source: net/socket.c: __sock_create() [v6.18].
    """
    if sk.family == AF_UNIX:
        return _UNIX_STREAM if sk.type == SOCK_STREAM else _UNIX_DGRAM
    return _INET_DGRAM if sk.type == SOCK_DGRAM else _INET_STREAM
