"""Merging VMAs that may be one, and splitting one that must be two.

Linux keeps this in mm/vma.c; it is a subject of its own for lessons. The rules are those of Linux
6.16 and later; each decision is an event that says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from vmlab.codes import NO_REASON, Reason, because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import VM_SPECIAL, VM_STICKY, Vm
from vmlab.model.linux.fs.file_table import fput
from vmlab.model.linux.include.mm import vma_pages
from vmlab.model.linux.include.structs import (
    AnonVma,
    File,
    MmStruct,
    VmAreaStruct,
    special_mapping_vmops,
)
from vmlab.model.linux.mm.rmap import anon_vma_clone, unlink_anon_vmas
from vmlab.model.linux.mm.vma import find_vma_prev, vma_link, vma_set_range, vma_unlink
from vmlab.model.mmu.page import PAGE_SHIFT
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import vma as vma_events
from vmlab.model.trace.hook import Trace, emit


@dataclass(slots=True)
class VmaMergeStruct:
    """A range that would like to merge (struct vma_merge_struct)."""

    mm: MmStruct
    start: int  # bytes
    end: int
    flags: int  # the vm_flags it has, or is about to get
    pgoff: int  # pages
    prev: VmAreaStruct | None = None  # VMA below
    middle: VmAreaStruct | None = None  # VMA the range is part of, None = new range
    next: VmAreaStruct | None = None  # VMA above
    file: File | None = None
    anon_vma: AnonVma | None = None
    copied_from: VmAreaStruct | None = None  # VMA that mremap moves here

    @property
    def trace(self) -> Trace:
        """Return the machine's trace."""
        return self.mm.trace


_OTHER_FILE = because("file_differs")
_OFFSETS = because("offsets_do_not_continue")
_RANGE_INHERITED = because("range_inherited_by_fork")
_NEIGHBOUR_INHERITED = because("neighbour_inherited_by_fork")
_OTHER_ANON_VMA = because("anon_vma_differs")
_SIDES_APART = because("anon_vma_of_other_side")
_BOTH = because("merge_both_sides")
_BELOW = because("merge_below")
_ABOVE = because("merge_above")
_TAKES_ABOVE = because("takes_in_range_above")
_TAKES_BELOW = because("takes_in_range_below")
_TAKES_BOTH = because("takes_in_vmas_above")
_TAKEN = because("neighbour_takes_rest")
_UPPER_HALF = because("upper_half_of_split")
_LOWER_HALF = because("lower_half_of_split")


@lru_cache(maxsize=256)
def _flags_differ(flags: int) -> Reason:
    return because("flags_differ", flags=str(Vm(flags).name))


def _fork_child(vma: VmAreaStruct | None) -> bool:
    # Inherited pages make a chain of more than one anon_vma.
    return vma is not None and vma.anon_vma is not None and len(vma.anon_vma_chain) != 1


def _anon_vma_mismatch(vmg: VmaMergeStruct, target: VmAreaStruct) -> Reason:
    # Why the anon_vmas keep the range and `target` apart, if they do.
    if target.anon_vma is None and vmg.anon_vma is not None:
        if _fork_child(vmg.middle) or _fork_child(vmg.copied_from):
            return _RANGE_INHERITED
        return NO_REASON
    if target.anon_vma is not None and vmg.anon_vma is None:
        return _NEIGHBOUR_INHERITED if _fork_child(target) else NO_REASON
    if target.anon_vma is not vmg.anon_vma:
        return _OTHER_ANON_VMA
    return NO_REASON


def _mismatch(vmg: VmaMergeStruct, target: VmAreaStruct, above: bool) -> Reason:
    # The first condition that keeps the range and its neighbour apart, if any does.
    if (target.vm_flags ^ vmg.flags) & ~VM_STICKY:
        return _flags_differ(target.vm_flags ^ vmg.flags)
    if target.vm_file is not vmg.file:
        return _OTHER_FILE
    if above:
        fits = target.vm_pgoff == vmg.pgoff + ((vmg.end - vmg.start) >> PAGE_SHIFT)
    else:
        fits = target.vm_pgoff + vma_pages(target) == vmg.pgoff
    if not fits:
        return _OFFSETS
    return _anon_vma_mismatch(vmg, target)


def _can_merge_left(vmg: VmaMergeStruct) -> bool:
    prev = vmg.prev
    if prev is None or prev.vm_end != vmg.start:
        return False
    return _decide(vmg, prev, "below", _mismatch(vmg, prev, False))


def _can_merge_right(vmg: VmaMergeStruct, left: bool) -> bool:
    next_ = vmg.next
    if next_ is None or next_.vm_start != vmg.end:
        return False
    reason = _mismatch(vmg, next_, True)
    if not reason and left:
        prev = vmg.prev
        assert prev is not None
        if prev.anon_vma and next_.anon_vma and prev.anon_vma is not next_.anon_vma:
            reason = _SIDES_APART
    return _decide(vmg, next_, "above", reason)


