"""Taking a snapshot of the hardware: the TLB, and what all frames hold."""

from __future__ import annotations

from collections.abc import Iterable

from vmlab.model.linux.include.structs import System
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.tlb import ASID_SHIFT, GLOBAL, TlbEntry
from vmlab.state.rows import Frames, frames
from vmlab.state.snapshot_hardware import TlbEntryState, TlbState

EMPTY = bytes(PAGE_SIZE)  # one object for all frames of zeros
_VPN = (1 << ASID_SHIFT) - 1


def tlb_entry(key: int, entry: TlbEntry) -> TlbEntryState:
    """Return an entry of the TLB."""
    asid = key >> ASID_SHIFT
    return TlbEntryState(asid, key & _VPN, entry.pfn, entry.flags, key >= GLOBAL)


def tlb_state(system: System, entries: Iterable[TlbEntryState]) -> TlbState:
    """Return the TLB, given its entries."""
    tlb = system.tlb
    return TlbState(tlb.size, tuple(entries), tlb.hits, tlb.misses, tlb.flushes, system.cpu.asid)


def ram(system: System) -> Frames:
    """Return the contents of all frames."""
    ram = system.ram
    return frames_since(system, frames(ram.aside), ram.cleared)


def frames_since(system: System, old: Frames, freed: Iterable[int]) -> Frames:
    """Return the contents of all frames, given what they held once.

    Args:
        system: the kernel.
        old: what they held when a snapshot was taken, or whatever was set aside.
        freed: frames that were freed since, even if they are in use again.
    """
    touched = system.ram.frames
    changes: dict[int, bytes | None] = dict.fromkeys(freed)
    for pfn, data in touched.items():
        now = bytes(data)
        if old.get(pfn) != now:
            changes[pfn] = EMPTY if now == EMPTY else now
        else:
            changes.pop(pfn, None)
    return old.edited(changes)
