"""Sockets: making them, and what all kinds of them have in common."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import O_CLOEXEC, O_NONBLOCK
from vmlab.model.abi.socket import (
    AF_UNIX,
    MSG_CMSG_CLOEXEC,
    MSG_CTRUNC,
    SCM_RIGHTS,
    SOCK_CLOEXEC,
    SOCK_DGRAM,
    SOCK_MAX,
    SOCK_NONBLOCK,
    SOCK_SEQPACKET,
    SOCK_STREAM,
    SOCK_TYPE_MASK,
    SOL_SOCKET,
    Shut,
    SockOption,
)
from vmlab.model.linux.fs.file import close_fd, fd_install, fget
from vmlab.model.linux.fs.file_table import alloc_file, fput
from vmlab.model.linux.fs.inode import alloc_inode
from vmlab.model.linux.fs.namei import user_path_at
from vmlab.model.linux.include.af_unix import UnixSock
from vmlab.model.linux.include.fs import (
    DEV_SOCKFS,
    FMODE_PATH,
    FMODE_READ,
    FMODE_WRITE,
    S_IFSOCK,
)
from vmlab.model.linux.include.structs import File, TaskStruct
from vmlab.model.linux.lib.iov_iter import IovIter, import_iovec, import_ubuf
from vmlab.model.linux.lib.usercopy import load_from_user, store_number, store_to_user
from vmlab.model.linux.net.unix.af_unix import Received, unix_recvmsg, unix_sendmsg
from vmlab.model.linux.net.unix.sock import unix_shutdown, unix_sk
from vmlab.model.trace.decorators import traced

_INT, _LONG = 4, 8  # bytes
_FAMILY = struct.pack("<H", AF_UNIX)  # the name of a socket without one
_SOCKADDR_UN = 110  # bytes
_SOCKADDR_STORAGE = 128
_AT_FDCWD = -100
_MSGHDR = struct.Struct("<Qi4xQQQQI4x")
_CMSGHDR = struct.Struct("<Qii")
_MAXIOV = 1024
_SCM_MAX_FD = 253
_WMEM_MAX = 4 << 20  # bytes
_SMALLEST = {SockOption.SO_SNDBUF: 4608, SockOption.SO_RCVBUF: 2304}  # bytes
_TYPES = (SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET)
_Name = tuple[int, int]  # where the name of a socket stands, bytes
_SOCK_RAW = 3  # which is a datagram here


def _sock(task: TaskStruct, fd: int) -> File:
    # Source: net/socket.c: sockfd_lookup_light() [v6.18].
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    if file.f_inode.i_kind != S_IFSOCK:
        raise LinuxError(errno.ENOTSOCK, "fd_of_no_socket", fd=fd)
    return file


def _checked_type(family: int, type: int, protocol: int) -> int:
    # What sort of socket it is. Source: net/socket.c: __sock_create() [v6.18];
    # net/unix/af_unix.c: unix_create() [v6.18].
    kind = type & SOCK_TYPE_MASK
    if kind >= SOCK_MAX:
        raise LinuxError(errno.EINVAL, "socket_type_unknown", type=kind)
    if family != AF_UNIX:
        raise LinuxError(errno.EAFNOSUPPORT, "family_unknown", family=family)
    if protocol not in (0, AF_UNIX):
        raise LinuxError(errno.EPROTONOSUPPORT, "protocol_unknown", protocol=protocol)
    if kind == _SOCK_RAW:
        return SOCK_DGRAM
    if kind not in _TYPES:
        raise LinuxError(errno.ESOCKTNOSUPPORT, "socket_type_unknown", type=kind)
    return kind


def _check_flags(type: int) -> None:
    if type & ~SOCK_TYPE_MASK & ~(SOCK_NONBLOCK | SOCK_CLOEXEC):
        raise LinuxError(errno.EINVAL, "unknown_flags")


def _sock_alloc_file(task: TaskStruct, kind: int, type: int) -> File:
    # Source: net/socket.c: sock_alloc_file() [v6.18].
    system = task.system
    inode = alloc_inode(system, S_IFSOCK, f"socket:[{system.next_ino}]", DEV_SOCKFS)
    inode.i_nlink = 0
    inode.noexec = True
    inode.i_private = UnixSock(kind, task.tgid)
    file = alloc_file(system, inode, FMODE_READ | FMODE_WRITE, inode.name)
    file.f_flags = type & O_NONBLOCK
    return file


@traced
def do_socket(task: TaskStruct, family: int, type: int, protocol: int) -> int:
    """Make a socket that is connected to nothing; return its descriptor.

    Args:
        task: the caller.
        family: AF_UNIX.
        type: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET, with SOCK_NONBLOCK, SOCK_CLOEXEC.
        protocol: 0.

    Raises:
        LinuxError: EINVAL for other flags; EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT for
            another family, protocol or type; EMFILE.

    Emits: inode_create, file_open, fd_install.
    Source: net/socket.c: SYSCALL_DEFINE3(socket) [v6.18].
    Left out: all other families, as in a kernel that was built without them.
    """
    _check_flags(type)
    file = _sock_alloc_file(task, _checked_type(family, type, protocol), type)
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
        LinuxError: as do_socket.

    Emits: inode_create, file_open, fd_install.
    Source: net/socket.c: __sys_socketpair() [v6.18]; net/unix/af_unix.c: unix_socketpair() [v6.18].
    """
    _check_flags(type)
    kind = _checked_type(family, type, protocol)
    one, other = (_sock_alloc_file(task, kind, type) for _ in range(2))
    for file, peer in ((one, other), (other, one)):
        sk = unix_sk(file.f_inode)
        file.f_inode.i_private = sk._replace(peer=peer.f_inode, connected=True)
    cloexec = bool(type & O_CLOEXEC)
    try:
        first = fd_install(task, one, cloexec)
    except LinuxError:
        fput(task.system, other)
        raise
    try:
        return first, fd_install(task, other, cloexec)
    except LinuxError:
        close_fd(task, first)
        raise


