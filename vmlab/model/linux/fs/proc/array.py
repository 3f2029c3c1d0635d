"""What /proc/PID/status says: the name, the numbers, and the lines that speak of memory."""

from __future__ import annotations

from vmlab.model.linux.fs.proc.task_mmu import smap_gather_stats, vm_exe
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.mmu.page import PAGE_SHIFT


def show_status(task: TaskStruct) -> str:
    """Return the lines of /proc/PID/status that speak of the process and its memory.

    Source: fs/proc/array.c: proc_pid_status() [v5.4].
    """
    states = {"R": "R (running)", "D": "D (disk sleep)", "Z": "Z (zombie)", "X": "X (dead)"}
    ppid = task.parent.pid if task.parent is not None else 0
    lines = [
        f"Name:\t{_task_name(task)}",
        f"State:\t{states[task.state]}",
        f"Tgid:\t{task.tgid}",
        f"Pid:\t{task.pid}",
        f"PPid:\t{ppid}",
    ]
    mm = task.mm
    if mm is not None:
        exe = vm_exe(mm)
        anon = file = shmem = 0
        for vma in mm:
            mss = smap_gather_stats(vma)
            anon += mss.anonymous
            shmem += mss.resident - mss.anonymous
        rows = (
            ("VmSize", mm.total_vm << PAGE_SHIFT),
            ("VmLck", mm.locked_vm << PAGE_SHIFT),
            ("VmPin", 0),
            ("VmRSS", anon + file + shmem),
            ("RssAnon", anon),
            ("RssFile", file),
            ("RssShmem", shmem),
            ("VmData", mm.data_vm << PAGE_SHIFT),
            ("VmStk", mm.stack_vm << PAGE_SHIFT),
            ("VmExe", exe),
            ("VmLib", (mm.exec_vm << PAGE_SHIFT) - exe),
            ("VmPTE", mm.pgtables_bytes),
            ("VmSwap", 0),
        )
        lines += [f"{name}:\t{value >> 10:8} kB" for name, value in rows]
    return "\n".join(lines) + "\n"


def _task_name(task: TaskStruct) -> str:
    # Source: fs/proc/array.c: proc_task_name() [v5.4].
    return task.comm.replace("\\", r"\\").replace("\n", r"\n")
