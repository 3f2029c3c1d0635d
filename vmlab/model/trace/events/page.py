"""Events about frames and page-table entries."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.codes import Reason
from vmlab.model.mmu.pte import pte_flags, pte_pfn
from vmlab.model.trace.event import Event, count

_PURPOSE = {
    "anon": "private data of a process",
    "file": "the page cache",
    "table": "a page table",
    "zero": "the zero page",
}


@dataclass(frozen=True, slots=True)
class MmPageAlloc(Event):
    """A frame was handed out."""

    pfn: int
    kind: str

    def sentence(self) -> str:
        return f"Frame {self.pfn} is taken for {_PURPOSE[self.kind]}."


@dataclass(frozen=True, slots=True)
class MmPageFree(Event):
    """A frame went back to the free list."""

    pfn: int
    kind: str

    def sentence(self) -> str:
        return f"Frame {self.pfn} ({_PURPOSE[self.kind]}) has no user left and is free."


@dataclass(frozen=True, slots=True)
class PteSet(Event):
    """An entry of the last level was written."""

    mm: int
    addr: int
    entry: int
    reason: str

    def sentence(self) -> str:
        flags = (pte_flags(self.entry).name or "no bits").replace("|", " ")
        return (
            f"The entry of {self.addr:#x} now points to frame {pte_pfn(self.entry)} ({flags}): "
            f"{self.reason}."
        )


@dataclass(frozen=True, slots=True)
class PteClear(Event):
    """An entry of the last level was emptied."""

    mm: int
    addr: int
    pfn: int

    def sentence(self) -> str:
        return f"The entry of {self.addr:#x} is emptied; it pointed to frame {self.pfn}."


@dataclass(frozen=True, slots=True)
class PteWrprotect(Event):
    """A range of entries lost its write permission, so that the next write faults."""

    mm: int
    addr: int
    nr_pages: int

    def sentence(self) -> str:
        return (
            f"{count(self.nr_pages, 'page')} from {self.addr:#x} on: write permission is taken "
            "away, so that the next write makes a copy."
        )


@dataclass(frozen=True, slots=True)
class TableAlloc(Event):
    """A page table was added."""

    mm: int
    level: str
    addr: int
    pfn: int

    def sentence(self) -> str:
        return f"Frame {self.pfn} becomes the {self.level} table for {self.addr:#x}."


@dataclass(frozen=True, slots=True)
class TableFree(Event):
    """A page table that no VMA needs was freed."""

    mm: int
    level: str
    addr: int
    pfn: int

    def sentence(self) -> str:
        return (
            f"The {self.level} table in frame {self.pfn} (from {self.addr:#x}) is freed: no VMA "
            f"needs it."
        )


@dataclass(frozen=True, slots=True)
class TableMove(Event):
    """A whole last-level table moved to another address."""

    mm: int
    addr: int
    new_addr: int
    pfn: int

    def sentence(self) -> str:
        return (
            f"The table in frame {self.pfn} moves from {self.addr:#x} to {self.new_addr:#x}, "
            f"entries and all."
        )


@dataclass(frozen=True, slots=True)
class PagecacheAdd(Event):
    """A frame became part of a file's page cache."""

    ino: int
    index: int
    pfn: int

    def sentence(self) -> str:
        return f"Frame {self.pfn} now holds page {self.index} of inode {self.ino}."


@dataclass(frozen=True, slots=True)
class PagecacheRemove(Event):
    """A frame left a file's page cache."""

    ino: int
    index: int
    pfn: int

    def sentence(self) -> str:
        return f"Frame {self.pfn} no longer holds page {self.index} of inode {self.ino}."


@dataclass(frozen=True, slots=True)
class TlbFlush(Event):
    """Translations were forgotten because the page tables changed."""

    mm: int
    start: int
    end: int
    reason: Reason

    def sentence(self) -> str:
        whole = self.start == 0 and self.end >= (1 << 64) - 1
        what = "all" if whole else f"{self.start:#x}-{self.end:#x}"
        return f"The TLB forgets {what} of mm {self.mm}: {self.reason}."


@dataclass(frozen=True, slots=True)
class PteGuard(Event):
    """Guard markers were put into a range of entries, or taken out."""

    mm: int
    addr: int
    nr_pages: int
    installed: bool

    def sentence(self) -> str:
        if self.installed:
            return (
                f"{count(self.nr_pages, 'guard marker')} from {self.addr:#x} on: any access there "
                "raises SIGSEGV, though the VMA stays whole."
            )
        return f"{count(self.nr_pages, 'guard marker')} from {self.addr:#x} on: taken away again."


@dataclass(frozen=True, slots=True)
class PteLazyfree(Event):
    """Private pages were marked as clean."""

    mm: int
    addr: int
    nr_pages: int

    def sentence(self) -> str:
        return (
            f"{count(self.nr_pages, 'page')} from {self.addr:#x} on: clean from now on, so that "
            "the kernel may drop what is not written to again when memory is short."
        )
