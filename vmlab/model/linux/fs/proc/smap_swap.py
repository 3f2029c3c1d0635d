"""What smaps says of swap.

In Linux's fs/proc/task_mmu.c.
"""

from __future__ import annotations

from vmlab.model.abi.mman import VM_SHARED, VM_WRITE
from vmlab.model.linux.arch.x86.include.pgtable_64 import pte_to_swp_entry
from vmlab.model.linux.include.fs import shmem_mapping
from vmlab.model.linux.include.structs import VmAreaStruct
from vmlab.model.linux.mm.pgtable import get_pte, is_swap_pte, present_ptes
from vmlab.model.linux.mm.shmem_swap import shmem_swap_usage
from vmlab.model.linux.mm.swapfile import swp_swapcount
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE

_PSS_SHIFT = 12


def smap_swap(vma: VmAreaStruct) -> tuple[int, int]:
    """Return Swap of a VMA in bytes, and SwapPss in bytes shifted left by 12.

    Pages of a file in memory count in Swap alone; those that private pages hide do not, if the
    VMA may be written.

    Source: fs/proc/task_mmu.c: smap_gather_stats(), smaps_pte_entry() [v6.18].
    """
    mm = vma.vm_mm
    swap = swap_pss = 0
    if vma.vm_file is not None and shmem_mapping(vma.vm_file.f_inode):
        whole = vma.vm_flags & (VM_SHARED | VM_WRITE) != VM_WRITE
        swap = shmem_swap_usage(vma) if whole else _in_holes(vma)
    for _, pte in present_ptes(mm, vma.vm_start, vma.vm_end):
        if is_swap_pte(pte):
            swap += PAGE_SIZE
            holders = swp_swapcount(mm.system, pte_to_swp_entry(pte))
            swap_pss += (PAGE_SIZE << _PSS_SHIFT) // holders
    return swap, swap_pss


def _in_holes(vma: VmAreaStruct) -> int:
    # Bytes of the file that are in swap where the VMA has no entry.
    assert vma.vm_file is not None
    base = vma.vm_start - (vma.vm_pgoff << PAGE_SHIFT)
    places = [base + (index << PAGE_SHIFT) for index in vma.vm_file.f_inode.i_mapping.i_swapped]
    inside = [addr for addr in places if vma.vm_start <= addr < vma.vm_end]
    return sum(not get_pte(vma.vm_mm, addr) for addr in inside) * PAGE_SIZE
