"""Page faults below the architecture, and copy-on-write: what a missing or refused entry leads to.

What fork copies and munmap empties stands in memory_ranges.py.
"""

from __future__ import annotations

from vmlab.codes import Reason, because
from vmlab.errors import LinuxError
from vmlab.model.abi.mman import (
    VM_PFNMAP,
    VM_SHARED,
    VM_WRITE,
)
from vmlab.model.linux.arch.x86.entry.vdso_image import VDSO_PAGES, vdso_image_64
from vmlab.model.linux.arch.x86.mm.tlb import flush_tlb_range
from vmlab.model.linux.include.fs import shmem_mapping
from vmlab.model.linux.include.mm import (
    FAULT_FLAG_TRIED,
    FAULT_FLAG_UNSHARE,
    FAULT_FLAG_WRITE,
    VM_FAULT_MAJOR,
    VM_FAULT_OOM,
    VM_FAULT_RETRY,
    VM_FAULT_SIGBUS,
    VM_FAULT_SIGSEGV,
    VmFault,
    add_mm_counter,
    maybe_mkwrite,
    mm_counter,
)
from vmlab.model.linux.include.page_flags import (
    PG_ANON_EXCLUSIVE,
    PG_DIRTY,
    PG_READAHEAD,
    PG_SWAPCACHE,
    PG_UPTODATE,
)
from vmlab.model.linux.include.structs import (
    MM_ANONPAGES,
    File,
    Page,
    TaskStruct,
    VmAreaStruct,
)
from vmlab.model.linux.mm.filemap import find_get_page
from vmlab.model.linux.mm.filemap_read import count_mmap_hits
from vmlab.model.linux.mm.page_alloc import OutOfMemory, alloc_page, put_page
from vmlab.model.linux.mm.pgtable import (
    MARKER_GUARD,
    PRESENT,
    mk_pte,
    pmd_alloc,
    pte_alloc,
    pte_offset,
    pte_page,
)
from vmlab.model.linux.mm.rmap import (
    anon_vma_prepare,
    page_add_anon_rmap,
    page_remove_rmap,
)
from vmlab.model.linux.mm.shmem import shmem_getpage
from vmlab.model.linux.mm.shmem_swap import shmem_swapin_folio
from vmlab.model.linux.mm.swap import (
    batch_references,
    folio_add_lru_vma,
    folio_test_lru,
    lru_add_drain,
    mlock_vma_folio,
)
from vmlab.model.linux.mm.swap_fault import do_swap_page
from vmlab.model.linux.mm.swapfile import folio_free_swap, free_swap_cache
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, RW, SPECIAL, A, D
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import fault as fault_events
from vmlab.model.trace.events import page as page_events
from vmlab.model.trace.hook import emit

_CACHE_AND_MAPPING = 2  # users of a frame in the swap cache that one entry maps
VVAR_INDEX = VDSO_PAGES  # behind the vdso image

# What the handler finds.
_EMPTY_ANONYMOUS = because("entry_empty_anonymous")
_EMPTY_OBJECT = because("entry_empty_object")
_GUARD = because("entry_is_guard")
_SWAPPED = because("entry_in_swap")
_PROTECTED = because("entry_write_protected")
_SPURIOUS = because("tlb_was_stale")
_NEVER_WRITTEN = because("never_written")
_FIRST_WRITE = because("first_write")
_OBJECT_READ = because("object_read")
_PRIVATE_WRITE = because("private_write")
_SHARED_WRITE = because("shared_write")
_PAST_END = because("past_end_of_object")
_SHARED_MAPPING = because("shared_page_written")
_EXCLUSIVE = because("frame_exclusive")
_LAST_OWNER = because("frame_last_owner")
_BATCH = because("frame_in_batch")
_EVERYBODYS = because("zero_page_everybodys")
_FILE_PAGE = because("frame_of_file")

