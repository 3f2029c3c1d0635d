"""Kernel threads."""

from __future__ import annotations

from vmlab.codes import because
from vmlab.model.linux.include.sched import PF_KTHREAD
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit


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
    emit(task, process_events.SchedProcessFork, 1, task.pid, because("kernel_thread"))
    return task
