"""Limits: RLIMIT_AS, RLIMIT_DATA, and the memory of the machine (overcommit mode 0)."""

from __future__ import annotations

from vmlab.model.kernel.mm_types import MmStruct
from vmlab.model.kernel.mman import (
    RLIM_INFINITY,
    VM_NORESERVE,
    VM_SHARED,
    VM_STACK,
    VM_WRITE,
    Rlimit,
)
from vmlab.model.kernel.sched import TaskStruct
from vmlab.model.kernel.system import System
from vmlab.model.mmu.page import PAGE_SHIFT


def may_expand_vm(task: TaskStruct, mm: MmStruct, vm_flags: int, nr_pages: int) -> bool:
    """Say whether an address space may have more pages.

    Args:
        task: whose limits count.
        mm: address space.
        vm_flags: flags of the pages; writable, private ones that are no stack are data.
        nr_pages: pages more.

    Source: mm/mmap.c: may_expand_vm() [v5.4].
    """
    if mm.total_vm + nr_pages > task.rlim[Rlimit.RLIMIT_AS] >> PAGE_SHIFT:
        return False
    if vm_flags & (VM_WRITE | VM_SHARED | VM_STACK) == VM_WRITE:
        limit = task.rlim[Rlimit.RLIMIT_DATA]
        if limit == 0:  # old Valgrinds set it so
            limit = RLIM_INFINITY
        return mm.data_vm + nr_pages <= limit >> PAGE_SHIFT
    return True


def vm_enough_memory(system: System, nr_pages: int) -> bool:
    """Say whether a single request is not obviously too large (overcommit_memory 0).

    Source: mm/util.c: __vm_enough_memory() [v5.4].
    """
    return nr_pages <= system.totalram_pages


def accountable_mapping(vm_flags: int) -> bool:
    """Say whether a mapping counts as committed memory: private, writable, not NORESERVE.

    Source: mm/mmap.c: accountable_mapping() [v5.4].
    """
    return vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE) == VM_WRITE


def get_current(system: System) -> TaskStruct:
    """Return the running task. Source: arch/x86/include/asm/current.h: get_current() [v5.4]."""
    assert system.current is not None
    return system.current
