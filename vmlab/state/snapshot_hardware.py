"""The TLB and the shape of the page tables as frozen values: parts of a snapshot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TlbEntryState:
    """One line of the TLB."""

    asid: int
    vpn: int
    pfn: int
    flags: int  # PTE bits as cached
    is_global: bool


@dataclass(frozen=True, slots=True)
class TlbState:
    """The translation lookaside buffer, oldest entry first."""

    size: int
    entries: tuple[TlbEntryState, ...]
    hits: int
    misses: int
    flushes: int
    asid: int  # the ASID that is loaded now


@dataclass(frozen=True, slots=True)
class GeometryState:
    """The shape of the page tables."""

    name: str
    level_bits: tuple[int, ...]  # index bits of each level, top level first
    page_shift: int
    entry_bytes: int
