"""Page faults on pages in swap, and what fork makes of their entries.

In Linux's mm/memory.c.
"""

from __future__ import annotations

from vmlab.codes import because
from vmlab.model.abi.mman import VM_LOCKED, VM_WRITE
from vmlab.model.linux.arch.x86.include.pgtable_64 import PAGE_SWP_EXCLUSIVE, pte_to_swp_entry
from vmlab.model.linux.include.mm import (
    FAULT_FLAG_TRIED,
    FAULT_FLAG_WRITE,
    VM_FAULT_MAJOR,
    VM_FAULT_RETRY,
    VmFault,
    add_mm_counter,
)
from vmlab.model.linux.include.page_flags import (
    PG_ANON_EXCLUSIVE,
    PG_SWAPCACHE,
    PG_UPTODATE,
)
from vmlab.model.linux.include.structs import (
    MM_ANONPAGES,
    MM_SWAPENTS,
    Page,
    System,
    VmAreaStruct,
)
from vmlab.model.linux.mm.page_alloc import alloc_page
from vmlab.model.linux.mm.page_io import swap_read_folio
from vmlab.model.linux.mm.pgtable import mk_pte, pte_alloc
from vmlab.model.linux.mm.rmap import is_mlocked
from vmlab.model.linux.mm.swap import (
    batch_references,
    folio_add_lru,
    folio_test_lru,
    lru_add_drain,
    mlock_vma_folio,
)
from vmlab.model.linux.mm.swap_state import read_swap_cache_async, swap_cache_get_folio
from vmlab.model.linux.mm.swapfile import folio_free_swap, swap_duplicate, swap_free, swap_info
from vmlab.model.mmu.page import PAGE_SHIFT
from vmlab.model.mmu.pte import RW, D
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.hook import emit

_IN_CACHE = because("page_in_swap_cache")
_ON_DEVICE = because("page_only_in_swap")
_BACK = because("page_swapped_in")
_CACHE_AND_FAULT = 2  # users


@traced
def do_swap_page(vmf: VmFault) -> int:
    """Bring a page back from swap and map it; return VM_FAULT_* bits.

    A page that must be read from a disk takes a second attempt. A write that is done with this
    loses its flag in `vmf`: what still has it must be copied.

    Raises:
        OutOfMemory: no frame is free.

    Emits: fault_branch, mm_page_alloc, swap_in, swap_free, pte_set.
    Source: mm/memory.c: do_swap_page() [v6.18].
    """
    vma = vmf.vma
    mm, system = vma.vm_mm, vma.vm_mm.system
    entry = pte_to_swp_entry(vmf.orig_pte)
    page, fault = _find_or_read(vmf, entry)
    if page is None:
        return fault
    cached = bool(page.flags & PG_SWAPCACHE)
    if vmf.flags & FAULT_FLAG_WRITE and cached and not folio_test_lru(system, page):
        lru_add_drain(system)
    exclusive = bool(vmf.orig_pte & PAGE_SWP_EXCLUSIVE) or not cached
    swap_free(system, entry)
    if _should_try_to_free_swap(vmf, page):
        folio_free_swap(system, page)
    add_mm_counter(mm, MM_ANONPAGES, 1)
    add_mm_counter(mm, MM_SWAPENTS, -1)
    pte = mk_pte(mm, page.pfn, vma.vm_page_prot)
    exclusive = exclusive or _users(system, page) == 1
    if exclusive and vma.vm_flags & VM_WRITE:
        pte |= RW
        if vmf.flags & FAULT_FLAG_WRITE:
            pte |= D
            vmf.flags &= ~FAULT_FLAG_WRITE
    _add_anon_rmap(page, vma, vmf.address, exclusive)
    vmf.orig_pte = pte
    table, index = pte_alloc(mm, vmf.address)
    table[index] = pte
    emit(vmf, page_events.PteSet, mm.number, vmf.address, pte, _BACK)
    return fault


def _find_or_read(vmf: VmFault, entry: int) -> tuple[Page | None, int]:
    # The page, with one user more, or None while it is being read; and VM_FAULT_* bits.
    system = vmf.vma.vm_mm.system
    page = swap_cache_get_folio(system, entry)
    if page is not None:
        vmf.branch("swap", "cached", _IN_CACHE)
        page.refcount += 1
        return page, 0
    vmf.branch("swap", "device", _ON_DEVICE)
    si, offset = swap_info(system, entry)
    if si.synchronous and si.swap_map[offset] == 1:
        page = alloc_page(system, "anon")
        folio_add_lru(system, page)
        swap_read_folio(system, page, entry)
        page.flags |= PG_UPTODATE
    else:
        page = read_swap_cache_async(system, entry)
        waits = not si.synchronous and offset not in si.zeromap
        if waits and not vmf.flags & FAULT_FLAG_TRIED:
            return None, VM_FAULT_MAJOR | VM_FAULT_RETRY
        page.refcount += 1
    return page, VM_FAULT_MAJOR


def _users(system: System, page: Page) -> int:
    return page.refcount + batch_references(system, page)


def _should_try_to_free_swap(vmf: VmFault, page: Page) -> bool:
    # Source: mm/memory.c: should_try_to_free_swap() [v6.18].
    if not page.flags & PG_SWAPCACHE:
        return False
    if vmf.vma.vm_flags & VM_LOCKED or is_mlocked(page):
        return True
    nobody_else = _users(vmf.vma.vm_mm.system, page) == _CACHE_AND_FAULT
    return bool(vmf.flags & FAULT_FLAG_WRITE) and nobody_else


def _add_anon_rmap(page: Page, vma: VmAreaStruct, addr: int, exclusive: bool) -> None:
    # Source: mm/rmap.c: folio_add_new_anon_rmap(), folio_add_anon_rmap_ptes() [v6.18].
    if page.mapping is None:
        assert vma.anon_vma is not None
        page.mapping = vma.anon_vma if exclusive else vma.anon_vma.root
        page.index = vma.vm_pgoff + ((addr - vma.vm_start) >> PAGE_SHIFT)
    else:
        mlock_vma_folio(page, vma)
    page.mapcount += 1
    if exclusive:
        page.flags |= PG_ANON_EXCLUSIVE


def copy_nonpresent_pte(system: System, pte: int) -> int:
    """Count an entry to a place in swap that fork copies; return it as both sides have it then.

    Source: mm/memory.c: copy_nonpresent_pte() [v5.4].
    """
    swap_duplicate(system, pte_to_swp_entry(pte))
    return pte & ~PAGE_SWP_EXCLUSIVE
