"""execve up to and around the loader: arguments, the new address space, the point of no return."""

from __future__ import annotations

from dataclasses import dataclass, field

from vmlab import errno
from vmlab.errors import Killed, LinuxError
from vmlab.model.events import file as file_events
from vmlab.model.events import process as events
from vmlab.model.kernel.exit import do_exit, mm_release, mmput, other_threads
from vmlab.model.kernel.fault import expand_stack
from vmlab.model.kernel.file_table import fput
from vmlab.model.kernel.filemap import read_pages
from vmlab.model.kernel.fork import mm_alloc
from vmlab.model.kernel.fs import FMODE_READ, S_IFREG, File, Inode
from vmlab.model.kernel.memory import handle_mm_fault
from vmlab.model.kernel.mm_types import MmStruct, VmAreaStruct
from vmlab.model.kernel.mman import (
    RLIM_INFINITY,
    VM_ACCOUNT,
    VM_EXEC,
    VM_GROWSDOWN,
    Rlimit,
)
from vmlab.model.kernel.mmap import VM_DATA_DEFAULT_FLAGS
from vmlab.model.kernel.mprotect import set_vma_flags
from vmlab.model.kernel.namei import getname, path_walk
from vmlab.model.kernel.page_alloc import OutOfMemory
from vmlab.model.kernel.pgtable import PRESENT, get_pte, vm_get_page_prot
from vmlab.model.kernel.sched import SIGKILL, SIGSEGV, FilesStruct, TaskStruct
from vmlab.model.kernel.shmem import alloc_file
from vmlab.model.kernel.system import System
from vmlab.model.kernel.tlbflush import switch_mm
from vmlab.model.kernel.vm_fault import FAULT_FLAG_WRITE, VM_FAULT_ERROR
from vmlab.model.kernel.vma import vm_stat_account, vma_link
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, MiB, page_align
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT
from vmlab.model.trace import Trace, emit, traced

MAX_ARG_STRLEN = 32 * PAGE_SIZE  # bytes of one string, with its end
BINPRM_BUF_SIZE = 256  # bytes of a file that tell what it is
_MAX_INTERPRETERS = 5  # scripts in a row
_ARG_MAX = 128 * 1024  # bytes of strings that are always allowed
_STACK_EXPAND = 128 * 1024  # bytes of stack mapped in advance

