"""Making files shorter, and holes in them: cached pages go, and every mapping of them."""

from __future__ import annotations

from vmlab.codes import because
from vmlab.model.linux.include.fs import MAX_LFS_FILESIZE
from vmlab.model.linux.include.page_flags import PG_DIRTY
from vmlab.model.linux.include.structs import AddressSpace, System
from vmlab.model.linux.mm.memory_ranges import unmap_mapping_pages
from vmlab.model.linux.mm.page_alloc import put_page
from vmlab.model.linux.mm.shmem_acct import shmem_unacct_blocks
from vmlab.model.linux.mm.shmem_swap import shmem_free_swap, shmem_swapin_folio
from vmlab.model.linux.mm.swap import lru_add_drain
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.hook import emit

_PAGES_GONE = because("file_lost_pages")
_ZEROED = because("bytes_zeroed")


def truncate_pagecache_range(
    system: System, mapping: AddressSpace, start: int, end: int, *, even_cows: bool
) -> None:
    """Take the whole pages of a byte range out of a file and out of every mapping.

    Args:
        system: the kernel.
        mapping: the file's cache.
        start: bytes.
        end: bytes after the range.
        even_cows: private copies of the pages go too (truncation, not hole punching).

    Emits: pte_clear, tlb_flush, pagecache_remove.
    Source: mm/truncate.c: truncate_pagecache_range() [v5.4].
    """
    first = -(-start // PAGE_SIZE)
    last = end >> PAGE_SHIFT
    # A range that ends in the first page unmaps all that follows: v6.18 takes its end for -1.
    until = last or MAX_LFS_FILESIZE >> PAGE_SHIFT
    unmap_mapping_pages(mapping, first, until, _PAGES_GONE, even_cows=even_cows)
    remove_pages(system, mapping, sorted(i for i in mapping.i_pages if first <= i < last))
    if mapping.i_swapped:
        shmem_unacct_blocks(system, mapping.host, shmem_free_swap(system, mapping, first, last))


def truncate_range(
    system: System, mapping: AddressSpace, start: int, end: int, *, even_cows: bool
) -> None:
    """Take the pages of a byte range out of a file in memory and out of every mapping.

    The parts of pages at both ends are zeroed.

    Args:
        system: the kernel.
        mapping: the file's cache.
        start: bytes.
        end: bytes after the range.
        even_cows: private copies of the pages go too (truncation, not hole punching).

    Emits: pte_clear, tlb_flush, pagecache_remove, pagecache_write.
    Source: mm/shmem.c: shmem_undo_range() [v5.4].
    """
    truncate_pagecache_range(system, mapping, start, end, even_cows=even_cows)
    for index in sorted({start >> PAGE_SHIFT, end >> PAGE_SHIFT}):
        low = max(start - index * PAGE_SIZE, 0)
        high = min(end - index * PAGE_SIZE, PAGE_SIZE)
        if low < high:
            if index in mapping.i_swapped and index << PAGE_SHIFT < mapping.host.i_size:
                shmem_swapin_folio(system, mapping, index)
            page_left = mapping.i_pages.get(index)
            if page_left is not None:
                system.ram.frame(page_left.pfn)[low:high] = bytes(high - low)
                page_left.flags |= PG_DIRTY
                emit(
                    system,
                    file_events.PagecacheWrite,
                    *(mapping.host.i_ino, index, page_left.pfn, low, high - low, _ZEROED),
                )


def remove_pages(system: System, mapping: AddressSpace, gone: list[int]) -> None:
    """Take pages that nobody maps out of a file.

    Emits: pagecache_remove, mm_page_free.
    Source: mm/truncate.c: truncate_inode_folio() [v6.18].
    """
    if gone:
        lru_add_drain(system)
    shmem_unacct_blocks(system, mapping.host, len(gone))
    for index in gone:
        page = mapping.i_pages.pop(index)
        page.mapping = None
        emit(system, page_events.PagecacheRemove, mapping.host.i_ino, index, page.pfn)
        put_page(system, page)


def truncate_setsize(system: System, mapping: AddressSpace, length: int) -> None:
    """Give a file in memory, or a pipe, another length.

    Pages past the new end leave the cache and every mapping, private copies too; the tail of
    the last page is zeroed. Growing makes a hole.

    Args:
        system: the kernel.
        mapping: the file's cache.
        length: bytes.

    Emits: inode_truncate, pte_clear, tlb_flush, pagecache_remove, pagecache_write.
    Source: mm/shmem.c: shmem_setattr() [v5.4].
    """
    old = mapping.host.i_size
    mapping.host.i_size = length
    if length != old:
        emit(system, file_events.InodeTruncate, mapping.host.i_ino, old, length)
    if length <= old:
        truncate_range(system, mapping, length, MAX_LFS_FILESIZE + 1, even_cows=True)
