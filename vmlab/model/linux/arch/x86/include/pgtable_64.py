"""Swap entries, as an entry of a page table holds them.

The number of the area is in bits 59 to 63, the place in bits 9 to 58 with every bit turned over, so
that the CPU never takes it for the address of a frame that there is.

Source: arch/x86/include/asm/pgtable_64.h [v6.18].
"""

from __future__ import annotations

from vmlab.model.linux.include.swap import swp_entry, swp_offset, swp_type

PAGE_SWP_EXCLUSIVE = 1 << 3  # the frame belonged to this page table alone
_TYPE_SHIFT = 59
_OFFSET_SHIFT = 9
_OFFSET_MASK = (1 << _TYPE_SHIFT - _OFFSET_SHIFT) - 1


def swp_entry_to_pte(entry: int) -> int:
    """Return the page-table entry that says where a page lies in swap.

    Source: include/linux/swapops.h: swp_entry_to_pte() [v5.4].
    """
    return swp_type(entry) << _TYPE_SHIFT | (~swp_offset(entry) & _OFFSET_MASK) << _OFFSET_SHIFT


def pte_to_swp_entry(pte: int) -> int:
    """Return where in swap the page of a page-table entry lies.

    Source: include/linux/swapops.h: pte_to_swp_entry() [v5.4].
    """
    return swp_entry(pte >> _TYPE_SHIFT, ~(pte >> _OFFSET_SHIFT) & _OFFSET_MASK)
