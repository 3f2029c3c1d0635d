"""The options of sockets."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.socket import (
    AF_INET6,
    AF_UNIX,
    SOCK_STREAM,
    SOL_SOCKET,
    Ipv6Option,
    SockLevel,
    SockOption,
    TcpOption,
)
from vmlab.model.abi.time import NSEC_PER_SEC, NSEC_PER_USEC, USEC_PER_SEC
from vmlab.model.linux.include.sock import SkFlag, SkState, Sock
from vmlab.model.linux.include.structs import Inode, TaskStruct
from vmlab.model.linux.lib.usercopy import load_from_user, store_number, store_to_user
from vmlab.model.linux.net.core.sock import sock_of, sock_set
from vmlab.model.linux.net.names import load_room
from vmlab.model.linux.net.socket import sockfd_lookup
from vmlab.model.trace.decorators import traced

_INT = 4  # bytes
_TIMEVAL = struct.Struct("<qq")
_LONGEST = (1 << 63) - 1
_WMEM_MAX = 4 << 20  # bytes
_SMALLEST = {SockOption.SO_SNDBUF: 4608, SockOption.SO_RCVBUF: 2304}  # bytes
_TIMES = {SockOption.SO_RCVTIMEO: "rcvtimeo", SockOption.SO_SNDTIMEO: "sndtimeo"}
_FLAGS: dict[tuple[int, int], SkFlag] = {
    (SOL_SOCKET, SockOption.SO_REUSEADDR): SkFlag.SOCK_REUSEADDR,
    (SOL_SOCKET, SockOption.SO_REUSEPORT): SkFlag.SOCK_REUSEPORT,
    (SOL_SOCKET, SockOption.SO_BROADCAST): SkFlag.SOCK_BROADCAST,
    (SOL_SOCKET, SockOption.SO_KEEPALIVE): SkFlag.SOCK_KEEPOPEN,
    (SockLevel.SOL_TCP, TcpOption.TCP_NODELAY): SkFlag.TCP_NODELAY,
    (SockLevel.SOL_IPV6, Ipv6Option.IPV6_V6ONLY): SkFlag.IPV6_V6ONLY,
}


@traced
def do_getsockopt(
    task: TaskStruct, fd: int, level: int, option: int, addr: int, size_at: int
) -> None:
    """Store an option of a socket.

    Args:
        task: the caller.
        fd: descriptor.
        level: SOL_SOCKET, SOL_TCP, SOL_IPV6.
        option: SO_*, TCP_NODELAY, IPV6_V6ONLY.
        addr: bytes: where to.
        size_at: bytes: where the room there stands, an int that becomes the length.

    Raises:
        LinuxError: EBADF; ENOTSOCK; EOPNOTSUPP for a level that the family has not; ENOPROTOOPT
            for another option; EFAULT; EINVAL for less room than none.

    Emits: copy_from_user, copy_to_user.
    Source: net/core/sock.c: sk_getsockopt() [v6.18].
    Left out: options about packets, and when a closed one lingers.
    """
    inode = sockfd_lookup(task, fd).f_inode
    sk = sock_of(inode)
    _check_level(sk, level)
    room = load_room(task, size_at)
    data = _told(sk, level, option)
    if (level, option) == (SOL_SOCKET, SockOption.SO_ERROR):
        sock_set(inode, err=0)
    part = data[:room]
    store_to_user(task, addr, part)
    store_number(task, size_at, len(part), _INT)


def _check_level(sk: Sock, level: int) -> None:
    # Source: net/socket.c: do_sock_setsockopt(), do_sock_getsockopt() [v6.18].
    if sk.family == AF_UNIX and level != SOL_SOCKET:
        raise LinuxError(errno.EOPNOTSUPP, "socket_level_unknown", level=level)
    levels = [SOL_SOCKET, SockLevel.SOL_TCP if sk.type == SOCK_STREAM else SOL_SOCKET]
    levels += [SockLevel.SOL_IPV6] if sk.family == AF_INET6 else []
    if level not in levels:
        raise LinuxError(errno.ENOPROTOOPT, "socket_level_unknown", level=level)


def _told(sk: Sock, level: int, option: int) -> bytes:
    if (level, option) in _FLAGS:
        return _int(bool(sk.flags & _FLAGS[level, option]))
    if level != SOL_SOCKET or option not in tuple(SockOption):
        raise LinuxError(errno.ENOPROTOOPT, "socket_option_unknown", option=option)
    if option in _TIMES:
        seconds, rest = divmod(getattr(sk, _TIMES[SockOption(option)]), NSEC_PER_SEC)
        return _TIMEVAL.pack(seconds, rest // NSEC_PER_USEC)
    if option == SockOption.SO_PEERCRED:
        known = sk.family == AF_UNIX and sk.state != SkState.TCP_CLOSE
        return struct.pack("<iii", *((sk.pid, 0, 0) if known else (0, -1, -1)))
    values = {
        SockOption.SO_TYPE: sk.type,
        SockOption.SO_ERROR: sk.err,
        SockOption.SO_SNDBUF: sk.sndbuf,
        SockOption.SO_RCVBUF: sk.rcvbuf,
        SockOption.SO_RCVLOWAT: 1,
        SockOption.SO_SNDLOWAT: 1,
        SockOption.SO_DOMAIN: sk.family,
        SockOption.SO_PROTOCOL: sk.protocol,
        SockOption.SO_ACCEPTCONN: sk.state == SkState.TCP_LISTEN,
        SockOption.SO_PASSCRED: 0,
    }
    return _int(values[SockOption(option)])


def _int(value: int) -> bytes:
    return int(value).to_bytes(_INT, "little")


@traced
def do_setsockopt(task: TaskStruct, fd: int, level: int, option: int, addr: int, size: int) -> None:
    """Change an option of a socket.

    Args:
        task: the caller.
        fd: descriptor.
        level: SOL_SOCKET, SOL_TCP, SOL_IPV6.
        option: SO_REUSEADDR, SO_REUSEPORT, SO_BROADCAST, SO_KEEPALIVE, TCP_NODELAY, IPV6_V6ONLY:
            whether; SO_SNDBUF, SO_RCVBUF: bytes of memory, which are doubled for the headers;
            SO_RCVTIMEO, SO_SNDTIMEO: a struct timeval.
        addr: bytes: where the value is.
        size: bytes there.

    Raises:
        LinuxError: EBADF; ENOTSOCK; EINVAL for less than the value has, and for IPV6_V6ONLY of a
            socket with a name; EFAULT; EDOM for a time that there is not; EOPNOTSUPP for a level
            that the family has not, and for SO_REUSEPORT of AF_UNIX; ENOPROTOOPT for another
            option.

    Emits: copy_from_user.
    Source: net/core/sock.c: sk_setsockopt() [v6.18].
    Left out: all other options that can be changed.
    """
    inode = sockfd_lookup(task, fd).f_inode
    sk = sock_of(inode)
    if size < 0:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=size)
    _check_level(sk, level)
    if size < _INT:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=size)
    value = int.from_bytes(load_from_user(task, addr, _INT), "little")
    if (level, option) in _FLAGS:
        _set_flag(inode, _FLAGS[level, option], bool(value))
    elif level == SOL_SOCKET and option in _TIMES:
        sock_set(inode, **{_TIMES[SockOption(option)]: _time(task, addr, size)})
    elif level == SOL_SOCKET and option in tuple(_SMALLEST):
        wanted = max(min(value, _WMEM_MAX) * 2, _SMALLEST[SockOption(option)])
        sock_set(inode, **{"sndbuf" if option == SockOption.SO_SNDBUF else "rcvbuf": wanted})
    else:
        raise LinuxError(errno.ENOPROTOOPT, "socket_option_unknown", option=option)


def _set_flag(inode: Inode, flag: SkFlag, on: bool) -> None:
    sk = sock_of(inode)
    if flag == SkFlag.IPV6_V6ONLY and sk.name:
        raise LinuxError(errno.EINVAL, "socket_has_name")
    if flag == SkFlag.SOCK_REUSEPORT and on and sk.family == AF_UNIX:
        raise LinuxError(errno.EOPNOTSUPP, "family_without_ports")
    sock_set(inode, flags=sk.flags | flag if on else sk.flags & ~flag)


def _time(task: TaskStruct, addr: int, size: int) -> int:
    # Nanoseconds; 0 = without end. Source: net/core/sock.c: sock_set_timeout() [v6.18].
    if size < _TIMEVAL.size:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=size)
    given: tuple[int, int] = _TIMEVAL.unpack(load_from_user(task, addr, _TIMEVAL.size))
    seconds, micros = given
    if not 0 <= micros < USEC_PER_SEC:
        raise LinuxError(errno.EDOM, "time_not_valid")
    if seconds < 0:
        return 1  # no time at all
    return min(seconds * NSEC_PER_SEC + micros * NSEC_PER_USEC, _LONGEST)
