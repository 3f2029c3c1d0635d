"""Check that swap areas, the swap cache and the entries to places in swap agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from vmlab.errors import KernelBug
from vmlab.model.linux.arch.x86.include.pgtable_64 import pte_to_swp_entry
from vmlab.model.linux.include.page_flags import PG_SWAPCACHE
from vmlab.model.linux.include.structs import System
from vmlab.model.linux.include.swap import SwapInfoStruct, swp_entry
from vmlab.model.linux.mm.pgtable import is_swap_pte, present_ptes


def validate_swap(system: System) -> None:
    """Check that each place in use is held as often as it counts, and that no page is lost.

    Raises:
        KernelBug: with the place and what is wrong with it.

    Source: mm/swapfile.c: swap_entry_free() [v5.4].
    """
    holders = Counter(_holders(system))
    for type, si in enumerate(system.swap_info):
        _validate_area(system, type, si, holders)
    if holders:
        raise KernelBug("swap_place_unused", places=str(dict(holders)))
    cached = {pfn for si in system.swap_info for pfn in si.swap_cache.values()}
    flagged = {pfn for pfn, page in system.mem_map.items() if page.flags & PG_SWAPCACHE}
    if not cached == flagged == set(system.swap_entries):
        raise KernelBug("swap_cache_wrong", frames=str(cached ^ flagged))


def _holders(system: System) -> Iterator[int]:
    # Every entry of a page table or of a file in memory that says where in swap its page lies.
    for mm in system.mms.values():
        for vma in mm:
            for _, pte in present_ptes(mm, vma.vm_start, vma.vm_end):
                if is_swap_pte(pte):
                    yield pte_to_swp_entry(pte)
    for inode in system.inodes.values():
        mapping = inode.i_mapping
        yield from mapping.i_swapped.values()
        if both := mapping.i_swapped.keys() & mapping.i_pages.keys():
            raise KernelBug("page_in_swap_and_cached", mapping=repr(mapping), indexes=str(both))


def _validate_area(system: System, type: int, si: SwapInfoStruct, holders: Counter[int]) -> None:
    for offset, count in si.swap_map.items():
        entry = swp_entry(type, offset)
        if holders.pop(entry, 0) != count:
            raise KernelBug("swap_map_wrong", area=repr(si), offset=offset, count=count)
        pfn = si.swap_cache.get(offset)
        written = offset in si.zeromap or offset in si.blocks
        if pfn is None and not (count and written):
            raise KernelBug("swap_place_unused", places=f"{si}: {offset}")
        if pfn is not None and system.swap_entries.get(pfn) != entry:
            raise KernelBug("swap_cache_wrong", frames=str(pfn))
    free = set(si.free_slots)
    if len(free) != len(si.free_slots) or free & si.swap_map.keys():
        raise KernelBug("swap_place_free_twice", area=repr(si))
    if free | si.swap_map.keys() != set(range(1, si.next_slot)):
        raise KernelBug("swap_place_lost", area=repr(si))
    if not si.zeromap | si.blocks.keys() | si.swap_cache.keys() <= si.swap_map.keys():
        raise KernelBug("swap_place_unused", places=repr(si))
