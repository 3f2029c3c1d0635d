"""A CPU, RAM and page tables that a test wires by hand: no kernel."""

from __future__ import annotations

from vmlab.model.mmu.cpu import Cpu
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, RW, US, X86_64, Geometry, P
from vmlab.model.mmu.ram import Ram
from vmlab.model.mmu.tlb import Tlb
from vmlab.model.trace.event import Event
from vmlab.model.trace.hook import Sink, Trace

ROOT = 1  # frame of the top table
USER = P | US


class Refused(Exception):
    """The board's exception handler gives up: (vector, address, error code)."""


class Board:
    """One CPU whose exceptions `mend` may repair; what it does not repair raises Refused."""

    def __init__(
        self, geometry: Geometry = X86_64, *, frames: int = 4096, tlb_entries: int = 16
    ) -> None:
        self.geometry = geometry
        self.ram = Ram(frames * geometry.page_size, geometry.page_size, geometry.entry_bytes)
        self.tlb = Tlb(tlb_entries)
        self.trace = Trace()
        self.cpu = Cpu(self.ram, geometry, self.tlb, self.trace)
        self.next_frame = ROOT + 1
        self.faults: list[tuple[int, int]] = []
        self.mend = lambda address, error_code: False
        self.cpu.idt = {14: self._page_fault, 13: self._general_protection}
        self.cpu.load_cr3(ROOT, 1)

    def _page_fault(self, address: int, error_code: int) -> None:
        self.faults.append((address, error_code))
        if not self.mend(address, error_code):
            raise Refused(14, address, error_code)

    def _general_protection(self, address: int, error_code: int) -> None:
        raise Refused(13, address, error_code)

    def take_frame(self) -> int:
        """Return the number of a frame nobody uses."""
        self.next_frame += 1
        return self.next_frame - 1

    def map(
        self,
        addr: int,
        pfn: int,
        flags: int = USER | RW,
        *,
        root: int = ROOT,
        upper: int = USER | RW,
    ) -> None:
        """Let the tables below `root` lead from `addr` to a frame."""
        *above, last = self.geometry.indexes(addr)
        table = self.ram.table(root)
        for index in above:
            if not table[index] & P:
                table[index] = self.take_frame() << PFN_SHIFT | upper
            table = self.ram.table((table[index] & PFN_MASK) >> PFN_SHIFT)
        table[last] = pfn << PFN_SHIFT | flags

    def entries(self, addr: int, *, root: int = ROOT) -> list[int]:
        """Return the entries that lead to `addr`, top level first."""
        found = []
        pfn = root
        for index in self.geometry.indexes(addr):
            found.append(self.ram.table(pfn)[index])
            pfn = (found[-1] & PFN_MASK) >> PFN_SHIFT
        return found

    def set_entry(self, addr: int, entry: int) -> None:
        """Change the last-level entry of `addr` behind the TLB's back."""
        *above, last = self.geometry.indexes(addr)
        pfn = ROOT
        for index in above:
            pfn = (self.ram.table(pfn)[index] & PFN_MASK) >> PFN_SHIFT
        self.ram.table(pfn)[last] = entry


class Heard(Sink):
    """A sink that keeps the names of events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)

    @property
    def names(self) -> list[str]:
        return [event.name for event in self.events]
