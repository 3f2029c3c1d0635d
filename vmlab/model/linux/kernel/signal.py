"""Signals: which of them a process survives."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.signal import SIGKILL, SIGSTOP
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit

_NSIG = 64


def do_sigaction(task: TaskStruct, sig: int, handled: bool) -> None:
    """Install a handler for a signal, or remove it.

    Args:
        task: the caller.
        sig: number of the signal.
        handled: whether there is a handler from now on.

    Raises:
        LinuxError: EINVAL for a number that no signal has, and for SIGKILL and SIGSTOP.

    Emits: signal_handler.
    Source: kernel/signal.c: do_sigaction() [v5.4].
    Left out: the handler itself, its mask and flags, SIG_IGN.
    """
    if not 1 <= sig <= _NSIG or sig in (SIGKILL, SIGSTOP):
        raise LinuxError(errno.EINVAL, "signal_without_handler", signal=sig)
    if handled:
        task.handlers.add(sig)
    else:
        task.handlers.discard(sig)
    emit(task, process_events.SignalHandler, task.pid, sig, handled)


def fatal_signal_pending(system: System) -> bool:
    """Say whether the caller is to end a long call early: whoever made it was interrupted.

    Linux asks it of a task that is being killed.

    Source: include/linux/sched/signal.h: fatal_signal_pending() [v5.4].
    """
    return system.trace.turn.interrupted()
