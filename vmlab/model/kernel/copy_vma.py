"""The VMA of a mapping that mremap moves."""

from __future__ import annotations

from vmlab.model.kernel.merge import VmaMergeStruct, vma_dup, vma_merge_new_range
from vmlab.model.kernel.mm_types import VmAreaStruct
from vmlab.model.kernel.rmap import anon_vma_clone
from vmlab.model.kernel.vma import find_vma_prev, vma_link
from vmlab.model.mmu.page import PAGE_SHIFT
from vmlab.model.trace import traced


@traced
def copy_vma(
    vma: VmAreaStruct, addr: int, length: int, pgoff: int
) -> tuple[VmAreaStruct, VmAreaStruct]:
    """Make the VMA of a moved range: a neighbour that takes it in, or a copy.

    Args:
        vma: the VMA that is moved.
        addr: where it goes, bytes.
        length: bytes.
        pgoff: pages; of no account if no page was ever written.

    Returns (the VMA at the new place, the VMA at the old place, which may have been taken in
    as well).

    Source: mm/vma.c: copy_vma() [v6.18].
    """
    mm = vma.vm_mm
    if vma.vm_ops is None and vma.anon_vma is None:
        pgoff = addr >> PAGE_SHIFT
    next_, prev = find_vma_prev(mm, addr)
    vma_start = vma.vm_start
    merged = vma_merge_new_range(
        VmaMergeStruct(
            mm,
            addr,
            addr + length,
            vma.vm_flags,
            pgoff,
            prev=prev,
            next=next_,
            file=vma.vm_file,
            anon_vma=vma.anon_vma,
            copied_from=vma,
        )
    )
    if merged is not None:
        inside = merged.vm_start <= vma_start < merged.vm_end
        return merged, merged if inside else vma
    new_vma = vma_dup(vma, mm, addr, addr + length, pgoff)
    anon_vma_clone(new_vma, vma)
    vma_link(mm, new_vma)
    return new_vma, vma
