"""Kernel threads, and the switch from one task to another.

A kernel thread has no address space. The CPU needs page tables all the same, so that it runs on
those of the task before it, and holds on to them meanwhile.
"""

from __future__ import annotations

from vmlab.model.events import process as events
from vmlab.model.kernel.exit import mmdrop
from vmlab.model.kernel.mm_types import MmStruct
from vmlab.model.kernel.sched import PF_KTHREAD, TaskStruct
from vmlab.model.kernel.system import System
from vmlab.model.kernel.tlbflush import switch_mm
from vmlab.model.trace import emit, traced


def kthread_create(system: System, comm: str) -> TaskStruct:
    """Make a kernel thread.

    Emits: sched_process_fork.
    Source: kernel/kthread.c: kthread_create_on_node() [v5.4].
    Left out: kthreadd; the thread is a child of init.
    """
    task = TaskStruct(system, system.next_pid)
    system.next_pid += 1
    task.set_task_comm(comm)
    task.flags = PF_KTHREAD
    task.parent = system.init
    system.init.children.append(task)
    system.tasks[task.pid] = task
    emit(task, events.SchedProcessFork, 1, task.pid, "a kernel thread")
    return task


def mmgrab(mm: MmStruct) -> None:
    """Hold on to the structure and its top page table, not to what is mapped.

    Emits: mm_count.
    Source: include/linux/sched/mm.h: mmgrab() [v5.4].
    """
    mm.mm_count += 1
    emit(mm, events.MmCount, mm.number, mm.mm_count, "a kernel thread runs on its page tables")


@traced
def context_switch(system: System, task: TaskStruct) -> None:
    """Let the CPU run another task.

    Emits: mm_count, tlb_flush, mm_drop.
    Source: kernel/sched/core.c: context_switch() [v5.4].
    """
    prev = system.current
    if prev is task:
        return
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
        emit(mm, events.MmCount, mm.number, mm.mm_count, "the kernel thread gives it back")