@traced
def do_sendto(task: TaskStruct, fd: int, buf: int, count: int, flags: int, name: _Name) -> int:
    """Send bytes; return how many it took.

    Args:
        task: the caller.
        fd: descriptor.
        buf: bytes: where they are.
        count: bytes.
        flags: MSG_* bits.
        name: bytes: where it stands to whom, and how long that is; 0 = to the other end.

    Raises:
        LinuxError: EFAULT; EBADF; ENOTSOCK; EINVAL for a name that cannot be; EISCONN for a name
            where there is another end; and what sending raises.

    Emits: copy_from_user, ep_ready, signal_send.
    Source: net/socket.c: __sys_sendto() [v6.18].
    """
    from_ = import_ubuf(task, buf, count)
    file = _sock(task, fd)
    addr, size = name
    if addr:
        _check_name(task, file, _load_name(task, addr, size))
    return unix_sendmsg(task, file, from_, flags)


def _load_name(task: TaskStruct, addr: int, size: int) -> bytes:
    # Source: net/socket.c: move_addr_to_kernel() [v6.18].
    if not 0 <= size <= _SOCKADDR_STORAGE:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=size)
    return load_from_user(task, addr, size) if size else b""


def _check_name(task: TaskStruct, file: File, name: bytes) -> None:
    # No socket has a name here. Source: net/unix/af_unix.c: unix_find_other() [v6.18].
    sk = unix_sk(file.f_inode)
    if not name or sk.type == SOCK_SEQPACKET:
        return
    if sk.type == SOCK_STREAM:
        code = errno.EISCONN if sk.connected else errno.EOPNOTSUPP
        raise LinuxError(code, "stream_sent_to_name")
    if not len(_FAMILY) < len(name) <= _SOCKADDR_UN or name[:2] != _FAMILY:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=len(name))
    path = name[2:].partition(b"\0")[0].decode(errors="surrogateescape")
    if path:
        user_path_at(task, _AT_FDCWD, path)
    raise LinuxError(errno.ECONNREFUSED, "no_socket_of_name")


