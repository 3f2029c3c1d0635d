"""Sockets of the Internet: their names, who listens, who connects. All is on this machine."""

from __future__ import annotations

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import O_NONBLOCK
from vmlab.model.abi.socket import AF_INET, AF_INET6, AF_UNSPEC, SOCK_DGRAM, SOCK_STREAM
from vmlab.model.linux.fs.eventpoll_wake import wake_up_poll
from vmlab.model.linux.fs.inode import iput
from vmlab.model.linux.include.sock import (
    RCV_SHUTDOWN,
    SEND_SHUTDOWN,
    SHUTDOWN_MASK,
    SkBuff,
    SkFlag,
    SkState,
    Sock,
)
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.linux.net.core.sock import (
    READABLE,
    WRITABLE,
    accept_queued,
    all_socks,
    consume_skb,
    sock_alloc,
    sock_error,
    sock_of,
    sock_set,
)
from vmlab.model.linux.net.ipv4.inet_sock import (
    ANY_V4,
    ANY_V6,
    FAMILIES,
    LOOPBACK_V4,
    LOOPBACK_V6,
    Endpoint,
    answers_for,
    endpoint,
    inet_csk_bind_conflict,
    inet_csk_find_open_port,
    is_loopback,
    is_v4,
    own_endpoint,
    sockaddr,
    tcp_fin,
    tcp_reset,
)
from vmlab.model.trace.decorators import traced

SOMAXCONN = 4096
_SIZES = {AF_INET: 16, AF_INET6: 24}  # bytes of a name, at least
_SNDBUF = 2_626_560  # bytes of memory that a stream may send, once it is connected
_SYN = 1  # bytes of memory that stand for a connection that waits


@traced
def inet_bind(task: TaskStruct, inode: Inode, name: bytes) -> None:
    """Give a socket an address of this machine and a port; port 0 = a free one.

    Args:
        task: the caller.
        inode: the socket.
        name: struct sockaddr_in or sockaddr_in6.

    Raises:
        LinuxError: EINVAL for a name that is too short, or if it has one; EAFNOSUPPORT for one of
            another family; EADDRNOTAVAIL for an address that this machine has not; EADDRINUSE.

    Source: net/ipv4/af_inet.c: inet_bind_sk(), __inet_bind() [v6.18]; net/ipv6/af_inet6.c:
        __inet6_bind() [v6.18].
    """
    sk = sock_of(inode)
    check_size(sk, name)
    family = int.from_bytes(name[:2], "little")
    as_any = sk.family == AF_INET and family == AF_UNSPEC and not any(name[4:8])
    if family != sk.family and not as_any:
        raise LinuxError(errno.EAFNOSUPPORT, "family_unknown", family=family)
    at = endpoint(AF_INET.to_bytes(2, "little") + name[2:] if as_any else name)
    if at.addr not in (ANY_V4, ANY_V6) and not is_loopback(at.addr):
        raise LinuxError(errno.EADDRNOTAVAIL, "address_of_other_machine")
    if is_v4(at.addr) and sk.family == AF_INET6 and sk.flags & SkFlag.IPV6_V6ONLY:
        raise LinuxError(errno.EINVAL, "only_ipv6")
    if sk.name or sk.state != SkState.TCP_CLOSE:
        raise LinuxError(errno.EINVAL, "socket_has_name")
    _get_port(task.system, inode, at)


def check_size(sk: Sock, name: bytes) -> None:
    """Check the length of a name.

    Raises:
        LinuxError: EINVAL.

    Source: net/ipv4/af_inet.c: inet_bind_sk() [v6.18].
    """
    if len(name) < _SIZES[sk.family]:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=len(name))


def _get_port(system: System, inode: Inode, at: Endpoint) -> None:
    # Source: net/ipv4/inet_connection_sock.c: inet_csk_get_port() [v6.18].
    sk = sock_of(inode)
    named = sk._replace(name=sockaddr(sk.family, at))
    if at.port:
        if inet_csk_bind_conflict(system, named):
            raise LinuxError(errno.EADDRINUSE, "name_in_use")
        named = named._replace(flags=sk.flags | SkFlag.SOCK_BINDPORT_LOCK)
    else:
        port = inet_csk_find_open_port(system, named)
        named = named._replace(name=sockaddr(sk.family, at._replace(port=port)))
    inode.i_private = named


def inet_autobind(system: System, inode: Inode) -> None:
    """Give a socket a free port, unless it has one.

    Raises:
        LinuxError: EADDRINUSE if there is none.

    Source: net/ipv4/af_inet.c: inet_autobind() [v6.18].
    """
    at = own_endpoint(sock_of(inode))
    if not at.port:
        _get_port(system, inode, at)


