"""Faulting pages in before they are touched (MAP_POPULATE, mlock, MADV_POPULATE), or for others."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import (
    VM_IO,
    VM_LOCKONFAULT,
    VM_MAYREAD,
    VM_PFNMAP,
    VM_READ,
    VM_SHARED,
    VM_WRITE,
)
from vmlab.model.linux.arch.x86.include.current import get_current
from vmlab.model.linux.include.mm import (
    FAULT_FLAG_UNSHARE,
    FAULT_FLAG_WRITE,
    VM_FAULT_ERROR,
    VM_FAULT_MAJOR,
    VM_FAULT_OOM,
    VM_FAULT_RETRY,
    vma_is_accessible,
)
from vmlab.model.linux.include.page_flags import PG_ANON_EXCLUSIVE, PG_DIRTY
from vmlab.model.linux.include.structs import MmStruct, Page, VmAreaStruct
from vmlab.model.linux.kernel.signal import fatal_signal_pending
from vmlab.model.linux.mm.memory import handle_mm_fault, mm_account_fault
from vmlab.model.linux.mm.pgtable import PRESENT, get_pte, pte_page
from vmlab.model.linux.mm.rmap import vma_mark_accessed
from vmlab.model.linux.mm.swap import lru_add_drain
from vmlab.model.linux.mm.vma import find_vma, find_vma_in_tree, find_vma_intersection
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, RW, D
from vmlab.model.trace.decorators import traced


def faultin_page(vma: VmAreaStruct, addr: int, flags: int) -> int:
    """Handle the fault of one page that is to be brought in; return its VM_FAULT_* bits.

    Raises:
        LinuxError: ENOMEM, EFAULT.

    Emits: what handle_mm_fault emits.
    Source: mm/gup.c: faultin_page() [v6.18].
    """
    fault = handle_mm_fault(vma, addr, flags)
    if fault & VM_FAULT_OOM:
        raise LinuxError(errno.ENOMEM, "out_of_frames")
    if fault & VM_FAULT_ERROR:
        raise LinuxError(errno.EFAULT, "page_not_brought_in", addr=addr)
    if fault & VM_FAULT_RETRY:  # a second attempt always counts as a major fault
        fault |= VM_FAULT_MAJOR
    return fault


def _fault_in(vma: VmAreaStruct, addr: int, write: bool, *, anew: bool = False) -> None:
    # One page; one that may be accessed already is only touched. If a second attempt begins anew,
    # it finds the page that the first one read, and counts as a minor fault.
    mm = vma.vm_mm
    pte = get_pte(mm, addr)
    if pte & PRESENT and (not write or pte & RW):
        page = pte_page(mm, pte)
        if write and page is not None and not pte & D:
            page.flags |= PG_DIRTY
        _touch(vma, page)
        return
    fault = faultin_page(vma, addr, FAULT_FLAG_WRITE if write else 0)
    mm_account_fault(get_current(mm.system), 0 if anew and fault & VM_FAULT_RETRY else fault)
    _touch(vma, pte_page(mm, get_pte(mm, addr)))


def _touch(vma: VmAreaStruct, page: Page | None) -> None:
    # What faulting in does to the page that it found or brought (FOLL_TOUCH).
    if page is not None:
        vma_mark_accessed(vma, page)


def _check_pending(vma: VmAreaStruct) -> None:
    if fatal_signal_pending(vma.vm_mm.system):
        raise LinuxError(errno.EINTR, "interrupted")


@traced
def populate_vma_page_range(vma: VmAreaStruct, start: int, end: int) -> None:
    """Fault in every page of a range: for writing if it is private and writable, else for reading.

    Raises:
        LinuxError: EFAULT if nothing may be read there, or past the end of a file; ENOMEM;
            EINTR.

    Source: mm/gup.c: populate_vma_page_range() [v6.18].
    """
    if vma.vm_flags & VM_LOCKONFAULT:
        return
    write = vma.vm_flags & (VM_WRITE | VM_SHARED) == VM_WRITE
    force = vma_is_accessible(vma)
    if not write and not vma.vm_flags & VM_READ and not (force and vma.vm_flags & VM_MAYREAD):
        raise LinuxError(errno.EFAULT, "vma_allows_no_access")
    try:
        for addr in range(start, end, PAGE_SIZE):
            _check_pending(vma)
            _fault_in(vma, addr, write, anew=True)
    finally:
        lru_add_drain(vma.vm_mm.system)


@traced
def mm_populate(mm: MmStruct, start: int, length: int, *, ignore_errors: bool = True) -> None:
    """Fault in every page of the VMAs in a range; holes are passed over.

    Args:
        mm: address space.
        start: bytes.
        length: bytes.
        ignore_errors: go on with the next VMA after a failure.

    Raises:
        LinuxError: EFAULT, ENOMEM, unless errors are ignored.

    Source: mm/gup.c: __mm_populate() [v5.4].
    """
    end = start + length
    vma = find_vma_intersection(mm, start, end) if length else None
    while vma is not None and vma.vm_start < end:
        if not vma.vm_flags & (VM_IO | VM_PFNMAP):
            try:
                populate_vma_page_range(vma, max(start, vma.vm_start), min(end, vma.vm_end))
            except LinuxError:
                if not ignore_errors:
                    raise
        vma = vma.vm_next


@traced
def madvise_populate(mm: MmStruct, start: int, end: int, write: bool) -> None:
    """Fault in every page of a range as an access would.

    Raises:
        LinuxError: ENOMEM at a hole, EINVAL if a VMA forbids the access, EFAULT past the end of a
            file or in a guard region. Pages before stay populated.

    Source: mm/madvise.c: madvise_populate() [v6.18].
    """
    addr = start
    try:
        while addr < end:
            vma = find_vma(mm, addr)
            if vma is None or vma.vm_start > addr:
                raise LinuxError(errno.ENOMEM, "nothing_mapped_at", addr=addr)
            if vma.vm_flags & (VM_IO | VM_PFNMAP) or not vma.vm_flags & (
                VM_WRITE if write else VM_READ
            ):
                raise LinuxError(errno.EINVAL, "vma_forbids_access", vma=vma.vm_start)
            stop = min(end, vma.vm_end)
            for page in range(addr, stop, PAGE_SIZE):
                _check_pending(vma)
                _fault_in(vma, page, write)
            addr = stop
    finally:
        lru_add_drain(mm.system)


def _check_vma_flags(vma: VmAreaStruct, write: bool) -> None:
    allowed = vma.vm_flags & (VM_WRITE if write else VM_READ)
    if vma.vm_flags & (VM_IO | VM_PFNMAP) or not allowed:
        raise LinuxError(errno.EFAULT, "vma_forbids_access", vma=vma.vm_start)


def gup_must_unshare(pte: int, page: Page | None) -> bool:
    """Say whether a frame that is read may be written to by others, unseen by the reader.

    Source: mm/internal.h: gup_must_unshare() [v6.18].
    """
    if pte & RW or page is None or page.kind != "anon":
        return False
    return not page.flags & PG_ANON_EXCLUSIVE


def _pin_page(vma: VmAreaStruct, addr: int, write: bool) -> int:
    # The frame of one page, after the faults that it takes: they count as those of the caller.
    mm = vma.vm_mm
    while True:
        pte = get_pte(mm, addr)
        page = pte_page(mm, pte) if pte & PRESENT else None
        flags = FAULT_FLAG_WRITE if write else 0
        if pte & PRESENT and (pte & RW or not write):
            if write or not gup_must_unshare(pte, page):
                break
            flags = FAULT_FLAG_UNSHARE
        mm_account_fault(get_current(mm.system), faultin_page(vma, addr, flags))
    if write and page is not None:
        page.flags |= PG_DIRTY
    _touch(vma, page)
    return (pte & PFN_MASK) >> PFN_SHIFT


@traced
def pin_user_pages_remote(mm: MmStruct, start: int, nr_pages: int, write: bool) -> list[int]:
    """Return the frames of pages of any address space, up to the first that cannot be reached.

    A private frame that others could write to is copied first, even for a reader.

    Args:
        mm: address space.
        start: bytes, page aligned.
        nr_pages: how many, at least one.
        write: whether they are to be written to.

    Raises:
        LinuxError: EFAULT, ENOMEM, EINTR if the first page cannot be reached.

    Emits: what handle_mm_fault emits.
    Source: mm/gup.c: pin_user_pages_remote(), __get_user_pages() [v6.18].
    Left out: that the frames are held meanwhile.
    """
    frames: list[int] = []
    try:
        for addr in range(start, start + nr_pages * PAGE_SIZE, PAGE_SIZE):
            vma = find_vma_in_tree(mm, addr)
            if vma is None or addr < vma.vm_start:
                raise LinuxError(errno.EFAULT, "nothing_mapped_at", addr=addr)
            _check_vma_flags(vma, write)
            _check_pending(vma)
            frames.append(_pin_page(vma, addr, write))
    except LinuxError:
        if not frames:
            raise
    return frames
