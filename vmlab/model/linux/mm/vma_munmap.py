"""munmap: taking mappings away.

Linux keeps this in mm/vma.c; it is a subject of its own for lessons.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import VM_ACCOUNT, VM_LOCKED, VM_SEALED
from vmlab.model.linux.include.mm import update_hiwater_rss, update_hiwater_vm, vma_pages
from vmlab.model.linux.include.structs import MmStruct, VmAreaStruct
from vmlab.model.linux.mm.memory_ranges import zap_range
from vmlab.model.linux.mm.pgtable import FIRST_USER_ADDRESS, free_pgtables, vma_ceiling
from vmlab.model.linux.mm.rmap import unlink_anon_vmas
from vmlab.model.linux.mm.util import vm_unacct_memory
from vmlab.model.linux.mm.vma import find_vma_intersection, vm_stat_account, vma_unlink
from vmlab.model.linux.mm.vma_merge import __split_vma, check_map_count, vma_release_file
from vmlab.model.mmu.page import PAGE_MASK, page_align
from vmlab.model.trace.decorators import traced

_UNMAPPED = because("unmapped")


@dataclass(slots=True)
class VmaMunmapStruct:
    """The VMAs an unmapping takes away (struct vma_munmap_struct)."""

    start: int  # bytes
    end: int
    vmas: list[VmAreaStruct] = field(default_factory=list)
    nr_accounted: int = 0  # pages that were promised, and are no longer when these VMAs go

    @property
    def nr_pages(self) -> int:
        """Return the pages that go."""
        return sum(vma_pages(vma) for vma in self.vmas)


@traced
def vms_gather_munmap_vmas(mm: MmStruct, start: int, end: int) -> VmaMunmapStruct:
    """Find the VMAs in [start, end), after splitting those that stick out.

    A failure leaves the splits that were made, as Linux does.

    Raises:
        LinuxError: ENOMEM if a hole in one VMA would exceed max_map_count; EPERM if a VMA is
            sealed; EINVAL if [vdso] or [vvar] would be cut.

    Emits: vma_split.
    Source: mm/vma.c: vms_gather_munmap_vmas() [v6.18].
    """
    vms = VmaMunmapStruct(start, end)
    vma = find_vma_intersection(mm, start, end)
    if vma is not None and start > vma.vm_start:
        if end < vma.vm_end:
            check_map_count(mm)
        _check_sealed(vma)
        __split_vma(vma, start, True)
    while vma is not None and vma.vm_start < end:
        _check_sealed(vma)
        if vma.vm_end > end:
            __split_vma(vma, end, False)
        vms.vmas.append(vma)
        if vma.vm_flags & VM_ACCOUNT:
            vms.nr_accounted += vma_pages(vma)
        vma = vma.vm_next
    return vms


def _check_sealed(vma: VmAreaStruct) -> None:
    if vma.vm_flags & VM_SEALED:
        raise LinuxError(errno.EPERM, "vma_sealed", vma=vma.vm_start)


@traced
def vms_complete_munmap_vmas(mm: MmStruct, vms: VmaMunmapStruct) -> None:
    """Take the gathered VMAs out, drop their pages, free the page tables nobody needs.

    Emits: vma_unlink, pte_clear, table_free, tlb_flush.
    Source: mm/vma.c: vms_complete_munmap_vmas() [v6.18].
    """
    if not vms.vmas:
        return
    below, above = vms.vmas[0].vm_prev, vms.vmas[-1].vm_next
    floor = below.vm_end if below is not None else FIRST_USER_ADDRESS
    ceiling = above.vm_start if above is not None else vma_ceiling(mm)
    update_hiwater_rss(mm)
    update_hiwater_vm(mm)
    for vma in vms.vmas:
        vma_unlink(mm, vma)
        if vma.vm_flags & VM_LOCKED:
            mm.locked_vm -= vma_pages(vma)
        vm_stat_account(mm, vma.vm_flags, -vma_pages(vma))
    for vma in vms.vmas:
        zap_range(vma, vma.vm_start, vma.vm_end, _UNMAPPED, even_guards=True)
    for vma in vms.vmas:
        unlink_anon_vmas(vma)
        vma_release_file(vma)
    free_pgtables(mm, vms.vmas[0].vm_start, vms.vmas[-1].vm_end, floor, ceiling)
    vm_unacct_memory(mm.system, vms.nr_accounted)


@traced
def do_munmap(mm: MmStruct, start: int, length: int) -> None:
    """Remove every mapping that overlaps [start, start + length).

    Args:
        mm: address space.
        start: bytes, page aligned.
        length: bytes, rounded up to whole pages.

    Raises:
        LinuxError: EINVAL if start is unaligned, length is 0, or the range leaves user space;
            ENOMEM, EPERM, EINVAL as `vms_gather_munmap_vmas`.

    Emits: vma_split, vma_unlink, pte_clear, table_free, tlb_flush.
    Source: mm/mmap.c: __do_munmap() [v5.4].
    """
    if start & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, "not_page_aligned", addr=start)
    if start > mm.task_size or length > mm.task_size - start:
        raise LinuxError(errno.EINVAL, "range_leaves_user_space")
    if not page_align(length):
        raise LinuxError(errno.EINVAL, "length_zero")
    vms_complete_munmap_vmas(mm, vms_gather_munmap_vmas(mm, start, start + page_align(length)))
