"""The page: the unit in which the MMU maps and the kernel hands out memory."""

from __future__ import annotations

PAGE_SHIFT = 12
PAGE_SIZE = 1 << PAGE_SHIFT  # bytes
PAGE_MASK = ~(PAGE_SIZE - 1)

KiB = 1 << 10
MiB = 1 << 20
GiB = 1 << 30


def page_align(addr: int) -> int:
    """Round an address or a length in bytes up to a page boundary.

    >>> hex(page_align(0x1001))
    '0x2000'
    """
    return (addr + PAGE_SIZE - 1) & PAGE_MASK
