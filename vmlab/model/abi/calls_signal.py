"""The rows of the calls about signals."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call
from vmlab.model.abi.signal import SIGSET_SIZE

_P = Parameter
_SIGNAL = _P("sig", Kind.SIGNAL)
_SIZE = _P("sigsetsize", Kind.COUNT, SIGSET_SIZE)

SIGNAL_CALLS: tuple[Call, ...] = (
    call(
        13,
        "rt_sigaction",
        N_("install a handler for a signal, or remove it"),
        Result.NOTHING,
        _P("signum", Kind.SIGNAL),
        _P("handler", Kind.HANDLER, True),
        method="sigaction",
    ),
    call(
        14,
        "rt_sigprocmask",
        N_("let signals wait, or no more"),
        Result.NOTHING,
        _P("how", Kind.SIGPROCMASK_HOW),
        _P("set", Kind.VECTOR, None),
        _P("oldset", Kind.VECTOR, None),
        _SIZE,
    ),
    call(15, "rt_sigreturn", N_("return from a handler"), Result.NEVER),
    call(34, "pause", N_("sleep until a signal comes"), Result.NOTHING),
    call(
        62,
        "kill",
        N_("send a signal to a process"),
        Result.NOTHING,
        _P("pid", Kind.PID),
        _SIGNAL,
    ),
    call(
        127,
        "rt_sigpending",
        N_("ask which signals were sent and wait"),
        Result.NOTHING,
        _P("set", Kind.BUFFER),
        _SIZE,
    ),
    call(
        128,
        "rt_sigtimedwait",
        N_("take a signal of a set, or wait for one"),
        Result.NUMBER,
        _P("uthese", Kind.BUFFER),
        *(_P("uinfo", Kind.VECTOR, None), _P("uts", Kind.VECTOR, None)),
        _SIZE,
    ),
    call(
        130,
        "rt_sigsuspend",
        N_("sleep until a signal comes, and let others wait meanwhile"),
        Result.NOTHING,
        _P("mask", Kind.BUFFER),
        _SIZE,
    ),
    call(
        131,
        "sigaltstack",
        N_("give handlers a stack of their own, or ask for it"),
        Result.NOTHING,
        _P("ss", Kind.VECTOR, None),
        _P("old_ss", Kind.VECTOR, None),
    ),
    call(
        200,
        "tkill",
        N_("send a signal to a thread"),
        Result.NOTHING,
        _P("tid", Kind.PID),
        _SIGNAL,
    ),
    call(
        234,
        "tgkill",
        N_("send a signal to a thread of a process"),
        Result.NOTHING,
        _P("tgid", Kind.PID),
        _P("tid", Kind.PID),
        _SIGNAL,
    ),
    call(
        129,
        "rt_sigqueueinfo",
        N_("send a signal with a value to a process"),
        Result.NOTHING,
        *(_P("pid", Kind.PID), _SIGNAL, _P("info", Kind.BUFFER)),
    ),
    call(
        297,
        "rt_tgsigqueueinfo",
        N_("send a signal with a value to a thread of a process"),
        Result.NOTHING,
        *(_P("tgid", Kind.PID), _P("tid", Kind.PID), _SIGNAL, _P("info", Kind.BUFFER)),
    ),
)
