"""The exceptions of x86, and the bits of a page fault's error code."""

from __future__ import annotations

X86_TRAP_DE = 0  # division
X86_TRAP_DB = 1  # a single step
X86_TRAP_BP = 3  # a breakpoint
X86_TRAP_OF = 4  # overflow
X86_TRAP_BR = 5  # out of bounds
X86_TRAP_UD = 6  # an instruction that there is not
X86_TRAP_NP = 11  # a segment that there is not
X86_TRAP_SS = 12  # the stack's segment
X86_TRAP_GP = 13  # general protection
X86_TRAP_PF = 14  # page fault
X86_TRAP_MF = 16  # the FPU
X86_TRAP_AC = 17  # alignment
X86_TRAP_XF = 19  # SSE
X86_TRAP_LAST = 31  # numbers above it are of interrupts

X86_IDT = 1 << 1  # in the error code of general protection: it is about an entry of the IDT

X86_PF_PROT = 1 << 0  # the entry was present
X86_PF_WRITE = 1 << 1
X86_PF_USER = 1 << 2
X86_PF_INSTR = 1 << 4
