"""The page-table entries of ranges: what munmap empties and fork copies.

Linux keeps this in mm/memory.c; it is a subject of its own for lessons.
"""

from __future__ import annotations

from vmlab.codes import Reason, because
from vmlab.model.abi.mman import (
    VM_MAYBE_GUARD,
    VM_MIXEDMAP,
    VM_PFNMAP,
    VM_RAND_READ,
    VM_SEQ_READ,
)
from vmlab.model.linux.arch.x86.include.pgtable_64 import pte_to_swp_entry
from vmlab.model.linux.arch.x86.mm.tlb import flush_tlb_range
from vmlab.model.linux.include.mm import (
    add_mm_rss_vec,
    init_rss_vec,
    is_cow_mapping,
    mm_counter,
    update_hiwater_rss,
)
from vmlab.model.linux.include.page_flags import PG_ANON_EXCLUSIVE, PG_DIRTY, PG_SWAPCACHE
from vmlab.model.linux.include.structs import MM_SWAPENTS, AddressSpace, Page, VmAreaStruct
from vmlab.model.linux.mm.page_alloc import put_page
from vmlab.model.linux.mm.pgtable import (
    MARKER_GUARD,
    PRESENT,
    copy_tables,
    free_pte_table,
    pte_alloc,
    pte_tables,
    used_entries,
)
from vmlab.model.linux.mm.rmap import vma_mark_accessed
from vmlab.model.linux.mm.swap import mlock_vma_folio
from vmlab.model.linux.mm.swap_fault import copy_nonpresent_pte
from vmlab.model.linux.mm.swapfile import free_swap_and_cache, free_swap_cache
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, RW, SPECIAL, A, D
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.events import swap as swap_events
from vmlab.model.trace.hook import emit

_BECAME_COW = because("became_copy_on_write")


@traced
def zap_range(
    vma: VmAreaStruct,
    start: int,
    end: int,
    reason: Reason,
    *,
    even_guards: bool = False,
    even_cows: bool = True,
    reclaim_tables: bool = False,
) -> None:
    """Empty the entries of a range and give up the frames behind them.

    Args:
        vma: the VMA the range lies in.
        start: bytes.
        end: bytes.
        reason: why.
        even_guards: guard markers go too.
        even_cows: private copies of file pages go too.
        reclaim_tables: free a last-level table that the range covers whole and leaves empty.

    Emits: pte_clear, tlb_flush.
    Source: mm/memory.c: unmap_page_range() [v6.18].
    """
    mm = vma.vm_mm
    mem_map = mm.system.mem_map
    entries = 1 << mm.system.geometry.level_bits[-1]
    dropped: list[Page] = []
    emptied = []
    zapped = False
    for table, first, stop, base in pte_tables(mm, start, end):
        rss = init_rss_vec()
        for index, pte in used_entries(table, first, stop):
            if not pte & PRESENT:
                is_guard = pte == MARKER_GUARD
                if not (even_guards if is_guard else even_cows):
                    continue
                if not is_guard:
                    free_swap_and_cache(mm.system, pte_to_swp_entry(pte))
                    rss[MM_SWAPENTS] -= 1
                    addr = base + (index - first) * PAGE_SIZE
                    emit(mm, swap_events.PteSwapClear, mm.number, addr, pte)
                table[index] = 0
                continue
            if not pte & SPECIAL:
                page = mem_map[(pte & PFN_MASK) >> PFN_SHIFT]
                if page.kind == "anon" and vma.vm_ops is not None and not even_cows:
                    continue
                if page.kind != "anon":
                    if pte & D:
                        page.flags |= PG_DIRTY
                    if pte & A and not vma.vm_flags & (VM_SEQ_READ | VM_RAND_READ):
                        vma_mark_accessed(vma, page)
                page.mapcount -= 1
                rss[mm_counter(page)] -= 1
                mlock_vma_folio(page, vma)
                dropped.append(page)
            table[index] = 0
            zapped = True
            addr = base + (index - first) * PAGE_SIZE
            emit(mm, page_events.PteClear, mm.number, addr, (pte & PFN_MASK) >> PFN_SHIFT)
        add_mm_rss_vec(mm, rss)
        if reclaim_tables and stop - first == entries:
            emptied.append(base)
    if zapped:
        flush_tlb_range(mm, start, end, reason)
    for page in dropped:
        if page.flags & PG_SWAPCACHE:
            free_swap_cache(mm.system, page)
        put_page(mm.system, page)
    for base in emptied:
        free_pte_table(mm, base)


