"""The switch from one task to another, and on which CPUs a task may run.

A kernel thread has no address space. The CPU needs page tables all the same, so that it runs on
those of the task before it, and holds on to them meanwhile.
"""

from __future__ import annotations

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.arch.x86.mm.tlb import switch_mm
from vmlab.model.linux.include.sched import PF_KTHREAD
from vmlab.model.linux.include.structs import MmStruct, System, TaskStruct
from vmlab.model.linux.kernel.fork import mmdrop
from vmlab.model.linux.kernel.pid import find_task_by_vpid
from vmlab.model.linux.kernel.rseq import rseq_preempt
from vmlab.model.linux.lib.usercopy import store_to_user
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit

_CPUMASK_SIZE = 32  # bytes: of a kernel for up to 256 CPUs
_WORD = 8  # bytes


def mmgrab(mm: MmStruct) -> None:
    """Hold on to the structure and its top page table, not to what is mapped.

    Emits: mm_count.
    Source: include/linux/sched/mm.h: mmgrab() [v5.4].
    """
    mm.mm_count += 1
    emit(mm, process_events.MmCount, mm.number, mm.mm_count, because("kthread_borrows_mm"))


@traced
def context_switch(system: System, task: TaskStruct) -> None:
    """Let the CPU run another task.

    Emits: mm_count, tlb_flush, mm_drop.
    Source: kernel/sched/core.c: context_switch() [v5.4].
    """
    prev = system.current
    if prev is task:
        return
    if prev is not None:
        rseq_preempt(prev)
    if task.flags & PF_KTHREAD:
        if prev is not None and prev.active_mm is not None:
            task.active_mm = prev.active_mm
            if prev.mm is not None:
                mmgrab(prev.active_mm)
            else:
                prev.active_mm = None
        system.current = task
        return
    switch_mm(system, task)
    if prev is not None and prev.flags & PF_KTHREAD:
        put_active_mm(prev)


def put_active_mm(task: TaskStruct) -> None:
    """Let a kernel thread give back what it borrowed.

    Emits: mm_count, mm_drop.
    Source: kernel/sched/core.c: finish_task_switch() [v5.4].
    """
    mm = task.active_mm
    task.active_mm = None
    if mm is not None:
        mmdrop(mm)
        emit(mm, process_events.MmCount, mm.number, mm.mm_count, because("kthread_returns_mm"))


@traced
def sched_getaffinity(task: TaskStruct, pid: int, length: int, mask: int) -> int:
    """Store on which CPUs a task may run: there is one; return the bytes of the mask.

    Args:
        task: the caller.
        pid: of the task; 0 = the caller.
        length: bytes that there is room for.
        mask: bytes: where to.

    Raises:
        LinuxError: EINVAL for no room, or no whole words; ESRCH; EFAULT.

    Emits: copy_to_user.
    Source: kernel/sched/syscalls.c: SYSCALL_DEFINE3(sched_getaffinity) [v6.18].
    """
    if not length or length % _WORD:
        raise LinuxError(errno.EINVAL, "cpus_too_many", size=length)
    if pid and find_task_by_vpid(task.system, pid) is None:
        raise LinuxError(errno.ESRCH, "no_such_process", pid=pid)
    data = b"\1".ljust(min(length, _CPUMASK_SIZE), b"\0")
    store_to_user(task, mask, data)
    return len(data)
