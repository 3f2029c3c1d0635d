"""The switch from one task to another.

A kernel thread has no address space. The CPU needs page tables all the same, so that it runs on
those of the task before it, and holds on to them meanwhile.
"""

from __future__ import annotations

from vmlab.codes import because
from vmlab.model.linux.arch.x86.mm.tlb import switch_mm
from vmlab.model.linux.include.sched import PF_KTHREAD
from vmlab.model.linux.include.structs import MmStruct, System, TaskStruct
from vmlab.model.linux.kernel.fork import mmdrop
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit


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
