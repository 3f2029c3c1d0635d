"""mremap: resizing and moving mappings, with their pages."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import (
    MAP_FIXED,
    MREMAP_DONTUNMAP,
    MREMAP_FIXED,
    MREMAP_MAYMOVE,
    ULONG_MAX,
    VM_ACCOUNT,
    VM_DONTEXPAND,
    VM_LOCKED,
    VM_LOCKED_MASK,
    VM_MAYSHARE,
    VM_PFNMAP,
    VM_SEALED,
    VM_SHARED,
)
from vmlab.model.linux.arch.x86.include.current import get_current
from vmlab.model.linux.arch.x86.mm.tlb import flush_tlb_range
from vmlab.model.linux.include.fs import on_disk
from vmlab.model.linux.include.page_flags import PG_UNEVICTABLE
from vmlab.model.linux.include.structs import (
    MmStruct,
    VmAreaStruct,
    shmem_vm_ops,
    special_mapping_vmops,
)
from vmlab.model.linux.mm.gup import mm_populate
from vmlab.model.linux.mm.mmap import get_unmapped_area, may_expand_vm
from vmlab.model.linux.mm.page_alloc import OutOfMemory
from vmlab.model.linux.mm.pgtable import (
    MARKER_GUARD,
    PRESENT,
    present_ptes,
    pte_alloc,
    pte_page,
    table_alloc,
    table_offset,
)
from vmlab.model.linux.mm.rmap import unlink_anon_vmas
from vmlab.model.linux.mm.util import vm_acct_memory, vm_enough_memory, vm_unacct_memory
from vmlab.model.linux.mm.vma import find_vma, find_vma_intersection, vm_stat_account
from vmlab.model.linux.mm.vma_merge import VmaMergeStruct, copy_vma, vma_merge_new_range
from vmlab.model.linux.mm.vma_munmap import do_munmap
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, page_align
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, P
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.events import swap as swap_events
from vmlab.model.trace.hook import Trace, emit

_NEW_ADDR = MREMAP_FIXED | MREMAP_DONTUNMAP
_MOVED_AWAY = because("pages_moved_away")


@dataclass(slots=True)
class VmaRemapStruct:
    """One request (struct vma_remap_struct). Bytes."""

    mm: MmStruct
    addr: int
    old_len: int
    new_len: int
    flags: int  # MREMAP_*
    new_addr: int
    vma: VmAreaStruct | None = None
    populate_expand: bool = False
    delta: int = 0  # how much it grows or shrinks by; stays when it has shrunk, as in v6.18

    def __post_init__(self) -> None:
        self.delta = abs(self.new_len - self.old_len)

    @property
    def trace(self) -> Trace:
        """Return the machine's trace."""
        return self.mm.trace

    @property
    def source(self) -> VmAreaStruct:
        """Return the VMA, which was found before."""
        assert self.vma is not None
        return self.vma


def _vma_lookup(mm: MmStruct, addr: int) -> VmAreaStruct | None:
    vma = find_vma(mm, addr)
    return vma if vma is not None and vma.vm_start <= addr else None


@traced
def do_mremap(
    mm: MmStruct, addr: int, old_len: int, new_len: int, flags: int, new_addr: int
) -> int:
    """Resize or move a mapping; return where it is now.

    Args:
        mm: address space.
        addr: bytes, page aligned.
        old_len: bytes, rounded up; 0 = make a second mapping of a shared object.
        new_len: bytes, rounded up.
        flags: MREMAP_* bits.
        new_addr: bytes, for MREMAP_FIXED; a hint for MREMAP_DONTUNMAP.

    Raises:
        LinuxError: EINVAL, EFAULT, ENOMEM, EPERM, in the order in which Linux looks.

    Emits: what do_munmap, vma_merge_new_range and move_page_tables emit.
    Source: mm/mremap.c: do_mremap() [v6.18].
    """
    old_len, new_len = page_align(old_len) & ULONG_MAX, page_align(new_len) & ULONG_MAX
    vrm = VmaRemapStruct(mm, addr, old_len, new_len, flags, new_addr)
    check_mremap_params(vrm)
    if flags & MREMAP_FIXED and vrm.old_len == vrm.new_len:
        return remap_move(vrm)
    vrm.vma = _vma_lookup(mm, addr)
    check_prep_vma(vrm)
    result = mremap_to(vrm) if flags & _NEW_ADDR else mremap_at(vrm)
    if vrm.populate_expand:
        mm_populate(mm, vrm.new_addr + vrm.old_len, vrm.delta)
    return result


