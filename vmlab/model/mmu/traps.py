"""The exceptions of x86 that memory can raise, and the bits of a page fault's error code."""

from __future__ import annotations

X86_TRAP_UD = 6  # an instruction that there is not
X86_TRAP_GP = 13  # general protection
X86_TRAP_PF = 14  # page fault

X86_PF_PROT = 1 << 0  # the entry was present
X86_PF_WRITE = 1 << 1
X86_PF_USER = 1 << 2
X86_PF_INSTR = 1 << 4
