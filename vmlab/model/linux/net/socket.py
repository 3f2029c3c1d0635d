"""Sockets: making them, naming them, connecting them. How they send is in `net/messages.py`."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import O_CLOEXEC, O_NONBLOCK
from vmlab.model.abi.socket import (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    IPPROTO_TCP,
    IPPROTO_UDP,
    SOCK_CLOEXEC,
    SOCK_DGRAM,
    SOCK_MAX,
    SOCK_NONBLOCK,
    SOCK_SEQPACKET,
    SOCK_STREAM,
    SOCK_TYPE_MASK,
    Shut,
)
from vmlab.model.linux.fs.file import close_fd, fd_install, fget, get_unused_fd_flags
from vmlab.model.linux.fs.file_table import alloc_file, fput
from vmlab.model.linux.include.fs import FMODE_PATH, FMODE_READ, FMODE_WRITE
from vmlab.model.linux.include.sock import SkState, Sock
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.linux.net.core.sock import sock_alloc, sock_of, sock_set
from vmlab.model.linux.net.ipv4.af_inet import SOMAXCONN
from vmlab.model.linux.net.names import move_addr_to_kernel, move_addr_to_user
from vmlab.model.linux.net.proto_ops import ops_of
from vmlab.model.linux.net.timeouts import in_time
from vmlab.model.linux.net.unix.connect import MAX_DGRAM_QLEN
from vmlab.model.trace.decorators import traced

_UNIX_TYPES = (SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET)
_SOCK_RAW = 3  # of AF_UNIX a datagram
_PROTOCOLS = {SOCK_STREAM: IPPROTO_TCP, SOCK_DGRAM: IPPROTO_UDP}
_TCP_BUFFERS = 16_384, 131_072  # bytes of a new stream
_IPPROTO_MAX = 263


def sockfd_lookup(task: TaskStruct, fd: int) -> File:
    """Return the open file of a socket.

    Raises:
        LinuxError: EBADF; ENOTSOCK.

    Source: net/socket.c: sockfd_lookup() [v6.18].
    """
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    if not isinstance(file.f_inode.i_private, Sock):
        raise LinuxError(errno.ENOTSOCK, "fd_of_no_socket", fd=fd)
    return file


def _sock_create(task: TaskStruct, family: int, type: int, protocol: int) -> Sock:
    # Source: net/socket.c: __sock_create() [v6.18].
    kind = type & SOCK_TYPE_MASK
    if kind >= SOCK_MAX:
        raise LinuxError(errno.EINVAL, "socket_type_unknown", type=kind)
    if family == AF_UNIX:
        return _unix_create(task, kind, protocol)
    if family not in (AF_INET, AF_INET6):
        raise LinuxError(errno.EAFNOSUPPORT, "family_unknown", family=family)
    return _inet_create(family, kind, protocol)


def _unix_create(task: TaskStruct, kind: int, protocol: int) -> Sock:
    # Source: net/unix/af_unix.c: unix_create() [v6.18].
    if protocol not in (0, AF_UNIX):
        raise LinuxError(errno.EPROTONOSUPPORT, "protocol_unknown", protocol=protocol)
    kind = SOCK_DGRAM if kind == _SOCK_RAW else kind
    if kind not in _UNIX_TYPES:
        raise LinuxError(errno.ESOCKTNOSUPPORT, "socket_type_unknown", type=kind)
    return Sock(AF_UNIX, kind, pid=task.tgid, backlog=MAX_DGRAM_QLEN)


def _inet_create(family: int, kind: int, protocol: int) -> Sock:
    # Source: net/ipv4/af_inet.c: inet_create() [v6.18].
    if not 0 <= protocol < _IPPROTO_MAX:
        raise LinuxError(errno.EINVAL, "protocol_unknown", protocol=protocol)
    if kind not in _PROTOCOLS:
        raise LinuxError(errno.ESOCKTNOSUPPORT, "socket_type_unknown", type=kind)
    if protocol not in (0, _PROTOCOLS[kind]):
        raise LinuxError(errno.EPROTONOSUPPORT, "protocol_unknown", protocol=protocol)
    sk = Sock(family, kind, _PROTOCOLS[kind])
    if kind == SOCK_DGRAM:
        return sk
    sndbuf, rcvbuf = _TCP_BUFFERS
    return sk._replace(sndbuf=sndbuf, rcvbuf=rcvbuf)


def _check_flags(type: int) -> None:
    if type & ~SOCK_TYPE_MASK & ~(SOCK_NONBLOCK | SOCK_CLOEXEC):
        raise LinuxError(errno.EINVAL, "unknown_flags")


def _sock_alloc_file(system: System, inode: Inode, type: int) -> File:
    # Source: net/socket.c: sock_alloc_file() [v6.18].
    file = alloc_file(system, inode, FMODE_READ | FMODE_WRITE, inode.name)
    file.f_flags = type & O_NONBLOCK
    return file


@traced
def do_socket(task: TaskStruct, family: int, type: int, protocol: int) -> int:
    """Make a socket that is connected to nothing; return its descriptor.

    Args:
        task: the caller.
        family: AF_UNIX, AF_INET, AF_INET6.
        type: SOCK_STREAM, SOCK_DGRAM, of AF_UNIX also SOCK_SEQPACKET, with SOCK_NONBLOCK,
            SOCK_CLOEXEC.
        protocol: 0, or IPPROTO_TCP, IPPROTO_UDP.

    Raises:
        LinuxError: EINVAL for other flags; EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT for
            another family, protocol or type; EMFILE.

    Emits: inode_create, file_open, fd_install.
    Source: net/socket.c: SYSCALL_DEFINE3(socket) [v6.18].
    Left out: all other families, as in a kernel that was built without them; raw packets.
    """
    _check_flags(type)
    sk = _sock_create(task, family, type, protocol)
    file = _sock_alloc_file(task.system, sock_alloc(task.system, sk), type)
    return fd_install(task, file, bool(type & O_CLOEXEC))


@traced
def do_socketpair(task: TaskStruct, family: int, type: int, protocol: int) -> tuple[int, int]:
    """Make two sockets that are connected to each other; return their descriptors.

    Args:
        task: the caller.
        family: AF_UNIX.
        type: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET, with SOCK_NONBLOCK, SOCK_CLOEXEC.
        protocol: 0.

    Raises:
        LinuxError: as do_socket; EOPNOTSUPP for another family.

    Emits: inode_create, file_open, fd_install.
    Source: net/socket.c: __sys_socketpair() [v6.18]; net/unix/af_unix.c: unix_socketpair() [v6.18].
    """
    _check_flags(type)
    system, sk = task.system, _sock_create(task, family, type, protocol)
    if family != AF_UNIX:
        raise LinuxError(errno.EOPNOTSUPP, "family_without_pairs")
    one, other = (_sock_alloc_file(system, sock_alloc(system, sk), type) for _ in range(2))
    for file, peer in ((one, other), (other, one)):
        sock_set(file.f_inode, peer=peer.f_inode, state=SkState.TCP_ESTABLISHED)
    cloexec = bool(type & O_CLOEXEC)
    try:
        first = fd_install(task, one, cloexec)
    except LinuxError:
        fput(system, other)
        raise
    try:
        return first, fd_install(task, other, cloexec)
    except LinuxError:
        close_fd(task, first)
        raise


# Names and connections


@traced
def do_bind(task: TaskStruct, fd: int, addr: int, size: int) -> None:
    """Give a socket a name.

    Args:
        task: the caller.
        fd: descriptor.
        addr: bytes: where the name is, a struct sockaddr.
        size: bytes of it.

    Raises:
        LinuxError: EBADF; ENOTSOCK; EINVAL, EFAULT for a name that cannot be; and what its family
            raises.

    Emits: copy_from_user, and what its family emits.
    Source: net/socket.c: __sys_bind() [v6.18].
    """
    inode = sockfd_lookup(task, fd).f_inode
    name = move_addr_to_kernel(task, addr, size)
    ops_of(sock_of(inode)).bind(task, inode, name)


@traced
def do_listen(task: TaskStruct, fd: int, backlog: int) -> None:
    """Let others connect to a socket.

    Args:
        task: the caller.
        fd: descriptor.
        backlog: connections that may wait to be accepted, beside one; at most 4096.

    Raises:
        LinuxError: EBADF; ENOTSOCK; and what its family raises.

    Source: net/socket.c: __sys_listen() [v6.18].
    """
    inode = sockfd_lookup(task, fd).f_inode
    most = backlog if 0 <= backlog <= SOMAXCONN else SOMAXCONN
    ops_of(sock_of(inode)).listen(task, inode, most)


@traced
def do_accept(task: TaskStruct, fd: int, addr: int, size_at: int, flags: int) -> int:
    """Take the first connection that waits at a socket; return the descriptor of its own socket.

    Args:
        task: the caller.
        fd: descriptor.
        addr: bytes: where it is stored who connected; 0 = nowhere.
        size_at: bytes: where the room there stands, an int that becomes the length.
        flags: SOCK_NONBLOCK, SOCK_CLOEXEC.

    Raises:
        LinuxError: EINVAL for other flags; EBADF; ENOTSOCK; EMFILE; what its family raises; EAGAIN
            when the time of SO_RCVTIMEO is over; EFAULT, when the connection is lost.
        Sleeps: there is none.

    Emits: file_open, fd_install, copy_from_user, copy_to_user, hrtimer_start.
    Source: net/socket.c: __sys_accept4(), do_accept() [v6.18].
    """
    _check_accept(flags)
    file, system = sockfd_lookup(task, fd), task.system
    get_unused_fd_flags(task)
    sk = sock_of(file.f_inode)
    made = in_time(task, sk.rcvtimeo, lambda: ops_of(sk).accept(task, file))
    accepted = _sock_alloc_file(system, made, flags)
    if addr:
        try:
            name = ops_of(sk).getname(made, peer=True)
            move_addr_to_user(task, addr, size_at, name)
        except LinuxError:
            fput(system, accepted)
            raise
    return fd_install(task, accepted, bool(flags & O_CLOEXEC))


def _check_accept(flags: int) -> None:
    if flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC):
        raise LinuxError(errno.EINVAL, "unknown_flags")


@traced
def do_connect(task: TaskStruct, fd: int, addr: int, size: int) -> None:
    """Connect a socket to who has a name.

    Args:
        task: the caller.
        fd: descriptor.
        addr: bytes: where the name is, a struct sockaddr.
        size: bytes of it.

    Raises:
        LinuxError: EBADF; ENOTSOCK; EINVAL, EFAULT for a name that cannot be; what its family
            raises; EAGAIN when the time of SO_SNDTIMEO is over.
        Sleeps: too many connections wait there.

    Emits: copy_from_user, hrtimer_start, and what its family emits.
    Source: net/socket.c: __sys_connect() [v6.18].
    """
    file = sockfd_lookup(task, fd)
    name = move_addr_to_kernel(task, addr, size)
    sk = sock_of(file.f_inode)
    in_time(task, sk.sndtimeo, lambda: ops_of(sk).connect(task, file, name))


@traced
def do_shutdown(task: TaskStruct, fd: int, how: int) -> None:
    """End one direction of a connection, or both.

    Args:
        task: the caller.
        fd: descriptor.
        how: SHUT_RD, SHUT_WR, SHUT_RDWR.

    Raises:
        LinuxError: EBADF; ENOTSOCK; EINVAL for another `how`; ENOTCONN if one of the
            Internet is not connected.

    Emits: ep_ready.
    Source: net/socket.c: __sys_shutdown() [v6.18].
    """
    inode = sockfd_lookup(task, fd).f_inode
    if how not in tuple(Shut):
        raise LinuxError(errno.EINVAL, "shutdown_unknown", how=how)
    ops_of(sock_of(inode)).shutdown(task.system, inode, how + 1)


@traced
def do_getsockname(task: TaskStruct, fd: int, addr: int, size_at: int, *, peer: bool) -> None:
    """Store the name of a socket, or of its other end.

    Args:
        task: the caller.
        fd: descriptor.
        addr: bytes: where to.
        size_at: bytes: where the room there stands, an int that becomes the length.
        peer: that of the other end.

    Raises:
        LinuxError: EBADF; ENOTSOCK; ENOTCONN; EFAULT; EINVAL for less room than none.

    Emits: copy_from_user, copy_to_user.
    Source: net/socket.c: __sys_getsockname(), __sys_getpeername() [v6.18].
    """
    inode = sockfd_lookup(task, fd).f_inode
    name = ops_of(sock_of(inode)).getname(inode, peer=peer)
    move_addr_to_user(task, addr, size_at, name)
