"""The fields of calls on sockets, and on files that count, watch or stand for times."""

from __future__ import annotations

import re
from collections.abc import Mapping

from vmlab.model.abi.anon_files import Eventfd, Signalfd, TimerfdCreate, TimerfdSettime
from vmlab.model.abi.epoll import EpollCreate, EpollOp
from vmlab.model.abi.kinds import Kind
from vmlab.model.abi.socket import (
    AddressFamily,
    Msg,
    Shut,
    Sock,
    SockFlag,
    SockLevel,
    SockOption,
)
from vmlab.widgets.call_field import CallField, Meaning
from vmlab.widgets.readers import choice, flags, number
from vmlab.widgets.typed_values import parse_flags
from vmlab.words.typed import narrow


def _sock_type(text: str, _: Meaning) -> int:
    # A type, and flags.
    kind, *words = re.findall(r"[^\s|,]+", narrow(text)) or [""]
    return parse_flags(kind, Sock) | (parse_flags(" ".join(words), SockFlag) if words else 0)


SOCKET_KINDS: Mapping[Kind, CallField] = {
    Kind.EVENTFD_COUNT: CallField("", number, "0", "0", 4),
    Kind.EVENTFD_FLAGS: CallField(
        "", flags(Eventfd), hint="0", width=10, options=("nonblock", "semaphore", "cloexec")
    ),
    Kind.EPOLL_FLAGS: CallField("", flags(EpollCreate), hint="0", width=8, options=("cloexec",)),
    Kind.EPOLL_OP: CallField(
        "",
        lambda text, _: parse_flags(text, EpollOp),
        "ctl_add",
        "ctl_add",
        8,
        ("ctl_add", "ctl_mod", "ctl_del"),
    ),
    Kind.NR_EVENTS: CallField("", number, "4", "4", 3),
    Kind.TIMERFD_FLAGS: CallField(
        "", flags(TimerfdCreate), hint="0", width=9, options=("nonblock", "cloexec")
    ),
    Kind.SETTIME_FLAGS: CallField(
        "", flags(TimerfdSettime), hint="0", width=13, options=("timer_abstime",)
    ),
    Kind.SIGNALFD_FLAGS: CallField(
        "", flags(Signalfd), hint="0", width=9, options=("nonblock", "cloexec")
    ),
    Kind.SOCK_FAMILY: choice(AddressFamily, "unix", 7),
    Kind.SOCK_TYPE: CallField(
        "", _sock_type, "stream", "stream", 10, ("stream", "dgram", "seqpacket", "stream nonblock")
    ),
    Kind.PROTOCOL: CallField("", number, "0", "0", 3),
    Kind.MSG_FLAGS: CallField(
        "", flags(Msg), hint="0", width=9, options=("dontwait", "peek", "waitall", "nosignal")
    ),
    Kind.SHUT_HOW: choice(Shut, "wr", 5),
    Kind.SOCK_LEVEL: choice(SockLevel, "socket", 7),
    Kind.SOCK_OPTION: choice(SockOption, "type", 10),
    Kind.ACCEPT_FLAGS: CallField(
        "", flags(SockFlag), hint="0", width=9, options=("nonblock", "cloexec")
    ),
    Kind.BACKLOG: CallField("", number, "4", "4", 3),
    Kind.MQ_PRIO: CallField("", number, "0", "0", 3),
    Kind.NAME_LENGTH: CallField("", number, "4", "4", 4),
}
