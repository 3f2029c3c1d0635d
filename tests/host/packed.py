"""Packed pagemaps, made for tests."""

from __future__ import annotations

from array import array
from collections.abc import Mapping


def packed_pages(values: Mapping[int, int]) -> bytes:
    """Return a pagemap in which the pages at some addresses have these values."""
    packed = array("Q")
    for addr in sorted(values):
        packed.extend((addr, 1, values[addr]))
    return packed.tobytes()
