"""The translation lookaside buffer: translations the CPU remembers, right or stale."""

from __future__ import annotations

from vmlab.errors import ArgumentError

ASID_SHIFT = 52  # a key is the page number with the ASID above it
GLOBAL = 0xFFF << ASID_SHIFT  # the tag of global entries


class TlbEntry:
    """A remembered translation."""

    __slots__ = ("data", "flags", "pfn")

    def __init__(self, pfn: int, flags: int, data: memoryview) -> None:
        self.pfn = pfn  # frame number
        self.flags = flags  # effective RW, US, NX, and D, G of the last level
        self.data = data  # the frame's bytes

    def __repr__(self) -> str:
        return f"<TlbEntry pfn {self.pfn} flags {self.flags:#x}>"


class Tlb:
    """A fully associative TLB; the oldest entry makes room for a new one.

    Args:
        size: entries.
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ArgumentError("tlb_without_entries", size=size)
        self.size = size
        self.entries: dict[int, TlbEntry] = {}
        self.hits = 0
        self.misses = 0
        self.flushes = 0
        self.dropped = 0  # how often something was taken out, but for want of room

    def __repr__(self) -> str:
        return f"<Tlb {len(self.entries)}/{self.size}, {self.hits} hits, {self.misses} misses>"

    def fill(self, key: int, entry: TlbEntry) -> None:
        """Remember a translation; throw the oldest out if there is no room."""
        entries = self.entries
        entries.pop(key, None)
        if len(entries) >= self.size:
            del entries[next(iter(entries))]
        entries[key] = entry

    def invlpg(self, asid: int, vpn: int) -> None:
        """Forget one page of one address space, global or not."""
        self.dropped += 1
        self.refuse(asid, vpn)

    def refuse(self, asid: int, vpn: int) -> None:
        """Forget the page that an access was refused to, as the CPU does at a page fault."""
        self.entries.pop(vpn | asid << ASID_SHIFT, None)
        self.entries.pop(vpn | GLOBAL, None)

    def flush_asid(self, asid: int) -> None:
        """Forget one address space; global entries stay."""
        self.flushes += 1
        self.dropped += 1
        entries = self.entries
        for key in [key for key in entries if key >> ASID_SHIFT == asid]:
            del entries[key]
