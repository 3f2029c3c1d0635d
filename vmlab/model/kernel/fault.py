"""The page-fault exception: which VMA, is the access allowed, and what if it is not."""

from __future__ import annotations

from vmlab import errno
from vmlab.errors import BusError, LinuxError, Segfault
from vmlab.model.events import fault as events
from vmlab.model.events import vma as vma_events
from vmlab.model.kernel.memory import handle_mm_fault
from vmlab.model.kernel.mm_types import MmStruct, VmAreaStruct
from vmlab.model.kernel.mman import (
    VM_ACCESS_FLAGS,
    VM_EXEC,
    VM_GROWSDOWN,
    VM_LOCKED,
    VM_WRITE,
    Rlimit,
)
from vmlab.model.kernel.oom import pagefault_out_of_memory
from vmlab.model.kernel.resource import may_expand_vm, vm_enough_memory
from vmlab.model.kernel.rmap import anon_vma_prepare
from vmlab.model.kernel.sched import TaskStruct
from vmlab.model.kernel.system import System
from vmlab.model.kernel.vm_fault import (
    FAULT_FLAG_WRITE,
    VM_FAULT_ERROR,
    VM_FAULT_OOM,
    VM_FAULT_SIGBUS,
)
from vmlab.model.kernel.vma import find_vma, vm_stat_account, vma_set_range
from vmlab.model.mmu.cpu import X86_PF_INSTR, X86_PF_PROT, X86_PF_USER, X86_PF_WRITE
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT
from vmlab.model.trace import emit, traced

SEGV_MAPERR = 1
SEGV_ACCERR = 2
BUS_ADRERR = 2
SI_KERNEL = 128


class UserAccessFault(Exception):
    """The kernel itself touched an address of user space that cannot be mended.

    Caught by the copy routines, which report how far they came
    (arch/x86/mm/extable.c: fixup_exception() [v5.4]).
    """


