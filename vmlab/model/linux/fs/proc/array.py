"""What /proc/PID/status and statm say: the name, the numbers, the lines that speak of memory."""

from __future__ import annotations

from vmlab.model.abi.resource import Rlimit
from vmlab.model.linux.fs.proc.task_mmu import task_mem, task_statm
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.mmu.page import PAGE_SHIFT

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


def do_task_stat(task: TaskStruct) -> str:
    """Return /proc/PID/stat.

    Source: fs/proc/array.c: do_task_stat() [v6.18].
    Left out: times, the terminal, priorities, signals, where it waits: they are 0.
    """
    mm, ppid = task.mm, task.parent.pid if task.parent is not None else 0
    threads = sum(each.tgid == task.tgid for each in task.system.tasks.values())
    rows: list[int] = [ppid, task.pgrp, task.session, 0, -1, 0]
    rows += [task.min_flt, 0, task.maj_flt, 0, 0, 0, 0, 0, 20, 0, threads, 0, 0]
    if mm is None:
        rows += [0, 0, task.rlim[Rlimit.RLIMIT_RSS].rlim_cur, *[0] * 5]
    else:
        size, resident, *_ = task_statm(mm)
        rows += [size << PAGE_SHIFT, resident, task.rlim[Rlimit.RLIMIT_RSS].rlim_cur]
        rows += [mm.start_code, mm.end_code, mm.start_stack, 0, 0]
    rows += [*[0] * 7, task.exit_signal, *[0] * 6]
    if mm is None:
        rows += [0] * 7
    else:
        rows += [mm.start_data, mm.end_data, mm.start_brk]
        rows += [mm.arg_start, mm.arg_end, mm.env_start, mm.env_end]
    numbers = " ".join(map(str, [*rows, task.exit_code]))
    return f"{task.pid} ({_task_name(task)}) {task.state} {numbers}\n"
