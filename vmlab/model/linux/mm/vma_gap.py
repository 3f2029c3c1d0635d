"""The search for a gap in the tree of VMAs.

Linux keeps this in mm/mmap.c.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.codes import Reason
from vmlab.model.abi.mman import VM_GROWSDOWN
from vmlab.model.linux.include.mm import vm_start_gap
from vmlab.model.linux.include.structs import MmStruct, VmAreaStruct
from vmlab.model.trace.events import vma as vma_events
from vmlab.model.trace.hook import emit


@dataclass(slots=True)
class VmUnmappedAreaInfo:
    """What is looked for (struct vm_unmapped_area_info). Bytes."""

    length: int
    low_limit: int
    high_limit: int


def unmapped_area(mm: MmStruct, info: VmUnmappedAreaInfo) -> int | None:
    """Return the lowest gap that fits, at its bottom; None if there is none.

    A gap that a stack may grow into is passed over whole.

    Source: mm/vma.c: unmapped_area() [v6.18].
    """
    length, low_limit, high_limit = info.length, info.low_limit, info.high_limit

    def search(vma: VmAreaStruct | None) -> tuple[int, VmAreaStruct] | None:
        if vma is None or vma.rb_subtree_gap < length:
            return None
        if vma.vm_start > low_limit:
            found = search(vma.rb_left)
            if found is not None:
                return found
        start = max(vma.vm_prev.vm_end if vma.vm_prev is not None else 0, low_limit)
        if start + length > high_limit:
            return None
        if vma.vm_start - start >= length:
            return start, vma
        return search(vma.rb_right)

    while (found := search(mm.mm_rb.rb_node)) is not None:
        start, above = found
        if not above.vm_flags & VM_GROWSDOWN or vm_start_gap(above) >= start + length - 1:
            return start
        low_limit = above.vm_end
    start = max(mm.highest_vm_end, low_limit)
    return start if start + length <= high_limit else None


def unmapped_area_topdown(mm: MmStruct, info: VmUnmappedAreaInfo) -> int | None:
    """Return the highest gap that fits, at its top; None if there is none.

    Where the gap lies below a stack, the search goes on below the stack's guard gap, whatever
    is mapped inside that.

    Source: mm/vma.c: unmapped_area_topdown() [v6.18].
    """
    length, low_limit, high_limit = info.length, info.low_limit, info.high_limit
    if high_limit - max(mm.highest_vm_end, low_limit) >= length:
        return high_limit - length

    def search(vma: VmAreaStruct | None) -> tuple[int, VmAreaStruct] | None:
        if vma is None or vma.rb_subtree_gap < length:
            return None
        if vma.vm_end + length <= high_limit:
            found = search(vma.rb_right)
            if found is not None:
                return found
        end = min(vma.vm_start, high_limit)
        if end - length < low_limit:
            return None
        if end - (vma.vm_prev.vm_end if vma.vm_prev is not None else 0) >= length:
            return end, vma
        return search(vma.rb_left)

    while (found := search(mm.mm_rb.rb_node)) is not None:
        end, above = found
        if not above.vm_flags & VM_GROWSDOWN or vm_start_gap(above) >= end:
            return end - length
        high_limit = vm_start_gap(above)
    return None


def area_chosen(mm: MmStruct, addr: int, length: int, reason: Reason) -> int:
    """Report a place for a new mapping, and return it.

    Emits: vm_unmapped_area.
    Source: mm/mmap.c: vm_unmapped_area() [v5.4].
    """
    emit(mm, vma_events.VmUnmappedArea, mm.number, addr, length, reason)
    return addr
