"""Pages of a file of ext4: written to, written back, cut off."""

from __future__ import annotations

from vmlab.codes import because
from vmlab.model.linux.fs.ext4.extents_status import (
    ext4_es_insert_extent,
    ext4_es_lookup_extent,
    ext4_es_remove_extent,
)
from vmlab.model.linux.include.extents_status import ES_DELAYED, ES_UNWRITTEN, ES_WRITTEN
from vmlab.model.linux.include.mm import VmFault
from vmlab.model.linux.include.page_flags import PG_DIRTY, PG_UPTODATE
from vmlab.model.linux.include.structs import AddressSpace, Inode, Page, System
from vmlab.model.linux.mm.filemap import find_get_page
from vmlab.model.linux.mm.filemap_read import filemap_create_folio
from vmlab.model.linux.mm.page_writeback import folio_mark_dirty, write_cache_pages
from vmlab.model.linux.mm.truncate import truncate_pagecache_range
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

EXT4_MAX_LBLK = 1 << 32  # blocks that a file can have
_ZEROED = because("bytes_zeroed")


def ext4_da_write_begin(system: System, mapping: AddressSpace, index: int) -> Page:
    """Return a page that is about to be written to; a hole gets the promise of a block.

    Args:
        system: the kernel.
        mapping: the file's cache.
        index: pages.

    Raises:
        OutOfMemory: no frame for the page.

    Emits: mm_page_alloc, pagecache_add.
    Source: fs/ext4/inode.c: ext4_da_write_begin() [v6.18].
    """
    page = find_get_page(mapping, index) or filemap_create_folio(system, mapping, index)
    _reserve(mapping.host, page)
    page.flags |= PG_UPTODATE
    return page


def _reserve(inode: Inode, page: Page) -> None:
    # What was never written is new: its zeros are to be written now.
    # Source: fs/ext4/inode.c: ext4_da_get_block_prep() [v6.18].
    extent = ext4_es_lookup_extent(inode, page.index)
    if extent is None:
        ext4_es_insert_extent(inode, page.index, page.index + 1, ES_DELAYED)
    if extent is None or extent.status == ES_UNWRITTEN:
        page.flags |= PG_DIRTY


def ext4_page_mkwrite(vmf: VmFault) -> None:
    """Let a page be written to through a shared mapping: it is dirty from now on.

    Source: fs/ext4/inode.c: ext4_page_mkwrite() [v6.18].
    Left out: a disk that is full.
    """
    page = vmf.page
    assert page is not None
    _reserve(page.mapping.host, page)
    folio_mark_dirty(page)


def ext4_writepages(system: System, mapping: AddressSpace, start: int, end: int) -> None:
    """Write the dirty pages of a part of a file to the disk, where they get their blocks.

    Args:
        system: the kernel.
        mapping: the file's cache.
        start: bytes.
        end: bytes after the part.

    Emits: pagecache_writeback, pte_set, tlb_flush, pagecache_write.
    Source: fs/ext4/inode.c: ext4_writepages() [v6.18].
    """
    write_cache_pages(system, mapping, start >> PAGE_SHIFT, -(-end // PAGE_SIZE), _write_folio)


def _write_folio(system: System, page: Page) -> None:
    # What was stored behind the end of the file is not written, and gone.
    # Source: fs/ext4/page-io.c: ext4_bio_write_folio() [v6.18].
    inode = page.mapping.host
    ext4_es_insert_extent(inode, page.index, page.index + 1, ES_WRITTEN)
    used = inode.i_size - (page.index << PAGE_SHIFT)
    if used < PAGE_SIZE and any(system.ram.look(page.pfn)[used:]):
        _zero(system, page, used, PAGE_SIZE)


def _zero(system: System, page: Page, low: int, high: int) -> None:
    system.ram.frame(page.pfn)[low:high] = bytes(high - low)
    ino = page.mapping.host.i_ino
    place = (ino, page.index, page.pfn, low, high - low)
    emit(system, file_events.PagecacheWrite, *place, _ZEROED)


def ext4_setattr(system: System, inode: Inode, length: int) -> None:
    """Give a file another length.

    Args:
        system: the kernel.
        inode: the file.
        length: bytes.

    Emits: inode_truncate; what truncate_pagecache_range and ext4_block_zero_page_range emit.
    Source: fs/ext4/inode.c: ext4_setattr(), ext4_truncate() [v6.18].
    """
    old = inode.i_size
    inode.i_size = length
    if length != old:
        emit(system, file_events.InodeTruncate, inode.i_ino, old, length)
    if length > old:
        ext4_block_zero_page_range(system, inode, old, -(-old // PAGE_SIZE) * PAGE_SIZE)
        return
    last = -(-length // PAGE_SIZE)
    truncate_pagecache_range(
        system, inode.i_mapping, length, EXT4_MAX_LBLK << PAGE_SHIFT, even_cows=True
    )
    ext4_block_zero_page_range(system, inode, length, last * PAGE_SIZE)
    ext4_es_remove_extent(inode, last, EXT4_MAX_LBLK)
    inode.da_alloc_close |= not length


def ext4_block_zero_page_range(system: System, inode: Inode, start: int, end: int) -> None:
    """Make a part of one block zeros; what was never written is zeros already.

    Args:
        system: the kernel.
        inode: the file.
        start: bytes.
        end: bytes after the part; nothing happens if it is `start`.

    Raises:
        OutOfMemory: no frame for a page that is not cached.

    Emits: mm_page_alloc, pagecache_add, pagecache_write.
    Source: fs/ext4/inode.c: __ext4_block_zero_page_range() [v6.18].
    """
    if start >= end:
        return
    index = start >> PAGE_SHIFT
    page = find_get_page(inode.i_mapping, index)
    if page is None:
        page = filemap_create_folio(system, inode.i_mapping, index)
    extent = ext4_es_lookup_extent(inode, index)
    if extent is not None and page.flags & PG_UPTODATE:
        first = index << PAGE_SHIFT
        _zero(system, page, start - first, end - first)
        if extent.status != ES_UNWRITTEN:
            page.flags |= PG_DIRTY


def ext4_zero_partial_blocks(system: System, inode: Inode, start: int, end: int) -> None:
    """Make those parts of a range zeros that are less than a block.

    Args:
        system: the kernel.
        inode: the file.
        start: bytes.
        end: bytes after the range; nothing happens if it is `start`.

    Emits: what ext4_block_zero_page_range emits.
    Source: fs/ext4/inode.c: ext4_zero_partial_blocks() [v6.18].
    """
    if start == end:
        return
    first, last = start >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT
    if first == last:
        if (start | end) % PAGE_SIZE:
            ext4_block_zero_page_range(system, inode, start, end)
        return
    if start % PAGE_SIZE:
        ext4_block_zero_page_range(system, inode, start, (first + 1) << PAGE_SHIFT)
    if end % PAGE_SIZE:
        ext4_block_zero_page_range(system, inode, last << PAGE_SHIFT, end)
