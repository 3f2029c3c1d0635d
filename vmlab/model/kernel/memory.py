"""The page-fault handler below the architecture: what a missing or refused entry leads to."""

from __future__ import annotations

from vmlab.model.events import fault as events
from vmlab.model.kernel.filemap import find_get_page, shmem_getpage
from vmlab.model.kernel.fs import AddressSpace
from vmlab.model.kernel.mm_types import PG_DIRTY, Page, VmAreaStruct
from vmlab.model.kernel.mman import VM_PFNMAP, VM_SHARED
from vmlab.model.kernel.page_alloc import OutOfMemory, alloc_page, put_page
from vmlab.model.kernel.pgtable import MARKER_GUARD, get_pte, mk_pte, pmd_alloc, pte_alloc
from vmlab.model.kernel.rmap import anon_vma_prepare, page_add_anon_rmap
from vmlab.model.kernel.swap import folio_add_lru_vma, mlock_vma_folio
from vmlab.model.kernel.vm_fault import (
    FAULT_FLAG_WRITE,
    VM_FAULT_OOM,
    VM_FAULT_SIGBUS,
    VM_FAULT_SIGSEGV,
    VmFault,
    copy_frame,
    maybe_mkwrite,
    set_pte,
)
from vmlab.model.kernel.wp_page import do_wp_page
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from vmlab.model.mmu.pte import RW, SPECIAL, A, D
from vmlab.model.trace import emit, traced

VVAR_INDEX = 2  # behind the two pages of the vdso image


@traced
def handle_mm_fault(vma: VmAreaStruct, address: int, flags: int) -> int:
    """Mend the entry of an address that its VMA allows.

    Args:
        vma: the VMA that contains the address and permits the access.
        address: bytes.
        flags: FAULT_FLAG_* bits.

    Returns VM_FAULT_* bits; 0 means mended.

    Emits: table_alloc, and what the handlers below emit.
    Source: mm/memory.c: __handle_mm_fault() [v5.4].
    """
    address &= PAGE_MASK
    try:
        pmd_alloc(vma.vm_mm, address)
        pgoff = vma.vm_pgoff + ((address - vma.vm_start) >> PAGE_SHIFT)
        return handle_pte_fault(VmFault(vma, address, flags, pgoff, get_pte(vma.vm_mm, address)))
    except OutOfMemory:
        return VM_FAULT_OOM


@traced
def handle_pte_fault(vmf: VmFault) -> int:
    """Decide by the entry: empty, a guard marker, or present but write-protected.

    Emits: fault_branch.
    Source: mm/memory.c: handle_pte_fault() [v5.4].
    """
    pte = vmf.orig_pte
    if not pte:
        if vmf.vma.vm_ops is None:
            vmf.branch("pte", "none", "the entry is empty and the VMA is anonymous")
            return do_anonymous_page(vmf)
        vmf.branch("pte", "none", "the entry is empty and the VMA maps an object")
        return do_fault(vmf)
    if pte == MARKER_GUARD:
        vmf.branch("pte", "guard", "the entry is a guard marker: nothing may be here")
        return VM_FAULT_SIGSEGV
    if vmf.flags & FAULT_FLAG_WRITE and not pte & RW:
        vmf.branch("pte", "write-protected", "the VMA may be written, but not the entry")
        return do_wp_page(vmf)
    vmf.branch("pte", "spurious", "the entry already allows the access: the TLB was stale")
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
        vmf.branch("anonymous", "read", "nothing was written here yet: a read sees the zero page")
        set_pte(
            vmf,
            mk_pte(mm, mm.system.zero_pfn, vma.vm_page_prot | SPECIAL),
            "the zero page, read-only",
        )
        return 0
    vmf.branch("anonymous", "write", "the first write to this page: it gets a frame of its own")
    anon_vma_prepare(vma)
    page = alloc_page(mm.system, "anon")
    page_add_anon_rmap(page, vma, vmf.address)
    folio_add_lru_vma(page, vma)
    pte = maybe_mkwrite(mk_pte(mm, page.pfn, vma.vm_page_prot | D), vma)
    set_pte(vmf, pte, "a new frame of zeros")
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
        vmf.branch("fault_type", "read", "a read of a mapped object")
        return do_read_fault(vmf)
    if not vmf.vma.vm_flags & VM_SHARED:
        vmf.branch(
            "fault_type",
            "private write",
            "a write to a private mapping: it must not reach the file",
        )
        return do_cow_fault(vmf)
    vmf.branch(
        "fault_type", "shared write", "a write to a shared mapping: every mapper shall see it"
    )
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
    set_pte(vmf, mk_pte(vma.vm_mm, page.pfn, vma.vm_page_prot | SPECIAL), "the kernel's clock data")
    return 0


