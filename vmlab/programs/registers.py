"""The registers that are told one by one: general registers as pt_regs orders them, and bases."""

from __future__ import annotations

from vmlab.model.linux.arch.x86.include.ptrace import values_of
from vmlab.model.linux.include.structs import TaskStruct

NAMES = (
    *("R15", "R14", "R13", "R12", "RBP", "RBX", "R11", "R10", "R9", "R8", "RAX", "RCX"),
    *("RDX", "RSI", "RDI", "RIP", "EFLAGS", "RSP", "FS_BASE", "GS_BASE"),
)
ORIG_AX = 15  # its place in pt_regs, which is not a register of the CPU
AX, CX, DX, IP = 10, 11, 12, 15  # places of some


def of_task(task: TaskStruct) -> tuple[int, ...]:
    """Return what the registers of a task hold, in the order of `NAMES`."""
    values = values_of(task.regs)
    return (*values[:ORIG_AX], *values[ORIG_AX + 1 :], task.fsbase, task.gsbase)


def for_kernel(values: tuple[int, ...], orig_ax: int) -> tuple[int, ...]:
    """Return them as pt_regs orders them, then fsbase and gsbase."""
    return (*values[:ORIG_AX], orig_ax, *values[ORIG_AX:])
