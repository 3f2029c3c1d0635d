"""madvise: dropping pages, guard regions, and flags that fork and dumps look at."""

from __future__ import annotations

from vmlab.codes import because
from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE
from vmlab.model.abi.mman import (
    ULONG_MAX,
    VM_DONTCOPY,
    VM_DONTDUMP,
    VM_DROPPABLE,
    VM_HUGEPAGE,
    VM_IO,
    VM_LOCKED,
    VM_MAYBE_GUARD,
    VM_MAYSHARE,
    VM_MAYWRITE,
    VM_MERGEABLE,
    VM_NOHUGEPAGE,
    VM_PFNMAP,
    VM_RAND_READ,
    VM_SEALED,
    VM_SEQ_READ,
    VM_SHARED,
    VM_SPECIAL,
    VM_STICKY,
    VM_WIPEONFORK,
    VM_WRITE,
    Madv,
)
from vmlab.model.linux.arch.x86.include.pgtable_64 import pte_to_swp_entry
from vmlab.model.linux.arch.x86.mm.tlb import flush_tlb_range
from vmlab.model.linux.fs.open import vfs_fallocate
from vmlab.model.linux.include.fs import on_disk
from vmlab.model.linux.include.mm import add_mm_counter, update_hiwater_rss
from vmlab.model.linux.include.page_flags import PG_DIRTY, PG_REFERENCED, PG_SWAPCACHE
from vmlab.model.linux.include.structs import MM_SWAPENTS, MmStruct, TaskStruct, VmAreaStruct
from vmlab.model.linux.kernel.pid import pidfd_get_task
from vmlab.model.linux.lib.iov_iter import (
    IovIter,
    import_iovec,
    iov_iter_advance,
    iter_iov_addr,
    iter_iov_len,
)
from vmlab.model.linux.mm.gup import madvise_populate
from vmlab.model.linux.mm.memory_ranges import zap_page_range_single
from vmlab.model.linux.mm.mprotect import set_vma_flags
from vmlab.model.linux.mm.pgtable import (
    MARKER_GUARD,
    PRESENT,
    present_ptes,
    pte_alloc,
    pte_tables,
    used_entries,
)
from vmlab.model.linux.mm.readahead import force_page_cache_ra
from vmlab.model.linux.mm.reclaim_advice import madvise_pageout, madvise_swapin
from vmlab.model.linux.mm.rmap import anon_vma_prepare, is_mlocked
from vmlab.model.linux.mm.swap import folio_deactivate, folio_mark_lazyfree, lru_add_drain
from vmlab.model.linux.mm.swapfile import folio_free_swap, free_swap_and_cache
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.linux.mm.vma_merge import vma_modify
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, page_align
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, SPECIAL, A, D
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.hook import emit

_DROPPED = because("dontneed_drops_pages")
_GUARDED = because("guards_replace_pages")
_CLEANED = because("pages_are_clean")
_FORGOTTEN = because("accesses_forgotten")

_UNSUPPORTED = {Madv.MADV_HWPOISON, Madv.MADV_SOFT_OFFLINE}
_VALID = {advice.value for advice in Madv if advice not in _UNSUPPORTED}
_DISCARD = {
    Madv.MADV_FREE,
    Madv.MADV_DONTNEED,
    Madv.MADV_DONTNEED_LOCKED,
    Madv.MADV_REMOVE,
    Madv.MADV_DONTFORK,
    Madv.MADV_WIPEONFORK,
    Madv.MADV_GUARD_INSTALL,
}
_REMOTE = {Madv.MADV_WILLNEED, Madv.MADV_COLD, Madv.MADV_PAGEOUT, Madv.MADV_COLLAPSE}


@traced
def do_madvise(mm: MmStruct, start: int, length: int, advice: int) -> None:
    """Give advice about a range; holes are passed over and reported at the end.

    Args:
        mm: address space.
        start: bytes, page aligned.
        length: bytes, rounded up to whole pages.
        advice: MADV_*.

    Raises:
        LinuxError: EINVAL, EPERM, EACCES, EFAULT from the first VMA that refuses; ENOMEM if there
            were holes.

    Emits: pte_clear, tlb_flush, vma_split, vma_merge, vma_not_merged, vma_flags.
    Source: mm/madvise.c: do_madvise() [v6.18].
    """
    if advice not in _VALID:
        raise LinuxError(errno.EINVAL, "unknown_advice", advice=advice)
    if start & ~PAGE_MASK:
        raise LinuxError(errno.EINVAL, "not_page_aligned", addr=start)
    size = page_align(length) & ULONG_MAX
    if (length and not size) or start + size >= 1 << 64:
        raise LinuxError(errno.EINVAL, "range_wraps")
    end = start + size
    if start == end:
        return
    if advice in (Madv.MADV_POPULATE_READ, Madv.MADV_POPULATE_WRITE):
        madvise_populate(mm, start, end, advice == Madv.MADV_POPULATE_WRITE)
        return
    hole = False
    vma = find_vma(mm, start)
    while start < end:
        if vma is None:
            raise LinuxError(errno.ENOMEM, "nothing_mapped_from", addr=start)
        if start < vma.vm_start:
            hole = True
            start = vma.vm_start
            if start >= end:
                break
        vma = madvise_vma_behavior(vma, start, min(end, vma.vm_end), advice)
        start = vma.vm_end
        vma = vma.vm_next
    if hole:
        raise LinuxError(errno.ENOMEM, "range_has_holes")


