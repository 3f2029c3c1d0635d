"""The page cache: which frame holds which page of a file, and bytes out of it."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import SEEK_DATA
from vmlab.model.linux.include.page_flags import PG_UPTODATE
from vmlab.model.linux.include.structs import AddressSpace, Page, System
from vmlab.model.linux.mm.page_io import look_swapped
from vmlab.model.linux.mm.swap import folio_add_lru
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.hook import emit


def find_get_page(mapping: AddressSpace, index: int) -> Page | None:
    """Return the cached page at an index, None for a hole.

    Source: include/linux/pagemap.h: find_get_page() [v5.4].
    """
    return mapping.i_pages.get(index)


def filemap_add_folio(
    system: System, mapping: AddressSpace, index: int, page: Page, flags: int
) -> None:
    """Make a new frame a page of a file.

    Args:
        system: the kernel.
        mapping: the file's cache.
        index: pages.
        page: the frame.
        flags: PG_* bits: without PG_UPTODATE nobody has filled it yet.

    Emits: pagecache_add.
    Source: mm/filemap.c: filemap_add_folio() [v6.18].
    """
    page.mapping = mapping
    page.index = index
    page.flags = flags
    mapping.i_pages[index] = page
    folio_add_lru(system, page)
    emit(system, page_events.PagecacheAdd, mapping.host.i_ino, index, page.pfn)


def mapping_seek_hole_data(mapping: AddressSpace, start: int, end: int, whence: int) -> int:
    """Return where in a range of a file data or a hole begins.

    Args:
        mapping: the file's cache.
        start: bytes.
        end: bytes after the range.
        whence: SEEK_DATA or SEEK_HOLE.

    Raises:
        LinuxError: ENXIO for an empty range, or if there is no data in it.

    Source: mm/filemap.c: mapping_seek_hole_data() [v6.18].
    """
    if end <= start:
        raise LinuxError(errno.ENXIO, "offset_past_end")
    seek_data = whence == SEEK_DATA
    first, last = start >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT
    held = [*mapping.i_pages, *mapping.i_swapped]
    for index in sorted(index for index in held if first <= index <= last):
        pos = index << PAGE_SHIFT
        if start < pos:
            if not seek_data:
                return start
            start = pos
        # A page that was only reserved holds no data.
        page = mapping.i_pages.get(index)
        if (page is None or bool(page.flags & PG_UPTODATE)) == seek_data:
            return start
        start = pos + PAGE_SIZE
    if seek_data:
        raise LinuxError(errno.ENXIO, "no_data_there")
    return min(start, end)


def read_pages(system: System, mapping: AddressSpace, offset: int, count: int) -> bytes:
    """Return bytes of a file; holes read as zeros and stay holes, pages in swap stay there.

    Args:
        system: the kernel.
        mapping: the file's cache.
        offset: bytes.
        count: bytes; cut at the end of the file.

    Source: mm/shmem.c: shmem_file_read_iter() [v5.4].
    """
    end = min(offset + count, mapping.host.i_size)
    parts: list[bytes | memoryview] = []
    while offset < end:
        start = offset % PAGE_SIZE
        stop = min(PAGE_SIZE, start + end - offset)
        index = offset >> PAGE_SHIFT
        page = mapping.i_pages.get(index)
        if page is not None:
            parts.append(system.ram.look(page.pfn)[start:stop])
        elif index in mapping.i_swapped:
            parts.append(look_swapped(system, mapping.i_swapped[index])[start:stop])
        else:
            parts.append(bytes(stop - start))
        offset += stop - start
    return b"".join(parts)
