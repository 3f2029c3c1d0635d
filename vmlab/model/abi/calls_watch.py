"""The rows of the calls on files that only count, watch others, or stand for times and signals."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call
from vmlab.model.abi.signal import SIGSET_SIZE

_P = Parameter
_FD = _P("fd", Kind.FD)
_SIGMASK = _P("sigmask", Kind.VECTOR, None)
_SIZE = _P("sigsetsize", Kind.COUNT, SIGSET_SIZE)
_EPFD = _P("epfd", Kind.FD)
_READY = (_EPFD, _P("events", Kind.BUFFER), _P("maxevents", Kind.NR_EVENTS))
_TIMEOUT = _P("timeout", Kind.TIMEOUT)

WATCH_CALLS: tuple[Call, ...] = (
    call(
        284,
        "eventfd",
        N_("make a file that counts"),
        Result.FD,
        _P("initval", Kind.EVENTFD_COUNT, 0),
    ),
    call(
        290,
        "eventfd2",
        N_("make a file that counts, with flags"),
        Result.FD,
        *(_P("initval", Kind.EVENTFD_COUNT, 0), _P("flags", Kind.EVENTFD_FLAGS, 0)),
    ),
    call(
        213,
        "epoll_create",
        N_("make a list of files to watch"),
        Result.FD,
        _P("size", Kind.SIZE, 1),
    ),
    call(
        291,
        "epoll_create1",
        N_("make a list of files to watch, with flags"),
        Result.FD,
        _P("flags", Kind.EPOLL_FLAGS, 0),
    ),
    call(
        233,
        "epoll_ctl",
        N_("watch a file, ask for other events of it, or watch it no more"),
        Result.NOTHING,
        *(_EPFD, _P("op", Kind.EPOLL_OP), _FD, _P("event", Kind.VECTOR, None)),
    ),
    call(
        232,
        "epoll_wait",
        N_("wait until something that is watched is ready"),
        Result.NUMBER,
        *(*_READY, _TIMEOUT),
    ),
    call(
        281,
        "epoll_pwait",
        N_("wait until something that is watched is ready, while other signals wait"),
        Result.NUMBER,
        *(*_READY, _TIMEOUT, _SIGMASK, _SIZE),
    ),
    call(
        441,
        "epoll_pwait2",
        N_("wait for what is watched until an exact time, while other signals wait"),
        Result.NUMBER,
        *(*_READY, _P("timeout", Kind.VECTOR, None), _SIGMASK, _SIZE),
    ),
    call(
        283,
        "timerfd_create",
        N_("make a file that stands for a time"),
        Result.FD,
        *(_P("clockid", Kind.CLOCK), _P("flags", Kind.TIMERFD_FLAGS, 0)),
    ),
    call(
        286,
        "timerfd_settime",
        N_("say when the time of a file comes"),
        Result.NOTHING,
        *(_FD, _P("flags", Kind.SETTIME_FLAGS), _P("new_value", Kind.BUFFER)),
        _P("old_value", Kind.VECTOR, None),
    ),
    call(
        287,
        "timerfd_gettime",
        N_("ask how long it is until the time of a file comes"),
        Result.NOTHING,
        *(_FD, _P("curr_value", Kind.BUFFER)),
    ),
    call(
        282,
        "signalfd",
        N_("make a file from which signals are read"),
        Result.FD,
        *(_FD, _P("mask", Kind.BUFFER), _SIZE),
    ),
    call(
        289,
        "signalfd4",
        N_("make a file from which signals are read, with flags"),
        Result.FD,
        *(_FD, _P("mask", Kind.BUFFER), _SIZE, _P("flags", Kind.SIGNALFD_FLAGS, 0)),
    ),
)
