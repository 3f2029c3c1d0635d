"""What the CPU's exceptions lead to."""

from __future__ import annotations

from vmlab.errors import Segfault
from vmlab.model.abi.signal import SI_KERNEL, SIGFPE, SIGILL, SIGSEGV, SIGTRAP
from vmlab.model.linux.arch.x86.mm.extable import UserAccessFault
from vmlab.model.linux.arch.x86.mm.fault import do_page_fault, force_sig_fault
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.linux.kernel.exit import do_group_exit
from vmlab.model.mmu.traps import X86_PF_USER, X86_TRAP_GP, X86_TRAP_PF, X86_TRAP_UD
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
    force_sig_fault(task, Segfault(SIGSEGV, SI_KERNEL, 0, "address_not_canonical", addr=addr))


_SIGNALS = {0: SIGFPE, 1: SIGTRAP, 3: SIGTRAP, X86_TRAP_UD: SIGILL}


def do_trap(task: TaskStruct, vector: int) -> None:
    """Answer an exception that is no page fault: a signal, which ends the process.

    Source: arch/x86/kernel/traps.c: do_trap() [v5.4].
    """
    do_group_exit(task, _SIGNALS.get(vector, SIGSEGV))


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
