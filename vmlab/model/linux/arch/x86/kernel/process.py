"""What depends on the processor: where a child goes on, and a new program's stack and heap."""

from __future__ import annotations

from dataclasses import replace

from vmlab.model.abi.clone import CLONE_SETTLS
from vmlab.model.abi.personality import ADDR_NO_RANDOMIZE
from vmlab.model.abi.prctl import Arch
from vmlab.model.linux.arch.x86.kernel.process_64 import do_arch_prctl_64
from vmlab.model.linux.drivers.char.random import get_random_long, randomize_page
from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.model.mmu.page import GiB, MiB

_STACK_RANGE = 8192  # bytes
_BRK_RANGE = GiB  # bytes; 32 MiB for 32-bit addresses


def copy_thread(parent: TaskStruct, child: TaskStruct, flags: int, stack: int, tls: int) -> None:
    """Let a child go on where its parent is, maybe on another stack and with other TLS.

    Args:
        parent: the task that calls.
        child: the new one.
        flags: CLONE_SETTLS counts.
        stack: bytes: where its stack pointer stands; 0 = where that of the parent does.
        tls: bytes: where fs begins, with that flag.

    Raises:
        LinuxError: EPERM for TLS outside of user space.

    Emits: segment_base.
    Source: arch/x86/kernel/process.c: copy_thread() [v6.18].
    """
    parent.system.save_fpregs()
    child.regs = replace(parent.regs, ax=0, sp=stack or parent.regs.sp)
    child.fpu = parent.fpu
    child.fsbase, child.gsbase = parent.fsbase, parent.gsbase
    if flags & CLONE_SETTLS:
        do_arch_prctl_64(child, Arch.ARCH_SET_FS, tls)


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
