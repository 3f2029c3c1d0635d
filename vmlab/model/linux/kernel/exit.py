"""The end of a task. Who waits for it does so in `kernel/wait.py`."""

from __future__ import annotations

from vmlab.model.abi.signal import SI_USER, Siginfo
from vmlab.model.linux.fs.eventpoll_wake import do_notify_pidfd
from vmlab.model.linux.fs.file_table import fput
from vmlab.model.linux.fs.fs_struct import exit_fs
from vmlab.model.linux.fs.locks import locks_remove_posix
from vmlab.model.linux.fs.pipe import exit_fifo
from vmlab.model.linux.fs.proc.generic import proc_flush_pid
from vmlab.model.linux.include.mm import setmax_mm_hiwater_rss
from vmlab.model.linux.include.sched import EXIT_DEAD, EXIT_ZOMBIE
from vmlab.model.linux.include.structs import FilesStruct, System, TaskStruct
from vmlab.model.linux.ipc.mqueue_file import exit_mqueues
from vmlab.model.linux.ipc.msg import msg_unqueue
from vmlab.model.linux.ipc.sem import exit_sem, sem_unqueue
from vmlab.model.linux.kernel.fork import mm_release, mmput
from vmlab.model.linux.kernel.futex.core import futex_unqueue
from vmlab.model.linux.kernel.signal import do_notify_parent, send_signal
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_cancel
from vmlab.model.linux.kernel.time.k_itimer import exit_itimers
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit


@traced
def exit_mm(task: TaskStruct) -> None:
    """Let a task stop using its address space.

    Emits: what mmput emits.
    Source: kernel/exit.c: exit_mm() [v5.4].
    """
    mm_release(task)
    mm = task.mm
    task.mm = task.active_mm = None
    if mm is not None:
        mmput(mm)


def exit_files(task: TaskStruct) -> None:
    """Close a task's descriptors if no other task shares the table.

    Source: fs/file.c: exit_files() [v5.4].
    """
    files = task.files
    task.files = None
    if files is not None:
        put_files_struct(task.system, files)


def put_files_struct(system: System, files: FilesStruct) -> None:
    """Drop one user of a descriptor table; the last one closes the files.

    Source: fs/file.c: put_files_struct() [v5.4].
    """
    files.count -= 1
    if not files.count:
        for _, file in sorted(files.fd.items()):
            locks_remove_posix(file, files)
            fput(system, file)
        files.fd.clear()


@traced
def do_exit(task: TaskStruct, code: int) -> None:
    """End a task.

    Its children go to another thread of the process, to init if there is none. It stays a zombie
    until its parent waits for it; init waits at once, and nobody waits for a thread. Children that
    asked for it get a signal.

    Args:
        task: the task.
        code: as wait(2) encodes it: exit status << 8, or the signal's number.

    Emits: sched_process_exit, signal_send, timer_delete, and what exit_mm, exit_sem and exit_notify
        emit.
    Source: kernel/exit.c: do_exit() [v5.4].
    """
    system = task.system
    futex_unqueue(task)
    hrtimer_cancel(task)
    sem_unqueue(task)
    msg_unqueue(task)
    exit_mqueues(task, process=not other_threads(task))
    if not other_threads(task):
        task.signal.it_real = None
        exit_itimers(task)
        if task.mm is not None:
            task.usage.maxrss = setmax_mm_hiwater_rss(task.usage.maxrss, task.mm)
    exit_mm(task)
    exit_sem(task)
    exit_fifo(task)
    exit_files(task)
    exit_fs(task)
    for child in system.tasks.values():
        if child.vfork_parent is task:  # it waits no more
            child.vfork_parent = None
    task.exit_code = code
    task.state = EXIT_ZOMBIE
    emit(task, process_events.SchedProcessExit, task.pid, code)
    reaper = next(iter(other_threads(task)), system.init)
    for child in task.children:
        child.parent = reaper
        reaper.children.append(child)
        if child.pdeath_signal:
            info = Siginfo(child.pdeath_signal, SI_USER, si_pid=task.tgid)
            send_signal(child, info, group=True)
        if child.state == EXIT_ZOMBIE and reaper is system.init and not other_threads(child):
            release_task(child)
    task.children = []
    exit_notify(task)
    if system.current is task:
        system.current = None


def exit_notify(task: TaskStruct) -> None:
    """Tell the parent of a process that it ended; forget who nobody waits for.

    A process ends with its last thread; its first one stays until then, but is gone in states that
    were saved before it did.

    Emits: signal_send, sched_process_free, ep_ready.
    Source: kernel/exit.c: exit_notify(), release_task() [v6.18].
    """
    system = task.system
    do_notify_pidfd(system, task.pid)
    leader = system.tasks.get(task.tgid)
    if task is not leader:
        release_task(task)
    if leader is None or leader.state != EXIT_ZOMBIE or other_threads(leader):
        return
    if leader.parent is system.init or do_notify_parent(leader, leader.exit_signal):
        release_task(leader)


def other_threads(task: TaskStruct) -> list[TaskStruct]:
    """List the living threads of a task's process, without the task itself.

    Source: include/linux/sched/signal.h: while_each_thread() [v5.4].
    """
    return [
        other
        for other in task.system.tasks.values()
        if other.tgid == task.tgid and other is not task and other.state != EXIT_ZOMBIE
    ]


@traced
def do_group_exit(task: TaskStruct, code: int) -> None:
    """End a process: all its threads.

    Args:
        task: the thread that calls, or that a signal hit.
        code: as wait(2) encodes it.

    Emits: what do_exit emits.
    Source: kernel/exit.c: do_group_exit() [v5.4].
    """
    for other in other_threads(task):
        do_exit(other, code)
    do_exit(task, code)


def release_task(task: TaskStruct) -> None:
    """Forget a zombie.

    Emits: inode_unlink, inode_free, sched_process_free.
    Source: kernel/exit.c: release_task() [v5.4].
    """
    task.state = EXIT_DEAD
    task.usage.min_flt += task.min_flt
    task.usage.maj_flt += task.maj_flt
    if task.parent is not None:
        task.parent.children.remove(task)
    del task.system.tasks[task.pid]
    proc_flush_pid(task.system, task.pid)
    emit(task, process_events.SchedProcessFree, task.pid)
