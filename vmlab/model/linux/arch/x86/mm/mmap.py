"""The layout of a new address space on x86-64."""

from __future__ import annotations

from vmlab.model.abi.resource import RLIM_INFINITY, Rlimit
from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.model.mmu.page import MiB, page_align


def arch_pick_mmap_layout(mm: MmStruct, task: TaskStruct) -> None:
    """Choose where the mmap area begins: below the largest stack the limit allows.

    Source: arch/x86/mm/mmap.c: mmap_base() [v5.4].
    """
    system = mm.system
    top = system.default_map_window
    limit = task.rlim[Rlimit.RLIMIT_STACK]
    gap = limit + system.stack_guard_gap
    if gap > RLIM_INFINITY:
        gap = limit
    gap = max(min(128 * MiB, top // 6), min(gap, top // 6 * 5))
    mm.mmap_base = page_align(top - gap)
