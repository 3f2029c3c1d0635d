"""Which translations the CPU has of those that the model's TLB gave it.

It holds nothing that the model has taken out since for another reason than want of room: as a
second level of the TLB that the model shows.
"""

from __future__ import annotations

from vmlab.model.linux.include.structs import System
from vmlab.model.mmu.cpu import READ, WRITE
from vmlab.model.mmu.pte import NX, RW, D
from vmlab.model.mmu.tlb import TlbEntry


class Page:
    """A translation that the model gave.

    Attributes:
        entry: what it gave.
        writable: whether it gave it for stores too: the page may be written, and its D is set.
        runs: whether what was made of its code is what stands there.
    """

    __slots__ = ("entry", "runs", "writable")

    def __init__(self, entry: TlbEntry, writable: bool) -> None:
        self.entry = entry
        self.writable = writable
        self.runs = False

    def __repr__(self) -> str:
        return f"<Page of {self.entry!r}>"

    def allows(self, access: int) -> bool:
        """Say whether the model gave it for such an access (READ, WRITE or FETCH)."""
        if access == WRITE:
            return self.writable
        return access == READ or not self.entry.flags & NX


class SecondTlb:
    """The pages that a CPU need not ask for.

    Args:
        system: the kernel that the CPU runs on.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._pages: dict[int, Page] = {}  # by address
        self._seen: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"<SecondTlb: {len(self._pages)} pages>"

    def follow(self) -> bool:
        """Forget all if the model may have taken something out; say whether it was so."""
        system = self._system
        cpu, tlb = system.cpu, system.tlb
        now = (cpu.cr3, cpu.asid, tlb.dropped, system.ram.asides)
        if now == self._seen:
            return False
        self._seen = now
        self.clear()
        return True

    def clear(self) -> None:
        """Forget all."""
        self._pages.clear()

    def get(self, addr: int, access: int) -> Page | None:
        """Return the page at an address (bytes) if it is known for such an access."""
        page = self._pages.get(addr)
        return page if page is not None and page.allows(access) else None

    def learn(self, addr: int, access: int, entry: TlbEntry) -> Page:
        """Take in what the model gave for an access to a page."""
        writable = bool(entry.flags & RW and (entry.flags & D or access == WRITE))
        page = self._pages[addr] = Page(entry, writable)
        return page
