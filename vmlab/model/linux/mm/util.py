"""How much memory the machine can promise (overcommit mode 0); the random top of a stack."""

from __future__ import annotations

from vmlab.model.linux.drivers.char.random import get_random_long
from vmlab.model.linux.include.sched import PF_RANDOMIZE
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.mmu.page import PAGE_SHIFT, page_align

_STACK_RND_PAGES = 1 << 22
_STACK_RND_PAGES_32 = 1 << 11  # with 32-bit addresses


def vm_enough_memory(system: System, nr_pages: int) -> bool:
    """Say whether a single request is not obviously too large (overcommit_memory 0).

    Source: mm/util.c: __vm_enough_memory() [v5.4].
    """
    return nr_pages <= system.totalram_pages


def stack_rnd_pages(system: System) -> int:
    """Return how many pages there are of which one becomes the top of a stack.

    Source: arch/x86/include/asm/elf.h: STACK_RND_MASK [v5.4].
    """
    nr_pages = _STACK_RND_PAGES if system.geometry.canonical else _STACK_RND_PAGES_32
    return min(nr_pages, system.task_size // 16 >> PAGE_SHIFT)


def randomize_stack_top(task: TaskStruct, stack_top: int) -> int:
    """Return where the stack of a new program ends.

    Source: mm/util.c: randomize_stack_top() [v6.18].
    """
    rnd = 0
    if task.flags & PF_RANDOMIZE:
        rnd = get_random_long(task.system) % stack_rnd_pages(task.system)
    return page_align(stack_top) - (rnd << PAGE_SHIFT)
