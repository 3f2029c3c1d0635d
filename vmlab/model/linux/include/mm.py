"""Small questions about VMAs; a page fault on its way, and its flags.

Source: include/linux/mm.h [v5.4].
"""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.codes import Reason
from vmlab.model.abi.mman import (
    VM_ACCESS_FLAGS,
    VM_ACCOUNT,
    VM_GROWSDOWN,
    VM_MAYEXEC,
    VM_MAYREAD,
    VM_MAYWRITE,
    VM_READ,
    VM_SHARED,
    VM_WRITE,
)
from vmlab.model.linux.include.fs import shmem_mapping
from vmlab.model.linux.include.structs import (
    MM_ANONPAGES,
    MM_FILEPAGES,
    MM_SHMEMPAGES,
    NR_MM_COUNTERS,
    MmStruct,
    Page,
    VmAreaStruct,
)
from vmlab.model.linux.lib.percpu_counter import (
    percpu_counter_add,
    percpu_counter_read_positive,
    percpu_counter_sum,
)
from vmlab.model.mmu.page import PAGE_SHIFT
from vmlab.model.mmu.pte import RW
from vmlab.model.trace.events.fault import FaultBranch
from vmlab.model.trace.hook import Trace, emit

VM_DATA_DEFAULT_FLAGS = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC
VM_STACK_FLAGS = VM_GROWSDOWN | VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT
FAULT_FLAG_WRITE = 1
FAULT_FLAG_TRIED = 1 << 5  # it was begun before
FAULT_FLAG_UNSHARE = 1 << 10  # a reader wants a frame that nobody else can write to
VM_FAULT_OOM = 0x01
VM_FAULT_SIGBUS = 0x02
VM_FAULT_MAJOR = 0x04
VM_FAULT_SIGSEGV = 0x40
VM_FAULT_RETRY = 0x400
VM_FAULT_ERROR = VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV


@dataclass(slots=True)
class VmFault:
    """One fault on its way through the handler (struct vm_fault)."""

    vma: VmAreaStruct
    address: int  # bytes, page aligned
    flags: int  # FAULT_FLAG_*
    pgoff: int  # pages: place in the mapped object
    orig_pte: int  # the entry as it was found, 0 if there is no table yet
    page: Page | None = None  # of the mapped object, once it is there

    @property
    def trace(self) -> Trace:
        """Return the machine's trace."""
        return self.vma.trace

    def branch(self, node: str, answer: str, reason: Reason) -> None:
        """Report which way the handler goes, and why.

        Emits: fault_branch.
        """
        emit(self, FaultBranch, self.address, node, answer, reason)


def vma_wants_writenotify(vma: VmAreaStruct) -> bool:
    """Say whether the first write to each page of a mapping must be noticed.

    Source: mm/vma.c: vma_wants_writenotify() [v6.18].
    """
    shared = vma.vm_flags & (VM_SHARED | VM_WRITE) == VM_SHARED | VM_WRITE
    return shared and vma.vm_ops is not None and vma.vm_ops.page_mkwrite is not None


def maybe_mkwrite(pte: int, vma: VmAreaStruct) -> int:
    """Return an entry that may be written if its VMA may.

    Source: include/linux/mm.h: maybe_mkwrite() [v5.4].
    """
    return pte | RW if vma.vm_flags & VM_WRITE else pte


def vma_pages(vma: VmAreaStruct) -> int:
    """Return the size of a VMA in pages.

    Source: include/linux/mm.h: vma_pages() [v5.4].
    """
    return (vma.vm_end - vma.vm_start) >> PAGE_SHIFT


def vm_start_gap(vma: VmAreaStruct) -> int:
    """Return the first address above which nothing may be placed below `vma`: its start, or the
    start of its guard gap.

    Source: include/linux/mm.h: vm_start_gap() [v5.4].
    """
    if vma.vm_flags & VM_GROWSDOWN:
        return max(0, vma.vm_start - vma.vm_mm.system.stack_guard_gap)
    return vma.vm_start


def vma_is_accessible(vma: VmAreaStruct) -> bool:
    """Say whether any access is allowed.

    Source: include/linux/mm.h: vma_is_accessible() [v5.10].
    """
    return bool(vma.vm_flags & VM_ACCESS_FLAGS)


def mm_counter(page: Page) -> int:
    """Return which counter of rss_stat a mapped frame belongs to.

    Source: include/linux/mm.h: mm_counter() [v6.18].
    """
    if page.kind == "anon":
        return MM_ANONPAGES
    return MM_SHMEMPAGES if shmem_mapping(page.mapping.host) else MM_FILEPAGES


def add_mm_counter(mm: MmStruct, member: int, value: int) -> None:
    """Count pages that came into memory, or went (a value below 0).

    Source: include/linux/mm.h: add_mm_counter() [v6.18].
    """
    percpu_counter_add(mm.rss_stat[member], value)


def add_mm_rss_vec(mm: MmStruct, rss: list[int]) -> None:
    """Count the pages of one page table in one go.

    Source: mm/memory.c: add_mm_rss_vec() [v6.18].
    """
    for member, value in enumerate(rss):
        if value:
            add_mm_counter(mm, member, value)


def init_rss_vec() -> list[int]:
    """Return zeros, by MM_*. Source: mm/memory.c: init_rss_vec() [v6.18]."""
    return [0] * NR_MM_COUNTERS


def get_mm_counter_sum(mm: MmStruct, member: int) -> int:
    """Return the pages of one kind that are in memory.

    Source: include/linux/mm.h: get_mm_counter_sum() [v6.18].
    """
    return max(percpu_counter_sum(mm.rss_stat[member]), 0)


def get_mm_rss(mm: MmStruct) -> int:
    """Return the pages in memory as far as the CPU has told the sum.

    Source: include/linux/mm.h: get_mm_rss() [v6.18].
    """
    return sum(
        percpu_counter_read_positive(mm.rss_stat[member])
        for member in (MM_FILEPAGES, MM_ANONPAGES, MM_SHMEMPAGES)
    )


def update_hiwater_rss(mm: MmStruct) -> None:
    """Keep the most pages in memory so far, before there are less.

    Source: include/linux/mm.h: update_hiwater_rss() [v6.18].
    """
    mm.hiwater_rss = max(mm.hiwater_rss, get_mm_rss(mm))


def setmax_mm_hiwater_rss(most: int, mm: MmStruct) -> int:
    """Return the greater of a number of pages and the most that an address space had in memory.

    Source: include/linux/mm.h: setmax_mm_hiwater_rss() [v6.18].
    """
    return max(most, mm.hiwater_rss, get_mm_rss(mm))


def update_hiwater_vm(mm: MmStruct) -> None:
    """Keep the most pages mapped so far, before there are less.

    Source: include/linux/mm.h: update_hiwater_vm() [v6.18].
    """
    mm.hiwater_vm = max(mm.hiwater_vm, mm.total_vm)


def is_cow_mapping(vm_flags: int) -> bool:
    """Say whether writes to a mapping go to copies of their own.

    Source: include/linux/mm.h: is_cow_mapping() [v5.4].
    """
    return vm_flags & (VM_SHARED | VM_MAYWRITE) == VM_MAYWRITE
