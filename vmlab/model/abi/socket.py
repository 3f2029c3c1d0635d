"""Sockets: families, types, flags and options, with Linux's x86-64 values."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class AddressFamily(IntEnum):
    """Families of socket(2)."""

    AF_UNSPEC = 0
    AF_UNIX = 1
    AF_INET = 2
    AF_INET6 = 10
    AF_NETLINK = 16
    AF_PACKET = 17


class Sock(IntEnum):
    """Types of socket(2)."""

    SOCK_STREAM = 1
    SOCK_DGRAM = 2
    SOCK_RAW = 3
    SOCK_RDM = 4
    SOCK_SEQPACKET = 5
    SOCK_DCCP = 6
    SOCK_PACKET = 10


class SockFlag(IntFlag):
    """Flags beside the type of socket(2)."""

    SOCK_NONBLOCK = 0o4000
    SOCK_CLOEXEC = 0o2000000


class Msg(IntFlag):
    """Flags of sendto(2), recvfrom(2) and their kin."""

    MSG_OOB = 0x1
    MSG_PEEK = 0x2
    MSG_DONTROUTE = 0x4
    MSG_CTRUNC = 0x8
    MSG_TRUNC = 0x20
    MSG_DONTWAIT = 0x40
    MSG_EOR = 0x80
    MSG_WAITALL = 0x100
    MSG_NOSIGNAL = 0x4000
    MSG_MORE = 0x8000
    MSG_CMSG_CLOEXEC = 0x40000000


class Shut(IntEnum):
    """What shutdown(2) ends."""

    SHUT_RD = 0
    SHUT_WR = 1
    SHUT_RDWR = 2


class SockLevel(IntEnum):
    """Levels of setsockopt(2)."""

    SOL_IP = 0
    SOL_SOCKET = 1
    SOL_TCP = 6
    SOL_UDP = 17
    SOL_IPV6 = 41


class SockOption(IntEnum):
    """Options of setsockopt(2) at SOL_SOCKET."""

    SO_REUSEADDR = 2
    SO_TYPE = 3
    SO_ERROR = 4
    SO_BROADCAST = 6
    SO_SNDBUF = 7
    SO_RCVBUF = 8
    SO_KEEPALIVE = 9
    SO_REUSEPORT = 15
    SO_PASSCRED = 16
    SO_PEERCRED = 17
    SO_RCVLOWAT = 18
    SO_SNDLOWAT = 19
    SO_RCVTIMEO = 20
    SO_SNDTIMEO = 21
    SO_ACCEPTCONN = 30
    SO_PROTOCOL = 38
    SO_DOMAIN = 39


class TcpOption(IntEnum):
    """Options of setsockopt(2) at SOL_TCP."""

    TCP_NODELAY = 1


class Ipv6Option(IntEnum):
    """Options of setsockopt(2) at SOL_IPV6."""

    IPV6_V6ONLY = 26


AF_UNSPEC = AddressFamily.AF_UNSPEC.value
AF_UNIX = AddressFamily.AF_UNIX.value
AF_INET = AddressFamily.AF_INET.value
AF_INET6 = AddressFamily.AF_INET6.value
IPPROTO_TCP = 6
IPPROTO_UDP = 17
SOCK_STREAM = Sock.SOCK_STREAM.value
SOCK_DGRAM = Sock.SOCK_DGRAM.value
SOCK_SEQPACKET = Sock.SOCK_SEQPACKET.value
SOCK_TYPE_MASK = 0xF
SOCK_MAX = 11
SOCK_NONBLOCK = SockFlag.SOCK_NONBLOCK.value
SOCK_CLOEXEC = SockFlag.SOCK_CLOEXEC.value
MSG_OOB = Msg.MSG_OOB.value
MSG_PEEK = Msg.MSG_PEEK.value
MSG_CTRUNC = Msg.MSG_CTRUNC.value
MSG_TRUNC = Msg.MSG_TRUNC.value
MSG_DONTWAIT = Msg.MSG_DONTWAIT.value
MSG_WAITALL = Msg.MSG_WAITALL.value
MSG_NOSIGNAL = Msg.MSG_NOSIGNAL.value
MSG_CMSG_CLOEXEC = Msg.MSG_CMSG_CLOEXEC.value
SOL_SOCKET = SockLevel.SOL_SOCKET.value
SCM_RIGHTS = 1