def zap_page_range_single(
    vma: VmAreaStruct,
    start: int,
    end: int,
    reason: Reason,
    *,
    even_cows: bool = True,
    reclaim_tables: bool = False,
) -> None:
    """Empty the entries of a range whose VMA stays; see `zap_range`.

    Emits: pte_clear, tlb_flush.
    Source: mm/memory.c: zap_page_range_single() [v6.18].
    """
    update_hiwater_rss(vma.vm_mm)
    zap_range(vma, start, end, reason, even_cows=even_cows, reclaim_tables=reclaim_tables)


@traced
def copy_page_range(dst: VmAreaStruct, src: VmAreaStruct) -> None:
    """Let a child's VMA share the parent's frames, write-protected on both sides.

    Entries of a VMA that never had a private page or a guard marker are not copied: the child's
    first access finds them again.

    Raises:
        OutOfMemory: no frame for a page table; the caller drops the child's address space.

    Emits: pte_wrprotect, tlb_flush.
    Source: mm/memory.c: copy_page_range() [v6.18].
    """
    if src.anon_vma is None and not src.vm_flags & (VM_PFNMAP | VM_MIXEDMAP | VM_MAYBE_GUARD):
        return
    mm = src.vm_mm
    mem_map = mm.system.mem_map
    cow = is_cow_mapping(src.vm_flags)
    shared = ~PG_ANON_EXCLUSIVE
    inherited = ~A if cow else ~(A | D)  # bits of an entry
    protected = 0
    copy_tables(dst.vm_mm, mm, src.vm_start, src.vm_end)
    for table, first, stop, base in pte_tables(mm, src.vm_start, src.vm_end):
        used = used_entries(table, first, stop)
        if not used:
            continue
        dst_table, _ = pte_alloc(dst.vm_mm, base)
        rss = init_rss_vec()
        for index, pte in used:
            if not pte & PRESENT:
                if pte != MARKER_GUARD:
                    pte = table[index] = copy_nonpresent_pte(mm.system, pte)
                    rss[MM_SWAPENTS] += 1
                dst_table[index] = pte
                continue
            if not pte & SPECIAL:
                page = mem_map[(pte & PFN_MASK) >> PFN_SHIFT]
                page.refcount += 1
                page.mapcount += 1
                page.flags &= shared
                rss[mm_counter(page)] += 1
            if cow and pte & RW:
                pte ^= RW
                table[index] = pte
                protected += 1
            dst_table[index] = pte & inherited
        add_mm_rss_vec(dst.vm_mm, rss)
    if protected:
        emit(mm, page_events.PteWrprotect, mm.number, src.vm_start, protected)
        flush_tlb_range(mm, src.vm_start, src.vm_end, _BECAME_COW)


def unmap_mapping_pages(
    mapping: AddressSpace, start: int, end: int, reason: Reason, *, even_cows: bool
) -> None:
    """Empty the entries, in every address space, that map a range of a file.

    Args:
        mapping: the file's cache.
        start: first page.
        end: page after the last.
        reason: why.
        even_cows: private copies go too.

    Emits: pte_clear, tlb_flush.
    Source: mm/memory.c: unmap_mapping_pages() [v5.4].
    """
    for vma in list(mapping.i_mmap):
        first = max(start, vma.vm_pgoff)
        last = min(end, vma.vm_pgoff + ((vma.vm_end - vma.vm_start) >> PAGE_SHIFT))
        if first < last:
            base = vma.vm_start - (vma.vm_pgoff << PAGE_SHIFT)
            low, high = base + (first << PAGE_SHIFT), base + (last << PAGE_SHIFT)
            zap_page_range_single(vma, low, high, reason, even_cows=even_cows)
