"""mlock, mlockall and their kin: pages that stay in memory.

Linux's own limit, RLIMIT_MEMLOCK, does not bind root.
"""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import (
    MCL_CURRENT,
    MCL_FUTURE,
    MCL_ONFAULT,
    MLOCK_ONFAULT,
    ULONG_MAX,
    VM_DROPPABLE,
    VM_LOCKED,
    VM_LOCKED_MASK,
    VM_LOCKONFAULT,
    VM_SPECIAL,
    VM_STICKY,
)
from vmlab.model.linux.include.structs import MmStruct, VmAreaStruct
from vmlab.model.linux.mm.gup import mm_populate
from vmlab.model.linux.mm.mprotect import set_vma_flags
from vmlab.model.linux.mm.pgtable import PRESENT, present_ptes, pte_page
from vmlab.model.linux.mm.swap import lru_add_drain, mlock_folio
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.linux.mm.vma_merge import vma_modify
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, page_align
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import vma as vma_events
from vmlab.model.trace.hook import emit


def _whole_pages(start: int, length: int) -> tuple[int, int]:
    size = page_align(length + start % PAGE_SIZE) & ULONG_MAX
    return start & PAGE_MASK, size


@traced
def do_mlock(mm: MmStruct, start: int, length: int, flags: int = VM_LOCKED) -> None:
    """Lock the pages of a range and fault them in.

    Args:
        mm: address space.
        start: bytes, rounded down to its page.
        length: bytes, rounded up.
        flags: with VM_LOCKONFAULT none is faulted in.

    Raises:
        LinuxError: EINVAL if the range wraps; ENOMEM at a hole or where a page cannot be brought
            in (VMAs before stay locked); EAGAIN without memory; EINTR.

    Emits: vma_split, vma_merge, vma_not_merged, vma_flags, pte_set.
    Source: mm/mlock.c: do_mlock() [v5.4].
    """
    start, size = _whole_pages(start, length)
    apply_vma_lock_flags(mm, start, size, flags)
    try:
        mm_populate(mm, start, size, ignore_errors=False)
    except LinuxError as failure:
        raise LinuxError(_posix_error(failure.errno or 0), failure.check) from None


def _posix_error(code: int) -> int:
    # What POSIX says of a page that was not brought in.
    # Source: mm/mlock.c: __mlock_posix_error_return() [v5.4].
    return {errno.EFAULT: errno.ENOMEM, errno.ENOMEM: errno.EAGAIN}.get(code, code)


@traced
def mlock2(mm: MmStruct, start: int, length: int, flags: int) -> None:
    """Lock the pages of a range, now or as each is first touched.

    Args:
        mm: address space.
        start: bytes, rounded down to its page.
        length: bytes, rounded up.
        flags: MLOCK_* bits.

    Raises:
        LinuxError: EINVAL for unknown flags, then as `do_mlock`.

    Emits: vma_split, vma_merge, vma_not_merged, vma_flags, pte_set.
    Source: mm/mlock.c: SYSCALL_DEFINE3(mlock2) [v5.4].
    """
    if flags & ~MLOCK_ONFAULT:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    onfault = VM_LOCKONFAULT if flags & MLOCK_ONFAULT else 0
    do_mlock(mm, start, length, VM_LOCKED | onfault)


@traced
def mlockall(mm: MmStruct, flags: int) -> None:
    """Lock everything that is mapped now, all that will be mapped, or both.

    Args:
        mm: address space.
        flags: MCL_* bits.

    Raises:
        LinuxError: EINVAL for unknown flags, and without MCL_CURRENT or MCL_FUTURE.

    Emits: mm_def_flags, vma_merge, vma_not_merged, vma_flags, pte_set.
    Source: mm/mlock.c: SYSCALL_DEFINE1(mlockall) [v5.4].
    """
    if flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if not flags & (MCL_CURRENT | MCL_FUTURE):
        raise LinuxError(errno.EINVAL, "neither_current_nor_future")
    apply_mlockall_flags(mm, flags)
    if flags & MCL_CURRENT:
        mm_populate(mm, 0, mm.task_size)


