"""msync: writing mapped files back."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import MS_ASYNC, MS_INVALIDATE, MS_SYNC, ULONG_MAX, VM_LOCKED, VM_SHARED
from vmlab.model.linux.fs.sync import vfs_fsync_range
from vmlab.model.linux.include.structs import MmStruct
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, page_align
from vmlab.model.trace.decorators import traced


@traced
def do_msync(mm: MmStruct, start: int, length: int, flags: int) -> None:
    """Write the pages of a range back that shared mappings have made dirty, with MS_SYNC.

    Raises:
        LinuxError: EINVAL for flags or alignment, ENOMEM at a hole, EBUSY for MS_INVALIDATE on
            locked memory.

    Emits: what vfs_fsync_range emits.
    Source: mm/msync.c: SYSCALL_DEFINE3(msync) [v5.4].
    """
    if flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if start & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, "not_page_aligned", addr=start)
    if flags & MS_ASYNC and flags & MS_SYNC:
        raise LinuxError(errno.EINVAL, "ms_async_and_ms_sync")
    end = start + (page_align(length) & ULONG_MAX)
    if end >= 1 << 64:
        raise LinuxError(errno.ENOMEM, "range_wraps")
    hole = False
    vma = find_vma(mm, start)
    while start < end:
        if vma is None:
            raise LinuxError(errno.ENOMEM, "nothing_mapped_from", addr=start)
        if start < vma.vm_start:
            hole = True
            if flags == MS_ASYNC or vma.vm_start >= end:
                break
            start = vma.vm_start
        if flags & MS_INVALIDATE and vma.vm_flags & VM_LOCKED:
            raise LinuxError(errno.EBUSY, "vma_locked", vma=vma.vm_start)
        stop = min(end, vma.vm_end)
        if flags & MS_SYNC and vma.vm_file is not None and vma.vm_flags & VM_SHARED:
            offset = (vma.vm_pgoff << PAGE_SHIFT) + start - vma.vm_start
            vfs_fsync_range(mm.system, vma.vm_file, offset, offset + stop - start)
        start = vma.vm_end
        vma = vma.vm_next
    if hole:
        raise LinuxError(errno.ENOMEM, "range_has_holes")
