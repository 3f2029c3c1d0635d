"""Swap areas that come and go.

In Linux's mm/swapfile.c.
"""

from __future__ import annotations

from vmlab.errors import ArgumentError
from vmlab.model.linux.include.structs import System
from vmlab.model.linux.include.swap import SwapInfoStruct
from vmlab.model.mmu.page import PAGE_SHIFT

_ENTRY_BYTES = 8  # of a page table, so that a place in swap fits
_LEAST_PAGES = 2  # what mkswap writes, and a place


def setup_swap(system: System, size: int, *, synchronous: bool) -> None:
    """Give a machine that boots a swap area.

    Args:
        system: the kernel.
        size: bytes, of which whole pages count.
        synchronous: it answers at once.

    Raises:
        ArgumentError: no place would be in it, or entries of the page tables are too short.

    Source: mm/swapfile.c: SYSCALL_DEFINE2(swapon) [v5.4].
    """
    pages = size >> PAGE_SHIFT
    if pages < _LEAST_PAGES:
        raise ArgumentError("swap_too_small", swap=size, least=_LEAST_PAGES << PAGE_SHIFT)
    if system.geometry.entry_bytes != _ENTRY_BYTES:
        raise ArgumentError("swap_needs_long_entries", geometry=system.geometry.name)
    path = "/dev/zram0" if synchronous else "/dev/vda2"
    si = SwapInfoStruct(path, pages, synchronous=synchronous)
    system.swap_info.append(si)
    system.total_swap_pages += si.pages
