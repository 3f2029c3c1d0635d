"""The rows of the calls on sockets."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call

_P = Parameter
_FD = _P("sockfd", Kind.FD)
_BUF = _P("buf", Kind.BUFFER)
_LEN = _P("len", Kind.COUNT)
_FLAGS = _P("flags", Kind.MSG_FLAGS, 0)
_MSG = _P("msg", Kind.BUFFER)
_ADDR = _P("addr", Kind.VECTOR, None)
_ADDRLEN = _P("addrlen", Kind.VECTOR, None)
_MAKE = (
    _P("domain", Kind.SOCK_FAMILY),
    _P("type", Kind.SOCK_TYPE),
    _P("protocol", Kind.PROTOCOL, 0),
)
_OPTION = (_FD, _P("level", Kind.SOCK_LEVEL), _P("optname", Kind.SOCK_OPTION))
_OPTVAL = _P("optval", Kind.BUFFER)
_NAME = (_FD, _P("addr", Kind.BUFFER), _P("addrlen", Kind.NAME_LENGTH))
_STORED = (_FD, _P("addr", Kind.BUFFER), _P("addrlen", Kind.BUFFER))

SOCKET_CALLS: tuple[Call, ...] = (
    call(41, "socket", N_("make a socket"), Result.FD, *_MAKE),
    call(
        53,
        "socketpair",
        N_("make two sockets that are connected to each other"),
        Result.FDS,
        *_MAKE,
    ),
    call(49, "bind", N_("give a socket a name"), Result.NOTHING, *_NAME),
    call(
        50,
        "listen",
        N_("let others connect to a socket"),
        Result.NOTHING,
        *(_FD, _P("backlog", Kind.BACKLOG)),
    ),
    call(43, "accept", N_("take a connection that waits"), Result.FD, *(_FD, _ADDR, _ADDRLEN)),
    call(
        288,
        "accept4",
        N_("take a connection that waits"),
        Result.FD,
        *(_FD, _ADDR, _ADDRLEN, _P("flags", Kind.ACCEPT_FLAGS, 0)),
    ),
    call(42, "connect", N_("connect a socket to who has a name"), Result.NOTHING, *_NAME),
    call(
        44,
        "sendto",
        N_("send bytes"),
        Result.COUNT,
        *(_FD, _BUF, _LEN, _FLAGS, _ADDR, _P("addrlen", Kind.NAME_LENGTH, 0)),
    ),
    call(
        45,
        "recvfrom",
        N_("receive bytes"),
        Result.COUNT,
        *(_FD, _BUF, _LEN, _FLAGS, _ADDR, _ADDRLEN),
    ),
    call(
        46,
        "sendmsg",
        N_("send pieces of memory, and open files along with them"),
        Result.COUNT,
        *(_FD, _MSG, _FLAGS),
    ),
    call(
        47,
        "recvmsg",
        N_("receive into pieces of memory, and open files that came along"),
        Result.COUNT,
        *(_FD, _MSG, _FLAGS),
    ),
    call(
        48,
        "shutdown",
        N_("end one direction of a connection, or both"),
        Result.NOTHING,
        *(_FD, _P("how", Kind.SHUT_HOW)),
    ),
    call(51, "getsockname", N_("ask for the name of a socket"), Result.NOTHING, *_STORED),
    call(
        52, "getpeername", N_("ask for the name of a socket's other end"), Result.NOTHING, *_STORED
    ),
    call(
        54,
        "setsockopt",
        N_("change an option of a socket"),
        Result.NOTHING,
        *(*_OPTION, _OPTVAL, _P("optlen", Kind.NAME_LENGTH)),
    ),
    call(
        55,
        "getsockopt",
        N_("ask for an option of a socket"),
        Result.NOTHING,
        *(*_OPTION, _OPTVAL, _P("optlen", Kind.BUFFER)),
    ),
)
