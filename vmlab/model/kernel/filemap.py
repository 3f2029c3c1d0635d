"""The page cache of tmpfs: finding, making and removing the frames of a file."""

from __future__ import annotations

from vmlab.model.events import file as file_events
from vmlab.model.events import page as events
from vmlab.model.kernel.fs import AddressSpace
from vmlab.model.kernel.memory_range import zap_range
from vmlab.model.kernel.mm_types import PG_DIRTY, PG_UPTODATE, Page
from vmlab.model.kernel.page_alloc import alloc_page, put_page
from vmlab.model.kernel.system import System
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.trace import emit


def find_get_page(mapping: AddressSpace, index: int) -> Page | None:
    """Return the cached page at an index, None for a hole.

    Source: include/linux/pagemap.h: find_get_page() [v5.4].
    """
    return mapping.i_pages.get(index)


def shmem_getpage(system: System, mapping: AddressSpace, index: int) -> Page:
    """Return the page at an index; a hole becomes a page of zeros.

    Args:
        system: the kernel.
        mapping: the file's cache.
        index: pages.

    Raises:
        OutOfMemory: no frame for the page.

    Emits: mm_page_alloc, pagecache_add.
    Source: mm/shmem.c: shmem_getpage_gfp() [v5.4].
    """
    page = mapping.i_pages.get(index)
    if page is None:
        page = alloc_page(system, "file")
        page.mapping = mapping
        page.index = index
        page.flags = PG_UPTODATE
        mapping.i_pages[index] = page
        system.batches.folio_add_lru(page)
        emit(system, events.PagecacheAdd, mapping.host.i_ino, index, page.pfn)
    return page


def read_pages(system: System, mapping: AddressSpace, offset: int, count: int) -> bytes:
    """Return bytes of a file; holes read as zeros and stay holes.

    Args:
        system: the kernel.
        mapping: the file's cache.
        offset: bytes.
        count: bytes; cut at the end of the file.

    Source: mm/shmem.c: shmem_file_read_iter() [v5.4].
    """
    end = min(offset + count, mapping.host.i_size)
    parts = []
    while offset < end:
        start = offset % PAGE_SIZE
        stop = min(PAGE_SIZE, start + end - offset)
        page = mapping.i_pages.get(offset >> PAGE_SHIFT)
        parts.append(
            bytes(stop - start) if page is None else system.ram.frame(page.pfn)[start:stop]
        )
        offset += stop - start
    return b"".join(parts)


def write_pages(system: System, mapping: AddressSpace, offset: int, data: bytes) -> None:
    """Write bytes into a file, which grows as needed.

    Even no bytes at all make the page at the offset, and the file that long: a write(2) from
    memory that cannot be read leaves just that behind.

    Args:
        system: the kernel.
        mapping: the file's cache.
        offset: bytes.
        data: what to write.

    Raises:
        OutOfMemory: no frame for a page; what was written so far stays.

    Emits: mm_page_alloc, pagecache_add, pagecache_write.
    Source: mm/shmem.c: shmem_write_begin() [v5.4].
    """
    view = memoryview(data)
    while True:
        start = offset % PAGE_SIZE
        chunk = view[: PAGE_SIZE - start]
        page = shmem_getpage(system, mapping, offset >> PAGE_SHIFT)
        system.ram.frame(page.pfn)[start : start + len(chunk)] = chunk
        page.flags |= PG_DIRTY
        if chunk:
            emit(
                system,
                file_events.PagecacheWrite,
                *(mapping.host.i_ino, page.index, page.pfn, start, len(chunk), "are written"),
            )
        offset += len(chunk)
        view = view[len(chunk) :]
        mapping.host.i_size = max(mapping.host.i_size, offset)
        if not view:
            return


def unmap_mapping_pages(
    mapping: AddressSpace, start: int, end: int, reason: str, *, even_cows: bool
) -> None:
    """Empty the entries, in every address space, that map a range of a file.

    Args:
        mapping: the file's cache.
        start: first page.
        end: page after the last.
        reason: why, in words.
        even_cows: private copies go too.

    Emits: pte_clear, tlb_flush.
    Source: mm/memory.c: unmap_mapping_pages() [v5.4].
    """
    for vma in list(mapping.i_mmap):
        first = max(start, vma.vm_pgoff)
        last = min(end, vma.vm_pgoff + ((vma.vm_end - vma.vm_start) >> PAGE_SHIFT))
        if first < last:
            base = vma.vm_start - (vma.vm_pgoff << PAGE_SHIFT)
            low, high = base + (first << PAGE_SHIFT), base + (last << PAGE_SHIFT)
            zap_range(vma, low, high, reason, even_cows=even_cows)


def truncate_range(
    system: System, mapping: AddressSpace, start: int, end: int, *, even_cows: bool
) -> None:
    """Take the pages of a byte range out of a file and out of every mapping.

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
    first = -(-start // PAGE_SIZE)
    last = end >> PAGE_SHIFT
    unmap_mapping_pages(
        mapping, first, last, "the file no longer has these pages", even_cows=even_cows
    )
    gone = sorted(index for index in mapping.i_pages if first <= index < last)
    if gone:
        system.batches.lru_add_drain()
    for index in gone:
        page = mapping.i_pages.pop(index)
        page.mapping = None
        emit(system, events.PagecacheRemove, mapping.host.i_ino, index, page.pfn)
        put_page(system, page)
    for index in sorted({start >> PAGE_SHIFT, last}):
        page_left = mapping.i_pages.get(index)
        if page_left is not None:
            low = max(start - index * PAGE_SIZE, 0)
            high = min(end - index * PAGE_SIZE, PAGE_SIZE)
            if low < high:
                system.ram.frame(page_left.pfn)[low:high] = bytes(high - low)
                page_left.flags |= PG_DIRTY
                emit(
                    system,
                    file_events.PagecacheWrite,
                    *(mapping.host.i_ino, index, page_left.pfn, low, high - low, "are zeroed"),
                )


def do_truncate(system: System, mapping: AddressSpace, length: int) -> None:
    """Give a file another length.

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
        truncate_range(
            system, mapping, length, -(-old // PAGE_SIZE) * PAGE_SIZE + PAGE_SIZE, even_cows=True
        )
