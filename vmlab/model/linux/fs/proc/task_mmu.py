"""What /proc/PID shows of an address space: maps, smaps, pagemap, lines of status and statm."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from typing import NamedTuple

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.maps import DELETED, HIDDEN, VSYSCALL_LINE, escape, maps_line
from vmlab.model.abi.mman import ULONG_MAX, VM_EXEC, VM_LOCKED, VM_PFNMAP
from vmlab.model.linux.arch.x86.include.pgtable_64 import pte_to_swp_entry
from vmlab.model.linux.arch.x86.mm.tlb import flush_tlb_mm
from vmlab.model.linux.fs.proc.smap_swap import smap_swap
from vmlab.model.linux.include.mm import (
    get_mm_counter_sum,
    get_mm_rss,
    init_rss_vec,
    mm_counter,
)
from vmlab.model.linux.include.page_flags import PG_DIRTY, PG_LAZYFREE, PG_REFERENCED
from vmlab.model.linux.include.structs import (
    MM_ANONPAGES,
    MM_FILEPAGES,
    MM_SHMEMPAGES,
    MM_SWAPENTS,
    File,
    MmStruct,
    System,
    VmAreaStruct,
)
from vmlab.model.linux.include.swap import swp_offset, swp_type
from vmlab.model.linux.mm.pgtable import (
    MARKER_GUARD,
    PRESENT,
    get_pte,
    is_swap_pte,
    present_ptes,
    pte_tables,
    used_entries,
)
from vmlab.model.linux.mm.vma import find_vma_in_tree
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, page_align
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, SPECIAL, A, D
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.hook import emit

_SOFT_DIRTY = because("soft_dirty_cleared")

_PSS_SHIFT = 12


def _form(names: str) -> str:
    return "".join(f"{name + ':':<16}{{:8}} kB\n" for name in names.split())


_SMAP_SIZES = _form("Size KernelPageSize MMUPageSize")
_SMAP_RSS = _form("Rss Pss Pss_Dirty")
_SMAP_KINDS = _form("Pss_Anon Pss_File Pss_Shmem")
_SMAP_REST = _form(
    "Shared_Clean Shared_Dirty Private_Clean Private_Dirty Referenced Anonymous KSM LazyFree "
    "AnonHugePages ShmemPmdMapped FilePmdMapped Shared_Hugetlb Private_Hugetlb Swap SwapPss Locked"
)
_SMAP_ENTRY = _SMAP_RSS + _SMAP_REST
_SMAP_ENTRY_OF_KINDS = _SMAP_RSS + _SMAP_KINDS + _SMAP_REST
_MNEMONICS = (  # bit of vm_flags -> two letters of VmFlags, in bit order
    (0, "rd"),
    (1, "wr"),
    (2, "ex"),
    (3, "sh"),
    (4, "mr"),
    (5, "mw"),
    (6, "me"),
    (7, "ms"),
    (8, "gd"),
    (10, "pf"),
    (11, "gu"),
    (13, "lo"),
    (14, "io"),
    (15, "sr"),
    (16, "rr"),
    (17, "dc"),
    (18, "de"),
    (19, "lf"),
    (20, "ac"),
    (21, "nr"),
    (22, "ht"),
    (23, "sf"),
    (25, "wf"),
    (26, "dd"),
    (28, "mm"),
    (29, "hg"),
    (30, "nh"),
    (31, "mg"),
    (40, "dp"),
    (42, "sl"),
)


def vma_name(vma: VmAreaStruct) -> str:
    """Return the last column of a maps line: a path, [heap], [stack], [vdso], or nothing.

    Source: fs/proc/task_mmu.c: get_vma_name() [v6.18].
    """
    if vma.vm_file is not None:
        path = escape(vma.vm_file.f_path)
        return path + DELETED if _is_gone(vma.vm_mm.system, vma.vm_file) else path
    if vma.vm_name:
        return vma.vm_name
    mm = vma.vm_mm
    if vma.vm_start < mm.brk and vma.vm_end > mm.start_brk:
        return "[heap]"
    if vma.vm_start <= mm.start_stack <= vma.vm_end:
        return "[stack]"
    return ""


def _is_gone(system: System, file: File) -> bool:
    # Was its name taken away? Only a path can be: anon_inode:[io_uring] never was one.
    path, inode = file.f_path, file.f_inode
    if not path.startswith("/") or path.endswith(DELETED) or system.namei.get(path) is inode:
        return False
    hidden = inode.name.endswith(path) and HIDDEN.fullmatch(inode.name.removesuffix(path))
    return not (hidden and inode.i_nlink)


def show_map_vma(vma: VmAreaStruct) -> str:
    """Return one line of /proc/PID/maps, without the end of line.

    Source: fs/proc/task_mmu.c: show_map_vma() [v5.4].
    """
    dev, ino, offset = "00:00", 0, 0
    if vma.vm_file is not None:
        inode = vma.vm_file.f_inode
        dev, offset = inode.dev, vma.vm_pgoff << PAGE_SHIFT
        ino = inode.i_ino if inode.shmid is None else inode.shmid
    return maps_line(vma.vm_start, vma.vm_end, vma.perms, offset, dev, ino, vma_name(vma))


def show_map(mm: MmStruct | None) -> str:
    """Return /proc/PID/maps.

    Source: fs/proc/task_mmu.c: show_map() [v5.4].
    """
    if mm is None:
        return ""
    lines = [show_map_vma(vma) for vma in mm]
    if mm.task_size >> 46:
        lines.append(VSYSCALL_LINE)
    return "\n".join(lines) + "\n" if lines else ""


class MemSizeStats(NamedTuple):
    """The counters of one smaps entry (struct mem_size_stats). Bytes, `pss*` shifted left by 12."""

    resident: int = 0
    pss: int = 0
    pss_dirty: int = 0
    pss_locked: int = 0
    shared_clean: int = 0
    shared_dirty: int = 0
    private_clean: int = 0
    private_dirty: int = 0
    referenced: int = 0
    anonymous: int = 0
    lazyfree: int = 0
    swap: int = 0
    swap_pss: int = 0
    pss_anon: int = 0
    pss_file: int = 0
    pss_shmem: int = 0


def smap_gather_stats(vma: VmAreaStruct) -> MemSizeStats:
    """Count the pages of one VMA.

    A page that two page-table entries map is shared, even if both are this process's.

    Source: fs/proc/task_mmu.c: smap_gather_stats() [v6.18].
    """
    resident = pss_dirty = referenced = anonymous = lazyfree = 0
    pss_of = init_rss_vec()
    shared_clean = shared_dirty = private_clean = private_dirty = 0
    mm = vma.vm_mm
    mem_map = mm.system.mem_map
    swap = swap_pss = 0
    if mm.system.swap_info:
        swap, swap_pss = smap_swap(vma)
    for _, pte in present_ptes(mm, vma.vm_start, vma.vm_end):
        if not pte & PRESENT or pte & SPECIAL:
            continue
        page = mem_map[(pte & PFN_MASK) >> PFN_SHIFT]
        dirty = bool(pte & D or page.flags & PG_DIRTY)
        share = (PAGE_SIZE << _PSS_SHIFT) // page.mapcount
        resident += PAGE_SIZE
        pss_of[mm_counter(page)] += share
        if dirty:
            pss_dirty += share
        if pte & A or page.flags & PG_REFERENCED:
            referenced += PAGE_SIZE
        if page.kind == "anon":
            anonymous += PAGE_SIZE
            if page.flags & PG_LAZYFREE and not dirty:
                lazyfree += PAGE_SIZE
        if page.mapcount > 1:
            if dirty:
                shared_dirty += PAGE_SIZE
            else:
                shared_clean += PAGE_SIZE
        elif dirty:
            private_dirty += PAGE_SIZE
        else:
            private_clean += PAGE_SIZE
    pss = sum(pss_of)
    locked = pss if vma.vm_flags & VM_LOCKED else 0
    return MemSizeStats(
        *(resident, pss, pss_dirty, locked),
        *(shared_clean, shared_dirty, private_clean, private_dirty),
        *(referenced, anonymous, lazyfree, swap, swap_pss),
        *(pss_of[MM_ANONPAGES], pss_of[MM_FILEPAGES], pss_of[MM_SHMEMPAGES]),
    )


@functools.cache
def vm_flags_text(vm_flags: int) -> str:
    """Return the VmFlags of an smaps entry, for example 'rd wr mr mw me ac'.

    Source: fs/proc/task_mmu.c: show_smap_vma_flags() [v6.18].
    """
    return " ".join(letters for bit, letters in _MNEMONICS if vm_flags >> bit & 1)


def vm_flags_named(words: Collection[str]) -> int:
    """Return the VM_* bits that words of VmFlags stand for; those that are not known count for 0.

    Source: fs/proc/task_mmu.c: show_smap_vma_flags() [v6.18].
    """
    return sum({1 << bit for bit, letters in _MNEMONICS if letters in words})


def show_smap(mm: MmStruct | None) -> str:
    """Return /proc/PID/smaps. Counters of huge pages, which are not modelled, are 0.

    Source: fs/proc/task_mmu.c: show_smap() [v6.18].
    """
    if mm is None:
        return ""
    parts: list[str] = []
    for vma in mm:
        size = vma.vm_end - vma.vm_start
        parts += show_map_vma(vma), _smap_counters(size, smap_gather_stats(vma), vma.vm_flags)
    if mm.task_size >> 46:
        parts += VSYSCALL_LINE, _smap_counters(PAGE_SIZE, MemSizeStats(), VM_EXEC)
    return "".join(parts)


def show_smaps_rollup(mm: MmStruct) -> str:
    """Return /proc/PID/smaps_rollup: the counters of all VMAs together.

    Source: fs/proc/task_mmu.c: show_smaps_rollup() [v6.18].
    """
    start = end = 0
    mss = MemSizeStats()
    if mm.mmap is not None:
        start, end = mm.mmap.vm_start, mm.highest_vm_end
        mss = MemSizeStats(*map(sum, zip(*map(smap_gather_stats, mm), strict=True)))
    head = maps_line(start, end, "---p", 0, "00:00", 0, "[rollup]")
    return f"{head}\n{_smap_stats(mss, (mss.pss_anon, mss.pss_file, mss.pss_shmem))}"


def _smap_stats(mss: MemSizeStats, pss_of: Sequence[int] = ()) -> str:
    # The counters, with or without what each kind of page has in Pss.
    # Source: fs/proc/task_mmu.c: __show_smap() [v6.18].
    return (_SMAP_ENTRY_OF_KINDS if pss_of else _SMAP_ENTRY).format(
        mss.resident >> 10,
        *(pss >> 10 + _PSS_SHIFT for pss in (mss.pss, mss.pss_dirty, *pss_of)),
        mss.shared_clean >> 10,
        mss.shared_dirty >> 10,
        mss.private_clean >> 10,
        mss.private_dirty >> 10,
        mss.referenced >> 10,
        mss.anonymous >> 10,
        0,  # KSM
        mss.lazyfree >> 10,
        *(0,) * 5,  # huge pages
        mss.swap >> 10,
        mss.swap_pss >> 10 + _PSS_SHIFT,
        mss.pss_locked >> 10 + _PSS_SHIFT,
    )


@functools.lru_cache(maxsize=4096)  # most VMAs have no page, or look as they did before
def _smap_counters(size: int, mss: MemSizeStats, vm_flags: int) -> str:
    sizes = _SMAP_SIZES.format(size >> 10, PAGE_SIZE >> 10, PAGE_SIZE >> 10)
    # It stands below a line of maps, which it ends.
    return (
        f"\n{sizes}{_smap_stats(mss)}"
        f"THPeligible:           0\nVmFlags: {vm_flags_text(vm_flags)} \n"
    )


def task_mem(mm: MmStruct) -> list[tuple[str, int]]:
    """Return the names and bytes of the lines of /proc/PID/status about memory.

    Source: fs/proc/task_mmu.c: task_mem() [v6.18]; mm/hugetlb.c: hugetlb_report_usage() [v6.18].
    """
    anon, file, shmem, swap = (
        get_mm_counter_sum(mm, member) << PAGE_SHIFT
        for member in (MM_ANONPAGES, MM_FILEPAGES, MM_SHMEMPAGES, MM_SWAPENTS)
    )
    rss = anon + file + shmem
    text = min(_code(mm), mm.exec_vm << PAGE_SHIFT)
    return [
        ("VmPeak", max(mm.total_vm, mm.hiwater_vm) << PAGE_SHIFT),
        ("VmSize", mm.total_vm << PAGE_SHIFT),
        ("VmLck", mm.locked_vm << PAGE_SHIFT),
        ("VmPin", 0),
        ("VmHWM", max(rss, mm.hiwater_rss << PAGE_SHIFT)),
        ("VmRSS", rss),
        ("RssAnon", anon),
        ("RssFile", file),
        ("RssShmem", shmem),
        ("VmData", mm.data_vm << PAGE_SHIFT),
        ("VmStk", mm.stack_vm << PAGE_SHIFT),
        ("VmExe", text),
        ("VmLib", (mm.exec_vm << PAGE_SHIFT) - text),
        ("VmPTE", mm.pgtables_bytes),
        ("VmSwap", swap),
        ("HugetlbPages", 0),
    ]


def task_statm(mm: MmStruct) -> tuple[int, int, int, int, int]:
    """Return the pages that statm counts: size, resident, shared, text, data.

    Source: fs/proc/task_mmu.c: task_statm() [v6.18].
    """
    shared = get_mm_counter_sum(mm, MM_FILEPAGES) + get_mm_counter_sum(mm, MM_SHMEMPAGES)
    resident = shared + get_mm_counter_sum(mm, MM_ANONPAGES)
    return mm.total_vm, resident, shared, _code(mm) >> PAGE_SHIFT, mm.data_vm + mm.stack_vm


def _code(mm: MmStruct) -> int:
    # Bytes of the program's code, in whole pages.
    return (page_align(mm.end_code) - (mm.start_code & PAGE_MASK)) & ULONG_MAX


_SWP_PTE_MARKER = 31  # the kind of swap that is none
_PTE_MARKER_GUARD = 1 << 2
_MAX_SWAPFILES_SHIFT = 5
_GUARD = _PTE_MARKER_GUARD << _MAX_SWAPFILES_SHIFT | _SWP_PTE_MARKER


class PagemapEntry(NamedTuple):
    """What /proc/PID/pagemap says of one page."""

    present: bool
    file: bool  # of a file or of shared memory (bit 61)
    exclusive: bool  # mapped exactly once (bit 56)
    guard: bool  # in a guard region (bit 58): an entry as if swapped out (bit 62), to _GUARD
    pfn: int  # frame number, 0 = none
    zero: bool  # the shared page of zeros
    swap: int | None = None  # place in swap (bit 62), as type and offset tell it

    @property
    def raw(self) -> int:
        """Return the 64 bits as the file holds them."""
        return (
            self.present << 63
            | self.file << 61
            | (self.guard and 1 << 62 | 1 << 58 | _GUARD)
            | self.exclusive << 56
            | self.pfn
            | (0 if self.swap is None else 1 << 62 | _swap_frame(self.swap))
        )


def _swap_frame(entry: int) -> int:
    return swp_type(entry) | swp_offset(entry) << _MAX_SWAPFILES_SHIFT


_NOTHING = PagemapEntry(False, False, False, False, 0, False)


def pagemap_read(mm: MmStruct, addr: int, n: int) -> list[PagemapEntry]:
    """Return the pagemap entries of n pages.

    Source: fs/proc/task_mmu.c: pagemap_read() [v6.18].
    """
    addr &= PAGE_MASK
    if n == 1:
        pte = get_pte(mm, addr)
        vma = find_vma_in_tree(mm, addr) if pte else None
        hidden = vma is None or vma.vm_start > addr or vma.vm_flags & VM_PFNMAP
        return [_NOTHING if hidden else pte_to_pagemap_entry(mm, pte)]
    end = addr + n * PAGE_SIZE
    entries = [_NOTHING] * n
    vma = find_vma_in_tree(mm, addr)
    while vma is not None and vma.vm_start < end:
        if not vma.vm_flags & VM_PFNMAP:
            first, last = max(addr, vma.vm_start), min(end, vma.vm_end)
            for place, pte in present_ptes(mm, first, last):
                entries[(place - addr) >> PAGE_SHIFT] = pte_to_pagemap_entry(mm, pte)
        vma = vma.vm_next
    return entries


def pte_to_pagemap_entry(mm: MmStruct, pte: int) -> PagemapEntry:
    """Return what pagemap says of a page-table entry.

    Source: fs/proc/task_mmu.c: pte_to_pagemap_entry() [v6.18].
    """
    if is_swap_pte(pte):
        return PagemapEntry(False, False, False, False, 0, False, pte_to_swp_entry(pte))
    if not pte & PRESENT:
        return PagemapEntry(False, False, False, pte == MARKER_GUARD, 0, False)
    pfn = (pte & PFN_MASK) >> PFN_SHIFT
    if pte & SPECIAL:
        return PagemapEntry(True, False, False, False, pfn, pfn == mm.system.zero_pfn)
    page = mm.system.mem_map[pfn]
    exclusive = page.mapcount == 1 and page.mapping is not mm.system.vdso_mapping
    return PagemapEntry(True, page.kind == "file", exclusive, False, pfn, False)


CLEAR_REFS_ALL, CLEAR_REFS_ANON, CLEAR_REFS_MAPPED, CLEAR_REFS_SOFT_DIRTY = range(1, 5)
CLEAR_REFS_MM_HIWATER_RSS = 5


def clear_refs_write(mm: MmStruct, kind: int) -> None:
    """Forget that pages were accessed, or how many there were at most.

    The TLB keeps what it knows: an access that it answers leaves no mark.

    Args:
        mm: address space.
        kind: CLEAR_REFS_*. The kernel has no soft-dirty bits, so there are none to clear.

    Raises:
        LinuxError: EINVAL for a kind that there is not.

    Emits: pte_mkold, hiwater_reset, tlb_flush.
    Source: fs/proc/task_mmu.c: clear_refs_write() [v6.18].
    """
    if not CLEAR_REFS_ALL <= kind <= CLEAR_REFS_MM_HIWATER_RSS:
        raise LinuxError(errno.EINVAL, "clear_refs_unknown", kind=kind)
    if kind == CLEAR_REFS_MM_HIWATER_RSS:
        reset_mm_hiwater_rss(mm)
    elif kind == CLEAR_REFS_SOFT_DIRTY:
        flush_tlb_mm(mm, _SOFT_DIRTY)
    else:
        vmas = [vma for vma in mm if not _is_passed_over(vma, kind)]
        emit(mm, page_events.PteMkold, mm.number, sum(map(_clear_refs, vmas)))


def _is_passed_over(vma: VmAreaStruct, kind: int) -> bool:
    # Source: fs/proc/task_mmu.c: clear_refs_test_walk() [v6.18].
    if vma.vm_flags & VM_PFNMAP:
        return True
    other = CLEAR_REFS_MAPPED if vma.vm_file is None else CLEAR_REFS_ANON
    return kind == other


def _clear_refs(vma: VmAreaStruct) -> int:
    # Source: fs/proc/task_mmu.c: clear_refs_pte_range() [v6.18].
    mm = vma.vm_mm
    cleared = 0
    for table, first, stop, _ in pte_tables(mm, vma.vm_start, vma.vm_end):
        for index, pte in used_entries(table, first, stop):
            if pte & PRESENT and not pte & SPECIAL:
                table[index] = pte & ~A
                mm.system.mem_map[(pte & PFN_MASK) >> PFN_SHIFT].flags &= ~PG_REFERENCED
                cleared += 1
    return cleared


def reset_mm_hiwater_rss(mm: MmStruct) -> None:
    """Let the peak of memory begin anew.

    Emits: hiwater_reset.
    Source: include/linux/mm.h: reset_mm_hiwater_rss() [v6.18].
    """
    mm.hiwater_rss = get_mm_rss(mm)
    emit(mm, page_events.HiwaterReset, mm.number, mm.hiwater_rss)
