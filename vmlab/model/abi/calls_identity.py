"""The rows of the calls by which a process asks who and where it is, and what time."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call

_P = Parameter
_PID = _P("pid", Kind.PID)
_USER = N_("return the user, who is root")
_GROUP = N_("return the group, which is that of root")

IDENTITY_CALLS: tuple[Call, ...] = (
    call(39, "getpid", N_("return the process number"), Result.PID),
    call(186, "gettid", N_("return the number of this thread"), Result.PID),
    call(110, "getppid", N_("return the number of the parent process"), Result.PID),
    call(102, "getuid", _USER, Result.NUMBER),
    call(107, "geteuid", _USER, Result.NUMBER),
    call(104, "getgid", _GROUP, Result.NUMBER),
    call(108, "getegid", _GROUP, Result.NUMBER),
    call(111, "getpgrp", N_("return the number of the process group"), Result.PID),
    call(121, "getpgid", N_("return the number of the group of a process"), Result.PID, _PID),
    call(
        109,
        "setpgid",
        N_("move a process to another group"),
        Result.NOTHING,
        *(_PID, _P("pgid", Kind.PID)),
    ),
    call(124, "getsid", N_("return the number of the session of a process"), Result.PID, _PID),
    call(112, "setsid", N_("begin a session, and a group in it"), Result.PID),
    call(
        63,
        "uname",
        N_("tell which system this is"),
        Result.NOTHING,
        _P("buf", Kind.BUFFER),
    ),
    call(
        318,
        "getrandom",
        N_("store random bytes"),
        Result.COUNT,
        *(_P("buf", Kind.BUFFER), _P("buflen", Kind.COUNT), _P("flags", Kind.GRND_FLAGS, 0)),
    ),
    call(
        98,
        "getrusage",
        N_("tell what a process used"),
        Result.NOTHING,
        *(_P("who", Kind.USAGE_OF), _P("usage", Kind.BUFFER)),
    ),
    call(
        99, "sysinfo", N_("tell how much memory there is"), Result.NOTHING, _P("info", Kind.BUFFER)
    ),
    call(
        100,
        "times",
        N_("tell how long a process ran"),
        Result.NUMBER,
        _P("buf", Kind.BUFFER, 0),
    ),
    call(
        140,
        "getpriority",
        N_("tell how nice a process is"),
        Result.NUMBER,
        *(_P("which", Kind.PRIORITY_OF), _P("who", Kind.PID, 0)),
    ),
    call(
        204,
        "sched_getaffinity",
        N_("tell on which CPUs a process may run"),
        Result.COUNT,
        *(_PID, _P("cpusetsize", Kind.CPUS_SIZE), _P("mask", Kind.BUFFER)),
    ),
    call(
        309,
        "getcpu",
        N_("tell which CPU this is"),
        Result.NOTHING,
        *(_P("cpu", Kind.BUFFER, 0), _P("node", Kind.BUFFER, 0)),
    ),
    call(
        228,
        "clock_gettime",
        N_("tell what time it is"),
        Result.NOTHING,
        *(_P("clockid", Kind.CLOCK), _P("tp", Kind.BUFFER)),
    ),
    call(
        229,
        "clock_getres",
        N_("tell what a clock counts by"),
        Result.NOTHING,
        *(_P("clockid", Kind.CLOCK), _P("res", Kind.BUFFER, 0)),
    ),
    call(
        96,
        "gettimeofday",
        N_("tell what time it is"),
        Result.NOTHING,
        *(_P("tv", Kind.BUFFER), _P("tz", Kind.BUFFER, 0)),
    ),
    call(201, "time", N_("return the time in seconds"), Result.NUMBER, _P("tloc", Kind.BUFFER, 0)),
)