@traced
def inet_listen(task: TaskStruct, inode: Inode, backlog: int) -> None:
    """Let others connect to a socket.

    Args:
        task: the caller.
        inode: the socket.
        backlog: connections that may wait to be accepted, beside one.

    Raises:
        LinuxError: EOPNOTSUPP for datagrams; EINVAL if it is connected; EADDRINUSE if another
            listens there.

    Source: net/ipv4/af_inet.c: inet_listen() [v6.18].
    """
    sk = sock_of(inode)
    if sk.type != SOCK_STREAM:
        raise LinuxError(errno.EOPNOTSUPP, "socket_without_connections")
    if sk.state not in (SkState.TCP_CLOSE, SkState.TCP_LISTEN):
        raise LinuxError(errno.EINVAL, "socket_connected")
    if sk.state == SkState.TCP_CLOSE:
        inet_autobind(task.system, inode)
        sk = sock_of(inode)
        inode.i_private = sk._replace(name=b"")  # not in its own way
        conflict = inet_csk_bind_conflict(task.system, sk, listens=True)
        inode.i_private = sk
        if conflict:
            raise LinuxError(errno.EADDRINUSE, "name_in_use")
    sock_set(inode, state=SkState.TCP_LISTEN, backlog=backlog)


@traced
def inet_accept(task: TaskStruct, file: File) -> Inode:
    """Take the first connection that waits; return its socket.

    Args:
        task: the caller.
        file: the socket that listens.

    Raises:
        LinuxError: EOPNOTSUPP for datagrams; EINVAL if it does not listen; EAGAIN if there is
            none, with O_NONBLOCK.
        Sleeps: there is none.

    Source: net/ipv4/inet_connection_sock.c: inet_csk_accept() [v6.18].
    """
    inode = file.f_inode
    sk = sock_of(inode)
    if sk.type != SOCK_STREAM:
        raise LinuxError(errno.EOPNOTSUPP, "socket_without_connections")
    return accept_queued(file, lambda: _may_accept(inode))


def _may_accept(inode: Inode) -> bool:
    sk = sock_of(inode)
    return bool(sk.queue) or sk.state != SkState.TCP_LISTEN


# Connecting


@traced
def inet_connect(task: TaskStruct, file: File, name: bytes) -> None:
    """Connect a stream to who listens at an address, or choose to whom datagrams go.

    Args:
        task: the caller.
        file: the socket.
        name: struct sockaddr_in or sockaddr_in6; one of AF_UNSPEC ends that.

    Raises:
        LinuxError: EINVAL for a name that is too short; EAFNOSUPPORT for one of another family;
            ENETUNREACH for an address of another machine; ECONNREFUSED if nobody listens; EISCONN;
            EALREADY, EINPROGRESS with O_NONBLOCK.
        Sleeps: too many connections wait there.

    Emits: inode_create, ep_ready.
    Source: net/ipv4/af_inet.c: __inet_stream_connect(), inet_dgram_connect() [v6.18].
    """
    inode = file.f_inode
    sk = sock_of(inode)
    if len(name) < 2:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=len(name))
    if int.from_bytes(name[:2], "little") == AF_UNSPEC:
        _disconnect(task.system, inode)
    elif sk.type == SOCK_DGRAM:
        _check_connect(sk, name)
        udp_connect(task.system, inode, endpoint(name))
    elif sk.flags & SkFlag.SS_CONNECTING:
        _go_on(task, file)
    elif sk.state != SkState.TCP_CLOSE or sk.flags & SkFlag.SOCK_DONE:
        raise LinuxError(errno.EISCONN, "socket_connected")
    else:
        _check_connect(sk, name)
        tcp_connect(task, file, _destination(endpoint(name)))


def _check_connect(sk: Sock, name: bytes) -> None:
    # Source: net/ipv4/tcp_ipv4.c: tcp_v4_connect() [v6.18].
    check_size(sk, name)
    family = int.from_bytes(name[:2], "little")
    if family != sk.family:
        raise LinuxError(errno.EAFNOSUPPORT, "family_unknown", family=family)


def _destination(at: Endpoint) -> Endpoint:
    # Nowhere is this machine. Source: net/ipv4/route.c: ip_route_output_key_hash_rcu() [v6.18].
    here = {ANY_V4: LOOPBACK_V4, ANY_V6: LOOPBACK_V6}
    return at._replace(addr=here.get(at.addr, at.addr))