@traced
def process_madvise(
    task: TaskStruct, pidfd: int, vec: tuple[int, int], advice: int, flags: int
) -> int:
    """Give advice about pieces of the memory of a process; return how many bytes they had.

    Args:
        task: the caller.
        pidfd: descriptor that stands for the process.
        vec: where the struct iovec of the pieces are, and how many.
        advice: MADV_*; about another address space only what changes no bytes.
        flags: 0.

    Raises:
        LinuxError: EINVAL for flags, more than 1024 pieces, one of a negative length, or advice
            that is not for others; EFAULT if they cannot be read; EBADF; ESRCH if the process
            has no memory; what vector_madvise raises.

    Source: mm/madvise.c: SYSCALL_DEFINE5(process_madvise) [v6.18].
    Left out: rights, as all processes belong to one user.
    """
    if flags:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    i = import_iovec(task, *vec)
    other = pidfd_get_task(task, pidfd)
    if other.mm is None:
        raise LinuxError(errno.ESRCH, "no_such_process", pid=other.pid)
    if other.mm is not task.mm and advice not in _REMOTE:
        raise LinuxError(errno.EINVAL, "advice_not_for_others", advice=advice)
    return vector_madvise(other.mm, i, advice)


def vector_madvise(mm: MmStruct, i: IovIter, advice: int) -> int:
    """Give advice about each piece; return the bytes of those before one that is refused.

    Raises:
        LinuxError: what do_madvise raises of the first piece.

    Source: mm/madvise.c: vector_madvise() [v6.18].
    """
    wanted = i.count
    try:
        while i.count:
            length = iter_iov_len(i)
            do_madvise(mm, iter_iov_addr(i), length, advice)
            iov_iter_advance(i, length)
    except LinuxError:
        if i.count == wanted:
            raise
    return wanted - i.count


@traced
def madvise_vma_behavior(vma: VmAreaStruct, start: int, end: int, advice: int) -> VmAreaStruct:
    """Follow advice in part of one VMA; return the VMA that covers it now.

    Raises:
        LinuxError: EINVAL, EPERM, EACCES.

    Source: mm/madvise.c: madvise_vma_behavior() [v6.18].
    """
    if (
        vma.vm_flags & VM_SEALED
        and advice in _DISCARD
        and vma.vm_ops is None
        and not vma.vm_flags & VM_WRITE
    ):
        raise LinuxError(errno.EPERM, "vma_sealed", vma=vma.vm_start)
    match advice:
        case Madv.MADV_REMOVE:
            madvise_remove(vma, start, end)
        case Madv.MADV_WILLNEED:
            madvise_willneed(vma, start, end)
        case Madv.MADV_COLD:
            madvise_cold(vma, start, end)
        case Madv.MADV_PAGEOUT:
            madvise_pageout(vma, start, end)
        case Madv.MADV_DONTNEED | Madv.MADV_DONTNEED_LOCKED | Madv.MADV_FREE:
            madvise_dontneed_free(vma, start, end, advice)
        case Madv.MADV_COLLAPSE:
            raise LinuxError(errno.EINVAL, "no_huge_page_fits")
        case Madv.MADV_GUARD_INSTALL:
            madvise_guard_install(vma, start, end)
        case Madv.MADV_GUARD_REMOVE:
            _refuse(vma, VM_SPECIAL)
            clear_guards(vma, start, end)
        case _:
            return madvise_update_vma(vma, start, end, _new_flags(vma, advice))
    return vma


def _refuse(vma: VmAreaStruct, flags: int) -> None:
    if vma.vm_flags & flags:
        raise LinuxError(errno.EINVAL, "vma_locked_or_special", vma=vma.vm_start)


