"""Reading the memory of a process from outside of the machine, which notices nothing."""

from __future__ import annotations

from vmlab.model.linux.arch.x86.entry.vdso_image import vdso_image_64
from vmlab.model.linux.arch.x86.include.pgtable_64 import pte_to_swp_entry
from vmlab.model.linux.include.structs import MmStruct
from vmlab.model.linux.mm.filemap import find_get_page
from vmlab.model.linux.mm.page_io import look_swapped
from vmlab.model.linux.mm.pgtable import PRESENT, get_pte, is_swap_pte
from vmlab.model.linux.mm.vma import find_vma_in_tree
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT


def look(mm: MmStruct, addr: int, n: int) -> bytes:
    """Read the memory of a process without touching it: no page is brought in, nothing changes.

    What is not there yet reads as what a page fault would bring.

    Args:
        mm: the address space.
        addr: bytes.
        n: bytes; cut where nothing could be read.
    """
    parts = list[bytes | memoryview]()
    while n > 0 and addr < mm.task_size:
        start = addr % PAGE_SIZE
        page = _look_page(mm, addr)
        if page is None:
            break
        parts.append(page[start : start + n])
        addr, n = addr + len(parts[-1]), n - len(parts[-1])
    return b"".join(parts)


def _look_page(mm: MmStruct, addr: int) -> bytes | memoryview | None:
    # One page; None where there is none, past the end of a file too.
    system = mm.system
    pte = get_pte(mm, addr)
    if pte & PRESENT:
        return system.ram.look((pte & PFN_MASK) >> PFN_SHIFT)
    if is_swap_pte(pte):
        return look_swapped(system, pte_to_swp_entry(pte))
    vma = find_vma_in_tree(mm, addr)
    if vma is None or addr < vma.vm_start:
        return None
    mapping = None
    if vma.vm_file is not None:
        mapping = vma.vm_file.f_inode.i_mapping
    elif vma.vm_ops is not None:
        mapping = system.vdso_mapping
    if mapping is None:
        return bytes(PAGE_SIZE)
    index = vma.vm_pgoff + (addr - vma.vm_start >> PAGE_SHIFT)
    if index << PAGE_SHIFT >= mapping.host.i_size:
        return None
    page = find_get_page(mapping, index)
    if page is not None:
        return system.ram.look(page.pfn)
    if index in mapping.i_swapped:
        return look_swapped(system, mapping.i_swapped[index])
    if mapping is system.vdso_mapping:
        return vdso_image_64()[index << PAGE_SHIFT :][:PAGE_SIZE]
    return bytes(PAGE_SIZE)
