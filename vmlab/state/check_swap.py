"""Do the swap areas of a snapshot make sense?"""

from __future__ import annotations

from vmlab.model.linux.include.swap import MAX_SWAPFILES
from vmlab.state.check_field import ENOUGH, need
from vmlab.state.snapshot import Snapshot
from vmlab.state.snapshot_swap import SwapState

_MOST_PAGES = 1 << 32


def check_swap(snap: Snapshot) -> None:
    """Check swap areas as far as a machine can be made of them.

    Raises:
        StateError: names the field.
    """
    areas = snap.system.swap
    need(len(areas) <= MAX_SWAPFILES, "system.swap", "more_than", most=MAX_SWAPFILES)
    used = {page.pfn: page for page in snap.pages}
    for place, area in enumerate(areas):
        field = f"system.swap[{place}]"
        need(1 < area.max <= _MOST_PAGES, f"{field}.max", "field_impossible")
        need(0 < area.next_slot <= area.max, f"{field}.next_slot", "field_impossible")
        for _, pfn in area.swap_cache:
            need(pfn in used, f"{field}.swap_cache", "frame_unused", pfn=pfn)
        _check_places(area, field)
    cached = [pfn for area in areas for _, pfn in area.swap_cache]
    need(len(cached) == len(set(cached)), "system.swap", "number_twice")
    inodes = {inode.ino for inode in snap.inodes}
    for ino, index, _ in snap.system.swapped:
        need(ino in inodes, "system.swapped", "no_such_inode", ino=ino)
        need(index < ENOUGH, "system.swapped", "beyond_largest_file")


def _check_places(area: SwapState, field: str) -> None:
    # A place is free, or in use; only of one in use there is more to tell.
    taken = {offset for offset, _ in area.swap_map}
    places = {**dict.fromkeys(taken), **dict.fromkeys(area.free_slots)}
    need(
        len(places) == len(area.swap_map) + len(area.free_slots)
        and set(places) == set(range(1, area.next_slot)),
        f"{field}.swap_map",
        "field_impossible",
    )
    told = {offset for offset, _ in area.swap_cache}
    told.update(area.zeromap, area.blocks)
    need(told <= taken, f"{field}.swap_map", "field_impossible")
