"""The rows of the calls by which threads begin, wait for each other, and sleep."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call

_P = Parameter
_RMTP = _P("rmtp", Kind.VECTOR, None)

THREAD_CALLS: tuple[Call, ...] = (
    call(
        37,
        "alarm",
        N_("let SIGALRM come after some seconds"),
        Result.NUMBER,
        _P("seconds", Kind.SECONDS),
    ),
    call(
        38,
        "setitimer",
        N_("let SIGALRM come after a while, once or again and again"),
        Result.NOTHING,
        _P("which", Kind.ITIMER),
        *(_P("new_value", Kind.VECTOR), _P("old_value", Kind.VECTOR, None)),
    ),
    call(
        36,
        "getitimer",
        N_("ask what is left of a timer"),
        Result.NOTHING,
        *(_P("which", Kind.ITIMER), _P("curr_value", Kind.BUFFER)),
    ),
    call(
        435,
        "clone3",
        N_("make a child that shares what a structure says"),
        Result.PID,
        *(_P("cl_args", Kind.BUFFER), _P("size", Kind.COUNT)),
    ),
    call(
        202,
        "futex",
        N_("sleep until another thread wakes the caller, or wake those that sleep"),
        Result.NUMBER,
        *(_P("uaddr", Kind.BUFFER), _P("op", Kind.FUTEX_OP), _P("val", Kind.NUMBER)),
        *(_P("timeout", Kind.VECTOR, None), _P("uaddr2", Kind.VECTOR, None)),
        _P("val3", Kind.NUMBER, 0),
    ),
    call(
        273,
        "set_robust_list",
        N_("say where the list is of the locks that this thread holds"),
        Result.NOTHING,
        *(_P("head", Kind.BUFFER), _P("len", Kind.COUNT)),
    ),
    call(
        274,
        "get_robust_list",
        N_("tell where the list of locks of a thread is"),
        Result.NOTHING,
        *(_P("pid", Kind.PID), _P("head_ptr", Kind.BUFFER), _P("len_ptr", Kind.BUFFER)),
    ),
    call(
        334,
        "rseq",
        N_("say where this thread is told on which CPU it runs"),
        Result.NOTHING,
        *(_P("rseq", Kind.BUFFER), _P("rseq_len", Kind.COUNT)),
        *(_P("flags", Kind.RSEQ_FLAGS), _P("sig", Kind.NUMBER)),
    ),
    call(24, "sched_yield", N_("let others run"), Result.NOTHING),
    call(
        35,
        "nanosleep",
        N_("sleep for a while"),
        Result.NOTHING,
        *(_P("rqtp", Kind.BUFFER), _RMTP),
    ),
    call(
        230,
        "clock_nanosleep",
        N_("sleep for a while, or until a time"),
        Result.NOTHING,
        *(_P("clockid", Kind.CLOCK), _P("flags", Kind.TIMER_FLAGS)),
        *(_P("rqtp", Kind.BUFFER), _RMTP),
    ),
)
