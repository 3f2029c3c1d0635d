"""Events of the hardware: translations, faults, flushes."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class TlbHit(Event):
    """The CPU knew the translation."""

    story_level = "mechanics"
    stands_for = "vmlab/model/mmu/cpu.py: Cpu.lookup()"

    addr: int
    pfn: int


@dataclass(frozen=True, slots=True)
class TlbMiss(Event):
    """The CPU has to walk the page tables."""

    story_level = "mechanics"
    stands_for = "vmlab/model/mmu/cpu.py: Cpu.lookup()"

    addr: int


@dataclass(frozen=True, slots=True)
class PageWalk(Event):
    """One level of a walk was read."""

    story_level = "mechanics"
    stands_for = "vmlab/model/mmu/cpu.py: Cpu._walk()"

    addr: int
    level: str
    pfn: int  # frame of the table
    index: int
    entry: int


@dataclass(frozen=True, slots=True)
class TlbFill(Event):
    """A walk succeeded and is remembered."""

    story_level = "mechanics"
    stands_for = "vmlab/model/mmu/cpu.py: Cpu._walk()"

    addr: int
    pfn: int


@dataclass(frozen=True, slots=True)
class PageFault(Event):
    """The CPU raised exception 14."""

    story_level = "chapter"
    stands_for = "vmlab/model/mmu/cpu.py: Cpu.translate()"

    addr: int
    error_code: int


@dataclass(frozen=True, slots=True)
class GeneralProtection(Event):
    """The CPU raised exception 13."""

    story_level = "chapter"
    stands_for = "vmlab/model/mmu/cpu.py: Cpu.translate()"

    addr: int


@dataclass(frozen=True, slots=True)
class PteBits(Event):
    """The MMU itself set bits in an entry."""

    story_level = "mechanics"
    stands_for = "vmlab/model/mmu/cpu.py: Cpu._walk()"

    addr: int
    bits: str  # 'A', 'D' or 'A|D'
