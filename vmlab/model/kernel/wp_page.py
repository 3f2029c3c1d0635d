"""Writes to write-protected pages: copy-on-write."""

from __future__ import annotations

from vmlab.model.events import fault as events
from vmlab.model.kernel.mm_types import PG_ANON_EXCLUSIVE, PG_DIRTY, Page
from vmlab.model.kernel.mman import VM_SHARED
from vmlab.model.kernel.page_alloc import alloc_page
from vmlab.model.kernel.pgtable import pte_page
from vmlab.model.kernel.rmap import anon_vma_prepare, page_remove_rmap
from vmlab.model.kernel.tlbflush import flush_tlb_range
from vmlab.model.kernel.vm_fault import VmFault, copy_frame, maybe_mkwrite, set_pte
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, A, D
from vmlab.model.trace import emit, traced


@traced
def do_wp_page(vmf: VmFault) -> int:
    """Handle a write to a write-protected page: make it writable, or copy it first.

    Raises:
        OutOfMemory: no frame is free.

    Emits: fault_branch, cow_reuse, cow_copy.
    Source: mm/memory.c: do_wp_page() [v5.4].
    """
    page = pte_page(vmf.vma.vm_mm, vmf.orig_pte)
    if vmf.vma.vm_flags & VM_SHARED:
        vmf.branch("cow", "shared", "the mapping is shared: the page itself may be written")
        return wp_page_reuse(vmf, page, "the mapping is shared")
    if page is not None and page.kind == "anon":
        if page.flags & PG_ANON_EXCLUSIVE:
            vmf.branch("cow", "exclusive", "the frame belongs to this process alone")
            return wp_page_reuse(vmf, page, "it belongs to this process alone")
        if _users(vmf, page) == 1:
            vmf.branch("cow", "last owner", "nobody else uses the frame any more")
            page.flags |= PG_ANON_EXCLUSIVE
            page.mapping = vmf.vma.anon_vma
            return wp_page_reuse(vmf, page, "nobody else uses it any more")
        why = "one of the CPU's batches still holds the frame"
        if page.refcount > 1:
            why = f"the frame has {page.refcount} users"
        vmf.branch("cow", "shared frame", why)
        return wp_page_copy(vmf, page, "others still use the frame")
    if page is None:
        vmf.branch("cow", "zero page", "the zero page belongs to everybody")
        return wp_page_copy(vmf, page, "the zero page belongs to everybody")
    vmf.branch("cow", "file page", "the frame is the file's own, and the mapping is private")
    return wp_page_copy(vmf, page, "a private mapping must not change its file")


def _users(vmf: VmFault, page: Page) -> int:
    """Return how many use an anonymous frame: page tables, and batches that are not drained.

    Source: mm/memory.c: wp_can_reuse_anon_folio() [v6.18].
    """
    system = vmf.vma.vm_mm.system
    users = page.refcount + system.batches.references(page)
    if users <= 3 and not system.batches.on_lru(page):
        system.batches.lru_add_drain()
        users = page.refcount
    return users


def wp_page_reuse(vmf: VmFault, page: Page | None, reason: str) -> int:
    """Make the entry writable.

    Emits: cow_reuse, pte_set.
    Source: mm/memory.c: wp_page_reuse() [v5.4].
    """
    pte = vmf.orig_pte
    pfn = (pte & PFN_MASK) >> PFN_SHIFT
    mm = vmf.vma.vm_mm
    if page is not None and page.kind == "file":
        page.flags |= PG_DIRTY
    emit(vmf, events.CowReuse, mm.number, vmf.address, pfn, reason)
    set_pte(vmf, maybe_mkwrite(pte | A | D, vmf.vma), "writable now")
    return 0


def wp_page_copy(vmf: VmFault, page: Page | None, reason: str) -> int:
    """Copy the frame, map the copy, give up the use of the old one.

    Raises:
        OutOfMemory: no frame is free.

    Emits: mm_page_alloc, cow_copy, pte_set, tlb_flush.
    Source: mm/memory.c: wp_page_copy() [v5.4].
    """
    vma = vmf.vma
    anon_vma_prepare(vma)
    new = alloc_page(vma.vm_mm.system, "anon")
    copy_frame(vmf, page, new, reason)
    flush_tlb_range(
        vma.vm_mm, vmf.address, vmf.address + PAGE_SIZE, "another frame is behind the page"
    )
    if page is not None:
        page_remove_rmap(vma, page)
    return 0
