"""How much memory the machine can promise; the random top of a stack."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.drivers.char.random import get_random_long
from vmlab.model.linux.include.sched import PF_RANDOMIZE
from vmlab.model.linux.include.structs import (
    OVERCOMMIT_ALWAYS,
    OVERCOMMIT_GUESS,
    OVERCOMMIT_NEVER,
    MmStruct,
    System,
    TaskStruct,
)
from vmlab.model.linux.lib.percpu_counter import (
    PERCPU_COUNTER_BATCH,
    percpu_counter_add,
    percpu_counter_read_positive,
    percpu_counter_sum,
    percpu_counter_sync,
)
from vmlab.model.mmu.page import PAGE_SHIFT, page_align

_STACK_RND_PAGES = 1 << 22
_STACK_RND_PAGES_32 = 1 << 11  # with 32-bit addresses
_INT_MAX = (1 << 31) - 1
_KIB_SHIFT = PAGE_SHIFT - 10  # from pages
_USER_RESERVE = 1 << 17  # KiB at most: what one process leaves to a user who wants to end it


def vm_committed_as_batch(system: System) -> int:
    """Return how many pages the CPU promises before it tells the sum.

    Source: mm/mm_init.c: mm_compute_batch() [v6.18].
    """
    part = 256 if system.overcommit_memory == OVERCOMMIT_NEVER else 4
    return max(system.totalram_pages // part, PERCPU_COUNTER_BATCH)


def vm_acct_memory(system: System, nr_pages: int) -> None:
    """Count pages as promised; below 0 = no longer.

    Source: include/linux/mman.h: vm_acct_memory() [v6.18].
    """
    percpu_counter_add(system.vm_committed_as, nr_pages, vm_committed_as_batch(system))


def vm_unacct_memory(system: System, nr_pages: int) -> None:
    """Count pages as promised no longer.

    Source: include/linux/mman.h: vm_unacct_memory() [v6.18].
    """
    vm_acct_memory(system, -nr_pages)


def vm_memory_committed(system: System) -> int:
    """Return the pages that are promised.

    Source: mm/util.c: vm_memory_committed() [v6.18].
    """
    return max(percpu_counter_sum(system.vm_committed_as), 0)


def vm_commit_limit(system: System) -> int:
    """Return the pages that overcommit_memory 2 may promise.

    Source: mm/util.c: vm_commit_limit() [v6.18].
    """
    allowed = system.totalram_pages * system.overcommit_ratio // 100
    if system.overcommit_kbytes:
        allowed = system.overcommit_kbytes >> _KIB_SHIFT
    return allowed + system.total_swap_pages


def vm_enough_memory(system: System, mm: MmStruct | None, nr_pages: int) -> None:
    """Promise pages, if overcommit_memory allows it.

    Args:
        system: the kernel.
        mm: address space of the caller, None if it is no process.
        nr_pages: pages; below 0 = fewer than before.

    Raises:
        LinuxError: ENOMEM.

    Source: mm/util.c: __vm_enough_memory() [v6.18].
    """
    vm_acct_memory(system, nr_pages)
    if system.overcommit_memory == OVERCOMMIT_ALWAYS:
        return
    if system.overcommit_memory == OVERCOMMIT_GUESS:
        if nr_pages > system.totalram_pages + system.total_swap_pages:
            vm_unacct_memory(system, nr_pages)
            raise LinuxError(errno.ENOMEM, "more_than_memory")
        return
    allowed = vm_commit_limit(system)
    if mm is not None:
        allowed -= min(mm.total_vm // 32, _user_reserve(system))
    if percpu_counter_read_positive(system.vm_committed_as) >= allowed:
        vm_unacct_memory(system, nr_pages)
        raise LinuxError(errno.ENOMEM, "more_than_commit_limit", pages=allowed)


def _user_reserve(system: System) -> int:
    # Source: mm/util.c: init_user_reserve() [v6.18].
    return min((system.totalram_pages << _KIB_SHIFT) // 32, _USER_RESERVE) >> _KIB_SHIFT


def set_overcommit_memory(system: System, policy: int) -> None:
    """Choose how much may be promised; a strict choice begins with an exact sum.

    Raises:
        LinuxError: EINVAL for a policy that there is not.

    Source: mm/util.c: overcommit_policy_handler() [v6.18].
    """
    if not OVERCOMMIT_GUESS <= policy <= OVERCOMMIT_NEVER:
        raise LinuxError(errno.EINVAL, "policy_unknown", policy=policy)
    if policy == OVERCOMMIT_NEVER:
        percpu_counter_sync(system.vm_committed_as)
    system.overcommit_memory = policy


def set_overcommit_ratio(system: System, percent: int) -> None:
    """Choose how much of memory may be promised; a number of KiB counts no longer.

    Raises:
        LinuxError: EINVAL for a number that no int holds.

    Source: mm/util.c: overcommit_ratio_handler() [v6.18].
    """
    if not 0 <= percent <= _INT_MAX:
        raise LinuxError(errno.EINVAL, "limit_out_of_range")
    system.overcommit_ratio, system.overcommit_kbytes = percent, 0


def set_overcommit_kbytes(system: System, kbytes: int) -> None:
    """Choose how many KiB may be promised; a part of memory counts no longer.

    Raises:
        LinuxError: EINVAL below 0.

    Source: mm/util.c: overcommit_kbytes_handler() [v6.18].
    """
    if kbytes < 0:
        raise LinuxError(errno.EINVAL, "limit_out_of_range")
    system.overcommit_ratio, system.overcommit_kbytes = 0, kbytes


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