def _new_flags(vma: VmAreaStruct, advice: int) -> int:
    # The flags a VMA has after advice that only changes flags.
    flags = vma.vm_flags
    match advice:
        case Madv.MADV_NORMAL:
            flags &= ~(VM_RAND_READ | VM_SEQ_READ)
        case Madv.MADV_SEQUENTIAL:
            flags = flags & ~VM_RAND_READ | VM_SEQ_READ
        case Madv.MADV_RANDOM:
            flags = flags & ~VM_SEQ_READ | VM_RAND_READ
        case Madv.MADV_DONTFORK:
            flags |= VM_DONTCOPY
        case Madv.MADV_DOFORK:
            _refuse(vma, VM_IO)
            flags &= ~VM_DONTCOPY
        case Madv.MADV_WIPEONFORK:
            if vma.vm_file is not None or flags & VM_SHARED:
                raise LinuxError(errno.EINVAL, "wipe_not_private_anonymous")
            flags |= VM_WIPEONFORK
        case Madv.MADV_KEEPONFORK:
            _refuse(vma, VM_DROPPABLE)
            flags &= ~VM_WIPEONFORK
        case Madv.MADV_DONTDUMP:
            flags |= VM_DONTDUMP
        case Madv.MADV_DODUMP:
            _refuse(vma, VM_SPECIAL | VM_DROPPABLE)
            flags &= ~VM_DONTDUMP
        case Madv.MADV_MERGEABLE:
            if not flags & (VM_SHARED | VM_MAYSHARE | VM_SPECIAL | VM_DROPPABLE):
                flags |= VM_MERGEABLE
        case Madv.MADV_UNMERGEABLE:
            flags &= ~VM_MERGEABLE
        case Madv.MADV_HUGEPAGE:
            flags = flags & ~VM_NOHUGEPAGE | VM_HUGEPAGE
        case Madv.MADV_NOHUGEPAGE:
            flags = flags & ~VM_HUGEPAGE | VM_NOHUGEPAGE
    return flags


def madvise_update_vma(vma: VmAreaStruct, start: int, end: int, newflags: int) -> VmAreaStruct:
    """Give part of a VMA other flags; return the VMA that covers it now.

    Raises:
        LinuxError: EAGAIN where a split would exceed max_map_count.

    Source: mm/madvise.c: madvise_update_vma() [v6.18].
    """
    if newflags == vma.vm_flags:
        return vma
    try:
        vma = vma_modify(vma, start, end, newflags)
    except LinuxError as failure:
        if failure.errno == errno.ENOMEM:
            raise LinuxError(errno.EAGAIN, failure.check) from None
        raise
    set_vma_flags(vma, newflags | vma.vm_flags & VM_STICKY)
    return vma


def madvise_willneed(vma: VmAreaStruct, start: int, end: int) -> None:
    """Read pages of a file of a disk, or pages in swap, before they are needed.

    Emits: mm_page_alloc, pagecache_add, swap_in.
    Source: mm/madvise.c: madvise_willneed() [v6.18].
    """
    if vma.vm_mm.system.swap_info and not (vma.vm_file and on_disk(vma.vm_file.f_inode)):
        madvise_swapin(vma, start, end)
    elif vma.vm_file is not None and on_disk(vma.vm_file.f_inode):
        first = vma.vm_pgoff + ((start - vma.vm_start) >> PAGE_SHIFT)
        nr_pages = (end - start) >> PAGE_SHIFT
        mapping = vma.vm_file.f_inode.i_mapping
        force_page_cache_ra(vma.vm_mm.system, mapping, first, nr_pages)


def madvise_remove(vma: VmAreaStruct, start: int, end: int) -> None:
    """Punch a hole into the object of a shared mapping.

    Raises:
        LinuxError: EINVAL if the VMA is locked or has no object, EACCES if it may not be written,
            EPERM if the object is sealed against it.

    Source: mm/madvise.c: madvise_remove() [v5.4].
    """
    _refuse(vma, VM_LOCKED)
    if vma.vm_file is None:
        raise LinuxError(errno.EINVAL, "no_object_mapped")
    if vma.vm_flags & (VM_SHARED | VM_MAYWRITE) != VM_SHARED | VM_MAYWRITE:
        raise LinuxError(errno.EACCES, "not_shared_writable")
    offset = (vma.vm_pgoff << PAGE_SHIFT) + start - vma.vm_start
    hole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
    vfs_fallocate(vma.vm_mm.system, vma.vm_file, hole, offset, end - start)


def madvise_dontneed_free(vma: VmAreaStruct, start: int, end: int, advice: int) -> None:
    """Drop the pages of a range at once, or (MADV_FREE) let the kernel drop them when it likes.

    Raises:
        LinuxError: EINVAL if the VMA is locked, or MADV_FREE is not for anonymous memory.

    Source: mm/madvise.c: madvise_dontneed_free() [v6.18].
    """
    _refuse(vma, VM_PFNMAP | (0 if advice == Madv.MADV_DONTNEED_LOCKED else VM_LOCKED))
    if advice == Madv.MADV_FREE:
        if vma.vm_ops is not None:
            raise LinuxError(errno.EINVAL, "free_not_anonymous")
        make_lazyfree(vma, start, end)
    else:
        zap_page_range_single(vma, start, end, _DROPPED, reclaim_tables=True)


