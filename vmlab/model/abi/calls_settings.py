"""The rows of the calls by which a process asks how it is treated: limits, its name."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call

_P = Parameter

SETTING_CALLS: tuple[Call, ...] = (
    call(
        160,
        "setrlimit",
        N_("set a limit"),
        Result.NOTHING,
        _P("resource", Kind.RESOURCE),
        _P("soft", Kind.LIMIT),
        _P("hard", Kind.HARD_LIMIT, None),
    ),
    call(
        97,
        "getrlimit",
        N_("ask for a limit"),
        Result.LIMITS,
        _P("resource", Kind.RESOURCE),
        _P("rlim", Kind.VECTOR, None),
    ),
    call(
        302,
        "prlimit64",
        N_("ask for a limit of a process, and set another"),
        Result.LIMITS,
        _P("pid", Kind.PID),
        _P("resource", Kind.RESOURCE),
        _P("new_limit", Kind.LIMITS, None),
        _P("old_limit", Kind.VECTOR, None),
        method="prlimit",
    ),
    call(
        135,
        "personality",
        N_("ask the kernel to do something in an older way, from the next execve on"),
        Result.PERSONALITY,
        _P("persona", Kind.PERSONALITY),
    ),
    call(
        157,
        "prctl",
        N_("ask for a name, or how this process is treated"),
        Result.NUMBER,
        _P("option", Kind.OPTION),
        *(_P(f"arg{number}", Kind.ARGUMENT, 0) for number in range(2, 6)),
    ),
    call(
        158,
        "arch_prctl",
        N_("set or ask for the base of a segment register"),
        Result.NOTHING,
        _P("code", Kind.ARCH_CODE),
        _P("addr", Kind.BUFFER),
    ),
    call(
        324,
        "membarrier",
        N_("let all CPUs see the same memory, or ask for the right to it"),
        Result.NUMBER,
        _P("cmd", Kind.BARRIER),
        _P("flags", Kind.BARRIER_FLAGS, 0),
        _P("cpu_id", Kind.NUMBER, 0),
    ),
)
