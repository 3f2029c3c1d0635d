"""Emptying every entry that maps a frame, from the frame alone.

In Linux's mm/rmap.c.
"""

from __future__ import annotations

from vmlab.codes import because
from vmlab.model.abi.mman import VM_DROPPABLE, VM_LOCKED
from vmlab.model.linux.arch.x86.include.pgtable_64 import PAGE_SWP_EXCLUSIVE, swp_entry_to_pte
from vmlab.model.linux.arch.x86.mm.tlb import flush_tlb_range
from vmlab.model.linux.include.mm import add_mm_counter, mm_counter, update_hiwater_rss
from vmlab.model.linux.include.page_flags import PG_ANON_EXCLUSIVE, PG_DIRTY, PG_LAZYFREE
from vmlab.model.linux.include.structs import MM_ANONPAGES, MM_SWAPENTS, Page, VmAreaStruct
from vmlab.model.linux.mm.page_alloc import put_page
from vmlab.model.linux.mm.pgtable import pte_alloc
from vmlab.model.linux.mm.rmap import rmap_walk
from vmlab.model.linux.mm.swap_state import page_swap_entry
from vmlab.model.linux.mm.swapfile import swap_duplicate
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.pte import D
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.events import swap as swap_events
from vmlab.model.trace.hook import emit

_RECLAIMED = because("frame_reclaimed")


def try_to_unmap(page: Page) -> None:
    """Empty the entries that map a frame, or let them say where in swap it has its place.

    A VMA that is locked keeps its entry. So does a frame that MADV_FREE marked, if it was written
    to since: it is one like any other again.

    Args:
        page: a frame that the caller holds; a private one is in the swap cache, or marked.

    Emits: pte_swap, pte_clear, tlb_flush.
    Source: mm/rmap.c: try_to_unmap() [v6.18].
    """
    for vma, addr in list(rmap_walk(page)):
        if vma.vm_flags & VM_LOCKED or not _try_to_unmap_one(page, vma, addr):
            break


def _try_to_unmap_one(page: Page, vma: VmAreaStruct, addr: int) -> bool:
    mm = vma.vm_mm
    table, index = pte_alloc(mm, addr)
    if table[index] & D:
        page.flags |= PG_DIRTY
    update_hiwater_rss(mm)
    if page.kind != "anon":
        add_mm_counter(mm, mm_counter(page), -1)
        table[index] = 0
        emit(mm, page_events.PteClear, mm.number, addr, page.pfn)
    elif page.flags & PG_LAZYFREE:
        if page.flags & PG_DIRTY and not vma.vm_flags & VM_DROPPABLE:
            page.flags &= ~PG_LAZYFREE
            return False
        add_mm_counter(mm, MM_ANONPAGES, -1)
        table[index] = 0
        emit(mm, page_events.PteClear, mm.number, addr, page.pfn)
    else:
        table[index] = _swap_pte(page, vma)
        emit(mm, swap_events.PteSwap, mm.number, addr, table[index])
    flush_tlb_range(mm, addr, addr + PAGE_SIZE, _RECLAIMED)
    page.mapcount -= 1
    put_page(mm.system, page)
    return True


def _swap_pte(page: Page, vma: VmAreaStruct) -> int:
    # The entry to where the frame has its place, which counts it.
    mm = vma.vm_mm
    entry = page_swap_entry(mm.system, page)
    swap_duplicate(mm.system, entry)
    add_mm_counter(mm, MM_ANONPAGES, -1)
    add_mm_counter(mm, MM_SWAPENTS, 1)
    pte = swp_entry_to_pte(entry)
    if page.flags & PG_ANON_EXCLUSIVE:
        page.flags &= ~PG_ANON_EXCLUSIVE
        pte |= PAGE_SWP_EXCLUSIVE
    return pte
