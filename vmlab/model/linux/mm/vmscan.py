"""Reclaim: taking frames back from those who use them."""

from __future__ import annotations

from vmlab.model.abi.shm import SHM_LOCKED
from vmlab.model.linux.include.fs import shmem_mapping
from vmlab.model.linux.include.page_flags import (
    PG_ACTIVE,
    PG_DIRTY,
    PG_LAZYFREE,
    PG_REFERENCED,
    PG_SWAPCACHE,
)
from vmlab.model.linux.include.structs import Page, System
from vmlab.model.linux.mm.page_alloc import put_page
from vmlab.model.linux.mm.page_io import swap_writeout
from vmlab.model.linux.mm.rmap import is_mlocked
from vmlab.model.linux.mm.shmem_acct import shmem_unacct_blocks
from vmlab.model.linux.mm.shmem_swap import shmem_writeout
from vmlab.model.linux.mm.swap_state import page_swap_entry
from vmlab.model.linux.mm.swapfile import folio_alloc_swap, folio_free_swap, put_swap_folio
from vmlab.model.linux.mm.try_to_unmap import try_to_unmap
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.hook import emit

_ISOLATED = 2  # users of a frame that only its cache and reclaim have


@traced
def reclaim_pages(system: System, pages: list[Page]) -> int:
    """Take frames back, whether they were accessed or not; return how many are free now.

    Args:
        system: the kernel.
        pages: frames of private memory, and of files in memory.

    Emits: pte_swap, pte_clear, pte_set, tlb_flush, swap_out, swap_free, mm_page_free,
        pagecache_remove.
    Source: mm/vmscan.c: reclaim_pages() [v5.4].
    """
    for page in pages:
        page.refcount += 1
    return sum(shrink_folio(system, page) for page in pages)


def shrink_folio(system: System, page: Page) -> bool:
    """Take one frame back that the caller holds, and let it go; say whether it is free now.

    Source: mm/vmscan.c: shrink_folio_list() [v6.18].
    """
    if not folio_evictable(system, page) or not _unmapped(system, page):
        _activate(system, page)
        freed = False
    elif page.flags & PG_DIRTY and not pageout(system, page):
        freed = False
    else:
        freed = remove_mapping(system, page)
    put_page(system, page)
    return freed


def folio_evictable(system: System, page: Page) -> bool:
    """Say whether a frame may be taken back: no lock holds it.

    Source: mm/internal.h: folio_evictable() [v6.18].
    """
    if is_mlocked(page):
        return False
    if page.kind != "file":
        return True
    segment = system.shm_ids.ipcs.get(page.mapping.host.shmid)
    return segment is None or not segment.mode & SHM_LOCKED


def _unmapped(system: System, page: Page) -> bool:
    # Give a private frame a place in swap, and every frame's mappings up.
    if page.kind == "anon" and not page.flags & (PG_LAZYFREE | PG_SWAPCACHE):
        if folio_alloc_swap(system, page) is None:
            return False
        page.flags |= PG_DIRTY
    if page.mapcount:
        try_to_unmap(page)
    return not page.mapcount


def _activate(system: System, page: Page) -> None:
    # Not a candidate for swapping.
    if is_mlocked(page):
        folio_free_swap(system, page)
    else:
        page.flags |= PG_ACTIVE


def pageout(system: System, page: Page) -> bool:
    """Write a dirty frame that nobody maps; say whether its contents are out now.

    Source: mm/vmscan.c: pageout() [v6.18].
    """
    if page.refcount != _ISOLATED:
        return False
    if page.kind == "anon":
        return not swap_writeout(system, page, page_swap_entry(system, page))
    if not shmem_mapping(page.mapping.host):
        return False
    return shmem_writeout(system, page)


def remove_mapping(system: System, page: Page) -> bool:
    """Take a clean frame out of its cache; say whether it was the last to use it.

    Source: mm/vmscan.c: remove_mapping() [v5.4].
    """
    if page.flags & PG_SWAPCACHE:
        if page.refcount != _ISOLATED:
            return False
        put_swap_folio(system, page)
    elif page.kind == "file":
        if page.refcount != _ISOLATED or not shmem_mapping(page.mapping.host):
            return False
        mapping = page.mapping
        del mapping.i_pages[page.index]
        page.mapping = None
        shmem_unacct_blocks(system, mapping.host, 1)
        emit(system, page_events.PagecacheRemove, mapping.host.i_ino, page.index, page.pfn)
        put_page(system, page)
    page.flags &= ~PG_REFERENCED
    return page.refcount == 1