def madvise_guard_install(vma: VmAreaStruct, start: int, end: int) -> None:
    """Turn a range into a guard region: any access raises SIGSEGV, the VMA stays.

    Raises:
        LinuxError: EINVAL if the VMA is locked or special.

    Source: mm/madvise.c: madvise_guard_install() [v6.18].
    """
    _refuse(vma, VM_SPECIAL | VM_LOCKED)
    if vma.vm_ops is None:
        anon_vma_prepare(vma)
    set_vma_flags(vma, vma.vm_flags | VM_MAYBE_GUARD)
    if any(pte != MARKER_GUARD for _, pte in present_ptes(vma.vm_mm, start, end)):
        zap_page_range_single(vma, start, end, _GUARDED)
    set_guards(vma, start, end)


def set_guards(vma: VmAreaStruct, start: int, end: int) -> None:
    """Mark every page of a range so that any access raises SIGSEGV.

    Raises:
        OutOfMemory: no frame for a page table.

    Emits: pte_guard.
    Source: mm/madvise.c: madvise_guard_install() [v6.18].
    """
    for addr in range(start, end, PAGE_SIZE):
        table, index = pte_alloc(vma.vm_mm, addr)
        table[index] = MARKER_GUARD
    nr_pages = (end - start) // PAGE_SIZE
    emit(vma, page_events.PteGuard, vma.vm_mm.number, start, nr_pages, True)


def clear_guards(vma: VmAreaStruct, start: int, end: int) -> None:
    """Take the guard markers of a range away.

    Emits: pte_guard.
    Source: mm/madvise.c: madvise_guard_remove() [v6.18].
    """
    cleared = 0
    for table, first, stop, _ in pte_tables(vma.vm_mm, start, end):
        for index in range(first, stop):
            if table[index] == MARKER_GUARD:
                table[index] = 0
                cleared += 1
    if cleared:
        emit(vma, page_events.PteGuard, vma.vm_mm.number, start, cleared, False)


def make_lazyfree(vma: VmAreaStruct, start: int, end: int) -> None:
    """Mark the private pages of a range as clean, so that the kernel may drop them.

    Those in swap are dropped at once.

    Emits: pte_lazyfree, swap_free, tlb_flush.
    Source: mm/madvise.c: madvise_free_pte_range() [v6.18].
    """
    mm = vma.vm_mm
    mem_map = mm.system.mem_map
    lru_add_drain(mm.system)
    update_hiwater_rss(mm)
    marked = 0
    for table, first, stop, _ in pte_tables(mm, start, end):
        for index, pte in used_entries(table, first, stop):
            if not pte & PRESENT:
                if pte != MARKER_GUARD:
                    _free_swapped(mm, table, index)
                continue
            if pte & SPECIAL:
                continue
            page = mem_map[(pte & PFN_MASK) >> PFN_SHIFT]
            if page.flags & (PG_DIRTY | PG_SWAPCACHE):
                if page.mapcount != 1:
                    continue
                if page.flags & PG_SWAPCACHE and not folio_free_swap(mm.system, page):
                    continue
                page.flags &= ~PG_DIRTY
            table[index] = pte & ~(A | D)
            if not is_mlocked(page):
                folio_mark_lazyfree(mm.system, page)
            marked += 1
    if marked:
        emit(mm, page_events.PteLazyfree, mm.number, start, marked)
    flush_tlb_range(mm, start, end, _CLEANED)


def _free_swapped(mm: MmStruct, table: memoryview, index: int) -> None:
    add_mm_counter(mm, MM_SWAPENTS, -1)
    free_swap_and_cache(mm.system, pte_to_swp_entry(table[index]))
    table[index] = 0


def madvise_cold(vma: VmAreaStruct, start: int, end: int) -> None:
    """Forget that the pages of a range were accessed, those that nobody else maps.

    Raises:
        LinuxError: EINVAL if the VMA is locked or special.

    Emits: tlb_flush.
    Source: mm/madvise.c: madvise_cold() [v6.18].
    """
    _refuse(vma, VM_LOCKED | VM_PFNMAP)
    mm = vma.vm_mm
    mem_map = mm.system.mem_map
    lru_add_drain(mm.system)
    forgotten = False
    for table, first, stop, _ in pte_tables(mm, start, end):
        for index, pte in used_entries(table, first, stop):
            if not pte & PRESENT or pte & SPECIAL:
                continue
            page = mem_map[(pte & PFN_MASK) >> PFN_SHIFT]
            if page.mapcount == 1:
                forgotten |= bool(pte & A)
                table[index] = pte & ~A
                page.flags &= ~PG_REFERENCED
                folio_deactivate(mm.system, page)
    if forgotten:
        flush_tlb_range(mm, start, end, _FORGOTTEN)
