"""Where a large mapping of a file is placed, so that huge pages would fit."""

from __future__ import annotations

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.linux.arch.x86.kernel.sys_x86_64 import mm_get_unmapped_area
from vmlab.model.linux.include.sched import MMF_TOPDOWN
from vmlab.model.linux.include.structs import MmStruct
from vmlab.model.linux.mm.vma_gap import area_chosen

PMD_SIZE = 1 << 21  # bytes: a transparent huge page

_ALIGNED = because("aligned_for_huge_pages")


def thp_get_unmapped_area(mm: MmStruct, addr: int, length: int, offset: int, flags: int) -> int:
    """Choose an address at which huge pages could be used: congruent to `offset` modulo 2 MiB.

    A hint with room for an aligned mapping is taken as it is.

    Raises:
        LinuxError: ENOMEM if nothing fits.

    Emits: vm_unmapped_area.
    Source: mm/huge_memory.c: thp_get_unmapped_area_vmflags() [v6.18].
    """
    aligned = -(-offset // PMD_SIZE) * PMD_SIZE
    if mm.system.geometry.canonical and offset + length - aligned >= PMD_SIZE:
        try:
            found = mm_get_unmapped_area(mm, addr, length + PMD_SIZE, flags)
        except LinuxError:
            pass
        else:
            if found == addr:
                return addr
            shift = (offset - found) % PMD_SIZE
            if not shift and mm.flags & MMF_TOPDOWN:
                shift = PMD_SIZE
            place = found + shift
            return area_chosen(mm, place, length, _ALIGNED)
    return mm_get_unmapped_area(mm, addr, length, flags)
