"""Events of the hardware: translations, faults, flushes."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.mmu.pte import pte_pfn
from vmlab.model.mmu.traps import X86_PF_PROT, X86_PF_USER, wanted
from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class TlbHit(Event):
    """The CPU knew the translation."""

    addr: int
    pfn: int

    def sentence(self) -> str:
        return f"The TLB knows the page of {self.addr:#x}: it is frame {self.pfn}."


@dataclass(frozen=True, slots=True)
class TlbMiss(Event):
    """The CPU has to walk the page tables."""

    addr: int

    def sentence(self) -> str:
        return f"The TLB does not know the page of {self.addr:#x}: the MMU walks the page tables."


@dataclass(frozen=True, slots=True)
class PageWalk(Event):
    """One level of a walk was read."""

    addr: int
    level: str
    pfn: int  # frame of the table
    index: int
    entry: int

    def sentence(self) -> str:
        if self.entry & 1:
            return (
                f"{self.level} entry {self.index} of frame {self.pfn} is present "
                f"({self.entry:#x}): the walk goes on to frame {pte_pfn(self.entry)}."
            )
        return f"{self.level} entry {self.index} of frame {self.pfn} is not present: the walk ends."


@dataclass(frozen=True, slots=True)
class TlbFill(Event):
    """A walk succeeded and is remembered."""

    addr: int
    pfn: int

    def sentence(self) -> str:
        return f"The TLB now remembers that the page of {self.addr:#x} is frame {self.pfn}."


@dataclass(frozen=True, slots=True)
class PageFault(Event):
    """The CPU raised exception 14."""

    addr: int
    error_code: int

    def sentence(self) -> str:
        what = wanted(self.error_code)
        who = "User code" if self.error_code & X86_PF_USER else "The kernel"
        why = "the entry forbids it" if self.error_code & X86_PF_PROT else "no entry maps it"
        return (
            f"{who} may not {what} {self.addr:#x}: {why}. Exception 14, error code "
            f"{self.error_code:#x}."
        )


@dataclass(frozen=True, slots=True)
class GeneralProtection(Event):
    """The CPU raised exception 13."""

    addr: int

    def sentence(self) -> str:
        return f"{self.addr:#x} is not a canonical address: exception 13."


@dataclass(frozen=True, slots=True)
class PteBits(Event):
    """The MMU itself set bits in an entry."""

    addr: int
    bits: str  # 'A', 'D' or 'A|D'

    def sentence(self) -> str:
        return f"The MMU sets {self.bits} in the entry of {self.addr:#x}."