def check_mremap_params(vrm: VmaRemapStruct) -> None:
    """Check the arguments alone.

    Raises:
        LinuxError: EINVAL; ENOMEM near max_map_count.

    Source: mm/mremap.c: check_mremap_params() [v6.18].
    """
    mm = vrm.mm
    if vrm.flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if vrm.addr & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, "not_page_aligned", addr=vrm.addr)
    if not vrm.new_len:
        raise LinuxError(errno.EINVAL, "new_length_zero")
    if vrm.new_len > mm.task_size:
        raise LinuxError(errno.EINVAL, "new_length_over_user_space")
    if not vrm.flags & _NEW_ADDR:
        return
    if vrm.new_addr > mm.task_size - vrm.new_len:
        raise LinuxError(errno.EINVAL, "new_range_leaves_user_space")
    if vrm.new_addr & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, "not_page_aligned", addr=vrm.new_addr)
    if not vrm.flags & MREMAP_MAYMOVE:
        raise LinuxError(errno.EINVAL, "new_address_without_maymove")
    if vrm.flags & MREMAP_DONTUNMAP and vrm.old_len != vrm.new_len:
        raise LinuxError(errno.EINVAL, "dontunmap_cannot_resize")
    if vrm.addr + vrm.old_len > vrm.new_addr and vrm.new_addr + vrm.new_len > vrm.addr:
        raise LinuxError(errno.EINVAL, "old_and_new_overlap")
    if mm.map_count + 2 >= mm.system.sysctl_max_map_count - 3:
        raise LinuxError(errno.ENOMEM, "map_count_too_near")


def check_prep_vma(vrm: VmaRemapStruct) -> None:
    """Check the request against its VMA.

    Raises:
        LinuxError: EFAULT, EPERM, EINVAL, ENOMEM.

    Source: mm/mremap.c: check_prep_vma() [v6.18].
    """
    vma = vrm.vma
    if vma is None:
        raise LinuxError(errno.EFAULT, "nothing_mapped_at", addr=vrm.addr)
    if vma.vm_flags & VM_SEALED:
        raise LinuxError(errno.EPERM, "vma_sealed", vma=vma.vm_start)
    if not vrm.flags & _NEW_ADDR:
        vrm.new_addr = vrm.addr
        if vrm.new_len <= vrm.old_len:
            return
    if not vrm.old_len and not vma.vm_flags & (VM_SHARED | VM_MAYSHARE):
        raise LinuxError(errno.EINVAL, "old_length_zero_not_shared")
    if vrm.flags & MREMAP_DONTUNMAP and vma.vm_flags & (VM_DONTEXPAND | VM_PFNMAP):
        raise LinuxError(errno.EINVAL, "cannot_be_left_behind")
    old_len = min(vrm.old_len, vrm.new_len)
    if old_len > vma.vm_end - vrm.addr:
        raise LinuxError(errno.EFAULT, "range_beyond_vma", vma=vma.vm_start)
    if vrm.new_len == old_len:
        return
    if vma.vm_flags & VM_LOCKED:
        vrm.populate_expand = True
    if vma.vm_flags & (VM_DONTEXPAND | VM_PFNMAP):
        raise LinuxError(errno.EFAULT, "mapping_cannot_grow")
    if not may_expand_vm(get_current(vrm.mm.system), vrm.mm, vma.vm_flags, vrm.delta >> PAGE_SHIFT):
        raise LinuxError(errno.ENOMEM, "rlimit_as_or_data")


def _multi_allowed(vma: VmAreaStruct) -> bool:
    # A private /dev/zero mapping chooses its own addresses.
    file = vma.vm_file
    return file is None or vma.vm_ops is shmem_vm_ops or on_disk(file.f_inode)


@traced
def remap_move(vrm: VmaRemapStruct) -> int:
    """Move every VMA of a range, keeping the gaps between them.

    Raises:
        LinuxError: EFAULT if the range begins with a gap, and as `mremap_to`; VMAs before have
            moved.

    Source: mm/mremap.c: remap_move() [v6.18].
    """
    mm, start, end = vrm.mm, vrm.addr, vrm.addr + vrm.old_len
    target = vrm.new_addr
    result = last_end = None
    vma = find_vma_intersection(mm, start, end)
    while vma is not None:
        if result is None and start < vma.vm_start:
            raise LinuxError(errno.EFAULT, "nothing_mapped_at", addr=start)
        vrm.vma = vma
        vrm.addr = max(vma.vm_start, start)
        vrm.old_len = vrm.new_len = min(end, vma.vm_end) - vrm.addr
        vrm.new_addr = target + (vma.vm_start - last_end if last_end is not None else 0)
        last_end = vma.vm_end
        if not _multi_allowed(vma) and (result is not None or vma.vm_end < end):
            raise LinuxError(errno.EFAULT, "own_address_moves_alone")
        check_prep_vma(vrm)
        moved = mremap_to(vrm)
        if result is None:
            result = moved
        target = moved + vrm.new_len
        vma = find_vma_intersection(mm, last_end, end) if last_end < end else None
    if result is None:
        raise LinuxError(errno.EFAULT, "nothing_mapped_at", addr=start)
    return result


