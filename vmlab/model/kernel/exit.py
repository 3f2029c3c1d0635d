"""The end of a task and of its address space: exit, mmput, wait."""

from __future__ import annotations

from vmlab import errno
from vmlab.errors import LinuxError
from vmlab.model.events import process as events
from vmlab.model.events import vma as vma_events
from vmlab.model.kernel.file_table import fput
from vmlab.model.kernel.memory_range import zap_range
from vmlab.model.kernel.merge import vma_release_file
from vmlab.model.kernel.mm_types import MmStruct
from vmlab.model.kernel.page_alloc import put_page
from vmlab.model.kernel.pgtable import FIRST_USER_ADDRESS, free_pgtables, vma_ceiling
from vmlab.model.kernel.rmap import unlink_anon_vmas
from vmlab.model.kernel.sched import (
    EXIT_DEAD,
    EXIT_ZOMBIE,
    TASK_RUNNING,
    TASK_UNINTERRUPTIBLE,
    FilesStruct,
    TaskStruct,
)
from vmlab.model.kernel.system import System
from vmlab.model.kernel.vma import vma_unlink_file, vmacache_invalidate
from vmlab.model.trace import emit, traced


@traced
def mmput(mm: MmStruct) -> None:
    """Drop one user of an address space; the last one takes it down.

    Emits: mm_users, and what exit_mmap emits.
    Source: kernel/fork.c: mmput() [v5.4].
    """
    mm.mm_users -= 1
    emit(mm, events.MmUsers, mm.number, mm.mm_users, "a task stopped using it")
    if mm.mm_users:
        return
    exit_mmap(mm)
    if mm.exe_file is not None:
        fput(mm.system, mm.exe_file)
        mm.exe_file = None
    mmdrop(mm)


def mmdrop(mm: MmStruct) -> None:
    """Drop one reference to the structure; the last one frees the top page table.

    Emits: mm_drop.
    Source: kernel/fork.c: __mmdrop() [v5.4].
    """
    mm.mm_count -= 1
    if mm.mm_count:
        return
    system = mm.system
    for asid, (number, _) in enumerate(system.asids):
        if number == mm.number:
            system.tlb.flush_asid(asid)
            system.asids[asid] = (0, 0)
    put_page(system, system.mem_map[mm.pgd])
    del system.mms[mm.number]
    emit(mm, events.MmDrop, mm.number)


@traced
def exit_mmap(mm: MmStruct) -> None:
    """Unmap everything and free every page table below the top one.

    Emits: vma_unlink, pte_clear, table_free, mm_page_free, tlb_flush.
    Source: mm/mmap.c: exit_mmap() [v5.4].
    """
    vmas = list(mm)
    for vma in vmas:
        zap_range(vma, vma.vm_start, vma.vm_end, "the address space goes", even_guards=True)
    if vmas:
        end = vma_ceiling(mm)
        free_pgtables(mm, FIRST_USER_ADDRESS, end, FIRST_USER_ADDRESS, end)
    mm.mmap = mm.mm_rb.rb_node = None
    mm.map_count = mm.total_vm = mm.locked_vm = mm.data_vm = mm.exec_vm = mm.stack_vm = 0
    mm.highest_vm_end = 0
    vmacache_invalidate(mm)
    for vma in vmas:
        vma_unlink_file(vma)
        unlink_anon_vmas(vma)
        vma_release_file(vma)
        emit(mm, vma_events.VmaUnlink, mm.number, vma.vm_start, vma.vm_end)


def mm_release(task: TaskStruct) -> None:
    """Wake a parent that waits for its vfork child.

    Emits: vfork_done.
    Source: kernel/fork.c: mm_release() [v5.4].
    """
    parent = task.vfork_parent
    task.vfork_parent = None
    if parent is not None and parent.state == TASK_UNINTERRUPTIBLE:  # it may have been killed
        parent.state = TASK_RUNNING
        emit(task, events.VforkDone, parent.pid, task.pid)


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

    Emits: sched_process_exit, and what exit_mm emits.
    Source: kernel/exit.c: do_exit() [v5.4].
    """
    system = task.system
    exit_mm(task)
    exit_files(task)
    task.exit_code = code
    task.state = EXIT_ZOMBIE
    emit(task, events.SchedProcessExit, task.pid, code)
    reaper = next(iter(other_threads(task)), system.init)
    for child in task.children:
        child.parent = reaper
        reaper.children.append(child)
        if child.state == EXIT_ZOMBIE and reaper is system.init:
            release_task(child)
    task.children = []
    if task.parent is system.init or task.tgid != task.pid:
        release_task(task)
    if system.current is task:
        system.current = None


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
    if task.parent is not None:
        task.parent.children.remove(task)
    del task.system.tasks[task.pid]
    emit(task, events.SchedProcessFree, task.pid)


@traced
def do_wait(task: TaskStruct) -> tuple[int, int]:
    """Take the first zombie among the children of a process; return (its pid, its exit code).

    Raises:
        LinuxError: ECHILD without children; EAGAIN if all of them run on (Linux would sleep).

    Emits: sched_process_wait, sched_process_free.
    Source: kernel/exit.c: do_wait() [v5.4].
    Left out: __WCLONE; a child counts whatever signal it sends when it ends.
    """
    parents = [task, *other_threads(task)]
    children = [c for parent in parents for c in parent.children if c.tgid == c.pid]
    for child in children:
        # A process whose first thread ended goes on while it has others.
        if child.state == EXIT_ZOMBIE and not other_threads(child):
            emit(task, events.SchedProcessWait, task.pid, child.pid, child.exit_code)
            release_task(child)
            return child.pid, child.exit_code
    if not children:
        raise LinuxError(errno.ECHILD, "the process has no children")
    raise LinuxError(errno.EAGAIN, "no child has ended yet; Linux would sleep here")
