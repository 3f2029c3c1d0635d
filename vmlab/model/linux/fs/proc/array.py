"""What /proc/PID/status and statm say: the name, the numbers, the lines that speak of memory."""

from __future__ import annotations

from vmlab.model.linux.fs.proc.task_mmu import task_mem, task_statm
from vmlab.model.linux.include.structs import TaskStruct

_STATES = {
    "R": "R (running)",
    "D": "D (disk sleep)",
    "T": "T (stopped)",
    "Z": "Z (zombie)",
    "X": "X (dead)",
}


def show_status(task: TaskStruct) -> str:
    """Return the lines of /proc/PID/status that speak of the process and its memory.

    Source: fs/proc/array.c: proc_pid_status() [v6.18].
    """
    ppid = task.parent.pid if task.parent is not None else 0
    lines = [
        f"Name:\t{_task_name(task)}",
        f"State:\t{_STATES[task.state]}",
        f"Tgid:\t{task.tgid}",
        f"Pid:\t{task.pid}",
        f"PPid:\t{ppid}",
    ]
    if task.mm is not None:
        lines += [f"{name}:\t{value >> 10:8} kB" for name, value in task_mem(task.mm)]
        lines += "CoreDumping:\t0", "THP_enabled:\t1", "untag_mask:\t0xffffffffffffffff"
    return "\n".join(lines) + "\n"


def _task_name(task: TaskStruct) -> str:
    # Source: fs/proc/array.c: proc_task_name() [v5.4].
    return task.comm.replace("\\", r"\\").replace("\n", r"\n")


def show_statm(task: TaskStruct) -> str:
    """Return /proc/PID/statm: size, resident, shared, text, 0, data, 0, in pages.

    Source: fs/proc/array.c: proc_pid_statm() [v6.18].
    """
    size = resident = shared = text = data = 0
    if task.mm is not None:
        size, resident, shared, text, data = task_statm(task.mm)
    return f"{size} {resident} {shared} {text} 0 {data} 0\n"
