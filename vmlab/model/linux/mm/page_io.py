"""Pages on their way to a swap area, and back."""

from __future__ import annotations

from vmlab.model.linux.include.page_flags import PG_DIRTY
from vmlab.model.linux.include.structs import Page, System
from vmlab.model.linux.include.swap import swp_offset, swp_type
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.events import swap as swap_events
from vmlab.model.trace.hook import emit

_ZEROS = bytes(PAGE_SIZE)


def swap_writeout(system: System, page: Page, entry: int) -> bool:
    """Write a frame to its place; say whether the frame is kept until that is done.

    A page of zeros is only marked as one. An area that answers at once has written it now.

    Emits: swap_out.
    Source: mm/page_io.c: swap_writeout() [v6.18].
    Left out: that it takes time.
    """
    si, offset = system.swap_info[swp_type(entry)], swp_offset(entry)
    data = bytes(system.ram.look(page.pfn))
    page.flags &= ~PG_DIRTY
    zero = data == _ZEROS
    if zero:
        si.zeromap.add(offset)
        si.blocks.pop(offset, None)
    else:
        si.zeromap.discard(offset)
        si.blocks[offset] = data
    emit(system, swap_events.SwapOut, swp_type(entry), offset, page.pfn, zero)
    return not (zero or si.synchronous)


def look_swapped(system: System, entry: int) -> bytes:
    """Return the bytes of a page in swap, and leave it there. The name is vmlab's.

    Source: mm/page_io.c: swap_read_folio_zeromap() [v6.18].
    """
    si, offset = system.swap_info[swp_type(entry)], swp_offset(entry)
    pfn = si.swap_cache.get(offset)
    return si.blocks.get(offset, _ZEROS) if pfn is None else bytes(system.ram.look(pfn))


def swap_read_folio(system: System, page: Page, entry: int) -> None:
    """Fill a frame with what was written to a place.

    Emits: swap_in.
    Source: mm/page_io.c: swap_read_folio() [v6.18].
    """
    si, offset = system.swap_info[swp_type(entry)], swp_offset(entry)
    system.ram.frame(page.pfn)[:] = si.blocks.get(offset, _ZEROS)
    emit(system, swap_events.SwapIn, swp_type(entry), offset, page.pfn, offset in si.zeromap)
