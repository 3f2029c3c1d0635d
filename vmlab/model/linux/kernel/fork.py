"""fork, vfork and clone; how an address space is copied, and how it is given up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.clone import (
    CLONE_CHILD_CLEARTID,
    CLONE_CHILD_SETTID,
    CLONE_CLEAR_SIGHAND,
    CLONE_DETACHED,
    CLONE_FILES,
    CLONE_FS,
    CLONE_NEWIPC,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_PARENT,
    CLONE_PARENT_SETTID,
    CLONE_PIDFD,
    CLONE_SIGHAND,
    CLONE_SYSVSEM,
    CLONE_THREAD,
    CLONE_VFORK,
    CLONE_VM,
    CSIGNAL,
    Clone,
)
from vmlab.model.abi.futex import FUTEX_BITSET_MATCH_ANY
from vmlab.model.abi.mman import VM_ACCOUNT, VM_DONTCOPY, VM_LOCKED_MASK, VM_WIPEONFORK
from vmlab.model.linux.arch.x86.kernel.process import copy_thread
from vmlab.model.linux.arch.x86.mm.tlb import flush_tlb_mm, switch_mm
from vmlab.model.linux.fs.file_table import fput
from vmlab.model.linux.fs.fs_struct import copy_fs
from vmlab.model.linux.include.mm import get_mm_rss, vma_pages
from vmlab.model.linux.include.sched import PF_RANDOMIZE, TASK_RUNNING, TASK_UNINTERRUPTIBLE
from vmlab.model.linux.include.structs import (
    FilesStruct,
    MmStruct,
    System,
    TaskStruct,
    VmAreaStruct,
)
from vmlab.model.linux.include.usage import Usage
from vmlab.model.linux.ipc.sem import copy_semundo
from vmlab.model.linux.kernel.futex.core import exit_robust_list, get_futex_key, wake_up
from vmlab.model.linux.kernel.rseq import rseq_fork
from vmlab.model.linux.kernel.signal import flush_signal_handlers
from vmlab.model.linux.kernel.signal_stack import sas_ss_reset
from vmlab.model.linux.lib.usercopy import put_user
from vmlab.model.linux.mm.memory_ranges import copy_page_range
from vmlab.model.linux.mm.mmap import exit_mmap
from vmlab.model.linux.mm.page_alloc import OutOfMemory, put_page
from vmlab.model.linux.mm.pgtable import pgd_alloc
from vmlab.model.linux.mm.rmap import anon_vma_fork
from vmlab.model.linux.mm.util import vm_enough_memory
from vmlab.model.linux.mm.vma import mm_rb_init, vm_stat_account, vma_link
from vmlab.model.linux.mm.vma_merge import vma_dup
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit

# Which flag of clone needs which other, and which exclude each other. The pid of a new process and
# its descriptor would be written to the same place.
_NEEDS = ((CLONE_THREAD, CLONE_SIGHAND), (CLONE_SIGHAND, CLONE_VM))
_EXCLUDES = (
    (CLONE_PIDFD, CLONE_PARENT_SETTID),
    (CLONE_NEWNS, CLONE_FS),
    (CLONE_NEWUSER, CLONE_FS),
    (CLONE_THREAD, CLONE_NEWUSER),
    (CLONE_THREAD, CLONE_NEWPID),
    (CLONE_PIDFD, CLONE_DETACHED),
    (CLONE_NEWIPC, CLONE_SYSVSEM),
)
_LAYOUT = (
    "mmap_base",
    "mmap_legacy_base",
    "flags",
    "membarrier_state",
    "start_code",
    "end_code",
    "start_data",
    "end_data",
    "start_brk",
    "brk",
    "start_stack",
    "arg_start",
    "arg_end",
    "env_start",
    "env_end",
    "vdso",
)

_PID_T = 4  # bytes
_OF_THREAD = ("sas_ss_sp", "sas_ss_size", "sas_ss_flags", "trap_nr", "error_code", "cr2")


def mm_alloc(system: System) -> MmStruct:
    """Make an empty address space.

    Raises:
        OutOfMemory: no frame for the top page table.

    Source: kernel/fork.c: mm_alloc() [v5.4].
    """
    mm = MmStruct(system, system.next_mm, 0, system.task_size)
    mm.pgd = pgd_alloc(mm)
    system.next_mm += 1
    system.mms[mm.number] = mm
    mm_rb_init(mm)
    return mm


class KernelCloneArgs(NamedTuple):
    """What a child shares, and what is told of it (struct kernel_clone_args)."""

    flags: int  # CLONE_* bits, with the exit signal in the lowest byte
    stack: int = 0  # bytes, of the child; 0 = as its parent's
    parent_tid: int = 0  # bytes: where the parent is told the child's number
    child_tid: int = 0  # bytes: where the child is
    tls: int = 0  # bytes: where its segment fs begins


@traced
def do_fork(parent: TaskStruct, args: KernelCloneArgs) -> TaskStruct:
    """Make a child task, and tell where it was asked to which number it has.

    The child runs at once so far that it has told its own; a place that cannot be written to is
    passed over.

    Args:
        parent: the task that calls.
        args: what was asked for.

    Raises:
        LinuxError: as copy_process. A failure leaves no child.

    Emits: sched_switch, copy_to_user, and what copy_process emits.
    Source: kernel/fork.c: kernel_clone() [v6.18]; kernel/sched/core.c: schedule_tail() [v6.18].
    """
    child = copy_process(parent, args)
    if args.flags & CLONE_PARENT_SETTID:
        put_tid(parent, args.parent_tid, child.pid)
    if args.flags & CLONE_CHILD_SETTID:
        put_tid(child, args.child_tid, child.pid)
    if args.flags & CLONE_VFORK:
        child.vfork_parent = parent
        parent.state = TASK_UNINTERRUPTIBLE
    return child


def copy_process(parent: TaskStruct, args: KernelCloneArgs) -> TaskStruct:
    """Make a task that is a copy of its parent, but for what both share.

    Raises:
        LinuxError: EINVAL for flags that need or exclude each other; ENOMEM; EPERM for TLS outside
            of user space.

    Emits: sched_process_fork, and what copy_mm, copy_files and copy_thread emit.
    Source: kernel/fork.c: copy_process(), copy_namespaces() [v6.18].
    Left out: namespaces, and what the other flags than these ask for.
    """
    flags = args.flags
    _check(flags)
    system = parent.system
    child = TaskStruct(system, system.next_pid)
    copy_mm(parent, child, flags)
    try:
        copy_thread(parent, child, flags, args.stack, args.tls)
    except LinuxError:
        assert child.mm is not None
        mmput(child.mm)
        raise
    system.next_pid += 1
    child.comm = parent.comm
    child.clear_child_tid = args.child_tid if flags & CLONE_CHILD_CLEARTID else 0
    child.usage = parent.usage if flags & CLONE_THREAD else Usage()
    child.rlim = parent.rlim if flags & CLONE_THREAD else dict(parent.rlim)
    child.personality = parent.personality
    child.pgrp, child.session = parent.pgrp, parent.session
    child.flags = parent.flags & PF_RANDOMIZE
    copy_signals(parent, child, flags)
    rseq_fork(parent, child, flags)
    child.exit_signal = flags & CSIGNAL
    copy_semundo(parent, child, shared=bool(flags & CLONE_SYSVSEM))
    copy_files(parent, child, flags)
    copy_fs(parent, child, flags)
    if flags & CLONE_THREAD:
        child.tgid = parent.tgid
    real_parent = parent.parent if flags & (CLONE_PARENT | CLONE_THREAD) else parent
    child.parent = real_parent
    if real_parent is not None:
        real_parent.children.append(child)
    system.tasks[child.pid] = child
    emit(parent, process_events.SchedProcessFork, parent.pid, child.pid, because(_how(flags)))
    return child


def _check(flags: int) -> None:
    for flag, other in _NEEDS:
        if flags & flag and not flags & other:
            raise LinuxError(errno.EINVAL, "flag_needs", flag=_name(flag), other=_name(other))
    for flag, other in _EXCLUDES:
        if flags & flag and flags & other:
            raise LinuxError(errno.EINVAL, "flag_excludes", flag=_name(flag), other=_name(other))


def put_tid(task: TaskStruct, addr: int, tid: int) -> None:
    """Write a number to the memory of a task, which runs meanwhile, if it can be written there.

    The name is vmlab's: in Linux each task does it for itself, by put_user().

    Emits: sched_switch, copy_to_user, and what a fault emits.
    Source: arch/x86/lib/putuser.S: __put_user_4() [v6.18].
    """
    with running(task):
        put_user(task.system, addr, tid, _PID_T)


@contextmanager
def running(task: TaskStruct) -> Iterator[None]:
    """Let a task run meanwhile, and then who ran before. The name is vmlab's.

    Emits: sched_switch.
    Source: kernel/sched/core.c: context_switch() [v6.18].
    """
    system = task.system
    prev = system.current
    _run(system, task)
    try:
        yield
    finally:
        if prev is not None:
            _run(system, prev)


def _run(system: System, task: TaskStruct) -> None:
    if system.current is not task:
        mm = task.active_mm
        emit(task, process_events.SchedSwitch, task.pid, mm.number if mm is not None else 0)
        switch_mm(system, task)


def set_tid_address(task: TaskStruct, tidptr: int) -> int:
    """Say where a task's number becomes 0 when it lets its memory go; return the number.

    Args:
        task: the caller.
        tidptr: bytes; 0 = nowhere.

    Emits: clear_child_tid.
    Source: kernel/fork.c: SYSCALL_DEFINE1(set_tid_address) [v6.18].
    """
    task.clear_child_tid = tidptr
    emit(task, process_events.ClearChildTid, task.pid, tidptr)
    return task.pid


def _name(flag: int) -> str:
    return Clone(flag).name or ""


def _how(flags: int) -> str:
    if flags & CLONE_VFORK:
        return "vfork_borrows_mm"
    if flags & CLONE_VM:
        return "clone_shares_mm"
    return "fork_copies_mm"


def copy_signals(parent: TaskStruct, child: TaskStruct, flags: int) -> None:
    """Let a child do about signals what its parent does; none was sent to it.

    Source: kernel/fork.c: copy_sighand(), copy_signal(), copy_process() [v6.18].
    """
    if flags & CLONE_SIGHAND:
        child.sighand = parent.sighand
    else:
        child.sighand.action = dict(parent.sighand.action)
    if flags & CLONE_CLEAR_SIGHAND:
        flush_signal_handlers(child)
    if flags & CLONE_THREAD:
        child.signal = parent.signal
    child.blocked = parent.blocked
    for name in _OF_THREAD:
        setattr(child, name, getattr(parent, name))
    if flags & CLONE_VM and not flags & CLONE_VFORK:
        sas_ss_reset(child)


@traced
def copy_mm(parent: TaskStruct, child: TaskStruct, flags: int) -> None:
    """Give a child its address space: the parent's own, or a copy.

    Raises:
        LinuxError: ENOMEM.

    Emits: mm_users, and what dup_mm emits.
    Source: kernel/fork.c: copy_mm() [v5.4].
    """
    mm = parent.mm
    if mm is None:
        return
    if flags & CLONE_VM:
        mm.mm_users += 1
        emit(mm, process_events.MmUsers, mm.number, mm.mm_users, because("clone_vm"))
    else:
        mm = dup_mm(mm)
    child.mm = child.active_mm = mm


def copy_files(parent: TaskStruct, child: TaskStruct, flags: int) -> None:
    """Give a child its descriptors: the parent's own table, or a copy of it.

    Both refer to the same open files, so they share the offsets.

    Emits: files_copy.
    Source: kernel/fork.c: copy_files() [v5.4].
    """
    files = parent.files
    if files is None:
        return
    if flags & CLONE_FILES:
        files.count += 1
        child.files = files
        emit(parent, process_events.FilesCopy, parent.pid, child.pid, because("clone_files"))
        return
    system = parent.system
    child.files = FilesStruct(system.next_files)
    system.next_files += 1
    child.files.fd = dict(files.fd)
    child.files.cloexec = set(files.cloexec)
    for file in files.fd.values():
        file.f_count += 1
    emit(parent, process_events.FilesCopy, parent.pid, child.pid, because("fork_copies_files"))


@traced
def dup_mm(oldmm: MmStruct) -> MmStruct:
    """Copy an address space.

    Raises:
        LinuxError: ENOMEM; the half-made copy is gone, the parent's pages stay write-protected,
            which costs it a fault but no data.

    Emits: what dup_mmap emits.
    Source: kernel/fork.c: dup_mm() [v5.4].
    """
    try:
        mm = mm_alloc(oldmm.system)
    except OutOfMemory as failure:
        raise LinuxError(errno.ENOMEM, failure.reason) from None
    for name in _LAYOUT:
        setattr(mm, name, getattr(oldmm, name))
    mm.saved_auxv = list(oldmm.saved_auxv)
    mm.exe_file = oldmm.exe_file
    if mm.exe_file is not None:
        mm.exe_file.f_count += 1
        mm.exe_file.f_inode.i_writecount -= 1
    try:
        dup_mmap(mm, oldmm)
    except OutOfMemory as failure:
        mmput(mm)
        raise LinuxError(errno.ENOMEM, failure.reason) from None
    except LinuxError:
        mmput(mm)
        raise
    mm.hiwater_rss = get_mm_rss(mm)
    mm.hiwater_vm = mm.total_vm
    return mm


@traced
def dup_mmap(mm: MmStruct, oldmm: MmStruct) -> None:
    """Copy the VMAs one by one, with the page-table entries a child cannot find again.

    Raises:
        LinuxError: ENOMEM for more memory than the machine has.
        OutOfMemory: no frame for a page table.

    Emits: vma_link, anon_vma_attach, pte_wrprotect, tlb_flush.
    Source: kernel/fork.c: dup_mmap() [v5.4].
    """
    try:
        for mpnt in oldmm:
            if not mpnt.vm_flags & VM_DONTCOPY:
                _dup_vma(mm, mpnt)
    finally:
        # Also after a failure: some of the parent's pages are write-protected by then.
        flush_tlb_mm(oldmm, because("fork_wrprotect"))


def _dup_vma(mm: MmStruct, mpnt: VmAreaStruct) -> None:
    if mpnt.vm_flags & VM_ACCOUNT:
        vm_enough_memory(mm.system, mpnt.vm_mm, vma_pages(mpnt))
    tmp = vma_dup(mpnt, mm, mpnt.vm_start, mpnt.vm_end, mpnt.vm_pgoff)
    tmp.anon_vma = None
    tmp.vm_flags &= ~VM_LOCKED_MASK
    if not mpnt.vm_flags & VM_WIPEONFORK:
        anon_vma_fork(tmp, mpnt)
    vma_link(mm, tmp)
    vm_stat_account(mm, tmp.vm_flags, vma_pages(tmp))
    if not mpnt.vm_flags & VM_WIPEONFORK:
        copy_page_range(tmp, mpnt)


@traced
def mmput(mm: MmStruct) -> None:
    """Drop one user of an address space; the last one takes it down.

    Emits: mm_users, and what exit_mmap emits.
    Source: kernel/fork.c: mmput() [v5.4].
    """
    mm.mm_users -= 1
    emit(mm, process_events.MmUsers, mm.number, mm.mm_users, because("task_left_mm"))
    if mm.mm_users:
        return
    exit_mmap(mm)
    if mm.exe_file is not None:
        mm.exe_file.f_inode.i_writecount += 1
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
    emit(mm, process_events.MmDrop, mm.number)


def mm_release(task: TaskStruct) -> None:
    """Tell those who share the memory of a task that it lets it go; wake a parent in vfork.

    Locks that it holds are marked. Where it was asked to, its number becomes 0, unless nobody else
    could see it, or it cannot be written there; who waits there (futex) is woken.

    Emits: vfork_done, sched_switch, copy_to_user, and what exit_robust_list emits.
    Source: kernel/fork.c: exec_mm_release(), exit_mm_release(), mm_release() [v6.18].
    """
    if task.robust_list and task.mm is not None:
        with running(task):
            exit_robust_list(task)
    tidptr, task.clear_child_tid = task.clear_child_tid, 0
    if tidptr and task.mm is not None and task.mm.mm_users > 1:
        put_tid(task, tidptr, 0)
        with running(task), suppress(LinuxError):
            key = get_futex_key(task, tidptr, shared=True, write=False)
            wake_up(task, key, 1, FUTEX_BITSET_MATCH_ANY)
    parent = task.vfork_parent
    task.vfork_parent = None
    if parent is not None and parent.state == TASK_UNINTERRUPTIBLE:  # it may have been killed
        parent.state = TASK_RUNNING
        emit(task, process_events.VforkDone, parent.pid, task.pid)