def _decide(vmg: VmaMergeStruct, vma: VmAreaStruct, side: str, reason: Reason) -> bool:
    if reason and vmg.mm.trace.sink is not None:
        emit(vmg.mm, vma_events.VmaNotMerged, vmg.mm.number, vma.vm_start, vmg.start, side, reason)
    return not reason


def _may_remove(vma: VmAreaStruct) -> bool:
    # A VMA with a close() of its own must not vanish in a merge.
    ops = vma.vm_ops
    return ops is None or (ops is not special_mapping_vmops and ops.close is None)


def _dup_anon_vma(dst: VmAreaStruct, src: VmAreaStruct | None) -> None:
    if src is not None and src.anon_vma is not None and dst.anon_vma is None:
        dst.anon_vma = src.anon_vma
        anon_vma_clone(dst, src)


def _remove(vma: VmAreaStruct) -> None:
    # A merge swallowed the VMA.
    vma_unlink(vma.vm_mm, vma)
    unlink_anon_vmas(vma)
    vma_release_file(vma)


def vma_open(vma: VmAreaStruct) -> None:
    """Tell what a VMA maps that there is one more. Source: mm/vma.c: vma_open() [v6.18]."""
    if vma.vm_ops is not None and vma.vm_ops.open is not None:
        vma.vm_ops.open(vma)


def vma_release_file(vma: VmAreaStruct) -> None:
    """Drop a VMA's hold on its file. Source: mm/vma.c: vma_close(), fput() [v6.18]."""
    if vma.vm_ops is not None and vma.vm_ops.close is not None:
        vma.vm_ops.close(vma)
    if vma.vm_file is not None:
        fput(vma.vm_mm.system, vma.vm_file)


def _merged(target: VmAreaStruct, sticky: int, reason: Reason) -> VmAreaStruct:
    mm = target.vm_mm
    target.vm_flags |= sticky & VM_STICKY
    emit(mm, vma_events.VmaMerge, mm.number, target.vm_start, target.vm_end, reason)
    return target


@traced
def vma_merge_new_range(vmg: VmaMergeStruct) -> VmAreaStruct | None:
    """Let a neighbour cover a range that is free, if they may be one VMA.

    Returns the VMA that now covers the range, or None.

    Emits: vma_not_merged, vma_merge.
    Source: mm/vma.c: vma_merge_new_range() [v6.18].
    """
    prev, next_ = vmg.prev, vmg.next
    if vmg.flags & VM_SPECIAL:
        return None
    left = _can_merge_left(vmg)
    right = _can_merge_right(vmg, left)
    if left and right and next_ is not None and not _may_remove(next_):
        right = False
    if left:
        assert prev is not None
        end, sticky = vmg.end, vmg.flags
        _dup_anon_vma(prev, vmg.copied_from)
        if right and next_ is not None:
            _dup_anon_vma(prev, next_)
            end = next_.vm_end
            sticky |= next_.vm_flags
            _remove(next_)
        vma_set_range(prev, prev.vm_start, end, prev.vm_pgoff, _TAKES_ABOVE)
        return _merged(prev, sticky, _BOTH if right else _BELOW)
    if right:
        assert next_ is not None
        _dup_anon_vma(next_, vmg.copied_from)
        vma_set_range(next_, vmg.start, next_.vm_end, vmg.pgoff, _TAKES_BELOW)
        return _merged(next_, vmg.flags, _ABOVE)
    return None


@traced
def vma_merge_existing_range(vmg: VmaMergeStruct) -> VmAreaStruct | None:
    """Give part or all of `vmg.middle` to a neighbour that has the flags it is about to get.

    Returns the VMA that now covers the range, or None.

    Emits: vma_not_merged, vma_merge.
    Source: mm/vma.c: vma_merge_existing_range() [v6.18].
    """
    middle, prev = vmg.middle, vmg.prev
    assert middle is not None
    left_side = vmg.start == middle.vm_start
    right_side = vmg.end == middle.vm_end
    if vmg.flags & VM_SPECIAL or not (left_side or right_side):
        return None
    left = left_side and _can_merge_left(vmg)
    vmg.next = next_ = middle.vm_next if right_side else None
    right = right_side and _can_merge_right(vmg, left)
    if not (left or right):
        return None
    whole = left_side and right_side
    if whole and not _may_remove(middle):  # nor may the next one: both map the same
        return None
    if left:
        assert prev is not None
        if right:
            assert next_ is not None
            _dup_anon_vma(prev, next_ if next_.anon_vma is not None else middle)
            end, sticky = next_.vm_end, vmg.flags | next_.vm_flags
            _remove(middle)
            _remove(next_)
            vma_set_range(prev, prev.vm_start, end, prev.vm_pgoff, _TAKES_BOTH)
            return _merged(prev, sticky, _BOTH)
        _dup_anon_vma(prev, middle)
        if whole:
            _remove(middle)
        else:
            _shrink(middle, vmg.end, middle.vm_end)
        vma_set_range(prev, prev.vm_start, vmg.end, prev.vm_pgoff, _TAKES_ABOVE)
        return _merged(prev, vmg.flags, _BELOW)
    assert next_ is not None
    pgoff = next_.vm_pgoff - ((vmg.end - vmg.start) >> PAGE_SHIFT)
    _dup_anon_vma(next_, middle)
    if whole:
        _remove(middle)
    else:
        _shrink(middle, middle.vm_start, vmg.start)
    vma_set_range(next_, vmg.start, next_.vm_end, pgoff, _TAKES_BELOW)
    return _merged(next_, vmg.flags, _ABOVE)