def route(at: Endpoint) -> Endpoint:
    """Return where something goes that is sent to an address.

    Raises:
        LinuxError: ENETUNREACH if that is another machine.

    Source: net/ipv4/route.c: ip_route_output_key_hash_rcu() [v6.18].
    """
    at = _destination(at)
    if not is_loopback(at.addr):
        raise LinuxError(errno.ENETUNREACH, "no_network")
    return at


def source(sk: Sock, to: Endpoint) -> Endpoint:
    """Return where something comes from that a socket sends to an address.

    Source: net/ipv4/route.c: ip_route_output_key_hash_rcu() [v6.18].
    """
    own = own_endpoint(sk)
    if own.addr not in (ANY_V4, ANY_V6):
        return own
    return own._replace(addr=LOOPBACK_V4 if is_v4(to.addr) else LOOPBACK_V6)


def udp_connect(system: System, inode: Inode, to: Endpoint) -> None:
    """Choose to whom datagrams go, and from whom they are taken.

    Raises:
        LinuxError: ENETUNREACH for an address of another machine.

    Source: net/ipv4/datagram.c: __ip4_datagram_connect() [v6.18].
    """
    to = route(to)
    inet_autobind(system, inode)
    sk = sock_of(inode)
    sock_set(
        inode,
        state=SkState.TCP_ESTABLISHED,
        name=sockaddr(sk.family, source(sk, to)),
        peer_name=sockaddr(sk.family, to),
    )


def tcp_connect(task: TaskStruct, file: File, to: Endpoint) -> None:
    """Connect a stream to who listens at an address.

    Raises:
        LinuxError: ENETUNREACH; ECONNREFUSED; EINPROGRESS with O_NONBLOCK.
        Sleeps: too many connections wait there.

    Emits: inode_create, ep_ready.
    Source: net/ipv4/tcp_ipv4.c: tcp_v4_connect(), tcp_v4_conn_request() [v6.18].
    """
    inode, system = file.f_inode, task.system
    route(to)
    inet_autobind(system, inode)
    sk = sock_of(inode)
    own = source(sk, to)
    sock_set(inode, name=sockaddr(sk.family, own), peer_name=sockaddr(sk.family, to))
    waits = not file.f_flags & O_NONBLOCK
    if not waits:
        sock_set(inode, flags=sk.flags | SkFlag.SS_CONNECTING)
    try:
        _handshake(system, inode, own, to)
    except Sleeps:
        if waits:
            raise
        sock_set(inode, state=SkState.TCP_SYN_SENT)
    except LinuxError as failure:
        if waits:
            sock_set(inode, peer_name=b"")
            raise
        sock_set(inode, err=failure.errno or 0, shutdown=SHUTDOWN_MASK)
        wake_up_poll(system, inode, 0)
    if not waits:
        raise LinuxError(errno.EINPROGRESS, "connection_not_made_yet")


def _handshake(system: System, inode: Inode, own: Endpoint, to: Endpoint) -> None:
    listener = _listener(system, to)
    if listener is None:
        raise LinuxError(errno.ECONNREFUSED, "nobody_listens")
    other = sock_of(listener)
    if len(other.queue) > other.backlog:
        raise Sleeps(lambda: not _is_full(system, to), "connections_wait")
    names = sockaddr(other.family, to), sockaddr(other.family, own)
    made = sock_alloc(
        system,
        other._replace(
            state=SkState.TCP_ESTABLISHED,
            peer=inode,
            name=names[0],
            peer_name=names[1],
            sndbuf=max(other.sndbuf, _SNDBUF),
            queue=(),
            backlog=0,
        ),
    )
    sndbuf = max(sock_of(inode).sndbuf, _SNDBUF)
    sock_set(inode, state=SkState.TCP_ESTABLISHED, peer=made, sndbuf=sndbuf)
    sock_set(listener, queue=(*other.queue, SkBuff(b"", _SYN, owner=made)))
    wake_up_poll(system, listener, READABLE)
    wake_up_poll(system, inode, WRITABLE)


def _listener(system: System, to: Endpoint) -> Inode | None:
    # The one whose name fits best. Source: net/ipv4/inet_hashtables.c: __inet_lookup_listener()
    # [v6.18].
    found = [
        (own_endpoint(sk).addr == to.addr, sk.family == AF_INET, inode)
        for inode, sk in all_socks(system, FAMILIES)
        if sk.state == SkState.TCP_LISTEN
        and own_endpoint(sk).port == to.port
        and answers_for(sk, to.addr)
    ]
    return max(found, key=lambda each: each[:2])[2] if found else None


def _is_full(system: System, to: Endpoint) -> bool:
    listener = _listener(system, to)
    if listener is None:
        return False
    sk = sock_of(listener)
    return len(sk.queue) > sk.backlog


