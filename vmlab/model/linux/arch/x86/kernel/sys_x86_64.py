"""Where mmap places a mapping on x86-64."""

from __future__ import annotations

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.mman import MAP_32BIT, MAP_ABOVE4G, MAP_FIXED
from vmlab.model.linux.arch.x86.include.current import get_current
from vmlab.model.linux.drivers.char.random import randomize_page
from vmlab.model.linux.include.mm import vm_start_gap
from vmlab.model.linux.include.sched import MMF_TOPDOWN, PF_RANDOMIZE
from vmlab.model.linux.include.structs import MmStruct
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.linux.mm.vma_gap import (
    VmUnmappedAreaInfo,
    area_chosen,
    unmapped_area,
    unmapped_area_topdown,
)
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SIZE, GiB, MiB, page_align
from vmlab.model.trace.decorators import traced

_MAP_32BIT_BASE = 0x40000000
_MAP_32BIT_END = 0x80000000
_MAP_32BIT_RANGE = 32 * MiB  # in which a randomised search begins

_HINT_FREE = because("hint_is_free")
_LOWEST = because("lowest_gap")
_HIGHEST = because("highest_gap")


def mm_get_unmapped_area(mm: MmStruct, addr: int, length: int, flags: int) -> int:
    """Choose an address as the address space was laid out: top-down or bottom-up.

    Args:
        mm: address space.
        addr: hint, or the fixed address; 0 = none. Bytes.
        length: bytes.
        flags: MAP_* bits.

    Raises:
        LinuxError: ENOMEM if nothing fits.

    Emits: vm_unmapped_area.
    Source: mm/mmap.c: mm_get_unmapped_area_vmflags() [v6.18].
    """
    if mm.flags & MMF_TOPDOWN:
        return arch_get_unmapped_area_topdown(mm, addr, length, flags)
    return arch_get_unmapped_area(mm, addr, length, flags)


@traced
def arch_get_unmapped_area(mm: MmStruct, addr: int, length: int, flags: int) -> int:
    """Choose an address: the hint if it is free, else the lowest gap above mmap_legacy_base.

    Raises:
        LinuxError: ENOMEM if nothing fits.

    Emits: vm_unmapped_area.
    Source: arch/x86/kernel/sys_x86_64.c: arch_get_unmapped_area() [v5.4].
    """
    if flags & MAP_FIXED:
        return addr
    low, high = mm.mmap_legacy_base, _high_limit(mm, addr)
    if flags & MAP_32BIT:
        low, high = _MAP_32BIT_BASE, _MAP_32BIT_END
        if get_current(mm.system).flags & PF_RANDOMIZE:
            low = randomize_page(mm.system, low, _MAP_32BIT_RANGE)
    if length > high:
        raise LinuxError(errno.ENOMEM, "larger_than_user_space", length=length)
    if addr:
        addr = page_align(addr)
        if addr <= high - length and _is_free(mm, addr, length):
            return area_chosen(mm, addr, length, _HINT_FREE)
    found = unmapped_area(mm, VmUnmappedAreaInfo(length, low, high))
    if found is None:
        raise LinuxError(errno.ENOMEM, "no_gap_left", length=length)
    return area_chosen(mm, found, length, _LOWEST)


def _high_limit(mm: MmStruct, addr: int) -> int:
    # With five levels, only a program that asks for a high address gets one: old programs keep
    # data in the upper bits of pointers.
    window = mm.system.default_map_window
    return mm.task_size if addr > window else window


def _is_free(mm: MmStruct, addr: int, length: int) -> bool:
    vma = find_vma(mm, addr)
    return vma is None or addr + length <= vm_start_gap(vma)


@traced
def arch_get_unmapped_area_topdown(mm: MmStruct, addr: int, length: int, flags: int) -> int:
    """Choose an address: the hint if it is free, else the highest gap below mmap_base.

    Raises:
        LinuxError: ENOMEM if nothing fits.

    Emits: vm_unmapped_area.
    Source: arch/x86/kernel/sys_x86_64.c: arch_get_unmapped_area_topdown() [v5.4].
    """
    if length > mm.task_size:
        raise LinuxError(errno.ENOMEM, "larger_than_user_space", length=length)
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
            return area_chosen(mm, hint, length, _HINT_FREE)
        low = 4 * GiB if flags & MAP_ABOVE4G else PAGE_SIZE
        high = mm.mmap_base + _high_limit(mm, addr) - window
        found = unmapped_area_topdown(mm, VmUnmappedAreaInfo(length, low, high))
        if found is not None:
            return area_chosen(mm, found, length, _HIGHEST)
    return arch_get_unmapped_area(mm, addr, length, flags)
