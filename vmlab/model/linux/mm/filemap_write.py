"""Bytes into the page cache.

In Linux's mm/filemap.c.
"""

from __future__ import annotations

from vmlab.codes import because
from vmlab.model.linux.fs.ext4.inode import ext4_da_write_begin, ext4_zero_partial_blocks
from vmlab.model.linux.include.fs import on_disk
from vmlab.model.linux.include.page_flags import PG_DIRTY
from vmlab.model.linux.include.structs import AddressSpace, System
from vmlab.model.linux.mm.shmem import shmem_getpage
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

_WRITTEN = because("bytes_written")


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
    Source: mm/filemap.c: generic_perform_write() [v5.4].
    """
    view = memoryview(data)
    while True:
        start = offset % PAGE_SIZE
        chunk = view[: PAGE_SIZE - start]
        if on_disk(mapping.host):
            page = ext4_da_write_begin(system, mapping, offset >> PAGE_SHIFT)
            if start:  # block_commit_write marks the block around a place, even for no bytes
                page.flags |= PG_DIRTY
        else:
            page = shmem_getpage(system, mapping, offset >> PAGE_SHIFT)
            page.flags |= PG_DIRTY
        if chunk:
            system.ram.frame(page.pfn)[start : start + len(chunk)] = chunk
            page.flags |= PG_DIRTY
            emit(
                system,
                file_events.PagecacheWrite,
                *(mapping.host.i_ino, page.index, page.pfn, start, len(chunk), _WRITTEN),
            )
        offset += len(chunk)
        view = view[len(chunk) :]
        old, mapping.host.i_size = mapping.host.i_size, max(mapping.host.i_size, offset)
        if on_disk(mapping.host) and old < offset - len(chunk):
            ext4_zero_partial_blocks(system, mapping.host, old, offset - len(chunk))
        if not view:
            return