def _go_on(task: TaskStruct, file: File) -> None:
    # The second connect after EINPROGRESS tells what came of the first.
    inode = file.f_inode
    sk = sock_of(inode)
    to, own = endpoint(sk.peer_name), own_endpoint(sk)
    if sk.state == SkState.TCP_SYN_SENT:
        try:
            _handshake(task.system, inode, own, to)
        except Sleeps:
            if file.f_flags & O_NONBLOCK:
                raise LinuxError(errno.EALREADY, "connection_not_made_yet") from None
            raise
    sk = sock_set(inode, flags=sk.flags & ~SkFlag.SS_CONNECTING)
    if sk.state == SkState.TCP_CLOSE:
        sock_set(inode, peer_name=b"", shutdown=0)
        sock_error(inode)
        raise LinuxError(errno.ECONNABORTED, "nobody_listens")


def _disconnect(system: System, inode: Inode) -> None:
    # Source: net/ipv4/tcp.c: tcp_disconnect() [v6.18]; net/ipv4/udp.c: __udp_disconnect() [v6.18].
    sk = sock_of(inode)
    if sk.state == SkState.TCP_LISTEN:
        stop_listening(system, inode)
    elif sk.type != SOCK_DGRAM:
        tcp_reset(system, sk.peer)
    own = endpoint(sk.name)
    kept = own.port if sk.flags & SkFlag.SOCK_BINDPORT_LOCK else 0
    any_addr = ANY_V4 if sk.family == AF_INET else ANY_V6
    name = sockaddr(sk.family, Endpoint(own.addr if kept else any_addr, kept)) if kept else b""
    gone = SkFlag.SS_CONNECTING | SkFlag.SOCK_DONE
    sock_set(
        inode,
        state=SkState.TCP_CLOSE,
        name=name,
        peer_name=b"",
        peer=None,
        shutdown=0,
        flags=sk.flags & ~gone,
    )


def stop_listening(system: System, inode: Inode) -> None:
    """Tell those whose connections wait that nobody takes them.

    Emits: ep_ready, inode_free.
    Source: net/ipv4/inet_connection_sock.c: inet_csk_listen_stop() [v6.18].
    """
    while sock_of(inode).queue:
        made: Inode = sock_of(inode).queue[0].owner
        consume_skb(system, inode)
        tcp_reset(system, sock_of(made).peer)
        made.i_private = None
        iput(system, made)
    sock_set(inode, state=SkState.TCP_CLOSE)


# Names, and the end


def inet_getname(inode: Inode, *, peer: bool) -> bytes:
    """Return the name of a socket, or of its other end.

    Raises:
        LinuxError: ENOTCONN if it has none.

    Source: net/ipv4/af_inet.c: inet_getname() [v6.18].
    """
    sk = sock_of(inode)
    if not peer:
        return sockaddr(sk.family, own_endpoint(sk))
    if not sk.peer_name or sk.state in (SkState.TCP_CLOSE, SkState.TCP_SYN_SENT):
        raise LinuxError(errno.ENOTCONN, "socket_without_peer")
    return sk.peer_name


@traced
def inet_shutdown(system: System, inode: Inode, mode: int) -> None:
    """End one direction of a socket, or both.

    Args:
        system: the kernel.
        inode: the socket.
        mode: RCV_SHUTDOWN, SEND_SHUTDOWN.

    Raises:
        LinuxError: ENOTCONN if it is not connected.

    Emits: ep_ready.
    Source: net/ipv4/af_inet.c: inet_shutdown() [v6.18]; net/ipv4/tcp.c: tcp_shutdown() [v6.18].
    """
    sk = sock_of(inode)
    if sk.state == SkState.TCP_LISTEN:
        if mode & RCV_SHUTDOWN:
            stop_listening(system, inode)
        return
    if sk.state == SkState.TCP_SYN_SENT:
        _disconnect(system, inode)
        return
    sk = sock_set(inode, shutdown=sk.shutdown | mode)
    wake_up_poll(system, inode, 0)
    if sk.state == SkState.TCP_CLOSE:
        raise LinuxError(errno.ENOTCONN, "socket_without_peer")
    if sk.type == SOCK_DGRAM or not mode & SEND_SHUTDOWN:
        return
    if sk.state == SkState.TCP_ESTABLISHED:
        sock_set(inode, state=SkState.TCP_FIN_WAIT2)
    elif sk.state == SkState.TCP_CLOSE_WAIT:
        done = sk.flags | SkFlag.SOCK_DONE
        sock_set(inode, state=SkState.TCP_CLOSE, shutdown=SHUTDOWN_MASK, flags=done)
    else:
        return
    if sk.peer is not None:
        tcp_fin(system, sk.peer)