@traced
def do_recvfrom(task: TaskStruct, fd: int, buf: int, count: int, flags: int, name: _Name) -> int:
    """Receive bytes; return how many came.

    Args:
        task: the caller.
        fd: descriptor.
        buf: bytes: where they go.
        count: bytes.
        flags: MSG_* bits.
        name: bytes: where it is stored from whom, and where the room there stands, an int that
            becomes the length: 0 here, for nobody has a name; 0 = nowhere.

    Raises:
        LinuxError: EFAULT; EBADF; ENOTSOCK; and what receiving raises.

    Emits: copy_to_user, copy_from_user, ep_ready.
    Source: net/socket.c: __sys_recvfrom() [v6.18].
    """
    to = import_ubuf(task, buf, count)
    found = unix_recvmsg(task, _sock(task, fd), to, flags)
    _drop(task, found.files)
    addr, size = name
    if addr:
        _store_name(task, addr, size, b"")
    return found.size


def sock_read_iter(task: TaskStruct, file: File, to: IovIter) -> int:
    """Read from a socket; open files that come along are closed. Return how many bytes came.

    Raises:
        LinuxError: what receiving raises.

    Emits: copy_to_user, ep_ready.
    Source: net/socket.c: sock_read_iter() [v6.18].
    """
    if not to.count:
        return 0
    found = unix_recvmsg(task, file, to, 0)
    _drop(task, found.files)
    return found.size


def _drop(task: TaskStruct, files: tuple[File, ...]) -> None:
    for file in files:
        fput(task.system, file)


def _store_name(task: TaskStruct, addr: int, size_at: int, name: bytes) -> None:
    # Source: net/socket.c: move_addr_to_user() [v6.18].
    room = int.from_bytes(load_from_user(task, size_at, _INT), "little", signed=True)
    if room < 0:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=room)
    if part := name[:room]:
        store_to_user(task, addr, part)
    store_number(task, size_at, len(name), _INT)


@traced
def do_sendmsg(task: TaskStruct, fd: int, msg: int, flags: int) -> int:
    """Send pieces of memory, and open files along with them; return how many bytes it took.

    Args:
        task: the caller.
        fd: descriptor.
        msg: bytes: where the struct msghdr is.
        flags: MSG_* bits.

    Raises:
        LinuxError: EBADF; ENOTSOCK; EFAULT; EMSGSIZE for more than 1024 pieces; EINVAL for lengths
            that cannot be, and for what else could go along; and what sending raises.

    Emits: copy_from_user, ep_ready, signal_send.
    Source: net/socket.c: __sys_sendmsg(), ____sys_sendmsg() [v6.18].
    """
    file = _sock(task, fd)
    name, size, iov, nr_segs, control, length, _ = _load_msghdr(task, msg)
    from_ = import_iovec(task, iov, nr_segs)
    files = _scm_send(task, load_from_user(task, control, length)) if length else ()
    if name:
        _check_name(task, file, _load_name(task, name, min(size, _SOCKADDR_STORAGE)))
    return unix_sendmsg(task, file, from_, flags, files)


def _load_msghdr(task: TaskStruct, msg: int) -> tuple[int, ...]:
    # Source: net/socket.c: copy_msghdr_from_user(), __copy_msghdr() [v6.18].
    head: tuple[int, ...] = _MSGHDR.unpack(load_from_user(task, msg, _MSGHDR.size))
    if head[0] and head[1] < 0:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=head[1])
    if head[3] > _MAXIOV:
        raise LinuxError(errno.EMSGSIZE, "too_many_pieces", nr=head[3])
    return head


