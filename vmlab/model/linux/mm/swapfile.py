"""Swap areas: who gets a place, how many entries hold it, and when it is free again."""

from __future__ import annotations

import heapq

from vmlab.model.linux.include.page_flags import PG_DIRTY, PG_SWAPCACHE
from vmlab.model.linux.include.structs import Page, System
from vmlab.model.linux.include.swap import SwapInfoStruct, swp_entry, swp_offset, swp_type
from vmlab.model.linux.mm.swap_state import (
    add_to_swap_cache,
    delete_from_swap_cache,
    page_swap_entry,
)
from vmlab.model.trace.events import swap as swap_events
from vmlab.model.trace.hook import emit


def swap_info(system: System, entry: int) -> tuple[SwapInfoStruct, int]:
    """Return the area of an entry, and its place there.

    Source: mm/swapfile.c: swp_swap_info() [v5.4].
    """
    return system.swap_info[swp_type(entry)], swp_offset(entry)


def folio_alloc_swap(system: System, page: Page) -> int | None:
    """Give a frame the lowest free place, and put it into the swap cache; None if none is free.

    Source: mm/swapfile.c: folio_alloc_swap() [v6.18].
    Left out: clusters of places for each CPU, priorities of areas.
    """
    for type, si in enumerate(system.swap_info):
        if si.free_slots:
            offset = heapq.heappop(si.free_slots)
        elif si.next_slot < si.max:
            offset = si.next_slot
            si.next_slot += 1
        else:
            continue
        si.swap_map[offset] = 0
        entry = swp_entry(type, offset)
        add_to_swap_cache(system, page, entry)
        return entry
    return None


def swap_duplicate(system: System, entry: int) -> None:
    """Count one more entry that holds a place.

    Source: mm/swapfile.c: swap_duplicate() [v5.4].
    """
    si, offset = swap_info(system, entry)
    si.swap_map[offset] += 1


def swap_free(system: System, entry: int) -> None:
    """Count one entry less that holds a place; the last user frees it.

    Emits: swap_free.
    Source: mm/swapfile.c: swap_free() [v5.4].
    """
    si, offset = swap_info(system, entry)
    si.swap_map[offset] -= 1
    _free_unused(system, entry)


def _free_unused(system: System, entry: int) -> None:
    # Source: mm/swapfile.c: swap_entries_free() [v6.18].
    si, offset = swap_info(system, entry)
    if si.swap_map[offset] or offset in si.swap_cache:
        return
    del si.swap_map[offset]
    si.zeromap.discard(offset)
    si.blocks.pop(offset, None)
    heapq.heappush(si.free_slots, offset)
    emit(system, swap_events.SwapFree, swp_type(entry), offset)


def put_swap_folio(system: System, page: Page) -> None:
    """Take a frame out of the swap cache; its place is free unless an entry holds it.

    Emits: swap_free.
    Source: mm/swapfile.c: put_swap_folio() [v5.4].
    """
    _free_unused(system, delete_from_swap_cache(system, page))


def free_swap_and_cache(system: System, entry: int) -> None:
    """Count one entry less, and forget the cached page too if nobody needs it.

    Emits: swap_free, mm_page_free.
    Source: mm/swapfile.c: free_swap_and_cache_nr() [v6.18].
    """
    si, offset = swap_info(system, entry)
    swap_free(system, entry)
    if offset in si.swap_cache and not si.swap_map[offset]:
        page = system.mem_map[si.swap_cache[offset]]
        if not page.mapcount:
            folio_free_swap(system, page)


def folio_free_swap(system: System, page: Page) -> bool:
    """Give up the place of a cached frame, if no entry holds it; say whether it is given up.

    Emits: swap_free, mm_page_free.
    Source: mm/swapfile.c: folio_free_swap() [v6.18].
    """
    if not page.flags & PG_SWAPCACHE or swp_swapcount(system, page_swap_entry(system, page)):
        return False
    page.flags |= PG_DIRTY
    put_swap_folio(system, page)
    return True


def free_swap_cache(system: System, page: Page) -> None:
    """Give up the place of a cached frame that nobody maps any more, if no entry holds it.

    Emits: swap_free, mm_page_free.
    Source: mm/swap_state.c: free_swap_cache() [v5.4].
    """
    if not page.mapcount:
        folio_free_swap(system, page)


def swp_swapcount(system: System, entry: int) -> int:
    """Return how many entries hold a place.

    Source: mm/swapfile.c: swp_swapcount() [v5.4].
    """
    si, offset = swap_info(system, entry)
    return si.swap_map[offset]
