"""What happens to the page-table entries of a range: dropped, moved, made read-only, copied."""

from __future__ import annotations

from vmlab.model.events import page as events
from vmlab.model.kernel.mm_types import (
    PG_ANON_EXCLUSIVE,
    PG_DIRTY,
    Page,
    VmAreaStruct,
)
from vmlab.model.kernel.mman import VM_MAYBE_GUARD, VM_MAYWRITE, VM_MIXEDMAP, VM_PFNMAP, VM_SHARED
from vmlab.model.kernel.page_alloc import put_page
from vmlab.model.kernel.pgtable import (
    MARKER_GUARD,
    PRESENT,
    copy_tables,
    free_pte_table,
    pte_alloc,
    pte_modify,
    pte_tables,
    used_entries,
)
from vmlab.model.kernel.swap import mlock_vma_folio
from vmlab.model.kernel.tlbflush import flush_tlb_range
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, RW, SPECIAL, A, D
from vmlab.model.trace import emit, traced


@traced
def zap_range(
    vma: VmAreaStruct,
    start: int,
    end: int,
    reason: str,
    *,
    even_guards: bool = False,
    even_cows: bool = True,
    reclaim_tables: bool = False,
) -> int:
    """Empty the entries of a range and give up the frames behind them.

    Args:
        vma: the VMA the range lies in.
        start: bytes.
        end: bytes.
        reason: why, in words.
        even_guards: guard markers go too.
        even_cows: private copies of file pages go too.
        reclaim_tables: free a last-level table that the range covers whole and leaves empty.

    Returns the number of entries that were emptied.

    Emits: pte_clear, tlb_flush.
    Source: mm/memory.c: unmap_page_range() [v6.18].
    """
    mm = vma.vm_mm
    mem_map = mm.system.mem_map
    entries = 1 << mm.system.geometry.level_bits[-1]
    dropped: list[Page] = []
    emptied = []
    zapped = 0
    for table, first, stop, base in pte_tables(mm, start, end):
        for index, pte in used_entries(table, first, stop):
            if not pte & PRESENT:
                if even_guards:
                    table[index] = 0
                    zapped += 1
                continue
            if not pte & SPECIAL:
                page = mem_map[(pte & PFN_MASK) >> PFN_SHIFT]
                if page.kind == "anon" and vma.vm_ops is not None and not even_cows:
                    continue
                if pte & D and page.kind != "anon":
                    page.flags |= PG_DIRTY
                page.mapcount -= 1
                mlock_vma_folio(page, vma)
                dropped.append(page)
            table[index] = 0
            zapped += 1
            addr = base + (index - first) * PAGE_SIZE
            emit(mm, events.PteClear, mm.number, addr, (pte & PFN_MASK) >> PFN_SHIFT)
        if reclaim_tables and stop - first == entries:
            emptied.append(base)
    if zapped:
        flush_tlb_range(mm, start, end, reason)
    for page in dropped:
        put_page(mm.system, page)
    for base in emptied:
        free_pte_table(mm, base)
    return zapped


@traced
def change_protection(vma: VmAreaStruct, start: int, end: int, try_writable: bool) -> None:
    """Give the entries of a range the protection of their VMA.

    Args:
        vma: the VMA, with its new vm_page_prot.
        start: bytes.
        end: bytes.
        try_writable: a private page that belongs to this address space alone gets its write
            permission at once.

    Emits: pte_set, tlb_flush.
    Source: mm/mprotect.c: change_protection() [v6.18].
    """
    mm = vma.vm_mm
    mem_map = mm.system.mem_map
    prot = vma.vm_page_prot
    changed = False
    for table, first, stop, base in pte_tables(mm, start, end):
        for index, pte in used_entries(table, first, stop):
            if not pte & PRESENT:
                continue
            new = pte_modify(mm, pte, prot)
            if try_writable and not new & (RW | SPECIAL):
                page = mem_map[(pte & PFN_MASK) >> PFN_SHIFT]
                if page.kind == "anon" and page.flags & PG_ANON_EXCLUSIVE:
                    new |= RW
            if new != pte:
                table[index] = new
                changed = True
                addr = base + (index - first) * PAGE_SIZE
                emit(mm, events.PteSet, mm.number, addr, new, "the VMA has other rights now")
    if changed:
        flush_tlb_range(mm, start, end, "the protection changed")


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
    cow = src.vm_flags & (VM_SHARED | VM_MAYWRITE) == VM_MAYWRITE
    shared = ~PG_ANON_EXCLUSIVE
    inherited = ~A if cow else ~(A | D)  # bits of an entry
    protected = 0
    copy_tables(dst.vm_mm, mm, src.vm_start, src.vm_end)
    for table, first, stop, base in pte_tables(mm, src.vm_start, src.vm_end):
        used = used_entries(table, first, stop)
        if not used:
            continue
        dst_table, _ = pte_alloc(dst.vm_mm, base)
        for index, pte in used:
            if not pte & PRESENT:
                dst_table[index] = pte
                continue
            if not pte & SPECIAL:
                page = mem_map[(pte & PFN_MASK) >> PFN_SHIFT]
                page.refcount += 1
                page.mapcount += 1
                page.flags &= shared
            if cow and pte & RW:
                pte ^= RW
                table[index] = pte
                protected += 1
            dst_table[index] = pte & inherited
    if protected:
        emit(mm, events.PteWrprotect, mm.number, src.vm_start, protected)
        flush_tlb_range(mm, src.vm_start, src.vm_end, "pages became copy-on-write")


def set_guards(vma: VmAreaStruct, start: int, end: int) -> None:
    """Mark every page of a range so that any access raises SIGSEGV.

    Raises:
        OutOfMemory: no frame for a page table.

    Emits: pte_guard.
    Source: mm/madvise.c: madvise_guard_install() [v6.18].
    """
    for addr in range(start, end, PAGE_SIZE):
        table, index = pte_alloc(vma.vm_mm, addr)
        table[index] = MARKER_GUARD
    nr_pages = (end - start) // PAGE_SIZE
    emit(vma, events.PteGuard, vma.vm_mm.number, start, nr_pages, True)


def clear_guards(vma: VmAreaStruct, start: int, end: int) -> None:
    """Take the guard markers of a range away.

    Emits: pte_guard.
    Source: mm/madvise.c: madvise_guard_remove() [v6.18].
    """
    cleared = 0
    for table, first, stop, _ in pte_tables(vma.vm_mm, start, end):
        for index in range(first, stop):
            if table[index] == MARKER_GUARD:
                table[index] = 0
                cleared += 1
    if cleared:
        emit(vma, events.PteGuard, vma.vm_mm.number, start, cleared, False)


def make_lazyfree(vma: VmAreaStruct, start: int, end: int) -> None:
    """Mark the private pages of a range as clean, so that the kernel may drop them.

    Emits: pte_lazyfree, tlb_flush.
    Source: mm/madvise.c: madvise_free_pte_range() [v5.4].
    Left out: dropping them, which only reclaim does.
    """
    mm = vma.vm_mm
    mem_map, batches = mm.system.mem_map, mm.system.batches
    batches.lru_add_drain()
    marked = 0
    for table, first, stop, _ in pte_tables(mm, start, end):
        for index, pte in used_entries(table, first, stop):
            if pte & PRESENT and not pte & SPECIAL:
                table[index] = pte & ~(A | D)
                batches.folio_mark_lazyfree(mem_map[(pte & PFN_MASK) >> PFN_SHIFT])
                marked += 1
    if marked:
        emit(mm, events.PteLazyfree, mm.number, start, marked)
    flush_tlb_range(mm, start, end, "the pages are clean now")
