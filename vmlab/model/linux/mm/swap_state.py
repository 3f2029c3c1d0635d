"""The swap cache: frames whose page has a place in swap too."""

from __future__ import annotations

from vmlab.model.linux.include.page_flags import PG_SWAPCACHE, PG_UPTODATE
from vmlab.model.linux.include.structs import Page, System
from vmlab.model.linux.include.swap import swp_offset, swp_type
from vmlab.model.linux.mm.page_alloc import alloc_page, put_page
from vmlab.model.linux.mm.page_io import swap_read_folio
from vmlab.model.linux.mm.swap import folio_add_lru


def page_swap_entry(system: System, page: Page) -> int:
    """Return the place of a frame that is in the swap cache.

    Source: include/linux/swap.h: page_swap_entry() [v6.18].
    """
    return system.swap_entries[page.pfn]


def swap_cache_get_folio(system: System, entry: int) -> Page | None:
    """Return the frame that holds the page of a place, None if none does.

    Source: mm/swap_state.c: swap_cache_get_folio() [v6.18].
    """
    pfn = system.swap_info[swp_type(entry)].swap_cache.get(swp_offset(entry))
    return None if pfn is None else system.mem_map[pfn]


def add_to_swap_cache(system: System, page: Page, entry: int) -> None:
    """Let a frame hold the page of a place.

    Source: mm/swap_state.c: add_to_swap_cache() [v5.4].
    """
    page.refcount += 1
    page.flags |= PG_SWAPCACHE
    system.swap_entries[page.pfn] = entry
    system.swap_info[swp_type(entry)].swap_cache[swp_offset(entry)] = page.pfn


def delete_from_swap_cache(system: System, page: Page) -> int:
    """Take a frame out of the cache; return the place that it had.

    Emits: mm_page_free.
    Source: mm/swap_state.c: delete_from_swap_cache() [v5.4].
    """
    entry = system.swap_entries.pop(page.pfn)
    del system.swap_info[swp_type(entry)].swap_cache[swp_offset(entry)]
    page.flags &= ~PG_SWAPCACHE
    put_page(system, page)
    return entry


def read_swap_cache_async(system: System, entry: int) -> Page:
    """Return the frame that holds the page of a place; read it into a new one if none does.

    Raises:
        OutOfMemory: no frame is free.

    Emits: mm_page_alloc, swap_in.
    Source: mm/swap_state.c: read_swap_cache_async() [v5.4].
    Left out: reading neighbours too (vm.page-cluster), which depends on what others read before.
    """
    page = swap_cache_get_folio(system, entry)
    if page is None:
        page = alloc_page(system, "anon")
        add_to_swap_cache(system, page, entry)
        page.refcount -= 1
        folio_add_lru(system, page)
        swap_read_folio(system, page, entry)
        page.flags |= PG_UPTODATE
    return page
