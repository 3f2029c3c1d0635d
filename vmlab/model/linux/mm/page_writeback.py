"""Writing dirty pages back to their file.

In Linux's mm/page-writeback.c.
"""

from __future__ import annotations

from collections.abc import Callable

from vmlab.model.linux.include.page_flags import PG_DIRTY, PG_READAHEAD
from vmlab.model.linux.include.structs import AddressSpace, Page, System
from vmlab.model.linux.mm.rmap import folio_mkclean
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.hook import emit


def write_cache_pages(
    system: System,
    mapping: AddressSpace,
    start: int,
    end: int,
    writepage: Callable[[System, Page], object],
) -> None:
    """Write the dirty pages of a part of a file.

    Args:
        system: the kernel.
        mapping: the file's cache.
        start: first page.
        end: page after the last.
        writepage: writes one page.

    Emits: pagecache_writeback, and what folio_clear_dirty_for_io emits.
    Source: mm/page-writeback.c: write_cache_pages() [v5.4].
    Left out: that it takes time, and what begins it but calls: dirty pages stay dirty until then.
    """
    pages = mapping.i_pages
    dirty = [i for i in pages if start <= i < end and pages[i].flags & PG_DIRTY]
    for index in sorted(dirty):
        page = pages[index]
        folio_clear_dirty_for_io(page)
        writepage(system, page)
        emit(system, page_events.PagecacheWriteback, mapping.host.i_ino, index, page.pfn)


def folio_mark_dirty(page: Page) -> None:
    """Make a page dirty that is written to through a mapping.

    Source: mm/page-writeback.c: folio_mark_dirty() [v6.18].
    """
    page.flags = page.flags & ~PG_READAHEAD | PG_DIRTY


def folio_clear_dirty_for_io(page: Page) -> None:
    """Make a page clean that is about to be written; whoever writes to it next faults.

    Emits: pte_set, tlb_flush.
    Source: mm/page-writeback.c: folio_clear_dirty_for_io(), folio_end_writeback() [v6.18].
    """
    folio_mkclean(page)
    page.flags &= ~(PG_DIRTY | PG_READAHEAD)
