"""Files in memory whose pages are in swap.

In Linux's mm/shmem.c.
"""

from __future__ import annotations

from vmlab.model.linux.include.mm import VM_FAULT_MAJOR
from vmlab.model.linux.include.page_flags import PG_ACTIVE, PG_DIRTY, PG_UPTODATE
from vmlab.model.linux.include.structs import AddressSpace, Page, System, VmAreaStruct
from vmlab.model.linux.include.swap import swp_type
from vmlab.model.linux.mm.filemap import read_pages
from vmlab.model.linux.mm.page_alloc import alloc_page, put_page
from vmlab.model.linux.mm.page_io import swap_read_folio, swap_writeout
from vmlab.model.linux.mm.swap import folio_add_lru
from vmlab.model.linux.mm.swap_state import (
    delete_from_swap_cache,
    read_swap_cache_async,
    swap_cache_get_folio,
)
from vmlab.model.linux.mm.swapfile import (
    folio_alloc_swap,
    free_swap_and_cache,
    swap_duplicate,
    swap_free,
)
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.hook import emit


def shmem_writeout(system: System, page: Page) -> bool:
    """Move a page of a file in memory to swap; say whether its contents are out now.

    If there is no room for it, it stays, and counts as accessed.

    Emits: pagecache_remove, swap_out.
    Source: mm/shmem.c: shmem_writeout() [v6.18].
    """
    mapping, index = page.mapping, page.index
    page.flags |= PG_UPTODATE
    entry = folio_alloc_swap(system, page)
    if entry is None:
        page.flags |= PG_ACTIVE
        return False
    swap_duplicate(system, entry)
    del mapping.i_pages[index]
    mapping.i_swapped[index] = entry
    page.kind, page.mapping, page.index = "anon", None, 0
    emit(system, page_events.PagecacheRemove, mapping.host.i_ino, index, page.pfn)
    put_page(system, page)
    return not swap_writeout(system, page, entry)


def shmem_swapin_folio(system: System, mapping: AddressSpace, index: int) -> tuple[Page, int]:
    """Bring a page of a file in memory back; return it, and VM_FAULT_MAJOR if it was read.

    Its place in swap is free then.

    Raises:
        OutOfMemory: no frame for the page.

    Emits: mm_page_alloc, swap_in, swap_free, pagecache_add.
    Source: mm/shmem.c: shmem_swapin_folio() [v6.18].
    """
    entry = mapping.i_swapped[index]
    page = swap_cache_get_folio(system, entry)
    fault = 0 if page is not None else VM_FAULT_MAJOR
    if page is None and system.swap_info[swp_type(entry)].synchronous:
        page = alloc_page(system, "file")
        folio_add_lru(system, page)
        swap_read_folio(system, page, entry)
    else:
        page = read_swap_cache_async(system, entry)
        page.refcount += 1
        delete_from_swap_cache(system, page)
    page.kind, page.mapping, page.index = "file", mapping, index
    page.flags |= PG_UPTODATE | PG_DIRTY
    del mapping.i_swapped[index]
    mapping.i_pages[index] = page
    emit(system, page_events.PagecacheAdd, mapping.host.i_ino, index, page.pfn)
    swap_free(system, entry)
    return page, fault


def shmem_file_read(system: System, mapping: AddressSpace, offset: int, count: int) -> bytes:
    """Return bytes of a file, whose pages come back from swap for it.

    Args:
        system: the kernel.
        mapping: the file's cache.
        offset: bytes.
        count: bytes; cut at the end of the file.

    Raises:
        OutOfMemory: no frame for a page.

    Emits: what shmem_swapin_folio emits.
    Source: mm/shmem.c: shmem_file_read_iter() [v6.18].
    """
    if mapping.i_swapped:
        end = -(-min(offset + count, mapping.host.i_size) // PAGE_SIZE)
        for index in range(offset >> PAGE_SHIFT, end):
            if index in mapping.i_swapped:
                shmem_swapin_folio(system, mapping, index)
    return read_pages(system, mapping, offset, count)


def shmem_free_swap(system: System, mapping: AddressSpace, start: int, end: int) -> int:
    """Forget the pages of a range that are in swap; return how many there were.

    Args:
        system: the kernel.
        mapping: of a file in memory.
        start: first page.
        end: page after the last.

    Emits: swap_free, mm_page_free.
    Source: mm/shmem.c: shmem_free_swap() [v6.18].
    """
    gone = sorted(index for index in mapping.i_swapped if start <= index < end)
    for index in gone:
        free_swap_and_cache(system, mapping.i_swapped.pop(index))
    return len(gone)


def shmem_swapin_range(vma: VmAreaStruct, start: int, end: int) -> None:
    """Read the pages of a range of a mapping into the swap cache.

    Emits: mm_page_alloc, swap_in.
    Source: mm/madvise.c: shmem_swapin_range() [v6.18].
    """
    assert vma.vm_file is not None
    mapping = vma.vm_file.f_inode.i_mapping
    first = vma.vm_pgoff + ((start - vma.vm_start) >> PAGE_SHIFT)
    last = first + ((end - start) >> PAGE_SHIFT)
    for index in sorted(index for index in mapping.i_swapped if first <= index < last):
        read_swap_cache_async(vma.vm_mm.system, mapping.i_swapped[index])


def shmem_partial_swap_usage(mapping: AddressSpace, start: int, end: int) -> int:
    """Return how many bytes of a range of pages are in swap.

    Source: mm/shmem.c: shmem_partial_swap_usage() [v6.18].
    """
    return sum(start <= index < end for index in mapping.i_swapped) * PAGE_SIZE


def shmem_swap_usage(vma: VmAreaStruct) -> int:
    """Return how many bytes of what a VMA maps of a file in memory are in swap.

    Of a file that it maps whole, those past its end count too.

    Source: mm/shmem.c: shmem_swap_usage() [v6.18].
    """
    assert vma.vm_file is not None
    inode = vma.vm_file.f_inode
    size = vma.vm_end - vma.vm_start
    if not vma.vm_pgoff and size >= inode.i_size:
        return len(inode.i_mapping.i_swapped) * PAGE_SIZE
    end = vma.vm_pgoff + (size >> PAGE_SHIFT)
    return shmem_partial_swap_usage(inode.i_mapping, vma.vm_pgoff, end)
