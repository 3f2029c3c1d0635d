"""Bringing pages of a file of a disk into the page cache: for read(2), and for a fault.

In Linux's mm/filemap.c.
"""

from __future__ import annotations

from vmlab.model.abi.mman import VM_EXEC, VM_HUGEPAGE, VM_RAND_READ, VM_SEQ_READ
from vmlab.model.linux.include.mm import (
    FAULT_FLAG_TRIED,
    VM_FAULT_MAJOR,
    VM_FAULT_RETRY,
    VmFault,
    vma_pages,
)
from vmlab.model.linux.include.page_flags import PG_READAHEAD, PG_UPTODATE
from vmlab.model.linux.include.structs import AddressSpace, File, Page, System
from vmlab.model.linux.mm.filemap import filemap_add_folio, find_get_page
from vmlab.model.linux.mm.page_alloc import alloc_page
from vmlab.model.linux.mm.readahead import (
    page_cache_async_ra,
    page_cache_ra_order,
    page_cache_sync_ra,
)
from vmlab.model.linux.mm.swap import PAGEVEC_SIZE
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE

_MMAP_LOTSAMISS = 100
_HPAGE_PMD_NR = 512


def filemap_get_pages(system: System, file: File, pos: int, count: int) -> int:
    """Bring in what read(2) copies next; return the page after the last that is there.

    Args:
        system: the kernel.
        file: the open file.
        pos: bytes, in the file.
        count: bytes that are asked for.

    Raises:
        OutOfMemory: no frame for a page.

    Emits: mm_page_alloc, pagecache_add.
    Source: mm/filemap.c: filemap_get_pages() [v6.18].
    """
    mapping = file.f_inode.i_mapping
    index, last_index = pos >> PAGE_SHIFT, -(-(pos + count) // PAGE_SIZE)
    batch = _get_read_batch(file, index, last_index)
    if not batch:
        page_cache_sync_ra(system, file, index, last_index - index)
        batch = _get_read_batch(file, index, last_index)
    if not batch:
        batch = [filemap_create_folio(system, mapping, index)]
    page = batch[-1]
    if page.flags & PG_READAHEAD:
        page_cache_async_ra(system, file, page, last_index - page.index)
    if not page.flags & PG_UPTODATE:
        if len(batch) > 1:  # it is read when those before it are copied
            return page.index
        page.flags |= PG_UPTODATE
    return page.index + 1


def filemap_create_folio(system: System, mapping: AddressSpace, index: int) -> Page:
    """Return a new page of a file, which nobody has filled yet.

    Raises:
        OutOfMemory: no frame for the page.

    Emits: mm_page_alloc, pagecache_add.
    Source: mm/filemap.c: filemap_create_folio() [v6.18].
    """
    page = alloc_page(system, "file")
    filemap_add_folio(system, mapping, index, page, 0)
    return page


def _get_read_batch(file: File, index: int, last_index: int) -> list[Page]:
    # Pages that follow each other. Source: mm/filemap.c: filemap_get_read_batch() [v6.18].
    batch: list[Page] = []
    for place in range(index, min(last_index, index + PAGEVEC_SIZE)):
        page = find_get_page(file.f_inode.i_mapping, place)
        if page is None:
            break
        batch.append(page)
        if not page.flags & PG_UPTODATE or page.flags & PG_READAHEAD:
            break
    return batch


def filemap_fault(vmf: VmFault) -> int:
    """Find the page of a fault, or read it; return VM_FAULT_* bits.

    After reading, the fault begins anew: it may find neighbours that were read too.

    Raises:
        OutOfMemory: no frame for a page.

    Emits: mm_page_alloc, pagecache_add.
    Source: mm/filemap.c: filemap_fault() [v6.18].
    """
    vma = vmf.vma
    system, file = vma.vm_mm.system, vma.vm_file
    assert file is not None
    mapping = file.f_inode.i_mapping
    page = find_get_page(mapping, vmf.pgoff)
    fault = 0
    if page is not None:
        again = _do_async_mmap_readahead(vmf, file, page)
    else:
        fault = VM_FAULT_MAJOR
        again = _do_sync_mmap_readahead(vmf, file)
        page = find_get_page(mapping, vmf.pgoff)
        if page is None:
            page = filemap_create_folio(system, mapping, vmf.pgoff)
    if not page.flags & PG_UPTODATE:
        page.flags |= PG_UPTODATE
        again = True
    if again and not vmf.flags & FAULT_FLAG_TRIED:
        return fault | VM_FAULT_RETRY
    vmf.page = page
    return fault


def _do_sync_mmap_readahead(vmf: VmFault, file: File) -> bool:
    # Read around a page that is missing; say whether that was worth it.
    # Source: mm/filemap.c: do_sync_mmap_readahead() [v6.18].
    system, flags, ra = vmf.vma.vm_mm.system, vmf.vma.vm_flags, file.f_ra
    if flags & VM_HUGEPAGE:
        size = _HPAGE_PMD_NR if flags & VM_RAND_READ else 2 * _HPAGE_PMD_NR
        file.f_ra = ra._replace(size=size, async_size=_HPAGE_PMD_NR)
        page_cache_ra_order(system, file, vmf.pgoff & -_HPAGE_PMD_NR)
        return True
    if flags & VM_RAND_READ:
        return False
    if flags & VM_SEQ_READ:
        page_cache_sync_ra(system, file, vmf.pgoff, ra.ra_pages)
        return True
    miss = min(ra.mmap_miss + 1, _MMAP_LOTSAMISS * 10)
    file.f_ra = ra._replace(mmap_miss=miss)
    if miss > _MMAP_LOTSAMISS:
        return False
    start, size = max(0, vmf.pgoff - ra.ra_pages // 2), ra.ra_pages
    ahead = ra.ra_pages // 4
    if flags & VM_EXEC:  # code: not what lies before, nor beyond the VMA
        end = vmf.vma.vm_pgoff + vma_pages(vmf.vma)
        start, size, ahead = vmf.pgoff, min(size, end - vmf.pgoff), 0
    file.f_ra = file.f_ra._replace(start=start, size=size, async_size=ahead)
    page_cache_ra_order(system, file, start)
    return True


def _do_async_mmap_readahead(vmf: VmFault, file: File, page: Page) -> bool:
    # Read on if the page is one that says so; say whether it did.
    # Source: mm/filemap.c: do_async_mmap_readahead() [v6.18].
    if vmf.vma.vm_flags & VM_RAND_READ:
        return False
    count_mmap_hits(file, 1)
    if not page.flags & PG_READAHEAD:
        return False
    page_cache_async_ra(vmf.vma.vm_mm.system, file, page, file.f_ra.ra_pages)
    return True


def count_mmap_hits(file: File, hits: int) -> None:
    """Count faults that found their page in the cache.

    Source: mm/filemap.c: filemap_map_pages() [v6.18].
    """
    file.f_ra = file.f_ra._replace(mmap_miss=max(0, file.f_ra.mmap_miss - hits))
