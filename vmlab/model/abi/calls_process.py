"""The rows of the calls by which processes begin, change, reach each other and end."""

from __future__ import annotations

from vmlab.messages import N_
from vmlab.model.abi.kinds import Call, Kind, Parameter, Result, call
from vmlab.model.abi.wait import WALL

_P = Parameter
_CODE = _P("code", Kind.CODE, 0)
_PROCESS_VM = (
    _P("pid", Kind.PID),
    *(_P("local_iov", Kind.BUFFER), _P("liovcnt", Kind.NUMBER)),
    *(_P("remote_iov", Kind.BUFFER), _P("riovcnt", Kind.NUMBER)),
    _P("flags", Kind.NUMBER, 0),
)

PROCESS_CALLS: tuple[Call, ...] = (
    call(
        57,
        "fork",
        N_("make a child process that shares every page until one of them writes"),
        Result.PID,
    ),
    call(
        58,
        "vfork",
        N_("make a child that borrows the address space until it calls execve or exit"),
        Result.PID,
    ),
    call(
        56,
        "clone",
        N_("make a child that shares what the flags say"),
        Result.PID,
        _P("flags", Kind.CLONE_FLAGS),
        *(_P(name, Kind.BUFFER, 0) for name in ("stack", "parent_tid", "child_tid", "tls")),
    ),
    call(
        59,
        "execve",
        N_("replace the program"),
        Result.NOTHING,
        _P("path", Kind.PATH),
        _P("argv", Kind.ARGV, None),
        _P("env", Kind.ENV, ()),
    ),
    call(231, "exit_group", N_("end the process"), Result.NEVER, _CODE, method="exit"),
    call(60, "exit", N_("end this thread"), Result.NEVER, _CODE, method="exit_thread"),
    call(
        61,
        "wait4",
        N_("collect a child that has ended"),
        Result.STATUS,
        *(_P("pid", Kind.WAIT_PID, -1), _P("options", Kind.WAIT_OPTIONS, WALL)),
        *(_P("wstatus", Kind.BUFFER, 0), _P("rusage", Kind.BUFFER, 0)),
        method="wait",
    ),
    call(
        247,
        "waitid",
        N_("wait until a child ends, is stopped or goes on"),
        Result.NOTHING,
        *(_P("idtype", Kind.WAIT_TYPE), _P("id", Kind.WAIT_ID), _P("infop", Kind.VECTOR)),
        *(_P("options", Kind.WAIT_OPTIONS), _P("rusage", Kind.VECTOR, None)),
    ),
    call(
        218,
        "set_tid_address",
        N_("say where the number of this thread becomes 0 at its end"),
        Result.PID,
        _P("tidptr", Kind.BUFFER),
    ),
    call(
        310,
        "process_vm_readv",
        N_("read from the memory of a process into pieces of one's own"),
        Result.COUNT,
        *_PROCESS_VM,
    ),
    call(
        311,
        "process_vm_writev",
        N_("write pieces of one's own memory to that of a process"),
        Result.COUNT,
        *_PROCESS_VM,
    ),
    call(
        434,
        "pidfd_open",
        N_("open a descriptor that stands for a process"),
        Result.FD,
        _P("pid", Kind.PID),
        _P("flags", Kind.PIDFD_FLAGS, 0),
    ),
    call(
        440,
        "process_madvise",
        N_("give the kernel advice about memory of a process"),
        Result.COUNT,
        _P("pidfd", Kind.PIDFD),
        *(_P("vec", Kind.BUFFER), _P("vlen", Kind.NUMBER)),
        *(_P("advice", Kind.ADVICE), _P("flags", Kind.NO_FLAGS, 0)),
    ),
)
