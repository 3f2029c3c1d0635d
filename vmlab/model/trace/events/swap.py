"""Events about swap."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.trace.event import Event


@dataclass(frozen=True, slots=True)
class SwapOut(Event):
    """A page was written to its place in a swap area, or marked there as one of zeros."""

    story_level = "step"
    stands_for = "mm/page_io.c: swap_writeout()"

    type: int
    offset: int
    pfn: int
    zero: bool


@dataclass(frozen=True, slots=True)
class SwapIn(Event):
    """A frame got what was written to a place in a swap area."""

    story_level = "step"
    stands_for = "mm/page_io.c: swap_read_folio()"

    type: int
    offset: int
    pfn: int
    zero: bool


@dataclass(frozen=True, slots=True)
class SwapFree(Event):
    """A place in a swap area was given back."""

    story_level = "mechanics"
    stands_for = "mm/swapfile.c: swap_free()"

    type: int
    offset: int


@dataclass(frozen=True, slots=True)
class PteSwap(Event):
    """An entry of the last level gave its frame up, and says where in swap the page lies."""

    story_level = "step"
    stands_for = "mm/rmap.c: try_to_unmap_one()"

    mm: int
    addr: int
    entry: int


@dataclass(frozen=True, slots=True)
class PteSwapClear(Event):
    """An entry that said where in swap its page lies was emptied."""

    story_level = "step"
    stands_for = "mm/memory.c: zap_nonpresent_ptes()"

    mm: int
    addr: int
    entry: int
