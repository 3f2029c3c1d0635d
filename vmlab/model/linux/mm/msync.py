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
        raise LinuxError(errno.EINVAL, "unknown flags")
    if start & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, f"{start:#x} is not page aligned")
    if flags & MS_ASYNC and flags & MS_SYNC:
        raise LinuxError(errno.EINVAL, "MS_ASYNC and MS_SYNC exclude each other")
    end = start + (page_align(length) & ULONG_MAX)
    if end >= 1 << 64:
        raise LinuxError(errno.ENOMEM, "the range wraps around")
    hole = False
    vma = find_vma(mm, start)
    while start < end:
        if vma is None:
            raise LinuxError(errno.ENOMEM, f"nothing is mapped from {start:#x} on")
        if start < vma.vm_start:
            hole = True
            if flags == MS_ASYNC or vma.vm_start >= end:
                break
        if flags & MS_INVALIDATE and vma.vm_flags & VM_LOCKED:
            raise LinuxError(errno.EBUSY, f"the VMA at {vma.vm_start:#x} is locked")
        start = vma.vm_end
        vma = vma.vm_next
    if hole:
        raise LinuxError(errno.ENOMEM, "parts of the range are not mapped")
