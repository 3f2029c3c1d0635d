"""One page fault on its way through the handler, and the steps that its parts share."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.model.events import fault as events
from vmlab.model.events import page as page_events
from vmlab.model.kernel.mm_types import Page, VmAreaStruct
from vmlab.model.kernel.mman import VM_WRITE
from vmlab.model.kernel.pgtable import mk_pte, pte_alloc
from vmlab.model.kernel.rmap import page_add_anon_rmap
from vmlab.model.kernel.swap import folio_add_lru_vma
from vmlab.model.mmu.pte import RW, D
from vmlab.model.trace import Trace, emit

FAULT_FLAG_WRITE = 1

VM_FAULT_OOM = 0x01
VM_FAULT_SIGBUS = 0x02
VM_FAULT_SIGSEGV = 0x40
VM_FAULT_ERROR = VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV


@dataclass(slots=True)
class VmFault:
    """One fault on its way through the handler (struct vm_fault)."""

    vma: VmAreaStruct
    address: int  # bytes, page aligned
    flags: int  # FAULT_FLAG_*
    pgoff: int  # pages: place in the mapped object
    orig_pte: int  # the entry as it was found, 0 if there is no table yet

    @property
    def trace(self) -> Trace:
        """Return the machine's trace."""
        return self.vma.trace

    def branch(self, node: str, answer: str, reason: str) -> None:
        """Report which way the handler goes, and why.

        Emits: fault_branch.
        """
        emit(self, events.FaultBranch, self.address, node, answer, reason)


def set_pte(vmf: VmFault, pte: int, reason: str) -> None:
    """Write the entry of the faulting page.

    Raises:
        OutOfMemory: no frame for a page table.

    Emits: table_alloc, pte_set.
    Source: arch/x86/include/asm/pgtable.h: set_pte_at() [v5.4].
    """
    table, index = pte_alloc(vmf.vma.vm_mm, vmf.address)
    table[index] = pte
    emit(vmf, page_events.PteSet, vmf.vma.vm_mm.number, vmf.address, pte, reason)


def maybe_mkwrite(pte: int, vma: VmAreaStruct) -> int:
    """Return an entry that may be written if its VMA may.

    Source: include/linux/mm.h: maybe_mkwrite() [v5.4].
    """
    return pte | RW if vma.vm_flags & VM_WRITE else pte


def copy_frame(vmf: VmFault, page: Page | None, new: Page, reason: str) -> None:
    """Fill a new frame from another, or with zeros, and map it writable.

    Args:
        vmf: the fault.
        page: where the contents come from; None = the zero page.
        new: the frame, which no entry maps yet.
        reason: why a copy is needed.

    Emits: cow_copy, pte_set.
    Source: mm/memory.c: wp_page_copy() [v5.4].
    """
    vma = vmf.vma
    mm = vma.vm_mm
    ram = mm.system.ram
    if page is not None:
        ram.frame(new.pfn)[:] = ram.frame(page.pfn)
    page_add_anon_rmap(new, vma, vmf.address)
    folio_add_lru_vma(new, vma)
    pfn = page.pfn if page is not None else mm.system.zero_pfn
    emit(vmf, events.CowCopy, mm.number, vmf.address, pfn, new.pfn, reason)
    set_pte(vmf, maybe_mkwrite(mk_pte(mm, new.pfn, vma.vm_page_prot | D), vma), "the private copy")
