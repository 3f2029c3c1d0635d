"""The page walk: how the MMU finds the frame behind a virtual address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vmlab.model.mmu.pte import NX, PFN_MASK, PFN_SHIFT, RW, US, Geometry, P


class Tables(Protocol):
    """Where page tables are read from: RAM, or a snapshot of it."""

    def table(self, pfn: int) -> Sequence[int]:
        """Return a frame as a row of page-table entries."""


@dataclass(frozen=True, slots=True)
class WalkStep:
    """One level of a walk: the entry that was read."""

    level: str  # 'PGD' .. 'PTE'
    table: int  # frame number of the table
    index: int
    entry: int  # 0 = nothing there


def walk(ram: Tables, geometry: Geometry, root: int, addr: int) -> tuple[WalkStep, ...]:
    """Read the entries that lead to `addr`, from the top table down to the first hole.

    Args:
        ram: the frames.
        geometry: the shape of the tables.
        root: frame number of the top table (CR3).
        addr: virtual address in bytes.
    """
    steps = []
    table = root
    for level, index in zip(geometry.level_names, geometry.indexes(addr), strict=True):
        entry = ram.table(table)[index]
        steps.append(WalkStep(level, table, index, entry))
        if not entry & P:
            break
        table = (entry & PFN_MASK) >> PFN_SHIFT
    return tuple(steps)


def effective(steps: tuple[WalkStep, ...]) -> int:
    """Combine the permission bits of a complete walk: the strictest level wins.

    Returns P, RW, US and NX bits; 0 if a level is absent.
    """
    flags = P | RW | US
    nx = 0
    for step in steps:
        flags &= step.entry
        nx |= step.entry & NX
    return flags | nx if flags & P else 0