@traced
def munlockall(mm: MmStruct) -> None:
    """Unlock everything, and lock nothing more of what will be mapped.

    Emits: mm_def_flags, vma_merge, vma_not_merged, vma_flags.
    Source: mm/mlock.c: SYSCALL_DEFINE0(munlockall) [v5.4].
    """
    apply_mlockall_flags(mm, 0)


def apply_mlockall_flags(mm: MmStruct, flags: int) -> None:
    """Set or clear VM_LOCKED for new VMAs, and for those there are.

    Those that there are stay as they are with MCL_FUTURE alone.

    Emits: mm_def_flags, and what mlock_fixup emits.
    Source: mm/mlock.c: apply_mlockall_flags() [v5.4].
    """
    lock = VM_LOCKED | (VM_LOCKONFAULT if flags & MCL_ONFAULT else 0)
    old_flags = mm.def_flags
    mm.def_flags = old_flags & ~VM_LOCKED_MASK | (lock if flags & MCL_FUTURE else 0)
    if mm.def_flags != old_flags:
        emit(mm, vma_events.MmDefFlags, mm.number, old_flags, mm.def_flags)
    if flags & MCL_FUTURE and not flags & MCL_CURRENT:
        return
    vma = mm.mmap
    while vma is not None:
        vma = mlock_fixup(vma, vma.vm_start, vma.vm_end, lock if flags & MCL_CURRENT else 0)
        vma = vma.vm_next


@traced
def do_munlock(mm: MmStruct, start: int, length: int) -> None:
    """Unlock the pages of a range.

    Raises:
        LinuxError: EINVAL if the range wraps, ENOMEM at a hole.

    Emits: vma_split, vma_merge, vma_not_merged, vma_flags.
    Source: mm/mlock.c: SYSCALL_DEFINE2(munlock) [v5.4].
    """
    start, size = _whole_pages(start, length)
    apply_vma_lock_flags(mm, start, size, 0)


def apply_vma_lock_flags(mm: MmStruct, start: int, length: int, flags: int) -> None:
    """Set or clear VM_LOCKED, VMA by VMA, up to the first hole.

    Raises:
        LinuxError: EINVAL if the range wraps, ENOMEM at a hole.

    Source: mm/mlock.c: apply_vma_lock_flags() [v5.4].
    """
    end = start + length
    if end >= 1 << 64:
        raise LinuxError(errno.EINVAL, "range_wraps")
    vma = find_vma(mm, start) if length else None
    while start < end:
        if vma is None or vma.vm_start > start:
            raise LinuxError(errno.ENOMEM, "nothing_mapped_at", addr=start)
        vma = mlock_fixup(vma, start, min(end, vma.vm_end), flags)
        start = vma.vm_end
        vma = vma.vm_next


def mlock_fixup(vma: VmAreaStruct, start: int, end: int, flags: int) -> VmAreaStruct:
    """Lock or unlock part of one VMA; return the VMA that covers it now.

    Raises:
        LinuxError: ENOMEM where a split would exceed max_map_count.

    Source: mm/mlock.c: mlock_fixup() [v5.4].
    """
    oldflags = vma.vm_flags
    newflags = oldflags & ~VM_LOCKED_MASK | flags
    if newflags == oldflags or oldflags & (VM_SPECIAL | VM_DROPPABLE):
        return vma
    vma = vma_modify(vma, start, end, newflags)
    nr_pages = (end - start) >> PAGE_SHIFT
    if not flags & VM_LOCKED:
        vma.vm_mm.locked_vm -= nr_pages
    elif not oldflags & VM_LOCKED:
        vma.vm_mm.locked_vm += nr_pages
    set_vma_flags(vma, newflags | vma.vm_flags & VM_STICKY)
    if not oldflags & newflags & VM_LOCKED:
        mlock_vma_pages_range(vma, start, end)
    return vma


def mlock_vma_pages_range(vma: VmAreaStruct, start: int, end: int) -> None:
    """Put the pages of a range that was locked, or unlocked, onto the list where they belong.

    Source: mm/mlock.c: mlock_vma_pages_range() [v6.18].
    """
    mm = vma.vm_mm
    lru_add_drain(mm.system)
    for _, pte in present_ptes(mm, start, end):
        page = pte_page(mm, pte) if pte & PRESENT else None
        if page is not None:
            mlock_folio(mm.system, page)
    lru_add_drain(mm.system)
