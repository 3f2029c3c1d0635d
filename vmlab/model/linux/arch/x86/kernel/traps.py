"""What the CPU's exceptions lead to."""

from __future__ import annotations

from vmlab.errors import Segfault, Signal
from vmlab.model.abi.signal import (
    BUS_ADRALN,
    FPE_INTDIV,
    ILL_ILLOPN,
    SI_KERNEL,
    SIGBUS,
    SIGFPE,
    SIGILL,
    SIGSEGV,
    SIGTRAP,
    TRAP_TRACE,
)
from vmlab.model.linux.arch.x86.kernel.fpu.signal import fpu_exception_code
from vmlab.model.linux.arch.x86.mm.extable import UserAccessFault
from vmlab.model.linux.arch.x86.mm.fault import do_page_fault, force_sig_fault
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.mmu.cpu import FETCH
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.traps import (
    X86_PF_USER,
    X86_TRAP_AC,
    X86_TRAP_BP,
    X86_TRAP_BR,
    X86_TRAP_DB,
    X86_TRAP_DE,
    X86_TRAP_GP,
    X86_TRAP_MF,
    X86_TRAP_NP,
    X86_TRAP_OF,
    X86_TRAP_PF,
    X86_TRAP_SS,
    X86_TRAP_UD,
    X86_TRAP_XF,
)
from vmlab.model.trace.decorators import traced


@traced
def do_general_protection(task: TaskStruct, addr: int, error_code: int) -> None:
    """Answer an access to a non-canonical address.

    Raises:
        Segfault: SI_KERNEL, with si_addr 0.

    Emits: signal_generate.
    Source: arch/x86/kernel/traps.c: do_general_protection() [v5.4].
    """
    if not error_code & X86_PF_USER:
        raise UserAccessFault
    task.trap_nr, task.error_code = X86_TRAP_GP, 0
    force_sig_fault(task, Segfault(SIGSEGV, SI_KERNEL, 0, "address_not_canonical", addr=addr))


_CODE_BYTES = 4  # of an instruction that are told

# Which signal an exception is, its si_code, and whether si_addr is that of the instruction.
_SIGNALS = {
    X86_TRAP_DE: (SIGFPE, FPE_INTDIV, True),
    X86_TRAP_DB: (SIGTRAP, TRAP_TRACE, True),
    X86_TRAP_BP: (SIGTRAP, SI_KERNEL, False),
    X86_TRAP_OF: (SIGSEGV, SI_KERNEL, False),
    X86_TRAP_BR: (SIGSEGV, SI_KERNEL, False),
    X86_TRAP_UD: (SIGILL, ILL_ILLOPN, True),
    X86_TRAP_NP: (SIGBUS, SI_KERNEL, False),
    X86_TRAP_SS: (SIGBUS, SI_KERNEL, False),
    X86_TRAP_GP: (SIGSEGV, SI_KERNEL, False),
    X86_TRAP_AC: (SIGBUS, BUS_ADRALN, False),
}


def do_trap(task: TaskStruct, trapnr: int, error_code: int = 0) -> None:
    """Answer an exception that is no page fault.

    Args:
        task: the running task.
        trapnr: the number of the exception.
        error_code: what the CPU tells of it.

    Raises:
        Signal: unless it is an error of the FPU that has gone.

    Emits: signal_generate.
    Source: arch/x86/kernel/traps.c: do_error_trap(), math_error(), exc_debug_user() [v6.18].
    """
    task.trap_nr, task.error_code = trapnr, error_code
    if trapnr in (X86_TRAP_MF, X86_TRAP_XF):
        code = fpu_exception_code(task, sse=trapnr == X86_TRAP_XF)
        if not code:
            return
        signal, at_instruction = SIGFPE, True
    else:
        signal, code, at_instruction = _SIGNALS[trapnr]
    addr, ip = task.rip if at_instruction else 0, task.rip
    if trapnr == X86_TRAP_UD:
        failure = Signal(signal, code, addr, "no_such_instruction", ip=ip, code=_code(task))
    else:
        failure = Signal(signal, code, addr, "exception", trapnr=trapnr, ip=ip)
    force_sig_fault(task, failure)


def _code(task: TaskStruct) -> str:
    # The first bytes of the instruction.
    page = task.system.cpu.peek(task.rip, FETCH)
    return page.data[task.rip % PAGE_SIZE :][:_CODE_BYTES].hex(" ") if page is not None else ""


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

    system.cpu.idt = {X86_TRAP_PF: page_fault, X86_TRAP_GP: general_protection}
