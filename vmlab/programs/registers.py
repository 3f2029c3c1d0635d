"""The registers of the emulator that are told one by one, in the order of pt_regs."""

from __future__ import annotations

from unicorn import x86_const

REGISTERS = [
    getattr(x86_const, f"UC_X86_REG_{name}")
    for name in (
        *("R15", "R14", "R13", "R12", "RBP", "RBX", "R11", "R10", "R9", "R8", "RAX", "RCX"),
        *("RDX", "RSI", "RDI", "RIP", "EFLAGS", "RSP", "FS_BASE", "GS_BASE"),
    )
]
ORIG_AX = 15  # its place in pt_regs, which is not a register of the CPU
AX, CX, DX, IP = 10, 11, 12, 15  # places of some
