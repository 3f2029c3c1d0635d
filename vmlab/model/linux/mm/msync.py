"""msync: writing mapped files back."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import MS_ASYNC, MS_INVALIDATE, MS_SYNC, ULONG_MAX, VM_LOCKED
from vmlab.model.linux.include.structs import MmStruct
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_MASK, page_align
from vmlab.model.trace.decorators import traced


@traced
def do_msync(mm: MmStruct, start: int, length: int, flags: int) -> None:
    """Check a range as msync(2) does; tmpfs has nothing to write back.

    Raises:
        LinuxError: EINVAL for flags or alignment, ENOMEM at a hole, EBUSY for MS_INVALIDATE on
            locked memory.

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
        if flags & MS_INVALIDATE and vma.vm_flags & VM_LOCKED:
            raise LinuxError(errno.EBUSY, "vma_locked", vma=vma.vm_start)
        start = vma.vm_end
        vma = vma.vm_next
    if hole:
        raise LinuxError(errno.ENOMEM, "range_has_holes")
