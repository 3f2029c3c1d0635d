"""The invariants of the whole machine, checked from scratch.

Linux checks a few of these when it frees a page or an mm_struct; here they can be asked for
between any two system calls.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Set
from itertools import compress

from vmlab.errors import KernelBug
from vmlab.model.abi.mman import (
    VM_ACCOUNT,
    VM_EXEC,
    VM_LOCKED,
    VM_PFNMAP,
    VM_SHARED,
    VM_STACK,
    VM_WRITE,
)
from vmlab.model.linux.arch.x86.include.pgtable_64 import pte_to_swp_entry
from vmlab.model.linux.include.fs import FMODE_WRITE, shmem_mapping
from vmlab.model.linux.include.mm import init_rss_vec, mm_counter, vma_pages
from vmlab.model.linux.include.page_flags import PG_SWAPCACHE
from vmlab.model.linux.include.structs import (
    MM_SWAPENTS,
    AddressSpace,
    AnonVma,
    File,
    Inode,
    MmStruct,
    Page,
    System,
    VmAreaStruct,
)
from vmlab.model.linux.include.swap import swp_offset, swp_type
from vmlab.model.linux.lib.percpu_counter import percpu_counter_sum
from vmlab.model.linux.lib.rbtree import validate_rbtree
from vmlab.model.linux.mm.pgtable import (
    MARKER_GUARD,
    PRESENT,
    TABLE,
    counted_bytes,
    is_swap_pte,
    mk_pte,
    vm_get_page_prot,
)
from vmlab.model.linux.mm.validate_swap import validate_swap
from vmlab.model.linux.net.core.sock import files_sent, waiting_connections
from vmlab.model.mmu.page import PAGE_SHIFT, page_align
from vmlab.model.mmu.pte import NX, PFN_MASK, PFN_SHIFT, RW, SPECIAL, US, A, D, P
from vmlab.model.mmu.tlb import ASID_SHIFT, GLOBAL
from vmlab.model.mmu.walk import effective, walk

_MAY_DIFFER = A | D | RW | SPECIAL  # of an entry from what its VMA gives to a fresh one


def validate_machine(system: System) -> None:
    """Check every address space, frame, anon_vma, file and TLB entry of a machine.

    Raises:
        KernelBug: with the rule that is broken.

    Source: kernel/fork.c: check_mm() [v5.4]; mm/page_alloc.c: bad_page() [v5.4].
    """
    mapped: Counter[int] = Counter()
    tables: set[int] = set()
    for mm in system.mms.values():
        validate_mm(mm)
        own = {pfn: counted_bytes(system.geometry, level) for level, _, pfn in page_tables(mm)}
        if mm.pgtables_bytes != sum(own.values()):
            raise KernelBug(
                "pgtables_bytes_wrong", mm=repr(mm), bytes=mm.pgtables_bytes, tables=str(set(own))
            )
        if own.keys() & tables:
            raise KernelBug("page_table_shared", mm=repr(mm))
        tables |= own.keys()
        mapped += validate_ptes(mm)
    _validate_tasks(system)
    _validate_committed(system)
    validate_files(system)
    validate_frames(system, mapped, tables)
    validate_anon_vmas(system)
    validate_tlb(system)
    if system.swap_info:
        validate_swap(system)


def page_tables(mm: MmStruct) -> Iterator[tuple[int, int, int]]:
    """List the page tables of an address space, the top one first.

    Yields (level, first address, frame).

    Source: mm/pagewalk.c: walk_page_range() [v5.4].
    """
    geometry = mm.system.geometry
    pending = [(0, 0, mm.pgd)]
    while pending:
        level, base, pfn = pending.pop()
        yield level, base, pfn
        if level < geometry.levels - 1:
            for index, entry in _entries(mm.system, pfn):
                if entry & ~PFN_MASK != TABLE:
                    raise KernelBug("entry_bits_wrong", mm=repr(mm), addr=base)
                child = (entry & PFN_MASK) >> PFN_SHIFT
                pending.append((level + 1, base + (index << geometry.shifts[level]), child))


def _entries(system: System, pfn: int) -> list[tuple[int, int]]:
    # Those of a page table that are not empty, with their places.
    row = system.ram.table(pfn).tolist()
    return list(compress(enumerate(row), row))


def validate_ptes(mm: MmStruct) -> Counter[int]:
    """Check each entry against the VMA it belongs to; return how often each frame is mapped.

    Raises:
        KernelBug: an entry outside all VMAs, without a frame, or with rights its VMA lacks;
            other numbers of them than rss_stat has.

    Source: mm/memory.c: print_bad_pte() [v5.4].
    """
    system = mm.system
    shifts = system.geometry.shifts
    mapped: Counter[int] = Counter()
    rss = init_rss_vec()
    vmas = list(mm)
    starts = [vma.vm_start for vma in vmas]
    ties = {vma.vm_start: {avc.anon_vma for avc in vma.anon_vma_chain} for vma in vmas}
    for level, base, pfn in page_tables(mm):
        if level < system.geometry.levels - 1:
            continue
        for index, pte in _entries(system, pfn):
            if is_swap_pte(pte) and _is_place(system, pte_to_swp_entry(pte)):
                rss[MM_SWAPENTS] += 1
            elif not pte & PRESENT and pte != MARKER_GUARD:
                raise KernelBug("entry_bits_wrong", mm=repr(mm), addr=base + (index << shifts[-1]))
            addr = base + (index << shifts[-1])
            owner = vmas[bisect_right(starts, addr) - 1] if vmas else None
            if owner is None or not owner.vm_start <= addr < owner.vm_end:
                raise KernelBug("entry_outside_vmas", mm=repr(mm), addr=addr)
            if pte & PRESENT:
                frame = (pte & PFN_MASK) >> PFN_SHIFT
                _validate_pte(system, owner, addr, pte, frame, ties[owner.vm_start])
                if not pte & SPECIAL:
                    mapped[frame] += 1
                    rss[mm_counter(system.mem_map[frame])] += 1
    counted = [percpu_counter_sum(counter) for counter in mm.rss_stat]
    if counted != rss:
        raise KernelBug("rss_stat_wrong", mm=repr(mm), counted=str(counted), mapped=str(rss))
    return mapped


def _is_place(system: System, entry: int) -> bool:
    type, offset = swp_type(entry), swp_offset(entry)
    return type < len(system.swap_info) and offset in system.swap_info[type].swap_map


def _validate_pte(
    system: System, vma: VmAreaStruct, addr: int, pte: int, pfn: int, ties: Set[AnonVma]
) -> None:
    page = system.mem_map.get(pfn)
    if page is None:
        raise KernelBug("free_frame_mapped", vma=repr(vma), pfn=pfn, addr=addr)
    prot = mk_pte(vma.vm_mm, 0, vm_get_page_prot(vma.vm_flags))
    if (pte ^ prot) & ~(PFN_MASK | _MAY_DIFFER):
        raise KernelBug("entry_bits_wrong", mm=repr(vma.vm_mm), addr=addr)
    if not _is_page_of(system, vma, addr, page, pte):
        raise KernelBug("page_of_other_place", vma=repr(vma), page=repr(page), addr=addr)
    if pte & P and pte & RW:
        if not vma.vm_flags & VM_WRITE:
            raise KernelBug("entry_writable_vma_not", vma=repr(vma), addr=addr)
        if page.kind != "anon" and not vma.vm_flags & VM_SHARED:
            raise KernelBug("private_vma_writes_object", vma=repr(vma), page=repr(page), addr=addr)
        if page.kind == "anon" and page.mapcount != 1:
            raise KernelBug("shared_frame_writable", vma=repr(vma), addr=addr, page=repr(page))
    if page.kind == "anon" and page.mapping not in ties:
        raise KernelBug("untied_frame_mapped", vma=repr(vma), page=repr(page), addr=addr)


def _is_page_of(system: System, vma: VmAreaStruct, addr: int, page: Page, pte: int) -> bool:
    # Does a page belong at an address, as the way back from it relies on?
    file = vma.vm_file
    mapping = file.f_inode.i_mapping if file is not None else system.vdso_mapping
    if pte & SPECIAL:
        clocks = vma.vm_flags & VM_PFNMAP and page.mapping is mapping
        return bool(clocks) or (page.kind == "zero" and vma.vm_ops is None)
    index = vma.vm_pgoff + ((addr - vma.vm_start) >> PAGE_SHIFT)
    if page.kind == "file":
        return mapping.i_pages.get(index) is page
    return page.kind == "anon" and page.index == index


def validate_frames(system: System, mapped: Counter[int], tables: set[int]) -> None:
    """Check that each frame has a use, as many users as it counts, and that none is lost.

    Args:
        system: the kernel.
        mapped: how many page-table entries map each frame.
        tables: frames that are page tables.

    Raises:
        KernelBug: with the frame and what is wrong with it.

    Source: mm/page_alloc.c: bad_page() [v5.4].
    """
    cached = {page.pfn for mapping in mappings(system) for page in mapping.i_pages.values()}
    for pfn, page in system.mem_map.items():
        if page.pfn != pfn:
            raise KernelBug("page_misplaced", page=repr(page), pfn=pfn)
        if page.mapcount != mapped[pfn]:
            raise KernelBug("bad_mapcount", page=repr(page), entries=mapped[pfn])
        kinds = {"table": pfn in tables, "file": pfn in cached, "zero": pfn == system.zero_pfn}
        in_swap = bool(page.flags & PG_SWAPCACHE)
        if not kinds.get(page.kind, page.mapcount > 0 or in_swap):
            raise KernelBug("page_without_user", page=repr(page))
        users = mapped[pfn] + (page.kind != "anon") + in_swap
        if page.refcount != users:
            raise KernelBug("bad_refcount", page=repr(page), users=users)
    free, used = set(system.free_frames), set(system.mem_map)
    if len(free) != len(system.free_frames):
        raise KernelBug("frame_free_twice")
    if free & used:
        raise KernelBug("frames_free_and_used", frames=str(free & used))
    if free | used != set(range(1, system.next_frame)):
        lost = set(range(1, system.next_frame)) ^ (free | used)
        raise KernelBug("frames_lost", frames=str(lost))


def mappings(system: System) -> list[AddressSpace]:
    """List the page caches of all files, also of those without a name.

    Source: include/linux/fs.h: struct address_space [v5.4].
    """
    inodes: dict[Inode, None] = dict.fromkeys(system.inodes.values())
    return [inode.i_mapping for inode in inodes] + [system.vdso_mapping]


def validate_files(system: System) -> None:
    """Check the holds on files, and what page caches know of pages and VMAs.

    Raises:
        KernelBug: with the file and what is wrong with it.

    Source: include/linux/fs.h: struct file [v5.4].
    """
    holds: Counter[File] = Counter()
    tables = {task.files for task in system.tasks.values() if task.files is not None}
    for files in tables:
        holds.update(files.fd.values())
    for mm in system.mms.values():
        if mm.exe_file is not None:
            holds[mm.exe_file] += 1
        for vma in mm:
            if vma.vm_file is not None:
                holds[vma.vm_file] += 1
                if vma not in vma.vm_file.f_inode.i_mapping.i_mmap:
                    raise KernelBug("file_unaware_of_vma", file=repr(vma.vm_file), vma=repr(vma))
    _validate_segments(system, holds)
    _validate_holds(system, holds)
    for mapping in mappings(system):
        for vma in mapping.i_mmap:
            if vma.vm_file is None or vma.vm_file.f_inode.i_mapping is not mapping:
                raise KernelBug("mapping_claims_vma", mapping=repr(mapping), vma=repr(vma))
        for index, page in mapping.i_pages.items():
            if page.mapping is not mapping or page.index != index:
                raise KernelBug(
                    "page_unaware_of_place", page=repr(page), index=index, mapping=repr(mapping)
                )
            if system.mem_map.get(page.pfn) is not page:
                raise KernelBug("freed_page_cached", mapping=repr(mapping), page=repr(page))


def _validate_segments(system: System, holds: Counter[File]) -> None:
    # A segment holds its file, and knows how many VMAs have it attached.
    attached: Counter[int] = Counter()
    for mm in system.mms.values():
        for vma in mm:
            inode = vma.vm_file.f_inode if vma.vm_file is not None else None
            if inode is not None and inode.shmid is not None:
                attached[inode.shmid] += 1
    segments = system.shm_ids.ipcs
    for shmid, shp in segments.items():
        holds[shp.file] += 1
        if (shp.id, shp.nattch) != (shmid, attached[shmid]):
            raise KernelBug("nattch_wrong", segment=repr(shp), count=attached[shmid])
    for shmid in attached:
        if shmid not in segments:
            raise KernelBug("segment_gone", shmid=shmid)


def _validate_holds(system: System, holds: Counter[File]) -> None:
    # `holds` are those of descriptors and VMAs on open files, which hold inodes, as names and
    # working directories do; sockets hold those that were sent to them.
    holds.update(file for inode in system.inodes.values() for file in files_sent(inode))
    for file, count in holds.items():
        if file.f_count != count:
            raise KernelBug("f_count_wrong", file=repr(file), count=file.f_count)
    opened = Counter(file.f_inode for file in holds)
    opened.update(fs.pwd for fs in {task.fs for task in system.tasks.values()} if fs is not None)
    writers = Counter(file.f_inode for file in holds if file.f_mode & FMODE_WRITE)
    writers.subtract(mm.exe_file.f_inode for mm in system.mms.values() if mm.exe_file is not None)
    names = Counter(system.namei.values())
    waiting = waiting_connections(system)
    for inode in system.inodes.values():
        if (inode.i_count, inode.i_nlink) != (opened[inode], names[inode]):
            raise KernelBug(
                "inode_counts_wrong",
                inode=repr(inode),
                files=opened[inode],
                names=names[inode],
            )
        if inode.i_writecount != writers[inode]:
            raise KernelBug("i_writecount_wrong", inode=repr(inode), count=inode.i_writecount)
        if not (inode.i_count or inode.i_nlink or inode.i_fifo or inode in waiting):
            raise KernelBug("inode_unused", inode=repr(inode))


def _validate_tasks(system: System) -> None:
    users = Counter(task.mm.number for task in system.tasks.values() if task.mm is not None)
    borrowers = Counter(
        task.active_mm.number
        for task in system.tasks.values()
        if task.mm is None and task.active_mm is not None
    )
    for number, mm in system.mms.items():
        if mm.mm_count != bool(mm.mm_users) + borrowers[number]:
            raise KernelBug(
                "mm_count_wrong", mm=repr(mm), count=mm.mm_count, borrowers=borrowers[number]
            )
        if mm.mm_users != users[number]:
            raise KernelBug("mm_users_wrong", mm=repr(mm), count=mm.mm_users, tasks=users[number])
    if lost := set(users) - set(system.mms):
        raise KernelBug("freed_mms_used", mms=str(lost))


def _validate_committed(system: System) -> None:
    pages = sum(
        vma_pages(vma) for mm in system.mms.values() for vma in mm if vma.vm_flags & VM_ACCOUNT
    )
    for inode in system.inodes.values():
        if shmem_mapping(inode):
            size = page_align(inode.i_size) >> PAGE_SHIFT
            held = len(inode.i_mapping.i_pages) + len(inode.i_mapping.i_swapped)
            pages += held if inode.noreserve else size
    counted = percpu_counter_sum(system.vm_committed_as)
    # Too many is no bug of ours: mremap that shrinks and moves makes v6.18 promise what it gave up.
    if counted < pages:
        raise KernelBug("committed_wrong", counted=counted, pages=pages)


def validate_anon_vmas(system: System) -> None:
    """Check that VMAs and anon_vmas know each other, and the counts of both.

    Raises:
        KernelBug: with the anon_vma and what is wrong with it.

    Source: mm/internal.h: struct anon_vma [v5.4]; mm/rmap.c: unlink_anon_vmas() [v6.18].
    """
    active: Counter[AnonVma] = Counter()
    ties: Counter[AnonVma] = Counter()
    for mm in system.mms.values():
        for vma in mm:
            if vma.anon_vma is not None:
                active[vma.anon_vma] += 1
            for avc in vma.anon_vma_chain:
                ties[avc.anon_vma] += 1
                if avc.vma is not vma or avc not in avc.anon_vma.rb_root:
                    raise KernelBug("tied_on_one_side", anon_vma=repr(avc.anon_vma), vma=repr(vma))
    children = Counter(anon_vma.parent for anon_vma in ties)
    for anon_vma in set(system.anon_vmas.values()) | set(ties):
        if system.anon_vmas.get(anon_vma.number) is not anon_vma:
            raise KernelBug("freed_anon_vma_used", anon_vma=repr(anon_vma))
        if len(anon_vma.rb_root) != ties[anon_vma] or not ties[anon_vma]:
            raise KernelBug(
                "ties_wrong",
                anon_vma=repr(anon_vma),
                count=len(anon_vma.rb_root),
                ties=ties[anon_vma],
            )
        if anon_vma.num_active_vmas != active[anon_vma]:
            raise KernelBug(
                "num_active_vmas_wrong",
                anon_vma=repr(anon_vma),
                count=anon_vma.num_active_vmas,
                vmas=active[anon_vma],
            )
        if anon_vma.num_children != children[anon_vma]:
            raise KernelBug(
                "num_children_wrong",
                anon_vma=repr(anon_vma),
                count=anon_vma.num_children,
                children=children[anon_vma],
            )


def validate_tlb(system: System) -> None:
    """Check that no TLB entry in use promises more than the page tables say.

    Raises:
        KernelBug: with the stale entry.

    Source: arch/x86/mm/tlb.c: flush_tlb_mm_range() [v5.4].
    """
    page_mask = (1 << ASID_SHIFT) - 1
    for key, entry in system.tlb.entries.items():
        asid, addr = key >> ASID_SHIFT, (key & page_mask) << system.geometry.page_shift
        if key & GLOBAL == GLOBAL:
            raise KernelBug("tlb_entry_global", entry=repr(entry), addr=addr)
        number, tlb_gen = system.asids[asid]
        mm = system.mms.get(number)
        if mm is None or tlb_gen != mm.tlb_gen:
            continue  # flushed before this ASID is used again
        steps = walk(system.ram, system.geometry, mm.pgd, addr)
        rights = effective(steps)
        pte = steps[-1].entry
        if not rights or (pte & PFN_MASK) >> PFN_SHIFT != entry.pfn:
            raise KernelBug("tlb_entry_stale", entry=repr(entry), addr=addr, mm=repr(mm))
        if entry.flags & (RW | US) & ~rights or rights & NX & ~entry.flags:
            raise KernelBug("tlb_entry_allows_more", entry=repr(entry), addr=addr, mm=repr(mm))
        if entry.flags & D and not pte & D:
            raise KernelBug("tlb_entry_dirty", entry=repr(entry), addr=addr, mm=repr(mm))


def validate_idle(system: System) -> None:
    """Check that nothing but files and the zero page is left when all processes have ended.

    Raises:
        KernelBug: with the frames that were not given back.

    Source: mm/page_alloc.c: bad_page() [v5.4].
    """
    cached = system.swap_entries  # pages of files
    left: list[Page] = [
        page
        for pfn, page in system.mem_map.items()
        if page.kind not in ("file", "zero") and pfn not in cached
    ]
    if system.mms or system.anon_vmas or left:
        raise KernelBug(
            "left_behind", mms=str(system.mms), anon_vmas=str(system.anon_vmas), pages=str(left)
        )


def validate_mm(mm: MmStruct) -> None:
    """Check that list and tree hold the same VMAs in order, and that the totals are right.

    Raises:
        KernelBug: with the rule that is broken.

    Source: mm/mmap.c: validate_mm() [v5.4].
    """
    vmas = list(mm)
    prev = None
    for vma in vmas:
        if vma.vm_mm is not mm:
            raise KernelBug("vma_of_other_mm", vma=repr(vma), other=repr(vma.vm_mm), mm=repr(mm))
        if vma.vm_start >= vma.vm_end:
            raise KernelBug("vma_empty", vma=repr(vma))
        if (vma.vm_start | vma.vm_end) & ((1 << PAGE_SHIFT) - 1):
            raise KernelBug("vma_not_page_aligned", vma=repr(vma))
        if vma.vm_prev is not prev:
            raise KernelBug(
                "vm_prev_wrong", vma=repr(vma), found=repr(vma.vm_prev), prev=repr(prev)
            )
        if prev is not None and prev.vm_end > vma.vm_start:
            raise KernelBug("vmas_overlap", prev=repr(prev), vma=repr(vma))
        if vma.vm_end > mm.task_size:
            raise KernelBug("vma_leaves_user_space", vma=repr(vma))
        if vma.anon_vma is not None and not any(
            avc.anon_vma is vma.anon_vma for avc in vma.anon_vma_chain
        ):
            raise KernelBug("vma_untied", vma=repr(vma), anon_vma=repr(vma.anon_vma))
        prev = vma
    nr_nodes = validate_rbtree(mm.mm_rb)
    if list(mm.mm_rb) != vmas:
        raise KernelBug("list_and_tree_differ", mm=repr(mm))
    if nr_nodes != mm.map_count:
        raise KernelBug("map_count_wrong", count=mm.map_count, nodes=nr_nodes)
    if mm.highest_vm_end != (prev.vm_end if prev is not None else 0):
        raise KernelBug("highest_vm_end_wrong", end=mm.highest_vm_end)
    if mm.total_vm != sum(vma_pages(vma) for vma in vmas):
        raise KernelBug("total_vm_wrong", pages=mm.total_vm)
    for name, pages in _totals(vmas).items():
        if getattr(mm, name) != pages:
            raise KernelBug("total_wrong", name=name, count=getattr(mm, name), pages=pages)
    locked = sum(vma_pages(vma) for vma in vmas if vma.vm_flags & VM_LOCKED)
    # Too many is no bug of ours: mremap with MREMAP_DONTUNMAP makes v6.18 count locked pages twice.
    if mm.locked_vm < locked:
        raise KernelBug("locked_vm_wrong", count=mm.locked_vm, locked=locked)


def _totals(vmas: list[VmAreaStruct]) -> dict[str, int]:
    # What vm_stat_account counts, by the name of the total.
    totals = {"exec_vm": 0, "stack_vm": 0, "data_vm": 0}
    for vma in vmas:
        flags = vma.vm_flags
        if flags & (VM_EXEC | VM_WRITE | VM_STACK) == VM_EXEC:
            totals["exec_vm"] += vma_pages(vma)
        elif flags & VM_STACK:
            totals["stack_vm"] += vma_pages(vma)
        elif flags & (VM_WRITE | VM_SHARED) == VM_WRITE:
            totals["data_vm"] += vma_pages(vma)
    return totals
