"""membarrier: barriers on other CPUs, of which there are none. Linux has it in kernel/sched/."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.membarrier import (
    MEMBARRIER_CMD_FLAG_CPU,
    MEMBARRIER_REGISTRATIONS,
    Membarrier,
)
from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit

_CMD = Membarrier
_GLOBAL = int(_CMD.MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED)
_PRIVATE = int(_CMD.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
# What a command must have been asked for with before.
_NEEDS = {
    _CMD.MEMBARRIER_CMD_PRIVATE_EXPEDITED: _CMD.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
    _CMD.MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE: (
        _CMD.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE
    ),
    _CMD.MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ: (
        _CMD.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ
    ),
}


def membarrier(task: TaskStruct, cmd: int, flags: int) -> int:
    """Do a command; return what it asks for, or 0.

    Args:
        task: the caller.
        cmd: MEMBARRIER_CMD_*.
        flags: MEMBARRIER_CMD_FLAG_CPU for one command, or 0.

    Raises:
        LinuxError: EINVAL for another command or flag; EPERM for what was not registered.

    Emits: membarrier_register.
    Source: kernel/sched/membarrier.c: SYSCALL_DEFINE3(membarrier) [v6.18].
    """
    mm = task.mm
    assert mm is not None
    is_rseq = cmd == _CMD.MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ
    if flags and not (is_rseq and flags == MEMBARRIER_CMD_FLAG_CPU):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if cmd not in list(_CMD):
        raise LinuxError(errno.EINVAL, "unknown_command", cmd=cmd)
    command = _CMD(cmd)
    if command is _CMD.MEMBARRIER_CMD_QUERY:
        return sum(_CMD)
    if command is _CMD.MEMBARRIER_CMD_GET_REGISTRATIONS:
        special = mm.membarrier_state & ~(_GLOBAL | _PRIVATE)
        return mm.membarrier_state | (_PRIVATE if special else 0)
    if cmd & MEMBARRIER_REGISTRATIONS:
        _register(mm, cmd)
    elif command in _NEEDS and not mm.membarrier_state & _NEEDS[command]:
        raise LinuxError(errno.EPERM, "not_registered", name=_NEEDS[command].name)
    return 0


def _register(mm: MmStruct, cmd: int) -> None:
    old = mm.membarrier_state
    mm.membarrier_state = old | cmd
    if mm.membarrier_state != old:
        emit(mm, process_events.MembarrierRegister, mm.number, old, mm.membarrier_state)
