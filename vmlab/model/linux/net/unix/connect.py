"""Sockets between processes: their names, who listens, who connects."""

from __future__ import annotations

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import AT_FDCWD, O_NONBLOCK
from vmlab.model.abi.socket import AF_UNIX, AF_UNSPEC, SOCK_DGRAM
from vmlab.model.abi.stat import S_IRWXUGO, FileType
from vmlab.model.linux.fs.eventpoll_wake import wake_up_poll
from vmlab.model.linux.fs.namei import user_path_at
from vmlab.model.linux.fs.namei_create import do_mknodat
from vmlab.model.linux.include.sock import RCV_SHUTDOWN, SkBuff, SkState, Sock
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.linux.net.core.sock import READABLE, accept_queued, sock_alloc, sock_of, sock_set
from vmlab.model.linux.net.unix.find import (
    UNIX_FAMILY,
    check_name,
    is_abstract,
    path_of,
    unix_find_other,
    unix_find_socket_byname,
    unix_may_send,
)
from vmlab.model.linux.net.unix.sock import unix_recvq_full
from vmlab.model.trace.decorators import traced

MAX_DGRAM_QLEN = 10  # datagrams of others that wait at one socket, beside one
_EMBRYO = 1  # bytes of memory that stand for a connection that waits
_AUTONAMES = 1 << 20


@traced
def unix_bind(task: TaskStruct, inode: Inode, name: bytes) -> None:
    """Give a socket a name: a path, where a file is made for it, or one behind a zero byte.

    Args:
        task: the caller.
        inode: the socket.
        name: struct sockaddr_un; only the family = the kernel chooses.

    Raises:
        LinuxError: EINVAL for a name that cannot be, or if it has one; EADDRINUSE if somebody has
            the name; what a path raises.

    Emits: inode_create.
    Source: net/unix/af_unix.c: unix_bind(), unix_bind_bsd(), unix_bind_abstract() [v6.18].
    """
    system = task.system
    if name == UNIX_FAMILY:
        _autobind(system, inode)
        return
    check_name(name)
    if is_abstract(name):
        if sock_of(inode).name:
            raise LinuxError(errno.EINVAL, "socket_has_name")
        if unix_find_socket_byname(system, name, sock_of(inode).type) is not None:
            raise LinuxError(errno.EADDRINUSE, "name_in_use")
        sock_set(inode, name=name, bound=inode.i_ino)
        return
    path = path_of(name)
    if sock_of(inode).name:
        raise LinuxError(errno.EINVAL, "socket_has_name")
    try:
        do_mknodat(task, AT_FDCWD, path, FileType.S_IFSOCK | S_IRWXUGO, 0)
    except LinuxError as failure:
        if failure.errno == errno.EEXIST:
            raise LinuxError(errno.EADDRINUSE, "name_in_use") from None
        raise
    made = user_path_at(task, AT_FDCWD, path, follow=False)
    sock_set(inode, name=UNIX_FAMILY + name[2:].partition(b"\0")[0] + b"\0", bound=made.i_ino)


def _autobind(system: System, inode: Inode) -> None:
    # A name of five digits. Source: net/unix/af_unix.c: unix_autobind() [v6.18], which begins
    # anywhere.
    sk = sock_of(inode)
    if sk.name:
        return
    names = (UNIX_FAMILY + b"\0%05x" % number for number in range(_AUTONAMES))
    name = next(each for each in names if unix_find_socket_byname(system, each, sk.type) is None)
    sock_set(inode, name=name, bound=inode.i_ino)


@traced
def unix_listen(task: TaskStruct, inode: Inode, backlog: int) -> None:
    """Let others connect to a socket.

    Args:
        task: the caller.
        inode: the socket.
        backlog: connections that may wait to be accepted, beside one.

    Raises:
        LinuxError: EOPNOTSUPP for datagrams; EINVAL if it has no name, or is connected.

    Source: net/unix/af_unix.c: unix_listen() [v6.18].
    """
    sk = sock_of(inode)
    if sk.type == SOCK_DGRAM:
        raise LinuxError(errno.EOPNOTSUPP, "socket_without_connections")
    if not sk.name:
        raise LinuxError(errno.EINVAL, "socket_without_name")
    if sk.state not in (SkState.TCP_CLOSE, SkState.TCP_LISTEN):
        raise LinuxError(errno.EINVAL, "socket_connected")
    sock_set(inode, state=SkState.TCP_LISTEN, backlog=backlog, pid=task.tgid)


