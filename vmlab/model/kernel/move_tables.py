"""Moving page-table entries to another address, whole tables at a time where that is possible."""

from __future__ import annotations

from vmlab.model.events import page as events
from vmlab.model.kernel.mm_types import MmStruct, VmAreaStruct
from vmlab.model.kernel.page_alloc import OutOfMemory
from vmlab.model.kernel.pgtable import PRESENT, pte_alloc, table_alloc, table_offset
from vmlab.model.kernel.tlbflush import flush_tlb_range
from vmlab.model.kernel.vma import find_vma_intersection
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, P
from vmlab.model.trace import emit, traced

_Slot = tuple[memoryview, int]


@traced
def move_page_tables(
    vma: VmAreaStruct, old_addr: int, new_vma: VmAreaStruct, new_addr: int, length: int
) -> int:
    """Move the entries of a range to another address; the frames stay.

    Returns the bytes that were moved: fewer if no frame was left for a page table.

    A range of 2 MiB that starts on a 2 MiB boundary on both sides takes its last-level table
    along.

    Args:
        vma: the VMA they leave.
        old_addr: bytes.
        new_vma: the VMA they come to.
        new_addr: bytes.
        length: bytes.

    Emits: pte_clear, pte_set, pte_guard, table_alloc, table_move, tlb_flush.
    Source: mm/mremap.c: move_page_tables() [v6.18].
    """
    if not length:
        return 0
    mm = vma.vm_mm
    shifts = mm.system.geometry.shifts
    span = 1 << shifts[-2]
    first, end = old_addr, old_addr + length
    low = old_addr % span
    if (
        low
        and length >= span - low
        and new_addr % span == low
        and _can_align_down(vma, old_addr, span)
        and _can_align_down(new_vma, new_addr, span)
    ):
        old_addr -= low
        new_addr -= low
    while old_addr < end:
        try:
            extent = _move_extent(mm, old_addr, new_addr, end)
        except OutOfMemory:
            break
        old_addr += extent
        new_addr += extent
    flush_tlb_range(mm, first, end, "the pages moved away")
    return max(old_addr - first, 0)


def _move_extent(mm: MmStruct, old_addr: int, new_addr: int, end: int) -> int:
    # The largest piece that one table holds on either side; its length in bytes.
    shifts = mm.system.geometry.shifts
    extent = 0
    for depth in range(max(len(shifts) - 3, 0), len(shifts) - 1):
        span = 1 << shifts[depth]
        extent = min(span - old_addr % span, end - old_addr, span - new_addr % span)
        upper = table_offset(mm, old_addr, depth)
        if upper is None or not upper[0][upper[1]] & P:
            return extent
        target = table_alloc(mm, new_addr, depth)
        if extent == span and _move_table(mm, upper, target, old_addr, new_addr):
            return extent
    _move_ptes(mm, old_addr, new_addr, extent)
    return extent


def _move_table(mm: MmStruct, upper: _Slot, target: _Slot, old_addr: int, new_addr: int) -> bool:
    # Hang a lower table elsewhere, if there is one and its new place is free.
    entry = upper[0][upper[1]]
    if target[0][target[1]]:
        return False
    upper[0][upper[1]] = 0
    target[0][target[1]] = entry
    emit(mm, events.TableMove, mm.number, old_addr, new_addr, (entry & PFN_MASK) >> PFN_SHIFT)
    return True


def _can_align_down(vma: VmAreaStruct, addr: int, span: int) -> bool:
    # The range may be widened down to a table boundary if nothing else lies there.
    if vma.vm_start != addr:
        return False
    return find_vma_intersection(vma.vm_mm, addr - addr % span, vma.vm_start) is None


def _move_ptes(mm: MmStruct, old_addr: int, new_addr: int, extent: int) -> None:
    # Entry by entry, within one table on either side.
    target, new_index = pte_alloc(mm, new_addr)
    table, old_index = pte_alloc(mm, old_addr)
    for offset, pte in enumerate(table[old_index : old_index + extent // PAGE_SIZE].tolist()):
        if pte:
            old, new = old_addr + offset * PAGE_SIZE, new_addr + offset * PAGE_SIZE
            table[old_index + offset] = 0
            target[new_index + offset] = pte
            if pte & PRESENT:
                emit(mm, events.PteClear, mm.number, old, (pte & PFN_MASK) >> PFN_SHIFT)
                emit(mm, events.PteSet, mm.number, new, pte, f"moved from {old:#x} by mremap")
            else:
                emit(mm, events.PteGuard, mm.number, old, 1, False)
                emit(mm, events.PteGuard, mm.number, new, 1, True)
