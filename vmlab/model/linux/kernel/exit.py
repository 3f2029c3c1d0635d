"""The end of a task: exit and wait."""

from __future__ import annotations

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.resource import RUSAGE_BOTH
from vmlab.model.abi.signal import SIGCHLD
from vmlab.model.abi.wait import WAIT_OPTIONS, WALL, WCLONE, WNOHANG
from vmlab.model.linux.fs.file_table import fput
from vmlab.model.linux.fs.fs_struct import exit_fs
from vmlab.model.linux.include.mm import setmax_mm_hiwater_rss
from vmlab.model.linux.include.sched import EXIT_DEAD, EXIT_ZOMBIE
from vmlab.model.linux.include.structs import FilesStruct, System, TaskStruct
from vmlab.model.linux.kernel.fork import mm_release, mmput
from vmlab.model.linux.kernel.futex.core import futex_unqueue
from vmlab.model.linux.kernel.signal import do_notify_parent
from vmlab.model.linux.kernel.sys import getrusage
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_cancel
from vmlab.model.linux.lib.usercopy import store_to_user
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit

_INT = 4  # bytes
_INT_MIN = -1 << 31


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
            fput(system, file)
        files.fd.clear()


@traced
def do_exit(task: TaskStruct, code: int) -> None:
    """End a task.

    Its children go to another thread of the process, to init if there is none. It stays a zombie
    until its parent waits for it; init waits at once, and nobody waits for a thread.

    Args:
        task: the task.
        code: as wait(2) encodes it: exit status << 8, or the signal's number.

    Emits: sched_process_exit, and what exit_mm and exit_notify emit.
    Source: kernel/exit.c: do_exit() [v5.4].
    """
    system = task.system
    futex_unqueue(task)
    hrtimer_cancel(task)
    if task.mm is not None and not other_threads(task):
        task.usage.maxrss = setmax_mm_hiwater_rss(task.usage.maxrss, task.mm)
    exit_mm(task)
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
        if child.state == EXIT_ZOMBIE and reaper is system.init:
            release_task(child)
    task.children = []
    exit_notify(task)
    if system.current is task:
        system.current = None


def exit_notify(task: TaskStruct) -> None:
    """Tell the parent of a process that it ended; forget who nobody waits for.

    Emits: signal_send, sched_process_free.
    Source: kernel/exit.c: exit_notify(), release_task() [v6.18].
    """
    system = task.system
    leader = system.tasks.get(task.tgid)
    if task is not leader or task.parent is system.init:
        release_task(task)
    if leader is None or leader.state != EXIT_ZOMBIE or other_threads(leader):
        return
    if do_notify_parent(leader, leader.exit_signal):
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

    Emits: sched_process_free.
    Source: kernel/exit.c: release_task() [v5.4].
    """
    task.state = EXIT_DEAD
    task.usage.min_flt += task.min_flt
    task.usage.maj_flt += task.maj_flt
    if task.parent is not None:
        task.parent.children.remove(task)
    del task.system.tasks[task.pid]
    emit(task, process_events.SchedProcessFree, task.pid)


@traced
def kernel_wait4(
    task: TaskStruct, pid: int, options: int, wstatus: int, rusage: int
) -> tuple[int, int]:
    """Take the first zombie among some children of a process; return (its pid, its status).

    Args:
        task: the caller.
        pid: of the child; -1 = any, 0 = any of the caller's process group, less = any of the group
            of that number.
        options: WNOHANG returns (0, 0) instead of sleeping; __WALL and __WCLONE say which children
            count; the others change nothing.
        wstatus: bytes: where the status is stored; 0 = nowhere.
        rusage: the same for what the child used, a struct rusage.

    Raises:
        LinuxError: EINVAL for other options; ESRCH for a group without a number; ECHILD without
            such children; EFAULT when the child is forgotten already; Sleeps if all of them run.

    Emits: sched_process_wait, sched_process_free, copy_to_user.
    Source: kernel/exit.c: kernel_wait4(), do_wait() [v6.18].
    """
    if options & ~WAIT_OPTIONS:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if pid == _INT_MIN:
        raise LinuxError(errno.ESRCH, "no_such_group", pid=-pid)
    children = [each for each in _children(task) if _eligible_child(task, each, pid, options)]
    for child in children:
        if _has_ended(child):
            return _wait_task_zombie(task, child, wstatus, rusage)
    if not children:
        raise LinuxError(errno.ECHILD, "no_children")
    if options & WNOHANG:
        return 0, 0
    raise Sleeps(lambda: any(map(_has_ended, children)), "no_child_ended")


def _children(task: TaskStruct) -> list[TaskStruct]:
    parents = [task, *other_threads(task)]
    return [c for parent in parents for c in parent.children if c.tgid == c.pid]


def _eligible_child(task: TaskStruct, child: TaskStruct, pid: int, options: int) -> bool:
    # Source: kernel/exit.c: eligible_child() [v6.18].
    group = task.pgrp if not pid else -pid
    if not (pid == -1 or child.pid == pid or (pid <= 0 and child.pgrp == group)):
        return False
    return bool(options & WALL) or (child.exit_signal != SIGCHLD) == bool(options & WCLONE)


def _wait_task_zombie(
    task: TaskStruct, child: TaskStruct, wstatus: int, rusage: int
) -> tuple[int, int]:
    # Source: kernel/exit.c: wait_task_zombie() [v6.18].
    found, usage, told = child.pid, task.usage, child.usage
    used = getrusage(child, RUSAGE_BOTH)
    usage.cmin_flt += child.min_flt + told.min_flt + told.cmin_flt
    usage.cmaj_flt += child.maj_flt + told.maj_flt + told.cmaj_flt
    usage.cmaxrss = max(usage.cmaxrss, told.maxrss, told.cmaxrss)
    emit(task, process_events.SchedProcessWait, task.pid, found, child.exit_code)
    release_task(child)
    if wstatus:
        store_to_user(task, wstatus, child.exit_code.to_bytes(_INT, "little"))
    if rusage:
        store_to_user(task, rusage, used)
    return found, child.exit_code


def _has_ended(child: TaskStruct) -> bool:
    # A process whose first thread ended goes on while it has others.
    return child.state == EXIT_ZOMBIE and not other_threads(child)
