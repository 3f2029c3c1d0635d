"""The page-fault exception: which VMA, is the access allowed, and what if it is not."""

from __future__ import annotations

from vmlab.codes import Reason, because
from vmlab.errors import BusError, LinuxError, Segfault, Signal
from vmlab.model.abi.mman import VM_EXEC, VM_GROWSDOWN, VM_WRITE
from vmlab.model.abi.signal import BUS_ADRERR, SEGV_ACCERR, SEGV_MAPERR, SIGBUS, SIGSEGV
from vmlab.model.linux.arch.x86.mm.extable import UserAccessFault
from vmlab.model.linux.include.mm import (
    FAULT_FLAG_WRITE,
    VM_FAULT_ERROR,
    VM_FAULT_MAJOR,
    VM_FAULT_OOM,
    VM_FAULT_RETRY,
    VM_FAULT_SIGBUS,
    vma_is_accessible,
)
from vmlab.model.linux.include.structs import MmStruct, TaskStruct, VmAreaStruct
from vmlab.model.linux.mm.memory import handle_mm_fault, mm_account_fault
from vmlab.model.linux.mm.oom_kill import pagefault_out_of_memory
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.linux.mm.vma_stack import expand_stack
from vmlab.model.mmu.traps import X86_PF_INSTR, X86_PF_PROT, X86_PF_USER, X86_PF_WRITE, X86_TRAP_PF
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import fault as fault_events
from vmlab.model.trace.hook import emit

_NOT_MAPPED = because("nothing_mapped_there")
_HOLE = because("no_vma_and_no_stack")
_GROWN = because("stack_grows_to_address")


def access_error(error_code: int, vma: VmAreaStruct) -> bool:
    """Say whether a VMA forbids an access.

    A fetch from a page that is absent passes as a read; the retry then meets NX.

    Source: arch/x86/mm/fault.c: access_error() [v5.4].
    """
    if error_code & X86_PF_WRITE:
        return not vma.vm_flags & VM_WRITE
    if error_code & X86_PF_PROT:
        return not (error_code & X86_PF_INSTR and vma.vm_flags & VM_EXEC)
    return not vma_is_accessible(vma)


@traced
def do_page_fault(task: TaskStruct, address: int, error_code: int) -> None:
    """Handle exception 14: mend the page tables, or raise a signal.

    Args:
        task: the running task.
        address: bytes, from CR2.
        error_code: X86_PF_* bits.

    Raises:
        Segfault: SEGV_MAPERR if nothing is mapped there, SEGV_ACCERR if the VMA forbids it.
        BusError: the page lies past the end of the mapped object.
        Killed: no frame was left and this process was chosen.

    Emits: page_fault_user, fault_branch, fault_major, fault_done, signal_generate, and what
        handle_mm_fault emits.
    Source: arch/x86/mm/fault.c: do_user_addr_fault() [v5.4].
    """
    emit(task, fault_events.PageFaultUser, address, task.rip, error_code)
    mm = task.mm
    if task.pagefault_disabled and not error_code & X86_PF_USER:
        raise UserAccessFault
    if mm is None or address >= mm.task_size:
        _bad_area(task, address, error_code, SEGV_MAPERR, because("address_not_in_user_space"))
        return
    vma = lock_mm_and_find_vma(mm, task, address)
    if isinstance(vma, Reason):
        _bad_area(task, address, error_code, SEGV_MAPERR, vma)
        return
    if access_error(error_code, vma):
        why = because("vma_has_perms", start=vma.vm_start, end=vma.vm_end, perms=vma.perms)
        reason = because("access_refused", why=why)
        emit(task, fault_events.FaultBranch, address, "access", "refused", reason)
        _bad_area(task, address, error_code, SEGV_ACCERR, why)
        return
    if task.trace.sink is not None:
        reason = because("access_allowed", perms=vma.perms)
        emit(task, fault_events.FaultBranch, address, "access", "allowed", reason)
    flags = FAULT_FLAG_WRITE if error_code & X86_PF_WRITE else 0
    fault = handle_mm_fault(vma, address, flags)
    if fault & VM_FAULT_RETRY and not error_code & X86_PF_USER:
        fault |= VM_FAULT_MAJOR  # as a second attempt counts, unless user space made the first
    if not fault & VM_FAULT_ERROR:
        mm_account_fault(task, fault)
        if fault & VM_FAULT_MAJOR:
            emit(task, fault_events.FaultMajor, task.pid, address, task.maj_flt)
        emit(task, fault_events.FaultDone, task.pid, address, task.min_flt)
    elif fault & VM_FAULT_OOM:
        if not error_code & X86_PF_USER:
            raise UserAccessFault
        pagefault_out_of_memory(task)
    elif not error_code & X86_PF_USER:
        raise UserAccessFault
    elif fault & VM_FAULT_SIGBUS:
        set_signal_archinfo(task, address, error_code)
        force_sig_fault(task, BusError(SIGBUS, BUS_ADRERR, address, "past_end_of_file"))
    else:
        set_signal_archinfo(task, address, error_code)
        force_sig_fault(task, Segfault(SIGSEGV, SEGV_MAPERR, address, "guard_region"))


def _bad_area(task: TaskStruct, address: int, error_code: int, code: int, reason: Reason) -> None:
    if not error_code & X86_PF_USER:
        raise UserAccessFault
    set_signal_archinfo(task, address, error_code)
    force_sig_fault(task, Segfault(SIGSEGV, code, address, reason))


def set_signal_archinfo(task: TaskStruct, address: int, error_code: int) -> None:
    """Note for the handler of a signal which page fault led to it.

    A fault in the kernel's half looks as if something were mapped there.

    Source: arch/x86/mm/fault.c: set_signal_archinfo(), sanitize_error_code() [v6.18].
    """
    if address >= task.system.task_size:
        error_code |= X86_PF_PROT
    task.trap_nr, task.error_code, task.cr2 = X86_TRAP_PF, error_code, address


def force_sig_fault(task: TaskStruct, signal: Signal) -> None:
    """Raise a signal in the process whose instruction calls for it.

    Raises:
        Signal: the signal itself.

    Emits: signal_generate.
    Source: kernel/signal.c: force_sig_fault() [v5.4].
    """
    emit(
        task,
        fault_events.SignalGenerate,
        *(task.pid, signal.name, signal.code_name, signal.si_addr, signal.why),
    )
    raise signal


@traced
def lock_mm_and_find_vma(mm: MmStruct, task: TaskStruct, address: int) -> VmAreaStruct | Reason:
    """Find the VMA of a faulting address, growing a stack down to it if need be.

    Returns the VMA, or why there is none.

    Emits: fault_branch, stack_grow.
    Source: mm/mmap_lock.c: lock_mm_and_find_vma() [v6.18].
    """
    vma = find_vma(mm, address)
    if vma is not None and vma.vm_start <= address:
        if mm.trace.sink is not None:
            reason = because("address_in_vma", start=vma.vm_start, end=vma.vm_end)
            emit(mm, fault_events.FaultBranch, address, "find_vma", "inside", reason)
        return vma
    if vma is None or not vma.vm_flags & VM_GROWSDOWN:
        emit(mm, fault_events.FaultBranch, address, "find_vma", "hole", _HOLE)
        return _NOT_MAPPED
    try:
        expand_stack(vma, address, task)
    except LinuxError as failure:
        emit(mm, fault_events.FaultBranch, address, "expand_stack", "refused", failure.check)
        return failure.check
    emit(mm, fault_events.FaultBranch, address, "expand_stack", "grown", _GROWN)
    return vma
