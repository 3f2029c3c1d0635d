"""execve: a new program in an old process."""

from __future__ import annotations

from vmlab.errors import Killed, LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.resource import Rlimit
from vmlab.model.abi.signal import SIGSEGV
from vmlab.model.linux.fs.binfmt_elf import load_elf_binary
from vmlab.model.linux.fs.binfmt_script import load_script
from vmlab.model.linux.fs.binprm import BINPRM_BUF_SIZE, LinuxBinprm, copy_string, open_exec
from vmlab.model.linux.fs.file_table import fput
from vmlab.model.linux.fs.namei import getname
from vmlab.model.linux.include.mm import VM_STACK_FLAGS
from vmlab.model.linux.include.sched import MMF_DISABLE_THP_MASK
from vmlab.model.linux.include.structs import File, MmStruct, TaskStruct, VmAreaStruct
from vmlab.model.linux.kernel.fork import mm_alloc, mmput
from vmlab.model.linux.mm.page_alloc import OutOfMemory
from vmlab.model.linux.mm.pgtable import vm_get_page_prot
from vmlab.model.linux.mm.shmem_swap import shmem_file_read
from vmlab.model.linux.mm.util import vm_enough_memory
from vmlab.model.linux.mm.vma import vm_stat_account, vma_link
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE, MiB
from vmlab.model.trace.decorators import traced

_MAX_INTERPRETERS = 5  # scripts in a row
_ARG_MAX = 128 * 1024  # bytes of strings that are always allowed


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
        raise LinuxError(errno.ENOMEM, failure.reason) from None
    if task.mm is not None:
        mm.flags |= mmf_init_flags(task.mm.flags)
    try:
        bprm = bprm_mm_init(task, file, path, mm)
    except LinuxError:
        mmput(mm)
        fput(system, file)
        raise
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
            raise Killed(SIGSEGV, "old_program_gone", why=failure.reason) from None
        mmput(mm)
        if isinstance(failure, OutOfMemory):
            raise LinuxError(errno.ENOMEM, failure.reason) from None
        raise
    finally:
        fput(system, bprm.file)


def mmf_init_flags(flags: int) -> int:
    """Return which flags of an address space the one of the next program has too.

    Source: include/linux/mm_types.h: mmf_init_legacy_flags() [v6.18].
    """
    return flags & MMF_DISABLE_THP_MASK


def exec_binprm(bprm: LinuxBinprm) -> None:
    """Load a program; if it is a script, its interpreter; and so on.

    Raises:
        LinuxError: ENOEXEC for a file that is neither ELF nor a script; ELOOP for a script
            whose interpreters are scripts six deep; what the loaders raise.

    Source: fs/exec.c: exec_binprm(), search_binary_handler() [v6.18].
    """
    system = bprm.system
    for _ in range(_MAX_INTERPRETERS + 1):
        start = shmem_file_read(system, bprm.file.f_inode.i_mapping, 0, BINPRM_BUF_SIZE)
        if not start.startswith(b"#!"):
            return load_elf_binary(bprm)
        script, bprm.file = bprm.file, load_script(bprm, start)
        fput(system, script)
    raise LinuxError(errno.ELOOP, "too_many_interpreters")


def bprm_mm_init(task: TaskStruct, file: File, path: str, mm: MmStruct) -> LinuxBinprm:
    """Give a new address space the last page of its stack.

    Raises:
        LinuxError: ENOMEM if it may not be promised.

    Source: fs/exec.c: bprm_mm_init() [v5.4].
    """
    top = mm.system.default_map_window
    vma = VmAreaStruct(mm, top - PAGE_SIZE, top, VM_STACK_FLAGS, (top - PAGE_SIZE) >> PAGE_SHIFT)
    vma.vm_page_prot = vm_get_page_prot(vma.vm_flags)
    vm_enough_memory(mm.system, task.mm, 1)
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
    limit = max(min(6 * MiB, bprm.task.rlim[Rlimit.RLIMIT_STACK].rlim_cur // 4), _ARG_MAX)
    pointers = 8 * (bprm.argc + bprm.envc)
    if limit <= pointers:
        raise LinuxError(errno.E2BIG, "too_many_args")
    bprm.argmin = bprm.p - (limit - pointers)
