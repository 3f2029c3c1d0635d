"""Swap areas to frozen values and back."""

from __future__ import annotations

from vmlab.model.linux.include.structs import System
from vmlab.model.linux.include.swap import SwapInfoStruct, swp_entry
from vmlab.state.rows import Frames
from vmlab.state.snapshot import Snapshot
from vmlab.state.snapshot_swap import SwapState


def swap_states(system: System) -> tuple[SwapState, ...]:
    """Return the swap areas of a machine."""
    return tuple(map(_swap_state, system.swap_info))


def _swap_state(si: SwapInfoStruct) -> SwapState:
    return SwapState(
        path=si.path,
        max=si.max,
        synchronous=si.synchronous,
        swap_map=tuple(sorted(si.swap_map.items())),
        swap_cache=tuple(sorted(si.swap_cache.items())),
        zeromap=tuple(sorted(si.zeromap)),
        blocks=Frames(si.blocks),
        free_slots=tuple(sorted(si.free_slots)),
        next_slot=si.next_slot,
    )


def swapped_pages(system: System) -> tuple[tuple[int, int, int], ...]:
    """Return the pages of files in memory that are in swap: (inode, index, place)."""
    if not system.swap_info:
        return ()
    return tuple(
        (ino, index, entry)
        for ino, inode in sorted(system.inodes.items())
        for index, entry in sorted(inode.i_mapping.i_swapped.items())
    )


def restore_swap(snap: Snapshot, system: System) -> None:
    """Give a machine the swap areas of a snapshot, and its files their pages there."""
    for type, state in enumerate(snap.system.swap):
        si = SwapInfoStruct(state.path, state.max, synchronous=state.synchronous)
        si.swap_map, si.swap_cache = dict(state.swap_map), dict(state.swap_cache)
        si.zeromap, si.blocks = set(state.zeromap), dict(state.blocks)
        si.free_slots, si.next_slot = list(state.free_slots), state.next_slot
        system.swap_info.append(si)
        system.total_swap_pages += si.pages
        system.swap_entries |= {pfn: swp_entry(type, at) for at, pfn in state.swap_cache}
    for ino, index, entry in snap.system.swapped:
        system.inodes[ino].i_mapping.i_swapped[index] = entry
