"""Where a new mapping goes: hints, fixed addresses and the search through the gaps."""

from __future__ import annotations

from dataclasses import dataclass

from vmlab import errno
from vmlab.errors import LinuxError
from vmlab.model.events import vma as events
from vmlab.model.kernel.fs import DEV_DISK, File, is_dev_zero
from vmlab.model.kernel.mm_types import MmStruct, VmAreaStruct
from vmlab.model.kernel.mman import (
    MAP_32BIT,
    MAP_ABOVE4G,
    MAP_FIXED,
    MAP_SHARED,
    VM_GROWSDOWN,
)
from vmlab.model.kernel.vma import find_vma, vm_start_gap
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, GiB, page_align
from vmlab.model.trace import emit, traced

PMD_SIZE = 1 << 21  # bytes: a transparent huge page
_MAP_32BIT_BASE = 0x40000000
_MAP_32BIT_END = 0x80000000


@dataclass(slots=True)
class VmUnmappedAreaInfo:
    """What is looked for (struct vm_unmapped_area_info). Bytes."""

    length: int
    low_limit: int
    high_limit: int


def unmapped_area(mm: MmStruct, info: VmUnmappedAreaInfo) -> int | None:
    """Return the lowest gap that fits, at its bottom; None if there is none.

    A gap that a stack may grow into is passed over whole.

    Source: mm/vma.c: unmapped_area() [v6.18].
    """
    length, low_limit, high_limit = info.length, info.low_limit, info.high_limit

    def search(vma: VmAreaStruct | None) -> tuple[int, VmAreaStruct] | None:
        if vma is None or vma.rb_subtree_gap < length:
            return None
        if vma.vm_start > low_limit:
            found = search(vma.rb_left)
            if found is not None:
                return found
        start = max(vma.vm_prev.vm_end if vma.vm_prev is not None else 0, low_limit)
        if start + length > high_limit:
            return None
        if vma.vm_start - start >= length:
            return start, vma
        return search(vma.rb_right)

    while (found := search(mm.mm_rb.rb_node)) is not None:
        start, above = found
        if not above.vm_flags & VM_GROWSDOWN or vm_start_gap(above) >= start + length - 1:
            return start
        low_limit = above.vm_end
    start = max(mm.highest_vm_end, low_limit)
    return start if start + length <= high_limit else None


def unmapped_area_topdown(mm: MmStruct, info: VmUnmappedAreaInfo) -> int | None:
    """Return the highest gap that fits, at its top; None if there is none.

    Where the gap lies below a stack, the search goes on below the stack's guard gap, whatever
    is mapped inside that.

    Source: mm/vma.c: unmapped_area_topdown() [v6.18].
    """
    length, low_limit, high_limit = info.length, info.low_limit, info.high_limit
    if high_limit - max(mm.highest_vm_end, low_limit) >= length:
        return high_limit - length

    def search(vma: VmAreaStruct | None) -> tuple[int, VmAreaStruct] | None:
        if vma is None or vma.rb_subtree_gap < length:
            return None
        if vma.vm_end + length <= high_limit:
            found = search(vma.rb_right)
            if found is not None:
                return found
        end = min(vma.vm_start, high_limit)
        if end - length < low_limit:
            return None
        if end - (vma.vm_prev.vm_end if vma.vm_prev is not None else 0) >= length:
            return end, vma
        return search(vma.rb_left)

    while (found := search(mm.mm_rb.rb_node)) is not None:
        end, above = found
        if not above.vm_flags & VM_GROWSDOWN or vm_start_gap(above) >= end:
            return end - length
        high_limit = vm_start_gap(above)
    return None


