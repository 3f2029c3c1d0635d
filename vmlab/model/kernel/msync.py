"""Small calls that look at a range: msync, mincore, mseal."""

from __future__ import annotations

from vmlab import errno
from vmlab.errors import LinuxError
from vmlab.model.kernel.merge import vma_modify
from vmlab.model.kernel.mm_types import MmStruct, VmAreaStruct
from vmlab.model.kernel.mman import (
    MS_ASYNC,
    MS_INVALIDATE,
    MS_SYNC,
    ULONG_MAX,
    VM_LOCKED,
    VM_SEALED,
    VM_STICKY,
)
from vmlab.model.kernel.mprotect import set_vma_flags
from vmlab.model.kernel.pgtable import PRESENT, present_ptes
from vmlab.model.kernel.sched import TaskStruct
from vmlab.model.kernel.uaccess import access_ok, copy_to_user
from vmlab.model.kernel.vma import find_vma
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, page_align
from vmlab.model.trace import traced


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


@traced
def do_mincore(task: TaskStruct, start: int, length: int, vec: int | None) -> bytes:
    """Tell, a byte for each page, whether it is in memory.

    Args:
        task: the caller.
        start: bytes, page aligned.
        length: bytes.
        vec: where in user memory the answer goes; None = it is only returned.

    Raises:
        LinuxError: EINVAL for alignment; ENOMEM past user space or at a hole (what comes before
            has been stored); EFAULT if it cannot be stored.

    Source: mm/mincore.c: SYSCALL_DEFINE3(mincore) [v5.4].
    """
    mm = task.mm
    assert mm is not None
    if start & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, f"{start:#x} is not page aligned")
    if start + length > mm.task_size:
        raise LinuxError(errno.ENOMEM, "the range leaves user space")
    end = start + page_align(length)
    if vec is not None and not access_ok(task, vec, (end - start) >> PAGE_SHIFT):
        raise LinuxError(errno.EFAULT, "the vector leaves user space")
    answer = bytearray()
    while start < end:
        vma = find_vma(mm, start)
        if vma is None or vma.vm_start > start:
            raise LinuxError(errno.ENOMEM, f"nothing is mapped at {start:#x}")
        stop = min(end, vma.vm_end, start + PAGE_SIZE * PAGE_SIZE)
        part = _in_core(vma, start, stop)
        if vec is not None and copy_to_user(task.system, vec + len(answer), part):
            raise LinuxError(errno.EFAULT, "the vector cannot be stored")
        answer += part
        start = stop
    return bytes(answer)


def _in_core(vma: VmAreaStruct, start: int, stop: int) -> bytes:
    # A byte for each page of a part of one VMA.
    nr_pages = (stop - start) >> PAGE_SHIFT
    if vma.vm_ops is not None and vma.vm_file is None:  # [vdso], [vvar]
        return b"\1" * nr_pages
    found = bytearray(nr_pages)
    for addr, pte in present_ptes(vma.vm_mm, start, stop):
        found[(addr - start) >> PAGE_SHIFT] = bool(pte & PRESENT)
    if vma.vm_file is not None and vma.vm_ops is not None:
        first = vma.vm_pgoff + ((start - vma.vm_start) >> PAGE_SHIFT)
        for index in vma.vm_file.f_inode.i_mapping.i_pages:
            if first <= index < first + nr_pages:
                found[index - first] = 1
    return bytes(found)


@traced
def do_mseal(mm: MmStruct, start: int, length: int, flags: int) -> None:
    """Make the mappings of a range unchangeable: no other rights, no move, no unmapping.

    Raises:
        LinuxError: EINVAL for flags, alignment or a wrap; ENOMEM at a hole.

    Emits: vma_split, vma_merge, vma_not_merged, vma_flags.
    Source: mm/mseal.c: do_mseal() [v6.18].
    """
    if flags:
        raise LinuxError(errno.EINVAL, "unknown flags")
    if start & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, f"{start:#x} is not page aligned")
    size = page_align(length) & ULONG_MAX
    if (length and not size) or start + size >= 1 << 64:
        raise LinuxError(errno.EINVAL, "the range wraps around")
    end = start + size
    addr = start
    while addr < end:
        vma = find_vma(mm, addr)
        if vma is None or vma.vm_start > addr:
            raise LinuxError(errno.ENOMEM, f"nothing is mapped at {addr:#x}")
        addr = vma.vm_end
    while start < end:
        vma = find_vma(mm, start)
        assert vma is not None
        if not vma.vm_flags & VM_SEALED:
            flags = vma.vm_flags | VM_SEALED
            vma = vma_modify(vma, start, min(end, vma.vm_end), flags)
            set_vma_flags(vma, flags | vma.vm_flags & VM_STICKY)
        start = vma.vm_end
