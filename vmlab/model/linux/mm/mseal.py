"""mseal: making mappings unchangeable."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import ULONG_MAX, VM_SEALED, VM_STICKY
from vmlab.model.linux.include.structs import MmStruct
from vmlab.model.linux.mm.mprotect import set_vma_flags
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.linux.mm.vma_merge import vma_modify
from vmlab.model.mmu.page import PAGE_MASK, page_align
from vmlab.model.trace.decorators import traced


@traced
def do_mseal(mm: MmStruct, start: int, length: int, flags: int) -> None:
    """Make the mappings of a range unchangeable: no other rights, no move, no unmapping.

    Raises:
        LinuxError: EINVAL for flags, alignment or a wrap; ENOMEM at a hole.

    Emits: vma_split, vma_merge, vma_not_merged, vma_flags.
    Source: mm/mseal.c: do_mseal() [v6.18].
    """
    if flags:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if start & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, "not_page_aligned", addr=start)
    size = page_align(length) & ULONG_MAX
    if (length and not size) or start + size >= 1 << 64:
        raise LinuxError(errno.EINVAL, "range_wraps")
    end = start + size
    addr = start
    while addr < end:
        vma = find_vma(mm, addr)
        if vma is None or vma.vm_start > addr:
            raise LinuxError(errno.ENOMEM, "nothing_mapped_at", addr=addr)
        addr = vma.vm_end
    while start < end:
        vma = find_vma(mm, start)
        assert vma is not None
        if not vma.vm_flags & VM_SEALED:
            flags = vma.vm_flags | VM_SEALED
            vma = vma_modify(vma, start, min(end, vma.vm_end), flags)
            set_vma_flags(vma, flags | vma.vm_flags & VM_STICKY)
        start = vma.vm_end
