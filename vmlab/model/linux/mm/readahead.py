"""Reading a file before it is asked for: how much, and from where on.

Of a file of the model every page that was ever written is cached, so what is read is always a hole
and comes at once as zeros; but it takes frames, and later faults find it there.
"""

from __future__ import annotations

from vmlab.model.linux.include.fs import FMODE_RANDOM
from vmlab.model.linux.include.page_flags import PG_READAHEAD, PG_UPTODATE
from vmlab.model.linux.include.structs import AddressSpace, File, Page, System
from vmlab.model.linux.mm.filemap import filemap_add_folio
from vmlab.model.linux.mm.page_alloc import OutOfMemory, alloc_page
from vmlab.model.mmu.page import PAGE_SHIFT

_IO_PAGES = 320  # pages: the most that the disk takes at once
_CHUNK = 512  # pages that are read ahead in one go
_ORDER_STEP = 2  # by which the next window's folios may be larger


def page_cache_ra_unbounded(
    system: System, mapping: AddressSpace, index: int, nr_to_read: int, lookahead_size: int
) -> None:
    """Read pages of a file; those that are cached stay.

    Args:
        system: the kernel.
        mapping: the file's cache.
        index: first page.
        nr_to_read: pages.
        lookahead_size: so far from the end a new page is marked; 0 = none.

    Without a frame nothing more is read: who needs the page will see.

    Emits: mm_page_alloc, pagecache_add.
    Source: mm/readahead.c: page_cache_ra_unbounded() [v6.18].
    """
    mark = index + nr_to_read - lookahead_size if lookahead_size else None
    for place in range(index, index + nr_to_read):
        if place not in mapping.i_pages:
            try:
                page = alloc_page(system, "file")
            except OutOfMemory:
                return
            flags = PG_UPTODATE | (PG_READAHEAD if place == mark else 0)
            filemap_add_folio(system, mapping, place, page, flags)


def do_page_cache_ra(
    system: System, mapping: AddressSpace, index: int, nr_to_read: int, lookahead_size: int
) -> None:
    """Read pages of a file, but none past its end; see `page_cache_ra_unbounded`.

    Source: mm/readahead.c: do_page_cache_ra() [v6.18].
    """
    last = (mapping.host.i_size - 1) >> PAGE_SHIFT
    if mapping.host.i_size and index <= last:
        nr_to_read = min(nr_to_read, last - index + 1)
        page_cache_ra_unbounded(system, mapping, index, nr_to_read, lookahead_size)


def force_page_cache_ra(system: System, mapping: AddressSpace, index: int, nr_to_read: int) -> None:
    """Read so many pages, but no more than the disk takes at once.

    Source: mm/readahead.c: force_page_cache_ra() [v6.18].
    """
    nr_to_read = min(nr_to_read, _IO_PAGES)
    for start in range(index, index + nr_to_read, _CHUNK):
        chunk = min(_CHUNK, index + nr_to_read - start)
        do_page_cache_ra(system, mapping, start, chunk, 0)


def page_cache_ra_order(system: System, file: File, index: int) -> None:
    """Read the window of an open file from a page on.

    Source: mm/readahead.c: page_cache_ra_order() [v6.18].
    Left out: large folios.
    """
    ra = file.f_ra
    do_page_cache_ra(system, file.f_inode.i_mapping, index, ra.size, ra.async_size)


def page_cache_sync_ra(system: System, file: File, index: int, req_count: int) -> None:
    """Read ahead where a page is missing.

    Args:
        system: the kernel.
        file: the open file.
        index: the page that is missing.
        req_count: pages that are asked for.

    Source: mm/readahead.c: page_cache_sync_ra() [v6.18].
    """
    mapping, ra = file.f_inode.i_mapping, file.f_ra
    if file.f_mode & FMODE_RANDOM:
        force_page_cache_ra(system, mapping, index, req_count)
        return
    max_pages = _max_pages(req_count, ra.ra_pages)
    since = index - (ra.prev_pos >> PAGE_SHIFT)
    if not index or req_count > max_pages or 0 <= since <= 1:
        size = get_init_ra_size(req_count, max_pages)
        ahead = size - req_count if size > req_count else size >> 1
        file.f_ra = ra._replace(start=index, size=size, async_size=ahead)
    else:
        contig_count = 0  # cached pages before it, which somebody may have read in order
        while contig_count < max_pages and index - 1 - contig_count in mapping.i_pages:
            contig_count += 1
        if contig_count <= req_count:
            do_page_cache_ra(system, mapping, index, req_count, 0)
            return
        if contig_count == index:
            contig_count *= 2
        size = min(contig_count + req_count, max_pages)
        file.f_ra = ra._replace(start=index, size=size, async_size=1)
    page_cache_ra_order(system, file, index)


def page_cache_async_ra(system: System, file: File, page: Page, req_count: int) -> None:
    """Read the next window when a marked page is reached.

    Args:
        system: the kernel.
        file: the open file.
        page: the marked page.
        req_count: pages that are asked for.

    Source: mm/readahead.c: page_cache_async_ra() [v6.18].
    """
    mapping, ra, index = file.f_inode.i_mapping, file.f_ra, page.index
    page.flags &= ~PG_READAHEAD
    max_pages = _max_pages(req_count, ra.ra_pages)
    if index == ra.start + ra.size - ra.async_size:
        start, size = ra.start + ra.size, max(ra.size, get_next_ra_size(ra.size, max_pages))
    else:
        start = index + 1
        while start - index <= max_pages and start in mapping.i_pages:
            start += 1
        if start - index > max_pages:
            return
        size = get_next_ra_size(start - index + req_count, max_pages)
    align = min(1 << _ORDER_STEP, max_pages & -max_pages)
    end = start + size
    if end // align * align > start:
        size = end // align * align - start
    file.f_ra = ra._replace(start=start, size=size, async_size=size)
    page_cache_ra_order(system, file, start)


def _max_pages(req_size: int, most: int) -> int:
    # Source: mm/readahead.c: ractl_max_pages() [v6.18].
    return max(most, min(req_size, _IO_PAGES))


def get_init_ra_size(size: int, most: int) -> int:
    """Return the pages of a first window.

    Args:
        size: pages that are asked for.
        most: pages that may be read at once.

    Source: mm/readahead.c: get_init_ra_size() [v5.4].
    """
    newsize = 1 << (size - 1).bit_length()
    if newsize <= most // 32:
        return newsize * 4
    return newsize * 2 if newsize <= most // 4 else most


def get_next_ra_size(size: int, most: int) -> int:
    """Return the pages of the window behind one of `size` pages.

    Source: mm/readahead.c: get_next_ra_size() [v5.4].
    """
    if size < most // 16:
        return 4 * size
    return 2 * size if size <= most // 2 else most
