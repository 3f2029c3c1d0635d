"""The layout of a new address space on x86-64."""

from __future__ import annotations

from vmlab.model.abi.personality import ADDR_COMPAT_LAYOUT
from vmlab.model.abi.resource import RLIM_INFINITY, Rlimit
from vmlab.model.linux.drivers.char.random import get_random_long
from vmlab.model.linux.include.sched import MMF_TOPDOWN, PF_RANDOMIZE
from vmlab.model.linux.include.structs import MmStruct, System, TaskStruct
from vmlab.model.linux.mm.util import stack_rnd_pages
from vmlab.model.mmu.page import PAGE_SHIFT, MiB, page_align

_MMAP_RND_PAGES = 1 << 28  # vm.mmap_rnd_bits; 8 bits for 32-bit addresses
_MMAP_RND_PAGES_32 = 1 << 8


def mmap_rnd_pages(system: System) -> int:
    """Return how many pages there are to choose from for the mmap area, and for a program.

    Source: arch/x86/mm/mmap.c: arch_rnd() [v5.4].
    """
    nr_pages = _MMAP_RND_PAGES if system.geometry.canonical else _MMAP_RND_PAGES_32
    return min(nr_pages, system.task_size // 16 >> PAGE_SHIFT)


def arch_mmap_rnd(system: System) -> int:
    """Return a random distance for the mmap area, or for a program: whole pages, in bytes.

    Source: arch/x86/mm/mmap.c: arch_mmap_rnd() [v5.4].
    """
    return get_random_long(system) % mmap_rnd_pages(system) << PAGE_SHIFT


def elf_et_dyn_base(system: System) -> int:
    """Return where programs with an interpreter go, if that is not random: two thirds up.

    Source: arch/x86/include/asm/elf.h: ELF_ET_DYN_BASE [v5.4].
    """
    return system.default_map_window // 3 * 2


def task_unmapped_base(system: System) -> int:
    """Return where mmap begins to look upwards, if that is not random: a third up user space.

    Source: arch/x86/include/asm/processor.h: TASK_UNMAPPED_BASE [v5.4].
    """
    return page_align(system.default_map_window // 3)


def mmap_base(task: TaskStruct, rnd: int, limit: int) -> int:
    """Return below which address mmap looks downwards: below the largest stack the limit allows.

    Args:
        task: the task.
        rnd: bytes, random.
        limit: bytes: the largest stack.

    Source: arch/x86/mm/mmap.c: mmap_base() [v5.4].
    """
    system = task.system
    top = system.default_map_window
    gap = limit + system.stack_guard_gap
    if task.flags & PF_RANDOMIZE:
        gap += stack_rnd_pages(system) - 1 << PAGE_SHIFT
    if gap > RLIM_INFINITY:
        gap = limit
    gap = max(min(128 * MiB, top // 6), min(gap, top // 6 * 5))
    return page_align(top - gap - rnd)


def arch_pick_mmap_layout(mm: MmStruct, task: TaskStruct) -> None:
    """Choose where the mmap area begins, and whether it grows down or up.

    Source: arch/x86/mm/mmap.c: arch_pick_mmap_layout() [v6.18].
    """
    system = mm.system
    rnd = arch_mmap_rnd(system) if task.flags & PF_RANDOMIZE else 0
    mm.mmap_legacy_base = task_unmapped_base(system) + rnd
    if task.personality & ADDR_COMPAT_LAYOUT:
        mm.flags &= ~MMF_TOPDOWN
        mm.mmap_base = mm.mmap_legacy_base
    else:
        mm.flags |= MMF_TOPDOWN
        mm.mmap_base = mmap_base(task, rnd, task.rlim[Rlimit.RLIMIT_STACK].rlim_cur)