# Why an entry is set, a frame copied or used again, translations forgotten.
_ZERO_PAGE = because("zero_page_read_only")
_NEW_FRAME = because("new_frame_of_zeros")
_CLOCK_DATA = because("clock_data")
_OBJECT_PAGE = because("object_page")
_OBJECT_PAGE_WRITABLE = because("object_page_writable")
_PRIVATE_COPY = because("private_copy")
_KEEP_FILE = because("file_stays_unchanged")
_REUSE_SHARED = because("mapping_is_shared")
_REUSE_EXCLUSIVE = because("reused_exclusive")
_REUSE_LAST_OWNER = because("reused_last_owner")
_OTHERS_USE = because("others_use_frame")
_WRITABLE = because("entry_writable_now")
_OTHER_FRAME = because("other_frame_behind")


def set_pte(vmf: VmFault, pte: int, reason: Reason) -> None:
    """Write the entry of the faulting page.

    Raises:
        OutOfMemory: no frame for a page table.

    Emits: table_alloc, pte_set.
    Source: arch/x86/include/asm/pgtable.h: set_pte_at() [v5.4].
    """
    table, index = pte_alloc(vmf.vma.vm_mm, vmf.address)
    table[index] = pte
    emit(vmf, page_events.PteSet, vmf.vma.vm_mm.number, vmf.address, pte, reason)


