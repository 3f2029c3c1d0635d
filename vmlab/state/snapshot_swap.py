"""Swap areas as frozen values: a part of a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SwapState:
    """One swap area. Places in it are pages, from 1."""

    path: str
    max: int  # pages, with the first one
    synchronous: bool  # it answers at once
    swap_map: tuple[tuple[int, int], ...]  # (place in use, entries that hold it)
    swap_cache: tuple[tuple[int, int], ...]  # (place, frame that holds its page too)
    zeromap: tuple[int, ...]  # places whose page is zeros
    blocks: Mapping[int, bytes]  # what was written, by place
    free_slots: tuple[int, ...]  # given back, lowest first
    next_slot: int  # places from here on were never used
