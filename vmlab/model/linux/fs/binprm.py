"""What execve and the loaders of programs share: the new stack, the new address space.

Linux keeps this in fs/exec.c and include/linux/binfmts.h.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import AT_FDCWD
from vmlab.model.abi.mman import VM_EXEC
from vmlab.model.abi.resource import Rlimit
from vmlab.model.abi.signal import SIGKILL
from vmlab.model.linux.arch.x86.include.current import get_current
from vmlab.model.linux.arch.x86.kernel.process import arch_align_stack
from vmlab.model.linux.arch.x86.mm.tlb import switch_mm
from vmlab.model.linux.fs.file import do_close_on_exec, unshare_files
from vmlab.model.linux.fs.file_table import alloc_file
from vmlab.model.linux.fs.namei import path_init, path_walk, printable
from vmlab.model.linux.include.fs import FMODE_READ, is_executable
from vmlab.model.linux.include.mm import (
    FAULT_FLAG_WRITE,
    VM_FAULT_ERROR,
    VM_STACK_FLAGS,
    setmax_mm_hiwater_rss,
)
from vmlab.model.linux.include.sched import PF_RANDOMIZE
from vmlab.model.linux.include.structs import File, MmStruct, System, TaskStruct, VmAreaStruct
from vmlab.model.linux.kernel.exit import do_exit, other_threads
from vmlab.model.linux.kernel.fork import mm_release, mmput
from vmlab.model.linux.kernel.rseq import rseq_execve
from vmlab.model.linux.kernel.signal import flush_signal_handlers, unshare_sighand
from vmlab.model.linux.kernel.signal_timer import flush_itimer_signals
from vmlab.model.linux.kernel.time.k_itimer import exit_itimers
from vmlab.model.linux.mm.memory import handle_mm_fault, mm_account_fault
from vmlab.model.linux.mm.mprotect import mprotect_fixup
from vmlab.model.linux.mm.mremap import move_page_tables
from vmlab.model.linux.mm.page_alloc import OutOfMemory
from vmlab.model.linux.mm.pgtable import (
    PRESENT,
    free_pgtables,
    get_pte,
    vma_ceiling,
)
from vmlab.model.linux.mm.vma import vma_set_range
from vmlab.model.linux.mm.vma_stack import expand_stack
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SIZE, page_align
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import Trace, emit

MAX_ARG_STRLEN = 32 * PAGE_SIZE  # bytes of one string, with its end
BINPRM_BUF_SIZE = 256  # bytes of a file that tell what it is
_STACK_EXPAND = 128 * 1024  # bytes of stack mapped in advance

_STACK_MOVES = because("stack_gets_its_place")


@dataclass(slots=True)
class LinuxBinprm:
    """A program on its way in (struct linux_binprm)."""

    task: TaskStruct
    file: File
    filename: str
    mm: MmStruct
    vma: VmAreaStruct  # the stack
    p: int  # lowest byte of the stack used so far
    interp: str  # what is loaded: the program, or the interpreter of a script
    argc: int = 0
    envc: int = 0
    exec: int = 0  # where the file name stands
    argmin: int = 0  # strings may not go below
    argv: list[bytes] = field(default_factory=list)
    envp: list[bytes] = field(default_factory=list)

    @property
    def trace(self) -> Trace:
        """Return the machine's trace."""
        return self.task.trace

    @property
    def system(self) -> System:
        """Return the kernel."""
        return self.task.system


def open_exec(system: System, path: str) -> File:
    """Open a program.

    Raises:
        LinuxError: EACCES for what is not a regular file; ETXTBSY for one that is open for
            writing; what path_walk raises.

    Source: fs/exec.c: open_exec() [v5.4].
    """
    start = path_init(get_current(system), AT_FDCWD, path)
    path, inode = path_walk(system, path, start)
    if inode is None:
        raise LinuxError(errno.ENOENT, "no_such_path", path=printable(path))
    if not is_executable(inode):
        raise LinuxError(errno.EACCES, "not_executable", path=path)
    if inode.i_writecount > 0:
        raise LinuxError(errno.ETXTBSY, "written_now", path=path)
    return alloc_file(system, inode, FMODE_READ, path)


def copy_string(bprm: LinuxBinprm, string: bytes) -> int:
    """Put a string below those already on the new stack; return its address.

    Raises:
        LinuxError: E2BIG.

    Source: fs/exec.c: copy_strings() [v5.4].
    """
    data = string + b"\0"
    if len(data) > MAX_ARG_STRLEN:
        raise LinuxError(errno.E2BIG, "arg_string_too_long", nr_bytes=len(data))
    bprm.p -= len(data)
    if bprm.p < bprm.argmin:
        raise LinuxError(errno.E2BIG, "args_over_stack_limit")
    write_stack(bprm, bprm.p, data)
    return bprm.p


def remove_arg_zero(bprm: LinuxBinprm) -> None:
    """Take the first argument off the new stack.

    Source: fs/exec.c: remove_arg_zero() [v5.4].
    """
    bprm.p += len(bprm.argv.pop(0)) + 1
    bprm.argc -= 1


def write_stack(bprm: LinuxBinprm, addr: int, data: bytes) -> None:
    """Write into the stack of an address space that is not in use yet.

    Raises:
        LinuxError: E2BIG if the stack cannot grow.
        OutOfMemory: no frame is free.

    Source: fs/exec.c: get_arg_page() [v5.4].
    """
    view = memoryview(data)
    end = addr + len(data)
    while view:
        # From the top down, as the stack grows.
        start = max(addr, end - 1 & PAGE_MASK)
        chunk = view[start - addr :]
        frame = _arg_page(bprm, start)
        frame[start % PAGE_SIZE : start % PAGE_SIZE + len(chunk)] = chunk
        view = view[: start - addr]
        end = start