def mremap_at(vrm: VmaRemapStruct) -> int:
    """Resize without a new address given.

    Raises:
        LinuxError: ENOMEM if there is no room; as do_munmap for a shrink.

    Source: mm/mremap.c: mremap_at() [v6.18].
    """
    if vrm.new_len < vrm.old_len:
        do_munmap(vrm.mm, vrm.addr + vrm.new_len, vrm.delta)
    elif vrm.new_len > vrm.old_len:
        return expand_vma(vrm)
    return vrm.addr


@traced
def expand_vma(vrm: VmaRemapStruct) -> int:
    """Grow in place if the range ends its VMA and room follows; else move.

    Raises:
        LinuxError: ENOMEM if it may not move, or no place is left.

    Source: mm/mremap.c: expand_vma() [v6.18].
    """
    mm, vma = vrm.mm, vrm.source
    end = vma.vm_end + vrm.delta
    if (
        vma.vm_end - vrm.addr == vrm.old_len
        and end <= mm.task_size
        and find_vma_intersection(mm, vma.vm_end, end) is None
    ):
        _charge(vrm)
        pgoff = vma.vm_pgoff + ((vma.vm_end - vma.vm_start) >> PAGE_SHIFT)
        flags = vma.vm_flags
        vma_merge_new_range(
            VmaMergeStruct(
                mm,
                vma.vm_end,
                end,
                flags,
                pgoff,
                prev=vma,
                next=vma.vm_next,
                file=vma.vm_file,
                anon_vma=vma.anon_vma,
            )
        )
        _stat_account(mm, flags, vrm.delta)
        return vrm.addr
    if not vrm.flags & MREMAP_MAYMOVE:
        raise LinuxError(errno.ENOMEM, "no_room_in_place")
    _set_new_addr(vrm)
    return move_vma(vrm)


def _charge(vrm: VmaRemapStruct) -> int:
    # Promise what the request adds; how many pages that is.
    if not vrm.source.vm_flags & VM_ACCOUNT:
        return 0
    size = vrm.new_len if vrm.flags & MREMAP_DONTUNMAP else vrm.delta
    vm_enough_memory(vrm.mm.system, vrm.mm, size >> PAGE_SHIFT)
    return size >> PAGE_SHIFT


def _stat_account(mm: MmStruct, vm_flags: int, size: int) -> None:
    vm_stat_account(mm, vm_flags, size >> PAGE_SHIFT)
    if vm_flags & VM_LOCKED:
        mm.locked_vm += size >> PAGE_SHIFT


def _set_new_addr(vrm: VmaRemapStruct) -> None:
    vma = vrm.source
    pgoff = vma.vm_pgoff + ((vrm.addr - vma.vm_start) >> PAGE_SHIFT)
    flags = MAP_FIXED if vrm.flags & MREMAP_FIXED else 0
    hint = vrm.new_addr if vrm.flags & _NEW_ADDR else 0
    vrm.new_addr = get_unmapped_area(vrm.mm, vma.vm_file, hint, vrm.new_len, pgoff, flags)


@traced
def mremap_to(vrm: VmaRemapStruct) -> int:
    """Move to a given address, in place of whatever is there.

    Raises:
        LinuxError: as do_munmap; ENOMEM.

    Source: mm/mremap.c: mremap_to() [v6.18].
    """
    mm = vrm.mm
    if vrm.flags & MREMAP_FIXED:
        do_munmap(mm, vrm.new_addr, vrm.new_len)
        vrm.vma = _vma_lookup(mm, vrm.addr)
    if vrm.new_len < vrm.old_len:
        do_munmap(mm, vrm.addr + vrm.new_len, vrm.delta)
        vrm.old_len = vrm.new_len
        vrm.vma = _vma_lookup(mm, vrm.addr)
    if vrm.flags & MREMAP_DONTUNMAP:
        nr_pages = vrm.old_len >> PAGE_SHIFT
        if not may_expand_vm(get_current(mm.system), mm, vrm.source.vm_flags, nr_pages):
            raise LinuxError(errno.ENOMEM, "rlimit_as_or_data")
    _set_new_addr(vrm)
    return move_vma(vrm)


