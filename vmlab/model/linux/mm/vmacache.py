"""The cache in which a task remembers the VMAs that find_vma found last."""

from __future__ import annotations

from vmlab.model.linux.include.sched import VMACACHE_SIZE
from vmlab.model.linux.include.structs import MmStruct, TaskStruct, VmAreaStruct
from vmlab.model.mmu.page import PAGE_SHIFT


def vmacache_find(mm: MmStruct, addr: int) -> VmAreaStruct | None:
    """Return the VMA that contains `addr` if the running task found it lately.

    Source: mm/vmacache.c: vmacache_find() [v5.4].
    """
    task = mm.system.current
    if task is None or task.mm is not mm:
        return None
    cache = task.vmacache
    if cache.seqnum != mm.vmacache_seqnum:
        cache.seqnum = mm.vmacache_seqnum
        cache.vmas = [None] * VMACACHE_SIZE
        return None
    vma = cache.vmas[addr >> PAGE_SHIFT & VMACACHE_SIZE - 1]
    if vma is not None and vma.vm_mm is mm and vma.vm_start <= addr < vma.vm_end:
        return vma
    return None


def vmacache_update(task: TaskStruct, addr: int, vma: VmAreaStruct) -> None:
    """Let a task remember the VMA that it found for `addr`.

    Source: mm/vmacache.c: vmacache_update() [v5.4].
    """
    task.vmacache.vmas[addr >> PAGE_SHIFT & VMACACHE_SIZE - 1] = vma


def vmacache_invalidate(mm: MmStruct) -> None:
    """Make every task forget what it found in `mm`.

    Source: include/linux/vmacache.h: vmacache_invalidate() [v5.4].
    """
    mm.vmacache_seqnum += 1