def _arg_page(bprm: LinuxBinprm, addr: int) -> memoryview:
    mm = bprm.mm
    if addr < bprm.vma.vm_start:
        try:
            expand_stack(bprm.vma, addr, bprm.task)
        except LinuxError as failure:
            raise LinuxError(errno.E2BIG, failure.check) from None
    pte = get_pte(mm, addr)
    if not pte & PRESENT:
        fault = handle_mm_fault(bprm.vma, addr, FAULT_FLAG_WRITE)
        if fault & VM_FAULT_ERROR:
            raise OutOfMemory("no_frame_for_argument_page")
        mm_account_fault(bprm.task, fault)
        pte = get_pte(mm, addr)
    return bprm.system.ram.frame((pte & PFN_MASK) >> PFN_SHIFT)


@traced
def begin_new_exec(bprm: LinuxBinprm) -> None:
    """Let the old program go: from here on, failure kills.

    Emits: sched_process_exec, timer_delete, and what do_exit and mmput emit.
    Source: fs/exec.c: begin_new_exec(), de_thread() [v6.18].
    Left out: a thread that is not the first keeps its own pid.
    """
    task, mm = bprm.task, bprm.mm
    for other in other_threads(task):
        do_exit(other, SIGKILL)
    task.flags &= ~PF_RANDOMIZE
    unshare_files(task)
    mm.exe_file = bprm.file
    bprm.file.f_count += 1
    bprm.file.f_inode.i_writecount -= 1  # nobody may write to it
    mm_release(task)
    old = task.mm
    task.mm = task.active_mm = mm
    task.vmacache.vmas = [None] * len(task.vmacache.vmas)
    switch_mm(bprm.system, task)
    if old is not None:
        task.usage.maxrss = setmax_mm_hiwater_rss(task.usage.maxrss, old)
        mmput(old)
    task.set_task_comm(bprm.filename.rsplit("/", 1)[-1])
    rseq_execve(task)
    exit_itimers(task)
    flush_itimer_signals(task)
    unshare_sighand(task)
    flush_signal_handlers(task)
    task.sas_ss_sp = task.sas_ss_size = 0
    task.fsbase = task.gsbase = 0
    do_close_on_exec(task)
    emit(task, process_events.SchedProcessExec, task.pid, mm.number, bprm.filename)


@traced
def setup_arg_pages(bprm: LinuxBinprm, stack_top: int, executable: bool) -> None:
    """Give the stack its final place, its final rights and 128 KiB of room.

    Args:
        bprm: the program.
        stack_top: where the stack ends, before it is aligned. Bytes.
        executable: whether the stack may be executed.

    Raises:
        LinuxError: ENOMEM if the stack does not fit there, or no frame is left for its page
            tables; EFAULT if the stack cannot grow so far.

    Emits: vma_flags, pte_set, tlb_flush, vma_adjust, stack_grow, and what shift_arg_pages emits.
    Source: fs/exec.c: setup_arg_pages() [v5.4].
    """
    mm = bprm.mm
    stack_top = page_align(arch_align_stack(bprm.task, stack_top))
    lowest = mm.system.mmap_min_addr
    if stack_top < lowest or bprm.vma.vm_end - bprm.vma.vm_start >= stack_top - lowest:
        raise LinuxError(errno.ENOMEM, "no_room_for_stack")
    shift = bprm.vma.vm_end - stack_top
    bprm.p -= shift
    bprm.exec -= shift
    mm.arg_start = mm.start_stack = bprm.p
    flags = VM_STACK_FLAGS | (VM_EXEC if executable else 0)
    # Its first pages are there already, with the arguments: they get these rights too.
    vma = bprm.vma = mprotect_fixup(bprm.vma, bprm.vma.vm_start, bprm.vma.vm_end, flags)
    if shift:
        shift_arg_pages(vma, shift)
    limit = bprm.task.rlim[Rlimit.RLIMIT_STACK].rlim_cur & PAGE_MASK
    expand = min(limit, vma.vm_end - vma.vm_start + _STACK_EXPAND)
    try:
        expand_stack(vma, vma.vm_end - expand, bprm.task)
    except LinuxError as failure:
        raise LinuxError(errno.EFAULT, failure.check) from None


@traced
def shift_arg_pages(vma: VmAreaStruct, shift: int) -> None:
    """Move the new stack down, with the pages that hold the arguments.

    Args:
        vma: the stack, the only VMA there is.
        shift: bytes.

    Raises:
        LinuxError: ENOMEM if no frame is left for the page tables.

    Emits: vma_adjust, table_free, and what move_page_tables emits.
    Source: fs/exec.c: shift_arg_pages() [v5.4].
    """
    mm = vma.vm_mm
    start, end, pgoff = vma.vm_start, vma.vm_end, vma.vm_pgoff
    vma_set_range(vma, start - shift, end, pgoff, _STACK_MOVES)
    if move_page_tables(vma, start, vma, start - shift, end - start) != end - start:
        raise LinuxError(errno.ENOMEM, "no_frame_for_table")
    free_pgtables(mm, max(start, end - shift), end, end - shift, vma_ceiling(mm))
    vma_set_range(vma, start - shift, end - shift, pgoff, _STACK_MOVES)
