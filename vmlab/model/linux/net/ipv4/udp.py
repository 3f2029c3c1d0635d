"""Datagrams of the Internet: sending and receiving."""

from __future__ import annotations

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import O_NONBLOCK
from vmlab.model.abi.socket import (
    AF_INET,
    AF_UNSPEC,
    MSG_DONTWAIT,
    MSG_OOB,
    SOCK_DGRAM,
)
from vmlab.model.linux.fs.eventpoll_wake import wake_up_poll
from vmlab.model.linux.include.sock import (
    RCV_SHUTDOWN,
    SEND_SHUTDOWN,
    Received,
    SkBuff,
    SkState,
    Sock,
)
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.linux.lib.iov_iter import IovIter, copy_from_iter, iter_iov_addr
from vmlab.model.linux.net.core.datagram import receive_datagram
from vmlab.model.linux.net.core.sock import (
    all_socks,
    skb_queue_tail,
    sock_error,
    sock_of,
    sock_set,
    truesize,
)
from vmlab.model.linux.net.ipv4.af_inet import check_size, inet_autobind, route, source
from vmlab.model.linux.net.ipv4.inet_sock import (
    FAMILIES,
    Endpoint,
    answers_for,
    endpoint,
    own_endpoint,
    sockaddr,
)
from vmlab.model.trace.decorators import traced

_MOST = 65_507  # bytes of a datagram of IPv4; one of IPv6 has 20 more
_MOST_V6 = 65_527
_HEADERS = 28  # bytes before them in memory


@traced
def udp_sendmsg(task: TaskStruct, file: File, from_: IovIter, flags: int, name: bytes) -> int:
    """Send something as a whole; return its bytes. If nobody is there it is lost.

    Args:
        task: the caller.
        file: the socket.
        from_: where the bytes are.
        flags: MSG_* bits.
        name: to whom, a struct sockaddr_in or sockaddr_in6; empty = to whom it is connected.

    Raises:
        LinuxError: EOPNOTSUPP for MSG_OOB; EMSGSIZE; EINVAL, EAFNOSUPPORT for a name that cannot
            be; EDESTADDRREQ without one; ENETUNREACH for another machine; EPIPE after shutdown;
            ECONNREFUSED once if nobody was there when a connected one sent; EFAULT.

    Emits: copy_from_user, ep_ready.
    Source: net/ipv4/udp.c: udp_sendmsg() [v6.18].
    Left out: that who sends may have to wait for memory.
    """
    inode, size = file.f_inode, from_.count
    sk = sock_of(inode)
    if size > 0xFFFF:
        raise LinuxError(errno.EMSGSIZE, "message_too_long", nr_bytes=size)
    if flags & MSG_OOB:
        raise LinuxError(errno.EOPNOTSUPP, "no_urgent_bytes")
    to = _to(sk, name)
    sock_error(inode)
    to = route(to)
    if sk.shutdown & SEND_SHUTDOWN:
        raise LinuxError(errno.EPIPE, "socket_without_reader")
    inet_autobind(task.system, inode)
    if size > (_MOST if sk.family == AF_INET else _MOST_V6):
        raise LinuxError(errno.EMSGSIZE, "message_too_long", nr_bytes=size)
    data = copy_from_iter(task.system, from_, size)
    if len(data) < size:
        raise LinuxError(errno.EFAULT, "nothing_read", addr=iter_iov_addr(from_))
    _deliver(task.system, inode, source(sock_of(inode), to), to, data)
    return size


def _to(sk: Sock, name: bytes) -> Endpoint:
    if not name:
        if sk.state != SkState.TCP_ESTABLISHED:
            raise LinuxError(errno.EDESTADDRREQ, "socket_without_peer")
        return endpoint(sk.peer_name)
    check_size(sk, name)
    family = int.from_bytes(name[:2], "little")
    if family not in (sk.family, AF_UNSPEC):
        raise LinuxError(errno.EAFNOSUPPORT, "family_unknown", family=family)
    to = endpoint(sk.family.to_bytes(2, "little") + name[2:])
    if not to.port:
        raise LinuxError(errno.EINVAL, "port_zero")
    return to


def _deliver(system: System, inode: Inode, own: Endpoint, to: Endpoint, data: bytes) -> None:
    # Source: net/ipv4/udp.c: __udp4_lib_rcv(), __udp_enqueue_schedule_skb() [v6.18].
    found = _receiver(system, own, to)
    if found is None:
        if sock_of(inode).state == SkState.TCP_ESTABLISHED:
            sock_set(inode, err=errno.ECONNREFUSED)
            wake_up_poll(system, inode, 0)
        return
    sk = sock_of(found)
    size = truesize(len(data) + _HEADERS, 0)
    if sum(skb.truesize for skb in sk.queue) + size > sk.rcvbuf:
        return
    name = sockaddr(sk.family, own)
    skb_queue_tail(system, found, SkBuff(data, size, name=name, owner=inode))


def _receiver(system: System, own: Endpoint, to: Endpoint) -> Inode | None:
    # The one whose names fit best. Source: net/ipv4/udp.c: udp4_lib_lookup2() [v6.18].
    found = []
    for inode, sk in all_socks(system, FAMILIES):
        at = own_endpoint(sk)
        if sk.type != SOCK_DGRAM or at.port != to.port or not answers_for(sk, to.addr):
            continue
        connected = bool(sk.peer_name)
        if connected and endpoint(sk.peer_name) != own:
            continue
        found.append(((connected, at.addr == to.addr, sk.family == AF_INET), inode))
    return max(found, key=lambda each: each[0])[1] if found else None


@traced
def udp_recvmsg(task: TaskStruct, file: File, to: IovIter, flags: int) -> Received:
    """Take the first thing that was sent; what there is no room for is lost.

    Args:
        task: the caller.
        file: the socket.
        to: where it goes.
        flags: MSG_PEEK leaves it; MSG_TRUNC answers how long it is.

    Raises:
        LinuxError: ECONNREFUSED once if nobody was there when it sent; EFAULT; EAGAIN if there is
            nothing, and it shall not sleep.
        Sleeps: there is nothing.

    Emits: copy_to_user.
    Source: net/ipv4/udp.c: udp_recvmsg() [v6.18]; net/core/datagram.c:
        __skb_wait_for_more_packets() [v6.18].
    """
    inode = file.f_inode
    sock_error(inode)
    sk = sock_of(inode)
    if not sk.queue:
        if file.f_flags & O_NONBLOCK or flags & MSG_DONTWAIT:
            raise LinuxError(errno.EAGAIN, "socket_empty_now")
        if sk.shutdown & RCV_SHUTDOWN:
            return Received(0)
        raise Sleeps(lambda: _may_receive(inode), "socket_empty")
    return receive_datagram(task, inode, to, flags)


def _may_receive(inode: Inode) -> bool:
    sk = sock_of(inode)
    return bool(sk.queue or sk.err or sk.shutdown & RCV_SHUTDOWN)
