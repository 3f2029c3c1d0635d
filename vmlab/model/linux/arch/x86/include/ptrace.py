"""The registers of a task in user mode.

Source: arch/x86/include/asm/ptrace.h [v5.4].
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter

from vmlab.model.abi.mman import ULONG_MAX

X86_EFLAGS_FIXED = 1 << 1
X86_EFLAGS_TF = 1 << 8
X86_EFLAGS_IF = 1 << 9
X86_EFLAGS_DF = 1 << 10
X86_EFLAGS_RF = 1 << 16
FXSAVE_SIZE = 512  # bytes
NO_CALL = ULONG_MAX  # in orig_ax: the kernel was not entered by a call


@dataclass(slots=True)
class PtRegs:
    """What the general registers hold (struct pt_regs), without cs and ss, which never change."""

    r15: int = 0
    r14: int = 0
    r13: int = 0
    r12: int = 0
    bp: int = 0
    bx: int = 0
    r11: int = 0
    r10: int = 0
    r9: int = 0
    r8: int = 0
    ax: int = 0
    cx: int = 0
    dx: int = 0
    si: int = 0
    di: int = 0
    orig_ax: int = NO_CALL  # number of the call
    ip: int = 0
    flags: int = X86_EFLAGS_IF | X86_EFLAGS_FIXED
    sp: int = 0


REGISTERS = tuple(field.name for field in fields(PtRegs))
values_of = attrgetter(*REGISTERS)  # what they hold, in this order