VM_STACK_FLAGS = VM_GROWSDOWN | VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT


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
        LinuxError: EACCES for what is not a regular file; what path_walk raises.

    Source: fs/exec.c: open_exec() [v5.4].
    """
    path, inode = path_walk(system, path)
    if inode is None:
        raise LinuxError(errno.ENOENT, f"there is no {path!r}")
    if inode.i_kind != S_IFREG or inode.noexec:
        raise LinuxError(errno.EACCES, f"{path!r} cannot be executed")
    return alloc_file(system, inode, FMODE_READ, path)


def elf_read(system: System, inode: Inode, length: int, offset: int) -> bytes:
    """Read bytes of a file.

    Raises:
        LinuxError: EIO if the file is too short; EINVAL past the largest offset.

    Source: fs/binfmt_elf.c: elf_read() [v5.4].
    """
    if offset + length >= 1 << 63:
        raise LinuxError(errno.EINVAL, f"offset {offset:#x} is too large")
    data = read_pages(system, inode.i_mapping, offset, length)
    if len(data) != length:
        raise LinuxError(errno.EIO, f"{inode.name} is too short")
    return data


@traced
def do_execve(task: TaskStruct, path: str, argv: list[bytes], envp: list[bytes]) -> None:
    """Replace the program of a task.

    Args:
        task: the task.
        path: the program.
        argv: arguments, without the zero bytes at their ends.
        envp: environment, likewise.

    Raises:
        LinuxError: ENOENT, EACCES, E2BIG, ENOEXEC, ENOMEM and others; the old program goes on.
        Killed: the new program failed to load after the old one was gone.

    Emits: sched_process_exec, and what mapping emits.
    Source: fs/exec.c: do_execveat_common() [v5.4].
    """
    system = task.system
    file = open_exec(system, getname(path))
    try:
        mm = mm_alloc(system)
    except OutOfMemory as failure:
        fput(system, file)
        raise LinuxError(errno.ENOMEM, str(failure)) from None
    bprm = bprm_mm_init(task, file, path, mm)
    try:
        bprm_stack_limits(bprm, argv, envp)
        bprm.exec = copy_string(bprm, path.encode(errors="surrogateescape"))
        for string in reversed(envp):
            copy_string(bprm, string)
        for string in reversed(argv or [b""]):
            copy_string(bprm, string)
        exec_binprm(bprm)
    except (LinuxError, OutOfMemory) as failure:
        if task.mm is mm:
            raise Killed(SIGSEGV, f"{failure}, after the old program was gone") from None
        mmput(mm)
        if isinstance(failure, OutOfMemory):
            raise LinuxError(errno.ENOMEM, str(failure)) from None
        raise
    finally:
        fput(system, bprm.file)


def exec_binprm(bprm: LinuxBinprm) -> None:
    """Load a program; if it is a script, its interpreter; and so on.

    Raises:
        LinuxError: ENOEXEC for a file that is neither ELF nor a script; ELOOP for a script
            whose interpreters are scripts six deep; what the loaders raise.

    Source: fs/exec.c: exec_binprm(), search_binary_handler() [v6.18].
    """
    # The loaders need exec's helpers; exec needs the loaders only here.
    from vmlab.model.kernel.binfmt_elf import load_elf_binary
    from vmlab.model.kernel.binfmt_script import load_script

    system = bprm.system
    for _ in range(_MAX_INTERPRETERS + 1):
        start = read_pages(system, bprm.file.f_inode.i_mapping, 0, BINPRM_BUF_SIZE)
        if not start.startswith(b"#!"):
            return load_elf_binary(bprm)
        script, bprm.file = bprm.file, load_script(bprm, start)
        fput(system, script)
    raise LinuxError(errno.ELOOP, "too many interpreters of interpreters")


def bprm_mm_init(task: TaskStruct, file: File, path: str, mm: MmStruct) -> LinuxBinprm:
    """Give a new address space the last page of its stack.

    Source: fs/exec.c: bprm_mm_init() [v5.4].
    """
    top = mm.system.default_map_window
    vma = VmAreaStruct(mm, top - PAGE_SIZE, top, VM_STACK_FLAGS, (top - PAGE_SIZE) >> PAGE_SHIFT)
    vma.vm_page_prot = vm_get_page_prot(vma.vm_flags)
    vma_link(mm, vma)
    vm_stat_account(mm, vma.vm_flags, 1)
    return LinuxBinprm(task, file, path, mm, vma, top - 8, path)


def bprm_stack_limits(bprm: LinuxBinprm, argv: list[bytes], envp: list[bytes]) -> None:
    """Work out how far down the strings may go.

    Raises:
        LinuxError: E2BIG if the pointers alone are too many.

    Source: fs/exec.c: bprm_stack_limits() [v6.18].
    """
    bprm.argv, bprm.envp = list(argv) or [b""], envp
    bprm.argc, bprm.envc = len(bprm.argv), len(envp)
    limit = max(min(6 * MiB, bprm.task.rlim[Rlimit.RLIMIT_STACK] // 4), _ARG_MAX)
    pointers = 8 * (bprm.argc + bprm.envc)
    if limit <= pointers:
        raise LinuxError(errno.E2BIG, "too many arguments")
    bprm.argmin = bprm.p - (limit - pointers)


def copy_string(bprm: LinuxBinprm, string: bytes) -> int:
    """Put a string below those already on the new stack; return its address.

    Raises:
        LinuxError: E2BIG.

    Source: fs/exec.c: copy_strings() [v5.4].
    """
    data = string + b"\0"
    if len(data) > MAX_ARG_STRLEN:
        raise LinuxError(errno.E2BIG, f"a string of {len(data)} bytes")
    bprm.p -= len(data)
    if bprm.p < bprm.argmin:
        raise LinuxError(errno.E2BIG, "the arguments are too long for the stack limit")
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


def _arg_page(bprm: LinuxBinprm, addr: int) -> bytearray:
    mm = bprm.mm
    if addr < bprm.vma.vm_start:
        try:
            expand_stack(bprm.vma, addr, bprm.task)
        except LinuxError as failure:
            raise LinuxError(errno.E2BIG, failure.check) from None
    pte = get_pte(mm, addr)
    if not pte & PRESENT:
        if handle_mm_fault(bprm.vma, addr, FAULT_FLAG_WRITE) & VM_FAULT_ERROR:
            raise OutOfMemory("no frame for an argument page")
        bprm.task.min_flt += 1
        pte = get_pte(mm, addr)
    return bprm.system.ram.frame((pte & PFN_MASK) >> PFN_SHIFT)


@traced
def begin_new_exec(bprm: LinuxBinprm) -> None:
    """Let the old program go: from here on, failure kills.

    Emits: sched_process_exec, and what do_exit and mmput emit.
    Source: fs/exec.c: begin_new_exec(), de_thread() [v6.18].
    Left out: a thread that is not the first keeps its own pid.
    """
    task, mm = bprm.task, bprm.mm
    for other in other_threads(task):
        do_exit(other, SIGKILL)
    unshare_files(task)
    mm.exe_file = bprm.file
    bprm.file.f_count += 1
    mm_release(task)
    old = task.mm
    task.mm = task.active_mm = mm
    task.vmacache.vmas = [None] * len(task.vmacache.vmas)
    switch_mm(bprm.system, task)
    if old is not None:
        mmput(old)
    task.set_task_comm(bprm.filename.rsplit("/", 1)[-1])
    task.handlers.clear()
    do_close_on_exec(task)
    emit(task, events.SchedProcessExec, task.pid, mm.number, bprm.filename)


def unshare_files(task: TaskStruct) -> None:
    """Give a task a descriptor table of its own.

    Source: kernel/fork.c: unshare_files() [v5.4].
    """
    files = task.files
    if files is None or files.count == 1:
        return
    system = task.system
    own = FilesStruct(system.next_files)
    system.next_files += 1
    own.fd, own.cloexec = dict(files.fd), set(files.cloexec)
    for file in own.fd.values():
        file.f_count += 1
    files.count -= 1
    task.files = own


def do_close_on_exec(task: TaskStruct) -> None:
    """Close the descriptors that are marked so.

    Emits: fd_close.
    Source: fs/file.c: do_close_on_exec() [v5.4].
    """
    files = task.files
    if files is not None:
        for fd in sorted(files.cloexec):
            file = files.fd.pop(fd)
            emit(task, file_events.FdClose, task.pid, fd, file.number, "execve closes it")
            fput(task.system, file)
        files.cloexec.clear()


def arch_pick_mmap_layout(mm: MmStruct, task: TaskStruct) -> None:
    """Choose where the mmap area begins: below the largest stack the limit allows.

    Source: arch/x86/mm/mmap.c: mmap_base() [v5.4].
    """
    system = mm.system
    top = system.default_map_window
    limit = task.rlim[Rlimit.RLIMIT_STACK]
    gap = limit + system.stack_guard_gap
    if gap > RLIM_INFINITY:
        gap = limit
    gap = max(min(128 * MiB, top // 6), min(gap, top // 6 * 5))
    mm.mmap_base = page_align(top - gap)


@traced
def setup_arg_pages(bprm: LinuxBinprm, executable: bool) -> None:
    """Give the stack its final rights and 128 KiB of room.

    Raises:
        LinuxError: EFAULT if the stack cannot grow so far.

    Emits: vma_flags, vma_adjust, stack_grow.
    Source: fs/exec.c: setup_arg_pages() [v5.4].
    """
    mm, vma = bprm.mm, bprm.vma
    mm.arg_start = mm.start_stack = bprm.p
    flags = VM_STACK_FLAGS | (VM_EXEC if executable else 0)
    set_vma_flags(vma, flags)
    vma.vm_page_prot = vm_get_page_prot(flags)
    limit = bprm.task.rlim[Rlimit.RLIMIT_STACK] & PAGE_MASK
    expand = min(limit, vma.vm_end - vma.vm_start + _STACK_EXPAND)
    try:
        expand_stack(vma, vma.vm_end - expand, bprm.task)
    except LinuxError as failure:
        raise LinuxError(errno.EFAULT, failure.check) from None
