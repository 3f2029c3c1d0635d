"""brk: moving the end of the heap."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab import errno
from vmlab.errors import LinuxError
from vmlab.model.events import vma as events
from vmlab.model.kernel.gup import mm_populate
from vmlab.model.kernel.merge import VmaMergeStruct, vma_merge_new_range
from vmlab.model.kernel.mm_types import MmStruct, VmAreaStruct
from vmlab.model.kernel.mman import RLIM_INFINITY, VM_ACCOUNT, VM_LOCKED, Rlimit
from vmlab.model.kernel.mmap import VM_DATA_DEFAULT_FLAGS
from vmlab.model.kernel.munmap import vms_complete_munmap_vmas, vms_gather_munmap_vmas
from vmlab.model.kernel.pgtable import vm_get_page_prot
from vmlab.model.kernel.resource import get_current, may_expand_vm, vm_enough_memory
from vmlab.model.kernel.vma import find_vma, find_vma_prev, vm_start_gap, vma_link
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE, page_align
from vmlab.model.trace import emit, traced


@dataclass(slots=True)
class _Heap:
    # A request to move the end of the heap.
    old: int
    new: int


@traced
def do_brk(mm: MmStruct, brk: int) -> int:
    """Move the end of the heap; return where it ends now.

    Args:
        mm: address space.
        brk: bytes; below start_brk = only ask.

    On any failure the old end is returned, and nothing changed.

    Emits: brk_change, brk_refused, and what do_munmap or do_brk_flags emit.
    Source: mm/mmap.c: SYSCALL_DEFINE1(brk) [v6.18].
    """
    task = get_current(mm.system)
    limit = task.rlim[Rlimit.RLIMIT_DATA]
    used = brk - mm.start_brk + mm.end_data - mm.start_data
    if brk < mm.start_brk or (limit < RLIM_INFINITY and used > limit):
        reason = (
            "RLIMIT_DATA would be exceeded"
            if brk >= mm.start_brk
            else "the heap cannot end below its start"
        )
        emit(mm, events.BrkRefused, mm.number, mm.brk, brk, reason)
        return mm.brk
    heap = _Heap(page_align(mm.brk), page_align(brk))
    old_brk = mm.brk
    if heap.new != heap.old:
        try:
            if brk <= mm.brk:
                _shrink_heap(mm, heap)
            else:
                _grow_heap(mm, heap)
        except LinuxError as failure:
            emit(mm, events.BrkRefused, mm.number, old_brk, brk, failure.check)
            return old_brk
    mm.brk = brk
    emit(mm, events.BrkChange, mm.number, old_brk, brk)
    if mm.def_flags & VM_LOCKED and heap.new > heap.old:
        mm_populate(mm, heap.old, heap.new - heap.old)
    return brk


def _shrink_heap(mm: MmStruct, heap: _Heap) -> None:
    vma = find_vma(mm, heap.new)
    if vma is None or vma.vm_start >= heap.old:
        raise LinuxError(errno.EINVAL, "no heap lies between the new end and the old one")
    vms_complete_munmap_vmas(mm, vms_gather_munmap_vmas(mm, heap.new, heap.old))


def _grow_heap(mm: MmStruct, heap: _Heap) -> None:
    if heap.new > mm.task_size:
        raise LinuxError(errno.ENOMEM, "the heap would leave user space")
    next_ = find_vma(mm, heap.old)
    if next_ is not None and heap.new + PAGE_SIZE > vm_start_gap(next_):
        raise LinuxError(errno.ENOMEM, f"the VMA at {next_.vm_start:#x} is in the way")
    do_brk_flags(mm, heap.old, heap.new - heap.old, 0)


@traced
def do_brk_flags(mm: MmStruct, addr: int, length: int, vm_flags: int) -> None:
    """Map anonymous memory where nothing is, extending the heap's VMA if it ends there.

    Raises:
        LinuxError: ENOMEM if a limit is exceeded.

    Emits: vma_merge, vma_not_merged, vma_link.
    Source: mm/vma.c: do_brk_flags() [v6.18].
    """
    task = get_current(mm.system)
    nr_pages = length >> PAGE_SHIFT
    vm_flags |= VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT | mm.def_flags
    if not may_expand_vm(task, mm, vm_flags, nr_pages):
        raise LinuxError(errno.ENOMEM, "RLIMIT_AS or RLIMIT_DATA would be exceeded")
    if mm.map_count > mm.system.sysctl_max_map_count:
        raise LinuxError(errno.ENOMEM, "too many VMAs (max_map_count)")
    if not vm_enough_memory(mm.system, nr_pages):
        raise LinuxError(errno.ENOMEM, "more memory than the machine has")
    prev = find_vma_prev(mm, addr)[1]
    vma = None
    if prev is not None and prev.vm_end == addr and prev.vm_end > mm.start_brk:
        vmg = VmaMergeStruct(mm, addr, addr + length, vm_flags, addr >> PAGE_SHIFT, prev=prev)
        vma = vma_merge_new_range(vmg)
    if vma is None:
        vma = VmAreaStruct(mm, addr, addr + length, vm_flags, addr >> PAGE_SHIFT)
        vma.vm_page_prot = vm_get_page_prot(vm_flags)
        vma_link(mm, vma)
    mm.total_vm += nr_pages
    mm.data_vm += nr_pages
    if vm_flags & VM_LOCKED:
        mm.locked_vm += nr_pages
