"""Names of sockets of the Internet, and what becomes of such a socket: its state and its end.

An address is 16 bytes here: one of IPv4 as IPv6 has it, behind `::ffff:`.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.poll import POLLERR, POLLHUP, POLLIN, POLLRDHUP, POLLRDNORM, POLLWRBAND
from vmlab.model.abi.socket import AF_INET, AF_INET6, SOCK_DGRAM
from vmlab.model.linux.fs.eventpoll_wake import ANY_KEY, wake_up_poll
from vmlab.model.linux.fs.inode import iput
from vmlab.model.linux.include.sock import (
    RCV_SHUTDOWN,
    SEND_SHUTDOWN,
    SHUTDOWN_MASK,
    SkFlag,
    SkState,
    Sock,
)
from vmlab.model.linux.include.structs import Inode, System
from vmlab.model.linux.net.core.sock import (
    WRITABLE,
    all_socks,
    sock_of,
    sock_set,
    sock_wfree,
    sock_writeable,
)

FAMILIES = (AF_INET, AF_INET6)
MAPPED = bytes(10) + b"\xff\xff"
ANY_V4, ANY_V6 = MAPPED + bytes(4), bytes(16)
LOOPBACK_V4, LOOPBACK_V6 = MAPPED + b"\x7f\0\0\1", bytes(15) + b"\1"
SOCKADDR_IN, SOCKADDR_IN6 = struct.Struct("<H2s4s8x"), struct.Struct("<H2s4s16sI")
_PORTS = range(32768, 61000)  # from which the kernel chooses


class Endpoint(NamedTuple):
    """Where a socket is: address and port. The name is vmlab's."""

    addr: bytes
    port: int


def endpoint(name: bytes) -> Endpoint:
    """Return what a name tells; nothing but 0 if there is none.

    Args:
        name: a struct sockaddr_in or sockaddr_in6.

    Source: net/ipv6/tcp_ipv6.c: tcp_v6_connect() [v6.18].
    """
    if not name:
        return Endpoint(ANY_V6, 0)
    port = int.from_bytes(name[2:4], "big")
    if int.from_bytes(name[:2], "little") == AF_INET:
        return Endpoint(MAPPED + name[4:8], port)
    return Endpoint(name[8:24], port)


def sockaddr(family: int, at: Endpoint) -> bytes:
    """Return where a socket is as a struct sockaddr_in or sockaddr_in6. The name is vmlab's.

    Source: net/ipv4/af_inet.c: inet_getname() [v6.18].
    """
    port = at.port.to_bytes(2, "big")
    if family == AF_INET:
        return SOCKADDR_IN.pack(AF_INET, port, at.addr[12:])
    return SOCKADDR_IN6.pack(AF_INET6, port, bytes(4), at.addr, 0)


def is_v4(addr: bytes) -> bool:
    """Say whether an address is one of IPv4. The name is vmlab's.

    Source: include/net/ipv6.h: ipv6_addr_v4mapped() [v6.18].
    """
    return addr.startswith(MAPPED)


def is_loopback(addr: bytes) -> bool:
    """Say whether an address is one of this machine, and leads to it.

    Source: include/linux/in.h: ipv4_is_loopback() [v6.18].
    """
    return addr == LOOPBACK_V6 or (is_v4(addr) and addr[12] == LOOPBACK_V4[12])


def own_endpoint(sk: Sock) -> Endpoint:
    """Return where a socket is, if it has a name; else nowhere of its family.

    The name is vmlab's.

    Source: include/net/inet_sock.h: struct inet_sock [v6.18].
    """
    if not sk.name:
        return Endpoint(ANY_V4 if sk.family == AF_INET else ANY_V6, 0)
    return endpoint(sk.name)


def answers_for(sk: Sock, addr: bytes) -> bool:
    """Say whether what is sent to an address is for a socket, by where that is.

    Source: net/ipv4/inet_hashtables.c: compute_score() [v6.18].
    """
    own = own_endpoint(sk).addr
    if own == ANY_V6:
        return not (is_v4(addr) and sk.flags & SkFlag.IPV6_V6ONLY)
    return own == addr or (own == ANY_V4 and is_v4(addr))


def _overlap(one: Sock, other: Sock) -> bool:
    # Something could be for both. Source: net/ipv4/inet_connection_sock.c: inet_rcv_saddr_equal()
    # [v6.18].
    first, second = own_endpoint(one).addr, own_endpoint(other).addr
    return answers_for(one, second) or answers_for(other, first)


def inet_csk_bind_conflict(system: System, sk: Sock, *, listens: bool = False) -> bool:
    """Say whether another socket has the port of one, at an address where both cannot be.

    Args:
        system: the kernel.
        sk: the socket; its name says where it would be.
        listens: it would listen there.

    Source: net/ipv4/inet_connection_sock.c: inet_csk_bind_conflict() [v6.18]; net/ipv4/udp.c:
        udp_lib_lport_inuse() [v6.18].
    """
    port = own_endpoint(sk).port
    both = SkFlag.SOCK_REUSEADDR | SkFlag.SOCK_REUSEPORT
    for _, other in all_socks(system, FAMILIES):
        if other.type != sk.type or own_endpoint(other).port != port or not _overlap(sk, other):
            continue
        shared = sk.flags & other.flags & both
        if listens and other.state != SkState.TCP_LISTEN:
            continue
        alone = sk.type != SOCK_DGRAM and other.state == SkState.TCP_LISTEN
        if not shared or (alone and not shared & SkFlag.SOCK_REUSEPORT):
            return True
    return False


