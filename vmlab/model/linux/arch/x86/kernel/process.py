"""What of a new program's place depends on the processor: its stack and its heap."""

from __future__ import annotations

from vmlab.model.abi.personality import ADDR_NO_RANDOMIZE
from vmlab.model.linux.drivers.char.random import get_random_long, randomize_page
from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.model.mmu.page import GiB, MiB

_STACK_RANGE = 8192  # bytes
_BRK_RANGE = GiB  # bytes; 32 MiB for 32-bit addresses


def arch_align_stack(task: TaskStruct, sp: int) -> int:
    """Move the stack pointer down by a random distance, to a multiple of 16.

    Source: arch/x86/kernel/process.c: arch_align_stack() [v5.4].
    """
    if task.system.randomize_va_space and not task.personality & ADDR_NO_RANDOMIZE:
        sp -= get_random_long(task.system) % _STACK_RANGE
    return sp & ~0xF


def arch_randomize_brk(mm: MmStruct) -> int:
    """Return a random page above the program for the heap to begin at.

    Source: arch/x86/kernel/process.c: arch_randomize_brk() [v5.4].
    """
    system = mm.system
    length = _BRK_RANGE if system.geometry.canonical else min(32 * MiB, system.task_size // 16)
    return randomize_page(system, mm.brk, length)
