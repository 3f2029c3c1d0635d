"""Which translations the CPU has of those that the model's TLB gave it.

It holds nothing that the model has taken out since for another reason than want of room: as a
second level of the TLB that the model shows.
"""

from __future__ import annotations

from vmlab.model.linux.include.structs import System
from vmlab.model.mmu.cpu import FETCH, READ, WRITE
from vmlab.model.mmu.pte import NX, RW, D
from vmlab.model.mmu.tlb import TlbEntry

_BITS = {READ: 1, WRITE: 2, FETCH: 4}


class SecondTlb:
    """Pages, and for which accesses the CPU has their translation.

    Args:
        system: the kernel that the CPU runs on.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._known: dict[int, int] = {}  # address of the page -> bits of accesses
        self._seen: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"<SecondTlb: {len(self._known)} pages>"

    def follow(self) -> bool:
        """Forget all if the model did, or may have; say whether it was so."""
        system = self._system
        cpu, tlb = system.cpu, system.tlb
        now = (cpu.cr3, cpu.asid, tlb.dropped, system.ram.asides)
        if now == self._seen:
            return False
        self._seen = now
        self._known.clear()
        return True

    def has(self, page: int, access: int) -> bool:
        """Say whether the CPU needs not to ask for an access to a page (bytes)."""
        return bool(self._known.get(page, 0) & _BITS[access])

    def learn(self, page: int, access: int, found: TlbEntry) -> None:
        """Be told which translation the model gave for an access to a page (bytes)."""
        bits = _BITS[READ]
        if found.flags & RW and (found.flags & D or access == WRITE):
            bits |= _BITS[WRITE]
        if not found.flags & NX:
            bits |= _BITS[FETCH]
        self._known[page] = bits