def arch_get_unmapped_area(mm: MmStruct, addr: int, length: int, flags: int) -> int:
    """Choose an address bottom-up.

    Raises:
        LinuxError: ENOMEM if nothing fits.

    Source: arch/x86/kernel/sys_x86_64.c: arch_get_unmapped_area() [v5.4].
    """
    low, high = page_align(mm.system.default_map_window // 3), _high_limit(mm, addr)
    if flags & MAP_32BIT:
        low, high = _MAP_32BIT_BASE, _MAP_32BIT_END
    if length > high:
        raise LinuxError(errno.ENOMEM, f"{length:#x} bytes are more than user space has")
    if addr:
        addr = page_align(addr)
        if addr <= high - length and _is_free(mm, addr, length):
            return _chosen(mm, addr, length, "the hint is free")
    found = unmapped_area(mm, VmUnmappedAreaInfo(length, low, high))
    if found is None:
        raise LinuxError(errno.ENOMEM, f"no gap of {length:#x} bytes is left")
    return _chosen(mm, found, length, "the lowest gap that fits (bottom-up)")


def _high_limit(mm: MmStruct, addr: int) -> int:
    # With five levels, only who asks for a high address gets one: old programs keep data in the
    # upper bits of pointers.
    window = mm.system.default_map_window
    return mm.task_size if addr > window else window


def _is_free(mm: MmStruct, addr: int, length: int) -> bool:
    vma = find_vma(mm, addr)
    return vma is None or addr + length <= vm_start_gap(vma)


def _chosen(mm: MmStruct, addr: int, length: int, reason: str) -> int:
    emit(mm, events.VmUnmappedArea, mm.number, addr, length, reason)
    return addr


@traced
def arch_get_unmapped_area_topdown(mm: MmStruct, addr: int, length: int, flags: int) -> int:
    """Choose an address: the hint if it is free, else the highest gap below mmap_base.

    Raises:
        LinuxError: ENOMEM if nothing fits.

    Emits: vm_unmapped_area.
    Source: arch/x86/kernel/sys_x86_64.c: arch_get_unmapped_area_topdown() [v5.4].
    """
    if length > mm.task_size:
        raise LinuxError(errno.ENOMEM, f"{length:#x} bytes are more than user space has")
    if flags & MAP_FIXED:
        return addr
    window = mm.system.default_map_window
    if not flags & MAP_32BIT:
        hint = addr & PAGE_MASK
        if (
            hint
            and hint <= mm.task_size - length
            and (hint > window) == (hint + length > window)
            and _is_free(mm, hint, length)
        ):
            return _chosen(mm, hint, length, "the hint is free")
        low = 4 * GiB if flags & MAP_ABOVE4G else PAGE_SIZE
        high = mm.mmap_base + _high_limit(mm, addr) - window
        found = unmapped_area_topdown(mm, VmUnmappedAreaInfo(length, low, high))
        if found is not None:
            return _chosen(
                mm, found, length, "the highest gap below mmap_base that fits (top-down)"
            )
    return arch_get_unmapped_area(mm, addr, length, flags)


def thp_get_unmapped_area(mm: MmStruct, addr: int, length: int, offset: int, flags: int) -> int:
    """Choose an address at which huge pages could be used: congruent to `offset` modulo 2 MiB.

    A hint with room for an aligned mapping is taken as it is.

    Raises:
        LinuxError: ENOMEM if nothing fits.

    Source: mm/huge_memory.c: thp_get_unmapped_area_vmflags() [v6.18].
    """
    aligned = -(-offset // PMD_SIZE) * PMD_SIZE
    if mm.system.geometry.canonical and offset + length - aligned >= PMD_SIZE:
        try:
            found = arch_get_unmapped_area_topdown(mm, addr, length + PMD_SIZE, flags)
        except LinuxError:
            pass
        else:
            if found == addr:
                return addr
            shift = (offset - found) % PMD_SIZE
            place = found + (shift or PMD_SIZE)
            return _chosen(mm, place, length, "aligned to 2 MiB, for huge pages")
    return arch_get_unmapped_area_topdown(mm, addr, length, flags)


@traced
def get_unmapped_area(
    mm: MmStruct, file: File | None, addr: int, length: int, pgoff: int, flags: int
) -> int:
    """Choose the address of a new mapping and check it.

    Args:
        mm: address space.
        file: what will be mapped, None = anonymous.
        addr: hint, or the fixed address; 0 = none. Bytes.
        length: bytes, whole pages.
        pgoff: offset in the file, pages.
        flags: MAP_* bits.

    Raises:
        LinuxError: ENOMEM if nothing fits or the range leaves user space; EINVAL if a fixed
            address is not page aligned.

    Emits: vm_unmapped_area.
    Source: mm/mmap.c: __get_unmapped_area() [v6.18].
    """
    if length > mm.task_size:
        raise LinuxError(errno.ENOMEM, f"{length:#x} bytes are more than user space has")
    if file is not None and (
        file.f_inode.dev == DEV_DISK or (is_dev_zero(file.f_inode) and not flags & MAP_SHARED)
    ):
        addr = thp_get_unmapped_area(mm, addr, length, pgoff << PAGE_SHIFT, flags)
    elif file is None and not flags & MAP_SHARED and not addr and length % PMD_SIZE == 0:
        addr = thp_get_unmapped_area(mm, addr, length, 0, flags)
    else:
        addr = arch_get_unmapped_area_topdown(mm, addr, length, flags)
    if addr > mm.task_size - length:
        raise LinuxError(errno.ENOMEM, f"{addr:#x} + {length:#x} leaves user space")
    if addr & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, f"{addr:#x} is not page aligned")
    return addr