def copy_frame(vmf: VmFault, page: Page | None, new: Page, reason: Reason) -> None:
    """Fill a new frame from another, or with zeros, and map it, writable unless it was to be read.

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
    emit(vmf, fault_events.CowCopy, mm.number, vmf.address, pfn, new.pfn, reason)
    pte = mk_pte(mm, new.pfn, vma.vm_page_prot)
    is_read = vmf.flags & FAULT_FLAG_UNSHARE
    set_pte(vmf, pte if is_read else maybe_mkwrite(pte | D, vma), _PRIVATE_COPY)


@traced
def handle_mm_fault(vma: VmAreaStruct, address: int, flags: int) -> int:
    """Mend the entry of an address that its VMA allows.

    Args:
        vma: the VMA that contains the address and permits the access.
        address: bytes.
        flags: FAULT_FLAG_* bits.

    Returns VM_FAULT_* bits; 0 means resolved, VM_FAULT_RETRY in two attempts.

    Emits: table_alloc, and what the handlers below emit.
    Source: mm/memory.c: __handle_mm_fault() [v5.4].
    Left out: that it is the caller who tries again.
    """
    address &= PAGE_MASK
    try:
        fault = handle_pte_fault(_vm_fault(vma, address, flags))
        if fault & VM_FAULT_RETRY:
            fault |= handle_pte_fault(_vm_fault(vma, address, flags | FAULT_FLAG_TRIED))
        return fault
    except OutOfMemory:
        return VM_FAULT_OOM
    except LinuxError:  # a file in memory may not grow
        return VM_FAULT_SIGBUS


def _vm_fault(vma: VmAreaStruct, address: int, flags: int) -> VmFault:
    slot = pte_offset(vma.vm_mm, address)
    if slot is None:
        pmd_alloc(vma.vm_mm, address)
    pte = slot[0][slot[1]] if slot is not None else 0
    pgoff = vma.vm_pgoff + ((address - vma.vm_start) >> PAGE_SHIFT)
    return VmFault(vma, address, flags, pgoff, pte)


def mm_account_fault(task: TaskStruct, fault: int) -> None:
    """Count a fault that was resolved: a major one if it read from a device.

    Args:
        task: whose doing it was.
        fault: VM_FAULT_* bits.

    Source: mm/memory.c: mm_account_fault() [v6.18].
    """
    if fault & VM_FAULT_MAJOR:
        task.maj_flt += 1
    else:
        task.min_flt += 1


@traced
def handle_pte_fault(vmf: VmFault) -> int:
    """Decide by the entry: empty, a guard marker, or present but write-protected.

    Emits: fault_branch.
    Source: mm/memory.c: handle_pte_fault() [v5.4].
    """
    pte = vmf.orig_pte
    if not pte:
        if vmf.vma.vm_ops is None:
            vmf.branch("pte", "none", _EMPTY_ANONYMOUS)
            return do_anonymous_page(vmf)
        vmf.branch("pte", "none", _EMPTY_OBJECT)
        return do_fault(vmf)
    if pte == MARKER_GUARD:
        vmf.branch("pte", "guard", _GUARD)
        return VM_FAULT_SIGSEGV
    if not pte & PRESENT:
        vmf.branch("pte", "swapped", _SWAPPED)
        fault = do_swap_page(vmf)
        if vmf.flags & FAULT_FLAG_WRITE and not fault & VM_FAULT_RETRY:
            fault |= do_wp_page(vmf)
        return fault
    if vmf.flags & (FAULT_FLAG_WRITE | FAULT_FLAG_UNSHARE) and not pte & RW:
        vmf.branch("pte", "write_protected", _PROTECTED)
        return do_wp_page(vmf)
    vmf.branch("pte", "spurious", _SPURIOUS)
    table, index = pte_alloc(vmf.vma.vm_mm, vmf.address)
    table[index] = pte | A | (D if vmf.flags & FAULT_FLAG_WRITE else 0)
    return 0


@traced
def do_anonymous_page(vmf: VmFault) -> int:
    """Give private memory its first frame: the shared zero page for a read, a new one for a write.

    Raises:
        OutOfMemory: no frame is free.

    Emits: fault_branch, mm_page_alloc, pte_set.
    Source: mm/memory.c: do_anonymous_page() [v5.4].
    """
    vma = vmf.vma
    mm = vma.vm_mm
    pte_alloc(mm, vmf.address)
    if not vmf.flags & FAULT_FLAG_WRITE:
        vmf.branch("anonymous", "read", _NEVER_WRITTEN)
        set_pte(vmf, mk_pte(mm, mm.system.zero_pfn, vma.vm_page_prot | SPECIAL), _ZERO_PAGE)
        return 0
    vmf.branch("anonymous", "write", _FIRST_WRITE)
    anon_vma_prepare(vma)
    page = alloc_page(mm.system, "anon")
    add_mm_counter(mm, MM_ANONPAGES, 1)
    page_add_anon_rmap(page, vma, vmf.address)
    folio_add_lru_vma(page, vma)
    pte = mk_pte(mm, page.pfn, vma.vm_page_prot)
    set_pte(vmf, pte | RW | D if vma.vm_flags & VM_WRITE else pte, _NEW_FRAME)
    return 0


@traced
def do_fault(vmf: VmFault) -> int:
    """Bring a page of the mapped object in: to read it, to copy it, or to write it.

    Raises:
        OutOfMemory: no frame is free.

    Emits: fault_branch.
    Source: mm/memory.c: do_fault() [v5.4].
    """
    if vmf.vma.vm_flags & VM_PFNMAP:
        return vvar_fault(vmf)
    if not vmf.flags & FAULT_FLAG_WRITE:
        vmf.branch("fault_type", "read", _OBJECT_READ)
        return do_read_fault(vmf)
    if not vmf.vma.vm_flags & VM_SHARED:
        vmf.branch("fault_type", "private_write", _PRIVATE_WRITE)
        return do_cow_fault(vmf)
    vmf.branch("fault_type", "shared_write", _SHARED_WRITE)
    return do_shared_fault(vmf)


def vvar_fault(vmf: VmFault) -> int:
    """Map the first page of [vvar]; the machine has none of the clocks behind the others.

    Emits: pte_set.
    Source: arch/x86/entry/vdso/vma.c: vvar_fault() [v5.4].
    """
    vma = vmf.vma
    system = vma.vm_mm.system
    if vmf.pgoff or vma.vm_name != "[vvar]":
        return VM_FAULT_SIGBUS
    page = shmem_getpage(system, system.vdso_mapping, VVAR_INDEX)
    set_pte(vmf, mk_pte(vma.vm_mm, page.pfn, vma.vm_page_prot | SPECIAL), _CLOCK_DATA)
    return 0


def _do_fault(vmf: VmFault) -> int:
    # Find the object's page, make it if it is a hole, or read it; VM_FAULT_* bits.
    # Source: mm/memory.c: __do_fault() [v6.18].
    vma = vmf.vma
    system = vma.vm_mm.system
    mapping = vma.vm_file.f_inode.i_mapping if vma.vm_file is not None else system.vdso_mapping
    if vmf.pgoff << PAGE_SHIFT >= mapping.host.i_size:
        vmf.branch("page_cache", "beyond", _PAST_END)
        return VM_FAULT_SIGBUS
    if vmf.trace.sink is not None:
        if vmf.pgoff in mapping.i_swapped:
            vmf.branch("page_cache", "swapped", because("page_is_swapped", index=vmf.pgoff))
        elif vmf.pgoff in mapping.i_pages:
            vmf.branch("page_cache", "cached", because("page_is_cached", index=vmf.pgoff))
        else:
            vmf.branch("page_cache", "hole", because("page_is_hole", index=vmf.pgoff))
    if vma.vm_ops is not None and vma.vm_ops.fault is not None:
        return vma.vm_ops.fault(vmf)
    if vma.vm_file is None:
        return vdso_fault(vmf)
    if vmf.pgoff in mapping.i_swapped:
        vmf.page, fault = shmem_swapin_folio(system, mapping, vmf.pgoff)
        return fault
    vmf.page = shmem_getpage(system, mapping, vmf.pgoff)
    return 0


def vdso_fault(vmf: VmFault) -> int:
    """Find a page of the image, which comes into memory when somebody first looks at it.

    Emits: what shmem_getpage emits.
    Source: arch/x86/entry/vdso/vma.c: vdso_fault() [v5.4].
    Left out: that the image is part of the kernel, and so always in memory.
    """
    system = vmf.vma.vm_mm.system
    mapping = system.vdso_mapping
    is_new = vmf.pgoff not in mapping.i_pages
    vmf.page = shmem_getpage(system, mapping, vmf.pgoff)
    if is_new:
        start = vmf.pgoff << PAGE_SHIFT
        system.ram.frame(vmf.page.pfn)[:] = vdso_image_64()[start : start + PAGE_SIZE]
    return 0


def _map_page(vmf: VmFault, page: Page, pte: int, reason: Reason) -> None:
    pte_alloc(vmf.vma.vm_mm, vmf.address)  # before anything counts the mapping: it may fail
    page.refcount += 1
    page.mapcount += 1
    mlock_vma_folio(page, vmf.vma)
    add_mm_counter(vmf.vma.vm_mm, mm_counter(page), 1)
    set_pte(vmf, pte, reason)


@traced
def do_read_fault(vmf: VmFault) -> int:
    """Map the object's page, and cached neighbours with it.

    Raises:
        OutOfMemory: no frame is free.

    Emits: fault_around, pte_set.
    Source: mm/memory.c: do_read_fault() [v5.4].
    """
    vma = vmf.vma
    if (
        vma.vm_file is not None
        and vma.vm_ops is not None
        and vma.vm_ops.map_pages
        and do_fault_around(vmf, vma.vm_file)
    ):
        return 0
    fault = _do_fault(vmf)
    if vmf.page is not None:
        pte = mk_pte(vmf.vma.vm_mm, vmf.page.pfn, vmf.vma.vm_page_prot)
        _map_page(vmf, vmf.page, pte, _OBJECT_PAGE)
    return fault


def do_fault_around(vmf: VmFault, file: File) -> bool:
    """Map the cached pages of a 16-page window; say whether the faulting one was among them.

    The window starts at the 64 KiB boundary below the address, or at the VMA's start, and ends
    with the VMA, the file or the page table.

    Emits: fault_around.
    Source: mm/memory.c: do_fault_around() [v6.18]; mm/filemap.c: filemap_map_pages() [v6.18].
    """
    vma = vmf.vma
    mm = vma.vm_mm
    window = mm.system.fault_around_pages
    entries = 1 << mm.system.geometry.level_bits[-1]
    in_table = (vmf.address >> PAGE_SHIFT) % entries
    from_pte = max(in_table // window * window, in_table - min(in_table, vmf.pgoff - vma.vm_pgoff))
    to_pte = min(from_pte + window, entries, in_table + ((vma.vm_end - vmf.address) >> PAGE_SHIFT))
    shift = vmf.pgoff - in_table
    mapping = file.f_inode.i_mapping
    end = -(-mapping.host.i_size // PAGE_SIZE)
    pages = []
    for index in range(from_pte, min(to_pte, end - shift)):
        page = find_get_page(mapping, index + shift)
        if page is not None and page.flags & (PG_UPTODATE | PG_READAHEAD) == PG_UPTODATE:
            pages.append((index, page))
    if not pages:
        return False
    alone = pages[0][0] + shift == end - 1 and not shmem_mapping(mapping.host)
    if alone and pte_offset(mm, vmf.address) is None:  # the file's last page brings no table along
        return False
    count_mmap_hits(file, len(pages))
    table, _ = pte_alloc(mm, vmf.address)
    mapped = 0
    for index, page in pages:
        if not table[index]:
            page.refcount += 1
            page.mapcount += 1
            mlock_vma_folio(page, vma)
            table[index] = mk_pte(mm, page.pfn, vma.vm_page_prot)
            mapped += 1
    add_mm_counter(mm, mm_counter(pages[0][1]), mapped)
    first = vmf.address + (from_pte - in_table) * PAGE_SIZE
    emit(vmf, fault_events.FaultAround, mm.number, first, mapped)
    return bool(table[in_table])


@traced
def do_cow_fault(vmf: VmFault) -> int:
    """Copy the object's page into a private frame before it is ever mapped.

    Raises:
        OutOfMemory: no frame is free.

    Emits: mm_page_alloc, cow_copy, pte_set.
    Source: mm/memory.c: do_cow_fault() [v5.4].
    """
    vma = vmf.vma
    anon_vma_prepare(vma)
    new = alloc_page(vma.vm_mm.system, "anon")
    try:
        fault = _do_fault(vmf)
        if vmf.page is not None:
            pte_alloc(vma.vm_mm, vmf.address)
    except (OutOfMemory, LinuxError):
        put_page(vma.vm_mm.system, new)
        raise
    if vmf.page is None:
        put_page(vma.vm_mm.system, new)
        return fault
    copy_frame(vmf, vmf.page, new, _KEEP_FILE)
    add_mm_counter(vma.vm_mm, MM_ANONPAGES, 1)
    return fault


@traced
def do_shared_fault(vmf: VmFault) -> int:
    """Map the object's own page writable.

    Raises:
        OutOfMemory: no frame is free.

    Emits: pte_set.
    Source: mm/memory.c: do_shared_fault() [v5.4].
    """
    fault = _do_fault(vmf)
    page = vmf.page
    if page is None:
        return fault
    _do_page_mkwrite(vmf)
    page.flags |= PG_DIRTY
    pte = maybe_mkwrite(mk_pte(vmf.vma.vm_mm, page.pfn, vmf.vma.vm_page_prot | D), vmf.vma)
    _map_page(vmf, page, pte, _OBJECT_PAGE_WRITABLE)
    return fault


def _do_page_mkwrite(vmf: VmFault) -> None:
    # Source: mm/memory.c: do_page_mkwrite() [v6.18].
    ops = vmf.vma.vm_ops
    if ops is not None and ops.page_mkwrite is not None:
        ops.page_mkwrite(vmf)


@traced
def do_wp_page(vmf: VmFault) -> int:
    """Handle a write to a write-protected page: make it writable, or copy it first.

    For a reader who wants it unshared, it stays write-protected.

    Raises:
        OutOfMemory: no frame is free.

    Emits: fault_branch, cow_reuse, cow_copy.
    Source: mm/memory.c: do_wp_page() [v5.4].
    """
    page = pte_page(vmf.vma.vm_mm, vmf.orig_pte)
    if vmf.vma.vm_flags & VM_SHARED:
        vmf.branch("cow", "shared", _SHARED_MAPPING)
        vmf.page = page
        _do_page_mkwrite(vmf)
        return wp_page_reuse(vmf, page, _REUSE_SHARED)
    if page is not None and page.kind == "anon":
        if page.flags & PG_ANON_EXCLUSIVE:
            vmf.branch("cow", "exclusive", _EXCLUSIVE)
            return wp_page_reuse(vmf, page, _REUSE_EXCLUSIVE)
        if _users(vmf, page) == 1:
            vmf.branch("cow", "last_owner", _LAST_OWNER)
            page.flags |= PG_ANON_EXCLUSIVE
            page.mapping = vmf.vma.anon_vma
            if vmf.flags & FAULT_FLAG_UNSHARE:
                return 0
            return wp_page_reuse(vmf, page, _REUSE_LAST_OWNER)
        if vmf.trace.sink is not None:
            users = page.refcount
            why = because("frame_has_users", users=users) if users > 1 else _BATCH
            vmf.branch("cow", "shared_frame", why)
        return wp_page_copy(vmf, page, _OTHERS_USE)
    if page is None:
        vmf.branch("cow", "zero_page", _EVERYBODYS)
        return wp_page_copy(vmf, page, _EVERYBODYS)
    vmf.branch("cow", "file_page", _FILE_PAGE)
    return wp_page_copy(vmf, page, _KEEP_FILE)


def _users(vmf: VmFault, page: Page) -> int:
    """Return how many use an anonymous frame: page tables, batches that are not drained, and the
    swap cache if its place there is needed.

    Source: mm/memory.c: wp_can_reuse_anon_folio() [v6.18].
    """
    system = vmf.vma.vm_mm.system
    users = page.refcount + batch_references(system, page)
    if users <= 3 and not folio_test_lru(system, page):
        lru_add_drain(system)
        users = page.refcount
    if page.flags & PG_SWAPCACHE and users == _CACHE_AND_MAPPING and folio_free_swap(system, page):
        users = page.refcount
    return users


def wp_page_reuse(vmf: VmFault, page: Page | None, reason: Reason) -> int:
    """Make the entry writable.

    Emits: cow_reuse, pte_set.
    Source: mm/memory.c: wp_page_reuse() [v5.4].
    """
    pte = vmf.orig_pte
    pfn = (pte & PFN_MASK) >> PFN_SHIFT
    mm = vmf.vma.vm_mm
    if page is not None and page.kind == "file":
        page.flags |= PG_DIRTY
    emit(vmf, fault_events.CowReuse, mm.number, vmf.address, pfn, reason)
    set_pte(vmf, maybe_mkwrite(pte | A | D, vmf.vma), _WRITABLE)
    return 0


def wp_page_copy(vmf: VmFault, page: Page | None, reason: Reason) -> int:
    """Copy the frame, map the copy, give up the use of the old one.

    Raises:
        OutOfMemory: no frame is free.

    Emits: mm_page_alloc, cow_copy, pte_set, tlb_flush.
    Source: mm/memory.c: wp_page_copy() [v5.4].
    """
    vma = vmf.vma
    mm = vma.vm_mm
    anon_vma_prepare(vma)
    new = alloc_page(mm.system, "anon")
    if page is not None:
        add_mm_counter(mm, mm_counter(page), -1)
    add_mm_counter(mm, MM_ANONPAGES, 1)
    copy_frame(vmf, page, new, reason)
    flush_tlb_range(mm, vmf.address, vmf.address + PAGE_SIZE, _OTHER_FRAME)
    if page is not None:
        page_remove_rmap(vma, page)
        if page.flags & PG_SWAPCACHE:
            free_swap_cache(mm.system, page)
    return 0