def _shrink(vma: VmAreaStruct, start: int, end: int) -> None:
    pgoff = vma.vm_pgoff + ((start - vma.vm_start) >> PAGE_SHIFT)
    vma_set_range(vma, start, end, pgoff, _TAKEN)


@traced
def __split_vma(vma: VmAreaStruct, addr: int, new_below: bool) -> VmAreaStruct:
    """Split a VMA at an address; return the new half.

    Args:
        vma: the VMA; it keeps one half.
        addr: page-aligned address strictly inside it.
        new_below: the new VMA is the lower half.

    Raises:
        LinuxError: EINVAL for a mapping that must stay whole ([vdso], [vvar]).

    Emits: vma_split, vma_adjust, vma_link.
    Source: mm/mmap.c: __split_vma() [v5.4].
    """
    if vma.vm_ops is special_mapping_vmops:
        raise LinuxError(errno.EINVAL, "may_not_be_split", name=vma.vm_name)
    mm = vma.vm_mm
    start, end = vma.vm_start, vma.vm_end
    pgoff_high = vma.vm_pgoff + ((addr - start) >> PAGE_SHIFT)
    if new_below:
        new = vma_dup(vma, mm, start, addr, vma.vm_pgoff)
        vma_set_range(vma, addr, end, pgoff_high, _UPPER_HALF)
    else:
        new = vma_dup(vma, mm, addr, end, pgoff_high)
        vma_set_range(vma, start, addr, vma.vm_pgoff, _LOWER_HALF)
    anon_vma_clone(new, vma)
    vma_link(mm, new)
    emit(mm, vma_events.VmaSplit, mm.number, start, addr, end)
    return new


def vma_dup(vma: VmAreaStruct, mm: MmStruct, start: int, end: int, pgoff: int) -> VmAreaStruct:
    """Copy a VMA with other limits; the copy has no anon_vma ties yet.

    Source: kernel/fork.c: vm_area_dup() [v5.4].
    """
    new = VmAreaStruct(mm, start, end, vma.vm_flags, pgoff)
    new.vm_page_prot = vma.vm_page_prot
    new.vm_file = vma.vm_file
    new.vm_ops = vma.vm_ops
    new.vm_name = vma.vm_name
    new.anon_vma = vma.anon_vma
    if new.vm_file is not None:
        new.vm_file.f_count += 1
    vma_open(new)
    return new


@traced
def split_vma(vma: VmAreaStruct, addr: int, new_below: bool) -> VmAreaStruct:
    """Split a VMA at an address if the process may have one more.

    Raises:
        LinuxError: ENOMEM at max_map_count; EINVAL for a mapping that must stay whole.

    Emits: what __split_vma emits.
    Source: mm/mmap.c: split_vma() [v5.4].
    """
    check_map_count(vma.vm_mm)
    return __split_vma(vma, addr, new_below)


def check_map_count(mm: MmStruct) -> None:
    """Refuse a split at the limit.

    Raises:
        LinuxError: ENOMEM if the process has max_map_count VMAs.

    Source: mm/mmap.c: split_vma() [v5.4].
    """
    limit = mm.system.sysctl_max_map_count
    if mm.map_count >= limit:
        raise LinuxError(errno.ENOMEM, "map_count_limit", limit=limit)


@traced
def vma_modify(vma: VmAreaStruct, start: int, end: int, flags: int) -> VmAreaStruct:
    """Make [start, end) of a VMA a VMA that may have `flags`: merge it, or split it off.

    The flags themselves are not changed.

    Returns the VMA that covers the range (and more, if it merged).

    Raises:
        LinuxError: ENOMEM at max_map_count; EINVAL for a mapping that must stay whole.

    Source: mm/vma.c: vma_modify() [v6.18].
    """
    pgoff = vma.vm_pgoff + ((start - vma.vm_start) >> PAGE_SHIFT)
    prev = vma.vm_prev if start == vma.vm_start else vma
    merged = vma_merge_existing_range(
        VmaMergeStruct(
            vma.vm_mm, start, end, flags, pgoff, prev, vma, None, vma.vm_file, vma.anon_vma
        )
    )
    if merged is not None:
        return merged
    if vma.vm_start < start:
        split_vma(vma, start, True)
    if vma.vm_end > end:
        split_vma(vma, end, False)
    return vma


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