@traced
def move_vma(vrm: VmaRemapStruct) -> int:
    """Make the mapping at its new address, move the pages, take the old mapping away.

    Raises:
        LinuxError: ENOMEM near max_map_count or without memory, when all pages are back where
            they were; EINVAL for a part of [vdso].

    Source: mm/mremap.c: move_vma() [v6.18].
    """
    mm, vma = vrm.mm, vrm.source
    end = vrm.addr + vrm.old_len
    if mm.map_count >= mm.system.sysctl_max_map_count - 3:
        raise LinuxError(errno.ENOMEM, "map_count_too_near")
    if vma.vm_ops is special_mapping_vmops and (vma.vm_start, vma.vm_end) != (vrm.addr, end):
        raise LinuxError(errno.EINVAL, "may_not_be_split", name=vma.vm_name)
    charged = _charge(vrm)
    flags = vma.vm_flags
    pgoff = vma.vm_pgoff + ((vrm.addr - vma.vm_start) >> PAGE_SHIFT)
    new_vma, vma = copy_vma(vma, vrm.new_addr, vrm.new_len, pgoff)
    moved = move_page_tables(vma, vrm.addr, new_vma, vrm.new_addr, vrm.old_len)
    hiwater_vm = mm.hiwater_vm  # for a moment both mappings count
    _stat_account(mm, flags, vrm.new_len)
    if moved < vrm.old_len:
        # The tables the entries came from are still there, so they can go back.
        move_page_tables(new_vma, vrm.new_addr, vma, vrm.addr, moved)
        _unmap_promised(mm, flags, vrm.new_addr, vrm.new_len)
        vm_unacct_memory(mm.system, charged)
        mm.hiwater_vm = hiwater_vm
        raise LinuxError(errno.ENOMEM, "no_frame_for_table")
    if vrm.flags & MREMAP_DONTUNMAP:
        dontunmap_complete(vrm, vma, new_vma)
    elif vrm.old_len:
        _unmap_promised(mm, flags, vrm.addr, vrm.old_len)
    mm.hiwater_vm = hiwater_vm
    return vrm.new_addr


def dontunmap_complete(vrm: VmaRemapStruct, vma: VmAreaStruct, new_vma: VmAreaStruct) -> None:
    """Unlock the mapping whose pages were moved; those that stay keep their lock for good.

    Args:
        vrm: the request.
        vma: the VMA that they left.
        new_vma: the VMA that they came to.

    Source: mm/mremap.c: dontunmap_complete() [v6.18].
    """
    if vma.vm_flags & VM_LOCKED:
        for _, pte in present_ptes(vma.vm_mm, vma.vm_start, vma.vm_end):
            page = pte_page(vma.vm_mm, pte) if pte & PRESENT else None
            if page is not None:
                page.flags |= PG_UNEVICTABLE
    vma.vm_flags &= ~VM_LOCKED_MASK
    whole = (vma.vm_start, vma.vm_end) == (vrm.addr, vrm.addr + vrm.old_len)
    if new_vma is not vma and whole:
        unlink_anon_vmas(vma)


def _unmap_promised(mm: MmStruct, vm_flags: int, addr: int, length: int) -> None:
    # Unmap what is promised on for the other place of the mapping.
    do_munmap(mm, addr, length)
    if vm_flags & VM_ACCOUNT:
        vm_acct_memory(mm.system, length >> PAGE_SHIFT)


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
    flush_tlb_range(mm, first, end, _MOVED_AWAY)
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
    mm.pte_tables.clear()
    emit(mm, page_events.TableMove, mm.number, old_addr, new_addr, (entry & PFN_MASK) >> PFN_SHIFT)
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
            if mm.trace.sink is None:
                continue
            if pte & PRESENT:
                emit(mm, page_events.PteClear, mm.number, old, (pte & PFN_MASK) >> PFN_SHIFT)
                emit(mm, page_events.PteSet, mm.number, new, pte, because("moved_from", addr=old))
            elif pte != MARKER_GUARD:
                emit(mm, swap_events.PteSwapClear, mm.number, old, pte)
                emit(mm, swap_events.PteSwap, mm.number, new, pte)
            else:
                emit(mm, page_events.PteGuard, mm.number, old, 1, False)
                emit(mm, page_events.PteGuard, mm.number, new, 1, True)