def vma_is_accessible(vma: VmAreaStruct) -> bool:
    """Say whether any access is allowed.

    Source: include/linux/mm.h: vma_is_accessible() [v5.10].
    """
    return bool(vma.vm_flags & VM_ACCESS_FLAGS)


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
def do_general_protection(task: TaskStruct, addr: int, error_code: int) -> None:
    """Answer an access to a non-canonical address.

    Raises:
        Segfault: SI_KERNEL, with si_addr 0.

    Source: arch/x86/kernel/traps.c: do_general_protection() [v5.4].
    """
    if not error_code & X86_PF_USER:
        raise UserAccessFault
    _signal(task, Segfault(11, SI_KERNEL, 0, f"{addr:#x} is not a canonical address"))


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

    Emits: page_fault_user, fault_branch, signal_generate.
    Source: arch/x86/mm/fault.c: do_user_addr_fault() [v5.4].
    """
    emit(task, events.PageFaultUser, address, task.rip, error_code)
    mm = task.mm
    if task.pagefault_disabled and not error_code & X86_PF_USER:
        raise UserAccessFault
    if mm is None or address >= mm.task_size:
        _bad_area(task, address, error_code, SEGV_MAPERR, "the address is not in user space")
        return
    vma = lock_mm_and_find_vma(mm, task, address)
    if isinstance(vma, str):
        _bad_area(task, address, error_code, SEGV_MAPERR, vma)
        return
    if access_error(error_code, vma):
        reason = f"the VMA {vma.vm_start:#x}-{vma.vm_end:#x} is {vma.perms}"
        emit(
            task,
            events.FaultBranch,
            address,
            "access",
            "refused",
            f"{reason}: the access is refused",
        )
        _bad_area(task, address, error_code, SEGV_ACCERR, reason)
        return
    emit(
        task,
        events.FaultBranch,
        address,
        "access",
        "allowed",
        f"the VMA ({vma.perms}) allows the access",
    )
    flags = FAULT_FLAG_WRITE if error_code & X86_PF_WRITE else 0
    fault = handle_mm_fault(vma, address, flags)
    if not fault & VM_FAULT_ERROR:
        task.min_flt += 1
        emit(task, events.FaultDone, task.pid, address, task.min_flt)
    elif fault & VM_FAULT_OOM:
        if not error_code & X86_PF_USER:
            raise UserAccessFault
        pagefault_out_of_memory(task)
    elif not error_code & X86_PF_USER:
        raise UserAccessFault
    elif fault & VM_FAULT_SIGBUS:
        _signal(task, BusError(7, BUS_ADRERR, address, "the page lies past the end of the file"))
    else:
        _signal(task, Segfault(11, SEGV_MAPERR, address, "a guard region"))


def _bad_area(task: TaskStruct, address: int, error_code: int, code: int, reason: str) -> None:
    if not error_code & X86_PF_USER:
        raise UserAccessFault
    _signal(task, Segfault(11, code, address, reason))


def _signal(task: TaskStruct, signal: Segfault | BusError) -> None:
    emit(
        task,
        events.SignalGenerate,
        *(task.pid, signal.name, signal.code_name, signal.si_addr, signal.why),
    )
    raise signal


@traced
def lock_mm_and_find_vma(mm: MmStruct, task: TaskStruct, address: int) -> VmAreaStruct | str:
    """Find the VMA of a faulting address, growing a stack down to it if need be.

    Returns the VMA, or why there is none.

    Emits: fault_branch, stack_grow.
    Source: mm/mmap_lock.c: lock_mm_and_find_vma() [v6.18].
    """
    vma = find_vma(mm, address)
    if vma is not None and vma.vm_start <= address:
        emit(
            mm,
            events.FaultBranch,
            address,
            "find_vma",
            "inside",
            f"the address lies in the VMA {vma.vm_start:#x}-{vma.vm_end:#x}",
        )
        return vma
    if vma is None or not vma.vm_flags & VM_GROWSDOWN:
        reason = "no VMA contains the address, and the one above is not a stack"
        emit(mm, events.FaultBranch, address, "find_vma", "hole", reason)
        return "nothing is mapped there"
    try:
        expand_stack(vma, address, task)
    except LinuxError as failure:
        emit(mm, events.FaultBranch, address, "expand_stack", "refused", failure.check)
        return failure.check
    emit(
        mm,
        events.FaultBranch,
        address,
        "expand_stack",
        "grown",
        "the stack above grows down to the address",
    )
    return vma


@traced
def expand_stack(vma: VmAreaStruct, address: int, task: TaskStruct) -> None:
    """Extend a stack down to an address.

    Raises:
        LinuxError: ENOMEM if a VMA below is nearer than the guard gap, or RLIMIT_STACK, RLIMIT_AS
            or memory is exceeded; EPERM below mmap_min_addr.

    Emits: vma_adjust, stack_grow.
    Source: mm/mmap.c: expand_downwards() [v5.4].
    """
    mm = vma.vm_mm
    address &= PAGE_MASK
    if address < mm.system.mmap_min_addr:
        raise LinuxError(errno.EPERM, "the stack may not grow below mmap_min_addr")
    prev = vma.vm_prev
    if (
        prev is not None
        and not prev.vm_flags & VM_GROWSDOWN
        and vma_is_accessible(prev)
        and address - prev.vm_end < mm.system.stack_guard_gap
    ):
        raise LinuxError(
            errno.ENOMEM, f"the guard gap above the VMA at {prev.vm_start:#x} would be hurt"
        )
    anon_vma_prepare(vma)
    if address >= vma.vm_start:
        return
    grow = (vma.vm_start - address) >> PAGE_SHIFT
    if grow > vma.vm_pgoff:
        raise LinuxError(errno.ENOMEM, "the stack has no offset left to grow into")
    acct_stack_growth(vma, task, vma.vm_end - address, grow)
    old = vma.vm_start
    if vma.vm_flags & VM_LOCKED:
        mm.locked_vm += grow
    vm_stat_account(mm, vma.vm_flags, grow)
    vma_set_range(vma, address, vma.vm_end, vma.vm_pgoff - grow, "the stack grows")
    emit(mm, vma_events.StackGrow, mm.number, address, old, f"it has to reach down to {address:#x}")


def acct_stack_growth(vma: VmAreaStruct, task: TaskStruct, size: int, grow: int) -> None:
    """Check that a stack may grow.

    Args:
        vma: the stack.
        task: whose limits count.
        size: bytes it would have.
        grow: pages it would get.

    Raises:
        LinuxError: ENOMEM if RLIMIT_AS, RLIMIT_STACK or memory is exceeded.

    Source: mm/mmap.c: acct_stack_growth() [v5.4].
    """
    mm = vma.vm_mm
    if not may_expand_vm(task, mm, vma.vm_flags, grow):
        raise LinuxError(errno.ENOMEM, "RLIMIT_AS would be exceeded")
    if size > task.rlim[Rlimit.RLIMIT_STACK]:
        raise LinuxError(errno.ENOMEM, "RLIMIT_STACK would be exceeded")
    if not vm_enough_memory(mm.system, grow):
        raise LinuxError(errno.ENOMEM, "more memory than the machine has")


def trap_init(system: System) -> None:
    """Fill the CPU's exception vectors.

    Source: arch/x86/kernel/traps.c: trap_init() [v5.4].
    """

    def page_fault(address: int, error_code: int) -> None:
        assert system.current is not None
        do_page_fault(system.current, address, error_code)

    def general_protection(address: int, error_code: int) -> None:
        assert system.current is not None
        do_general_protection(system.current, address, error_code)

    system.cpu.idt = {14: page_fault, 13: general_protection}