def _scm_send(task: TaskStruct, control: bytes) -> tuple[File, ...]:
    # The open files that go along. Source: net/core/scm.c: __scm_send(), scm_fp_copy() [v6.18].
    files: list[File] = []
    at = 0
    while at + _CMSGHDR.size <= len(control):
        length, level, kind = _CMSGHDR.unpack_from(control, at)
        if not _CMSGHDR.size <= length <= len(control) - at:
            raise LinuxError(errno.EINVAL, "control_length", nr_bytes=length)
        if level == SOL_SOCKET:
            if kind != SCM_RIGHTS:
                raise LinuxError(errno.EINVAL, "control_unknown", type=kind)
            numbers = (length - _CMSGHDR.size) // _INT
            if numbers > _SCM_MAX_FD - len(files):
                raise LinuxError(errno.EINVAL, "control_length", nr_bytes=length)
            fds = struct.unpack_from(f"<{numbers}i", control, at + _CMSGHDR.size)
            files += [fget(task, fd) for fd in fds]
        at += -(-length // _LONG) * _LONG
    return tuple(files)


@traced
def do_recvmsg(task: TaskStruct, fd: int, msg: int, flags: int) -> int:
    """Receive into pieces of memory, and open files that came along; return how many bytes came.

    Args:
        task: the caller.
        fd: descriptor.
        msg: bytes: where the struct msghdr is, in which it is told what came.
        flags: MSG_* bits.

    Raises:
        LinuxError: EBADF; ENOTSOCK; EFAULT; EMSGSIZE for more than 1024 pieces; EINVAL for lengths
            that cannot be; and what receiving raises.

    Emits: copy_from_user, copy_to_user, fd_install, ep_ready.
    Source: net/socket.c: __sys_recvmsg(), ____sys_recvmsg() [v6.18].
    """
    file = _sock(task, fd)
    name, _, iov, nr_segs, control, room, _ = _load_msghdr(task, msg)
    found = unix_recvmsg(task, file, import_iovec(task, iov, nr_segs), flags)
    told = flags & MSG_CMSG_CLOEXEC | found.flags
    used = 0
    if found.files:
        used, cut = _scm_detach_fds(task, found, control, room, bool(flags & MSG_CMSG_CLOEXEC))
        told |= MSG_CTRUNC if cut else 0
    if name:
        _store_name(task, name, msg + _LONG, b"")
    store_number(task, msg + 6 * _LONG, told, _INT)
    store_number(task, msg + 5 * _LONG, used, _LONG)
    return found.size


def _scm_detach_fds(
    task: TaskStruct, found: Received, control: int, room: int, cloexec: bool
) -> tuple[int, bool]:
    # The bytes that tell of them, and whether some had no room. Source: net/core/scm.c:
    # scm_detach_fds() [v6.18].
    most = max(0, room - _CMSGHDR.size) // _INT if control else 0
    given = 0
    for file in found.files[:most]:
        try:
            file.f_count += 1
            fd = fd_install(task, file, cloexec)
            store_number(task, control + _CMSGHDR.size + given * _INT, fd, _INT)
        except LinuxError:
            break
        given += 1
    used = 0
    if given:
        length = _CMSGHDR.size + given * _INT
        store_to_user(task, control, _CMSGHDR.pack(length, SOL_SOCKET, SCM_RIGHTS))
        used = min(-(-length // _LONG) * _LONG, room)
    _drop(task, found.files)
    return used, given < len(found.files)


@traced
def do_shutdown(task: TaskStruct, fd: int, how: int) -> None:
    """End one direction of a connection, or both.

    Args:
        task: the caller.
        fd: descriptor.
        how: SHUT_RD, SHUT_WR, SHUT_RDWR.

    Raises:
        LinuxError: EBADF; ENOTSOCK; EINVAL for another `how`.

    Emits: ep_ready.
    Source: net/socket.c: __sys_shutdown() [v6.18].
    """
    file = _sock(task, fd)
    if how not in tuple(Shut):
        raise LinuxError(errno.EINVAL, "shutdown_unknown", how=how)
    unix_shutdown(task.system, file.f_inode, how + 1)


@traced
def do_getsockname(task: TaskStruct, fd: int, addr: int, size_at: int, *, peer: bool) -> None:
    """Store the name of a socket, or of its other end, which none has here: only its family.

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
    file = _sock(task, fd)
    if peer and not unix_sk(file.f_inode).connected:
        raise LinuxError(errno.ENOTCONN, "socket_without_peer")
    _store_name(task, addr, size_at, _FAMILY)


@traced
def do_getsockopt(
    task: TaskStruct, fd: int, level: int, option: int, addr: int, size_at: int
) -> None:
    """Store an option of a socket.

    Args:
        task: the caller.
        fd: descriptor.
        level: SOL_SOCKET.
        option: SO_*.
        addr: bytes: where to.
        size_at: bytes: where the room there stands, an int that becomes the length.

    Raises:
        LinuxError: EBADF; ENOTSOCK; EOPNOTSUPP for another level; ENOPROTOOPT for another option;
            EFAULT; EINVAL for less room than none.

    Emits: copy_from_user, copy_to_user.
    Source: net/core/sock.c: sk_getsockopt() [v6.18].
    Left out: options about time, credentials and packets.
    """
    inode = _sock(task, fd).f_inode
    if level != SOL_SOCKET:
        raise LinuxError(errno.EOPNOTSUPP, "socket_level_unknown", level=level)
    room = int.from_bytes(load_from_user(task, size_at, _INT), "little", signed=True)
    if room < 0:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=room)
    sk = unix_sk(inode)
    values = {
        SockOption.SO_TYPE: sk.type,
        SockOption.SO_ERROR: sk.err,
        SockOption.SO_SNDBUF: sk.sndbuf,
        SockOption.SO_RCVBUF: sk.rcvbuf,
        SockOption.SO_RCVLOWAT: 1,
        SockOption.SO_SNDLOWAT: 1,
        SockOption.SO_DOMAIN: AF_UNIX,
        **dict.fromkeys((SockOption.SO_REUSEADDR, SockOption.SO_BROADCAST), 0),
        **dict.fromkeys((SockOption.SO_KEEPALIVE, SockOption.SO_PASSCRED), 0),
        **dict.fromkeys((SockOption.SO_ACCEPTCONN, SockOption.SO_PROTOCOL), 0),
    }
    if option == SockOption.SO_PEERCRED:
        data = struct.pack("<iii", sk.pid if sk.connected else 0, *_owner(sk))
    elif option in values:
        data = values[SockOption(option)].to_bytes(_INT, "little")
    else:
        raise LinuxError(errno.ENOPROTOOPT, "socket_option_unknown", option=option)
    if option == SockOption.SO_ERROR:
        inode.i_private = sk._replace(err=0)
    part = data[:room]
    store_to_user(task, addr, part)
    store_number(task, size_at, len(part), _INT)


def _owner(sk: UnixSock) -> tuple[int, int]:
    # User and group of who made the pair, of whom there is none for a socket that is alone.
    return (0, 0) if sk.connected else (-1, -1)


@traced
def do_setsockopt(task: TaskStruct, fd: int, level: int, option: int, addr: int, size: int) -> None:
    """Change how much memory a socket may use for what it sends, or receives.

    Args:
        task: the caller.
        fd: descriptor.
        level: SOL_SOCKET.
        option: SO_SNDBUF, SO_RCVBUF: it is doubled, for the headers.
        addr: bytes: where the int is.
        size: bytes there.

    Raises:
        LinuxError: EBADF; ENOTSOCK; EINVAL for less than an int; EFAULT; EOPNOTSUPP for another
            level; ENOPROTOOPT for another option.

    Emits: copy_from_user.
    Source: net/core/sock.c: sk_setsockopt() [v6.18].
    Left out: all other options that can be changed.
    """
    inode = _sock(task, fd).f_inode
    if size < 0:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=size)
    if level != SOL_SOCKET:
        raise LinuxError(errno.EOPNOTSUPP, "socket_level_unknown", level=level)
    if size < _INT:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=size)
    value = int.from_bytes(load_from_user(task, addr, _INT), "little")
    sk = unix_sk(inode)
    if option not in tuple(_SMALLEST):
        raise LinuxError(errno.ENOPROTOOPT, "socket_option_unknown", option=option)
    wanted = max(min(value, _WMEM_MAX) * 2, _SMALLEST[SockOption(option)])
    if option == SockOption.SO_SNDBUF:
        inode.i_private = sk._replace(sndbuf=wanted)
    else:
        inode.i_private = sk._replace(rcvbuf=wanted)