def inet_csk_find_open_port(system: System, sk: Sock) -> int:
    """Return the first port that no socket of the type has.

    Raises:
        LinuxError: EADDRINUSE if there is none.

    Source: net/ipv4/inet_connection_sock.c: inet_csk_find_open_port() [v6.18].
    Left out: that Linux begins at a random one.
    """
    used = {
        own_endpoint(each).port for _, each in all_socks(system, FAMILIES) if each.type == sk.type
    }
    port = next((each for each in _PORTS if each not in used), None)
    if port is None:
        raise LinuxError(errno.EADDRINUSE, "no_free_port")
    return port


def inet_poll(inode: Inode) -> int:
    """Return what can be done with a socket without sleeping, as POLL* bits.

    Source: net/ipv4/tcp.c: tcp_poll() [v6.18]; net/core/datagram.c: datagram_poll() [v6.18].
    """
    sk = sock_of(inode)
    mask = POLLERR if sk.err else 0
    if sk.state == SkState.TCP_LISTEN:
        return POLLIN | POLLRDNORM if sk.queue else 0
    stream = sk.type != SOCK_DGRAM
    if sk.shutdown == SHUTDOWN_MASK or (stream and sk.state == SkState.TCP_CLOSE):
        mask |= POLLHUP
    if sk.shutdown & RCV_SHUTDOWN:
        mask |= POLLIN | POLLRDNORM | POLLRDHUP
    if sk.state == SkState.TCP_SYN_SENT:
        return mask
    if sk.queue:
        mask |= POLLIN | POLLRDNORM
    ended = stream and sk.shutdown & SEND_SHUTDOWN
    writable = WRITABLE & ~POLLWRBAND if stream else WRITABLE
    return mask | (writable if ended or sock_writeable(inode) else 0)


def inet_inq(inode: Inode) -> int:
    """Return how many bytes there are to read; of datagrams those of the first.

    Raises:
        LinuxError: EINVAL if it listens.

    Source: net/ipv4/tcp.c: tcp_ioctl() [v6.18]; net/ipv4/udp.c: udp_ioctl() [v6.18].
    """
    sk = sock_of(inode)
    if sk.state == SkState.TCP_LISTEN:
        raise LinuxError(errno.EINVAL, "socket_listens")
    queue = sk.queue[:1] if sk.type == SOCK_DGRAM else sk.queue
    return sum(len(skb.data) for skb in queue)


def inet_release(system: System, inode: Inode) -> None:
    """Let a socket go: its other end reads to the end, or is told that not all was read.

    Emits: ep_ready, inode_free.
    Source: net/ipv4/af_inet.c: inet_release() [v6.18]; net/ipv4/tcp.c: __tcp_close() [v6.18].
    Left out: TIME_WAIT.
    """
    sk = sock_of(inode)
    inode.i_private = None
    for skb in sk.queue:
        if sk.state != SkState.TCP_LISTEN:
            sock_wfree(system, skb)
            continue
        tcp_reset(system, sock_of(skb.owner).peer)
        skb.owner.i_private = None
        iput(system, skb.owner)
    peer = sk.peer
    if sk.type == SOCK_DGRAM or peer is None:
        return
    if sk.queue:
        tcp_reset(system, peer)
    else:
        tcp_fin(system, peer)
    sock_set(peer, peer=None)


def tcp_fin(system: System, inode: Inode) -> None:
    """Tell a socket that its other end sends no more.

    Emits: ep_ready.
    Source: net/ipv4/tcp_input.c: tcp_fin() [v6.18].
    """
    sk = sock_of(inode)
    state, shutdown = SkState.TCP_CLOSE_WAIT, sk.shutdown | RCV_SHUTDOWN
    if sk.state != SkState.TCP_ESTABLISHED:  # both have ended
        state, shutdown = SkState.TCP_CLOSE, SHUTDOWN_MASK
    sock_set(inode, state=state, shutdown=shutdown, flags=sk.flags | SkFlag.SOCK_DONE)
    wake_up_poll(system, inode, ANY_KEY)


def tcp_reset(system: System, inode: Inode | None) -> None:
    """Tell a socket that its connection is broken; None = nobody is there to be told.

    Emits: ep_ready.
    Source: net/ipv4/tcp_input.c: tcp_reset() [v6.18].
    """
    if inode is None:
        return
    sk = sock_of(inode)
    err = errno.EPIPE if sk.state == SkState.TCP_CLOSE_WAIT else errno.ECONNRESET
    flags = sk.flags | SkFlag.SOCK_DONE
    sock_set(
        inode, err=err, state=SkState.TCP_CLOSE, shutdown=SHUTDOWN_MASK, flags=flags, peer=None
    )
    wake_up_poll(system, inode, ANY_KEY)