def _object_page(vmf: VmFault) -> Page | None:
    # The object's page, made if it is a hole; None past the end of the object.
    vma = vmf.vma
    system = vma.vm_mm.system
    mapping = vma.vm_file.f_inode.i_mapping if vma.vm_file is not None else system.vdso_mapping
    if vmf.pgoff << PAGE_SHIFT >= mapping.host.i_size:
        vmf.branch("page_cache", "beyond", "the page lies past the end of the object")
        return None
    cached = vmf.pgoff in mapping.i_pages
    answer = "cached" if cached else "hole"
    vmf.branch(
        "page_cache",
        answer,
        f"page {vmf.pgoff} of the object is {'in the page cache' if cached else 'a hole'}",
    )
    return shmem_getpage(system, mapping, vmf.pgoff)


def _map_page(vmf: VmFault, page: Page, pte: int, reason: str) -> None:
    pte_alloc(vmf.vma.vm_mm, vmf.address)  # before anything counts the mapping: it may fail
    page.refcount += 1
    page.mapcount += 1
    mlock_vma_folio(page, vmf.vma)
    set_pte(vmf, pte, reason)


@traced
def do_read_fault(vmf: VmFault) -> int:
    """Map the object's page, and cached neighbours with it.

    Raises:
        OutOfMemory: no frame is free.

    Emits: fault_around, pte_set.
    Source: mm/memory.c: do_read_fault() [v5.4].
    """
    if vmf.vma.vm_file is not None and do_fault_around(vmf, vmf.vma.vm_file.f_inode.i_mapping):
        return 0
    page = _object_page(vmf)
    if page is None:
        return VM_FAULT_SIGBUS
    _map_page(
        vmf, page, mk_pte(vmf.vma.vm_mm, page.pfn, vmf.vma.vm_page_prot), "the object's own page"
    )
    return 0


def do_fault_around(vmf: VmFault, mapping: AddressSpace) -> bool:
    """Map the cached pages of a 16-page window; say whether the faulting one was among them.

    The window starts at the 64 KiB boundary below the address, or at the VMA's start, and ends
    with the VMA, the file or the page table.

    Emits: fault_around.
    Source: mm/memory.c: do_fault_around() [v6.18].
    """
    vma = vmf.vma
    mm = vma.vm_mm
    window = mm.system.fault_around_pages
    entries = 1 << mm.system.geometry.level_bits[-1]
    in_table = (vmf.address >> PAGE_SHIFT) % entries
    from_pte = max(in_table // window * window, in_table - min(in_table, vmf.pgoff - vma.vm_pgoff))
    to_pte = min(from_pte + window, entries, in_table + ((vma.vm_end - vmf.address) >> PAGE_SHIFT))
    shift = vmf.pgoff - in_table
    end = -(-mapping.host.i_size // PAGE_SIZE)
    pages = []
    for index in range(from_pte, min(to_pte, end - shift)):
        page = find_get_page(mapping, index + shift)
        if page is not None:
            pages.append((index, page))
    if not pages:
        return False
    table, _ = pte_alloc(mm, vmf.address)
    mapped = 0
    for index, page in pages:
        if not table[index]:
            page.refcount += 1
            page.mapcount += 1
            mlock_vma_folio(page, vma)
            young = A if index == in_table else 0
            table[index] = mk_pte(mm, page.pfn, vma.vm_page_prot & ~A | young)
            mapped += 1
    first = vmf.address + (from_pte - in_table) * PAGE_SIZE
    emit(vmf, events.FaultAround, mm.number, first, mapped)
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
        page = _object_page(vmf)
        if page is not None:
            pte_alloc(vma.vm_mm, vmf.address)
    except OutOfMemory:
        put_page(vma.vm_mm.system, new)
        raise
    if page is None:
        put_page(vma.vm_mm.system, new)
        return VM_FAULT_SIGBUS
    copy_frame(vmf, page, new, "a private mapping must not change its file")
    return 0


@traced
def do_shared_fault(vmf: VmFault) -> int:
    """Map the object's own page writable.

    Raises:
        OutOfMemory: no frame is free.

    Emits: pte_set.
    Source: mm/memory.c: do_shared_fault() [v5.4].
    """
    page = _object_page(vmf)
    if page is None:
        return VM_FAULT_SIGBUS
    page.flags |= PG_DIRTY
    pte = maybe_mkwrite(mk_pte(vmf.vma.vm_mm, page.pfn, vmf.vma.vm_page_prot | D), vmf.vma)
    _map_page(vmf, page, pte, "the object's own page, writable")
    return 0
