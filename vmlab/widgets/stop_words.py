"""Why a program does not run on, in words."""

from __future__ import annotations

from vmlab.model.abi.signal import signal_name
from vmlab.model.abi.wait import WEXITSTATUS, WTERMSIG
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.machine_code import Stop
from vmlab.model.mmu.traps import X86_TRAP_PF
from vmlab.words.language import say


def stop_words(stop: Stop | None, task: TaskStruct | None, where: str) -> str:
    """Say why a program stopped.

    Args:
        stop: what ended its run; None = the reader did.
        task: the one that was run; None = all were.
        where: file:line, if anything says so; of a task that has ended, where it did.
    """
    at = where or (f"{stop.addr:#x}" if stop is not None and stop.addr else "")
    match stop.why if stop is not None else "":
        case "exit" | "signal" if task is not None and task.mm is None:
            return _ended(task, where)
        case "exit":
            return say("All processes have ended.")
        case "signal" if stop is not None:
            name = signal_name(stop.signal)
            return say("{signal} comes: its handler runs next. {where}", signal=name, where=at)
        case "sleeps" if stop is not None:
            sleepers = (
                say("{pid} waits in {call}", pid=pid, call=call) for pid, call in stop.sleepers
            )
            return f"{', '.join(sleepers)}. {_at(at)}".strip()
        case "line":
            return say("Stopped at {where}.", where=at)
        case "syscall":
            return say("Stopped after a system call: {where}.", where=at)
        case "fault":
            return say("Stopped after a page fault: {where}.", where=at)
        case "limit":
            return say("Stopped by the limit of instructions: {where}.", where=at)
    return say("Stopped by you: {where}.", where=at) if at else say("Stopped by you.")


def _at(where: str) -> str:
    return f"({where})" if where else ""


def _ended(task: TaskStruct, at: str) -> str:
    signal = WTERMSIG(task.exit_code)
    if not signal:
        words = say(
            "Process {pid} has ended: exit status {status}.",
            pid=task.pid,
            status=WEXITSTATUS(task.exit_code),
        )
    elif task.trap_nr == X86_TRAP_PF and task.cr2 is not None:
        words = say(
            "Process {pid} is killed by {signal}: address {addr}.",
            pid=task.pid,
            signal=signal_name(signal),
            addr=f"{task.cr2:#x}",
        )
    else:
        name = signal_name(signal)
        words = say("Process {pid} is killed by {signal}.", pid=task.pid, signal=name)
    return f"{words} {_at(at)}".strip()
