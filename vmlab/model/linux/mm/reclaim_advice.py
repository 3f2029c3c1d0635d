"""Advice to take pages back now (MADV_PAGEOUT), or to bring them back soon (MADV_WILLNEED).

In Linux's mm/madvise.c.
"""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import VM_LOCKED, VM_PFNMAP
from vmlab.model.linux.arch.x86.include.pgtable_64 import pte_to_swp_entry
from vmlab.model.linux.include.fs import shmem_mapping
from vmlab.model.linux.include.page_flags import PG_REFERENCED
from vmlab.model.linux.include.structs import Page, VmAreaStruct
from vmlab.model.linux.mm.pgtable import (
    PRESENT,
    is_swap_pte,
    present_ptes,
    pte_tables,
    used_entries,
)
from vmlab.model.linux.mm.shmem_swap import shmem_swapin_range
from vmlab.model.linux.mm.swap import folio_test_lru, lru_add_drain
from vmlab.model.linux.mm.swap_state import read_swap_cache_async
from vmlab.model.linux.mm.vmscan import reclaim_pages
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, SPECIAL


def madvise_pageout(vma: VmAreaStruct, start: int, end: int) -> None:
    """Take the frames of a range back now, those that nobody else maps.

    Raises:
        LinuxError: EINVAL if the VMA is locked or special.

    Emits: what reclaim_pages emits.
    Source: mm/madvise.c: madvise_pageout() [v6.18].
    Left out: files of a disk.
    """
    if vma.vm_flags & (VM_LOCKED | VM_PFNMAP):
        raise LinuxError(errno.EINVAL, "vma_locked_or_special", vma=vma.vm_start)
    mm = vma.vm_mm
    lru_add_drain(mm.system)
    for table, first, stop, _ in pte_tables(mm, start, end):
        pages = []
        for _, pte in used_entries(table, first, stop):
            if not pte & PRESENT or pte & SPECIAL:
                continue
            page = mm.system.mem_map[(pte & PFN_MASK) >> PFN_SHIFT]
            if page.mapcount == 1 and _can_go(page) and folio_test_lru(mm.system, page):
                page.flags &= ~PG_REFERENCED
                pages.append(page)
        reclaim_pages(mm.system, pages)


def _can_go(page: Page) -> bool:
    return page.kind == "anon" or shmem_mapping(page.mapping.host)


def madvise_swapin(vma: VmAreaStruct, start: int, end: int) -> None:
    """Read what is in swap of a range into the swap cache.

    Raises:
        OutOfMemory: no frame is free.

    Emits: mm_page_alloc, swap_in.
    Source: mm/madvise.c: madvise_willneed() [v6.18].
    """
    mm = vma.vm_mm
    if vma.vm_file is not None:
        shmem_swapin_range(vma, start, end)
    else:
        for _, pte in present_ptes(mm, start, end):
            if is_swap_pte(pte):
                read_swap_cache_async(mm.system, pte_to_swp_entry(pte))
    lru_add_drain(mm.system)
