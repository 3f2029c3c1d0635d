"""remap_file_pages: other pages of a file in a part of its mapping. Linux has it in mm/mmap.c."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import (
    MAP_FIXED,
    MAP_LOCKED,
    MAP_NONBLOCK,
    MAP_POPULATE,
    MAP_SHARED,
    ULONG_MAX,
    VM_ACCESS_FLAGS,
    VM_LOCKED,
    VM_SHARED,
)
from vmlab.model.linux.fs.file_table import fput
from vmlab.model.linux.include.structs import MmStruct, VmAreaStruct
from vmlab.model.linux.mm.mmap import do_mmap
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT
from vmlab.model.trace.decorators import traced


@traced
def remap_file_pages(
    mm: MmStruct, start: int, size: int, prot: int, pgoff: int, flags: int
) -> None:
    """Map other pages of its file over a part of a shared mapping, with the rights that it has.

    Args:
        mm: address space.
        start: bytes, rounded down to its page.
        size: bytes, rounded down to whole pages.
        prot: must be 0.
        pgoff: pages: which place of the file is shown.
        flags: only MAP_NONBLOCK counts: no page is brought in.

    Raises:
        LinuxError: EINVAL for `prot`, an empty range or one that wraps around, and if it is not
            part of shared mappings of one file with the same flags; what mmap raises.

    Emits: what do_mmap emits.
    Source: mm/mmap.c: SYSCALL_DEFINE5(remap_file_pages) [v6.18].
    """
    start, size = start & PAGE_MASK, size & PAGE_MASK
    if prot:
        raise LinuxError(errno.EINVAL, "unknown_prot_bits")
    if (start + size) & ULONG_MAX <= start:
        raise LinuxError(errno.EINVAL, "range_wraps" if size else "length_zero")
    if pgoff + (size >> PAGE_SHIFT) > ULONG_MAX:
        raise LinuxError(errno.EINVAL, "offset_beyond_largest_file")
    vma = find_vma(mm, start)
    if vma is None or vma.vm_start > start:
        raise LinuxError(errno.EINVAL, "nothing_mapped_at", addr=start)
    if not vma.vm_flags & VM_SHARED:
        raise LinuxError(errno.EINVAL, "not_shared", vma=vma.vm_start)
    _check_alike(vma, start + size)
    flags = flags & MAP_NONBLOCK | MAP_SHARED | MAP_FIXED | MAP_POPULATE
    if vma.vm_flags & VM_LOCKED:
        flags |= MAP_LOCKED
    file = vma.vm_file
    assert file is not None
    file.f_count += 1  # the mapping that goes may be all that holds it
    try:
        do_mmap(mm, file, start, size, vma.vm_flags & VM_ACCESS_FLAGS, flags, pgoff)
    finally:
        fput(mm.system, file)


def _check_alike(vma: VmAreaStruct, end: int) -> None:
    # Do the VMAs up to there follow each other, with the same file and flags?
    last = vma
    while last.vm_end < end:
        next_ = last.vm_next
        if next_ is None or next_.vm_start != last.vm_end:
            raise LinuxError(errno.EINVAL, "nothing_mapped_at", addr=last.vm_end)
        if next_.vm_file is not vma.vm_file:
            raise LinuxError(errno.EINVAL, "file_differs")
        if next_.vm_flags != vma.vm_flags:
            raise LinuxError(errno.EINVAL, "vma_differs", vma=next_.vm_start)
        last = next_
