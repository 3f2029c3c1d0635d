"""tmpfs as the kernel uses it itself: shared anonymous memory, memfd, /dev/zero."""

from __future__ import annotations

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_WRITE
from vmlab.model.abi.mman import VM_NORESERVE
from vmlab.model.linux.arch.x86.include.current import get_current
from vmlab.model.linux.fs.file_table import alloc_file
from vmlab.model.linux.fs.inode import alloc_inode
from vmlab.model.linux.include.fs import (
    DEV_SHMEM,
    FMODE_READ,
    FMODE_WRITE,
    MAX_LFS_FILESIZE,
    S_IFREG,
)
from vmlab.model.linux.include.page_flags import PG_UPTODATE
from vmlab.model.linux.include.structs import (
    AddressSpace,
    File,
    Inode,
    Page,
    System,
    VmAreaStruct,
    shmem_vm_ops,
)
from vmlab.model.linux.mm.filemap import filemap_add_folio
from vmlab.model.linux.mm.page_alloc import alloc_page, put_page
from vmlab.model.linux.mm.shmem_acct import shmem_acct_blocks
from vmlab.model.linux.mm.shmem_swap import shmem_swapin_folio
from vmlab.model.linux.mm.util import vm_enough_memory
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE, page_align
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

_ZEROED = because("bytes_zeroed")
_WRITE_SEALS = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE


def shmem_file_setup(system: System, name: str, size: int, vm_flags: int) -> File:
    """Make a nameless file on the kernel's own tmpfs.

    Args:
        system: the kernel.
        name: what /proc/PID/maps shows, without ' (deleted)'.
        size: bytes.
        vm_flags: VM_NORESERVE keeps its size from being counted as committed.

    Raises:
        LinuxError: EINVAL past the largest file; ENOMEM if it is larger than the machine's memory.

    Source: mm/shmem.c: __shmem_file_setup() [v5.4].
    """
    if size > MAX_LFS_FILESIZE:
        raise LinuxError(errno.EINVAL, "end_past_largest_offset")
    noreserve = bool(vm_flags & VM_NORESERVE)
    if not noreserve:
        vm_enough_memory(system, get_current(system).mm, page_align(size) >> PAGE_SHIFT)
    inode = alloc_inode(system, S_IFREG, name, DEV_SHMEM)
    inode.noreserve = noreserve
    inode.i_nlink = 0
    inode.i_size = size
    return alloc_file(system, inode, FMODE_READ | FMODE_WRITE, f"{name} (deleted)")


def shmem_zero_setup(vma: VmAreaStruct) -> None:
    """Give a shared anonymous mapping an object of its own.

    Raises:
        LinuxError: ENOMEM if it is larger than the machine's memory.

    Source: mm/shmem.c: shmem_zero_setup() [v5.4].
    """
    size = vma.vm_end - vma.vm_start
    vma.vm_file = shmem_file_setup(vma.vm_mm.system, "/dev/zero", size, vma.vm_flags)
    vma.vm_ops = shmem_vm_ops


def shmem_getpage(
    system: System, mapping: AddressSpace, index: int, *, falloc: bool = False
) -> Page:
    """Return the page at an index; one in swap comes back, a hole becomes a page of zeros.

    Args:
        system: the kernel.
        mapping: the file's cache.
        index: pages.
        falloc: nobody uses the page yet (SGP_FALLOC): it counts as a hole until somebody does.

    Raises:
        OutOfMemory: no frame for the page.
        LinuxError: ENOSPC if no more memory may be promised.

    Emits: mm_page_alloc, pagecache_add, pagecache_write; what shmem_swapin_folio emits.
    Source: mm/shmem.c: shmem_getpage_gfp() [v5.4].
    """
    page = mapping.i_pages.get(index)
    if page is None and index in mapping.i_swapped:
        page, _ = shmem_swapin_folio(system, mapping, index)
    elif page is None:
        page = alloc_page(system, "file")
        try:
            shmem_acct_blocks(system, mapping.host, 1)
        except LinuxError:
            put_page(system, page)
            raise
        filemap_add_folio(system, mapping, index, page, 0 if falloc else PG_UPTODATE)
    elif not page.flags & PG_UPTODATE:  # a second fallocate uses it, too
        page.flags |= PG_UPTODATE
        ino = mapping.host.i_ino
        emit(system, file_events.PagecacheWrite, ino, index, page.pfn, 0, PAGE_SIZE, _ZEROED)
    return page


def shmem_setattr(inode: Inode, length: int) -> None:
    """Check that a file may get another length.

    Raises:
        LinuxError: EPERM if it is sealed against it.

    Source: mm/shmem.c: shmem_setattr() [v6.18].
    """
    if length < inode.i_size and inode.seals & F_SEAL_SHRINK:
        raise LinuxError(errno.EPERM, "sealed_against_shrinking")
    if length > inode.i_size and inode.seals & F_SEAL_GROW:
        raise LinuxError(errno.EPERM, "sealed_against_growing")


def shmem_write_begin(inode: Inode, pos: int, length: int) -> None:
    """Check that bytes may be written to a file.

    Raises:
        LinuxError: EPERM if it is sealed against it.

    Source: mm/shmem.c: shmem_write_begin() [v6.18].
    """
    if inode.seals & _WRITE_SEALS:
        raise LinuxError(errno.EPERM, "sealed_against_writing")
    if inode.seals & F_SEAL_GROW and pos + length > inode.i_size:
        raise LinuxError(errno.EPERM, "sealed_against_growing")
