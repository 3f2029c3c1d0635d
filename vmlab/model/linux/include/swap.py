"""A swap area, and how its places are numbered.

Source: include/linux/swap.h, include/linux/swapops.h [v6.18].
"""

from __future__ import annotations

SWP_TYPE_SHIFT = 58
MAX_SWAPFILES = 23
_OFFSET_MASK = (1 << SWP_TYPE_SHIFT) - 1


class SwapInfoStruct:
    """A swap area (struct swap_info_struct).

    Its first page holds what mkswap wrote; places are pages of it, from 1.
    """

    __slots__ = (
        *("blocks", "free_slots", "max", "next_slot", "path"),
        *("swap_cache", "swap_map", "synchronous", "zeromap"),
    )

    def __init__(self, path: str, pages: int, *, synchronous: bool) -> None:
        self.path = path  # of the file or device
        self.max = pages  # with the first one
        self.synchronous = synchronous  # it answers at once: compressed memory (SWP_SYNCHRONOUS_IO)
        # Place -> entries that hold it. One that none holds is in use for the swap cache alone.
        self.swap_map: dict[int, int] = {}
        self.swap_cache: dict[int, int] = {}  # place -> frame that holds its page
        self.zeromap: set[int] = set()  # places whose page is zeros, and was not written
        self.blocks: dict[int, bytes] = {}  # what was written, by place
        self.free_slots: list[int] = []  # a heap of places that were given back
        self.next_slot = 1  # places from here on were never used

    @property
    def inuse_pages(self) -> int:
        """Return how many places are in use."""
        return len(self.swap_map)

    @property
    def pages(self) -> int:
        """Return how many places there are."""
        return self.max - 1

    def __repr__(self) -> str:
        return f"<swap_info {self.path}: {self.inuse_pages} of {self.pages} pages>"


def swp_entry(type: int, offset: int) -> int:
    """Return the number of a place of an area.

    Source: include/linux/swapops.h: swp_entry() [v5.4].
    """
    return type << SWP_TYPE_SHIFT | offset


def swp_type(entry: int) -> int:
    """Return which area a place is of.

    Source: include/linux/swapops.h: swp_type() [v5.4].
    """
    return entry >> SWP_TYPE_SHIFT


def swp_offset(entry: int) -> int:
    """Return which page of its area a place is.

    Source: include/linux/swapops.h: swp_offset() [v5.4].
    """
    return entry & _OFFSET_MASK