@traced
def unix_accept(task: TaskStruct, file: File) -> Inode:
    """Take the first connection that waits; return its socket.

    Args:
        task: the caller.
        file: the socket that listens.

    Raises:
        LinuxError: EOPNOTSUPP for datagrams; EINVAL if it does not listen, or no more; EAGAIN if
            there is none, with O_NONBLOCK.
        Sleeps: there is none.

    Source: net/unix/af_unix.c: unix_accept() [v6.18].
    """
    inode = file.f_inode
    sk = sock_of(inode)
    if sk.type == SOCK_DGRAM:
        raise LinuxError(errno.EOPNOTSUPP, "socket_without_connections")
    if not sk.queue and sk.shutdown & RCV_SHUTDOWN and not file.f_flags & O_NONBLOCK:
        raise LinuxError(errno.EINVAL, "socket_does_not_listen")
    return accept_queued(file, lambda: _may_accept(inode))


def _may_accept(inode: Inode) -> bool:
    sk = sock_of(inode)
    return bool(sk.queue or sk.shutdown & RCV_SHUTDOWN)


@traced
def unix_connect(task: TaskStruct, file: File, name: bytes) -> None:
    """Connect a socket to who has a name; datagrams only choose to whom they go.

    Args:
        task: the caller.
        file: the socket.
        name: struct sockaddr_un; of datagrams one of AF_UNSPEC ends that.

    Raises:
        LinuxError: EINVAL for a name that cannot be; ECONNREFUSED if nobody has it, or does not
            listen; EPROTOTYPE; EISCONN; EPERM if it takes datagrams of another only; EAGAIN if too
            many connections wait, with O_NONBLOCK; what a path raises.
        Sleeps: too many connections wait.

    Emits: inode_create, ep_ready.
    Source: net/unix/af_unix.c: unix_stream_connect(), unix_dgram_connect() [v6.18].
    """
    if sock_of(file.f_inode).type == SOCK_DGRAM:
        _dgram_connect(task, file.f_inode, name)
    else:
        _stream_connect(task, file, name)


def _dgram_connect(task: TaskStruct, inode: Inode, name: bytes) -> None:
    if len(name) < len(UNIX_FAMILY):
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=len(name))
    if int.from_bytes(name[:2], "little") == AF_UNSPEC:
        sock_set(inode, peer=None, peer_name=b"", state=SkState.TCP_CLOSE)
        return
    check_name(name)
    other = unix_find_other(task, name, SOCK_DGRAM)
    if not unix_may_send(inode, other):
        raise LinuxError(errno.EPERM, "peer_has_other_peer")
    sock_set(inode, peer=other, peer_name=sock_of(other).name, state=SkState.TCP_ESTABLISHED)


def _stream_connect(task: TaskStruct, file: File, name: bytes) -> None:
    inode, system = file.f_inode, task.system
    sk = sock_of(inode)
    check_name(name)
    listener = unix_find_other(task, name, sk.type)
    other = sock_of(listener)
    if other.state != SkState.TCP_LISTEN or other.shutdown & RCV_SHUTDOWN:
        raise LinuxError(errno.ECONNREFUSED, "nobody_listens")
    if unix_recvq_full(other):
        if file.f_flags & O_NONBLOCK:
            raise LinuxError(errno.EAGAIN, "connections_wait_now")
        raise Sleeps(lambda: _may_connect(listener), "connections_wait")
    if sk.state == SkState.TCP_ESTABLISHED:
        raise LinuxError(errno.EISCONN, "socket_connected")
    if sk.state != SkState.TCP_CLOSE:
        raise LinuxError(errno.EINVAL, "socket_connected")
    made = sock_alloc(
        system,
        Sock(
            *(AF_UNIX, sk.type, 0, SkState.TCP_ESTABLISHED, task.tgid, inode),
            name=other.name,
            peer_name=sk.name,
        ),
    )
    sock_set(inode, state=SkState.TCP_ESTABLISHED, peer=made, peer_name=other.name, pid=other.pid)
    sock_set(listener, queue=(*other.queue, SkBuff(b"", _EMBRYO, owner=made)))
    wake_up_poll(system, listener, READABLE)


def _may_connect(listener: Inode) -> bool:
    if listener.i_private is None:
        return True
    sk = sock_of(listener)
    return not unix_recvq_full(sk) or bool(sk.shutdown & RCV_SHUTDOWN)


def unix_getname(inode: Inode, *, peer: bool) -> bytes:
    """Return the name of a socket, or of its other end; only the family if it has none.

    Raises:
        LinuxError: ENOTCONN if there is no other end.

    Source: net/unix/af_unix.c: unix_getname() [v6.18].
    """
    sk = sock_of(inode)
    if not peer:
        return sk.name or UNIX_FAMILY
    if not sk.connected:
        raise LinuxError(errno.ENOTCONN, "socket_without_peer")
    other = sock_of(sk.peer).name if sk.peer is not None else sk.peer_name
    return other or UNIX_FAMILY
