"""Events of the page-fault handler: the path through its decision tree."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.mmu.traps import X86_PF_PROT, wanted
from vmlab.model.trace.event import Event, count


@dataclass(frozen=True, slots=True)
class PageFaultUser(Event):
    """The kernel begins to handle a fault."""

    addr: int
    ip: int
    error_code: int

    def sentence(self) -> str:
        why = (
            "the entry is present but forbids it"
            if self.error_code & X86_PF_PROT
            else "the entry is not present"
        )
        what = wanted(self.error_code)
        return f"do_page_fault looks at {self.addr:#x}: the CPU wanted to {what}, and {why}."


@dataclass(frozen=True, slots=True)
class FaultBranch(Event):
    """One question of the decision tree was answered.

    `node` is one of 'find_vma', 'expand_stack', 'access', 'pte', 'anonymous', 'fault_type',
    'page_cache', 'write', 'cow'.
    """

    addr: int
    node: str
    answer: str
    reason: str

    def sentence(self) -> str:
        words = str(self.reason)
        return f"{words[0].upper()}{words[1:]}."


@dataclass(frozen=True, slots=True)
class FaultAround(Event):
    """Neighbouring pages that were cached were mapped along."""

    mm: int
    addr: int
    nr_pages: int

    def sentence(self) -> str:
        pages = count(self.nr_pages, "cached page")
        return f"Fault-around maps {pages} from {self.addr:#x} on in one go."


@dataclass(frozen=True, slots=True)
class CowCopy(Event):
    """A write to a shared frame got a copy."""

    mm: int
    addr: int
    pfn: int
    new_pfn: int
    reason: str

    def sentence(self) -> str:
        return (
            f"Frame {self.pfn} is copied to frame {self.new_pfn} for {self.addr:#x}: {self.reason}."
        )


@dataclass(frozen=True, slots=True)
class CowReuse(Event):
    """A write-protected frame became writable without a copy."""

    mm: int
    addr: int
    pfn: int
    reason: str

    def sentence(self) -> str:
        return (
            f"Frame {self.pfn} is made writable for {self.addr:#x} without a copy: {self.reason}."
        )


@dataclass(frozen=True, slots=True)
class FaultDone(Event):
    """The kernel mended the fault."""

    pid: int
    addr: int
    min_flt: int

    def sentence(self) -> str:
        faults = count(self.min_flt, "minor fault")
        return f"The fault at {self.addr:#x} is mended, {faults} of process {self.pid} so far."


@dataclass(frozen=True, slots=True)
class SignalGenerate(Event):
    """The kernel raised a signal."""

    pid: int
    signal: str
    code: str
    addr: int
    reason: str

    def sentence(self) -> str:
        return (
            f"Process {self.pid} gets {self.signal} ({self.code}) for {self.addr:#x}: "
            f"{self.reason}."
        )


@dataclass(frozen=True, slots=True)
class OomKill(Event):
    """No frame was left, and a process was chosen to die."""

    pid: int
    nr_pages: int

    def sentence(self) -> str:
        return (
            f"No frame is free: process {self.pid}, which holds the most ({self.nr_pages} "
            f"pages), is killed."
        )
