"""Each invariant of the machine, broken once and seen caught."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.refused import refused
from tests.rulers import at, spawn
from vmlab import KernelBug, Process
from vmlab.model.linux.include.structs import MM_ANONPAGES, Page
from vmlab.model.linux.lib.percpu_counter import percpu_counter_add
from vmlab.model.linux.mm.page_alloc import alloc_page
from vmlab.model.linux.mm.pgtable import pmd_offset, pte_alloc, pte_page
from vmlab.model.linux.mm.validate import validate_idle, validate_machine
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.mmu.pte import NX, RW, US


def machine() -> Process:
    """A process with a written page 0, a file page at 3, a read-only page at 5, and a child."""
    process = spawn("AA.F.c", written="A")
    process.load(at(3))
    process.load(at(5))
    process.store(at(1), b"!")
    process.fork()
    process.store(at(0), b"!")
    return process


def _page(process: Process, page: int) -> Page:
    table, index = pte_alloc(process.mm, at(page))
    found = pte_page(process.mm, table[index])
    assert found is not None
    return found


def _mapcount(p: Process) -> None:
    _page(p, 3).mapcount += 1


def _refcount(p: Process) -> None:
    _page(p, 3).refcount += 1


def _unused(p: Process) -> None:
    alloc_page(p.machine.system, "anon")


def _orphan_table(p: Process) -> None:
    alloc_page(p.machine.system, "table")


def _wrong_place(p: Process) -> None:
    _page(p, 0).pfn += 1000


def _lost(p: Process) -> None:
    p.machine.system.next_frame += 1


def _free_twice(p: Process) -> None:
    p.machine.system.free_frames += [500, 500]


def _free_and_used(p: Process) -> None:
    p.machine.system.free_frames.append(_page(p, 0).pfn)


def _freed_frame_mapped(p: Process) -> None:
    del p.machine.system.mem_map[_page(p, 0).pfn]


def _entry_outside(p: Process) -> None:
    table, index = pte_alloc(p.mm, at(0))
    table[index + 2] = table[index]


def _writable_but_not_the_vma(p: Process) -> None:
    table, index = pte_alloc(p.mm, at(5))
    table[index] |= RW


def _writable_file_page(p: Process) -> None:
    table, index = pte_alloc(p.mm, at(3))
    table[index] |= RW


def _writable_while_shared(p: Process) -> None:
    table, index = pte_alloc(p.mm, at(1))
    table[index] |= RW


def _not_tied(p: Process) -> None:
    _page(p, 0).mapping = None


def _pgtables_bytes(p: Process) -> None:
    p.mm.pgtables_bytes += PAGE_SIZE


def _rss_stat(p: Process) -> None:
    percpu_counter_add(p.mm.rss_stat[MM_ANONPAGES], 1)


def _shared_table(p: Process) -> None:
    next(iter(p.machine.system.mms.values())).pgd = p.mm.pgd
    list(p.machine.system.mms.values())[1].pgd = p.mm.pgd


def _mm_users(p: Process) -> None:
    p.mm.mm_users += 1


def _f_count(p: Process) -> None:
    vma = find_vma(p.mm, at(3))
    assert vma is not None
    assert vma.vm_file is not None
    vma.vm_file.f_count += 1


def _i_nlink(p: Process) -> None:
    p.machine.system.namei["/ruler"].i_nlink += 1


def _lost_name(p: Process) -> None:
    p.machine.system.namei["/second"] = p.machine.system.namei["/ruler"]


def _i_count(p: Process) -> None:
    p.machine.system.namei["/ruler"].i_count += 1


def _leaked_inode(p: Process) -> None:
    p.machine.fs.write("/leaked", b"")
    p.machine.system.namei.pop("/leaked").i_nlink = 0


def _i_mmap(p: Process) -> None:
    vma = find_vma(p.mm, at(3))
    assert vma is not None
    assert vma.vm_file is not None
    vma.vm_file.f_inode.i_mapping.i_mmap.clear()


def _i_mmap_of_another(p: Process) -> None:
    vma = find_vma(p.mm, at(0))
    assert vma is not None
    p.machine.system.namei["/ruler"].i_mapping.i_mmap[vma] = None


def _cached_elsewhere(p: Process) -> None:
    _page(p, 3).index += 1


def _mapped_elsewhere(p: Process) -> None:
    _page(p, 0).index += 1


def _file_page_mapped_elsewhere(p: Process) -> None:
    vma = find_vma(p.mm, at(3))
    assert vma is not None
    vma.vm_pgoff += 1


def _executable_by_mistake(p: Process) -> None:
    table, index = pte_alloc(p.mm, at(0))
    table[index] ^= NX


def _for_the_kernel_only(p: Process) -> None:
    table, index = pte_alloc(p.mm, at(0))
    table[index] ^= US


def _neither_there_nor_empty(p: Process) -> None:
    table, index = pte_alloc(p.mm, at(0))
    table[index] = RW


def _table_that_forbids(p: Process) -> None:
    found = pmd_offset(p.mm, at(0))
    assert found is not None
    table, index = found
    table[index] ^= RW


def _data_vm(p: Process) -> None:
    p.mm.data_vm += 1


def _active_vmas(p: Process) -> None:
    next(iter(p.machine.system.anon_vmas.values())).num_active_vmas += 1


def _children(p: Process) -> None:
    next(iter(p.machine.system.anon_vmas.values())).num_children += 1


def _one_sided(p: Process) -> None:
    next(iter(p.machine.system.anon_vmas.values())).rb_root.clear()


def _freed_anon_vma(p: Process) -> None:
    p.machine.system.anon_vmas.clear()


def _stale_tlb(p: Process) -> None:
    entry = p.machine.system.tlb.entries[at(0) >> PAGE_SHIFT | p.machine.system.cpu._tag]
    entry.pfn += 1


def _generous_tlb(p: Process) -> None:
    p.load(at(3))
    entry = p.machine.system.tlb.entries[at(3) >> PAGE_SHIFT | p.machine.system.cpu._tag]
    entry.flags |= RW


@pytest.mark.parametrize(
    ("corrupt", "code"),
    [
        (_mapcount, "bad_mapcount"),
        (_refcount, "bad_refcount"),
        (_unused, "page_without_user"),
        (_orphan_table, "page_without_user"),
        (_wrong_place, "page_misplaced"),
        (_lost, "frames_lost"),
        (_free_twice, "frame_free_twice"),
        (_free_and_used, "frames_free_and_used"),
        (_freed_frame_mapped, "free_frame_mapped"),
        (_entry_outside, "entry_outside_vmas"),
        (_writable_but_not_the_vma, "entry_writable_vma_not"),
        (_writable_file_page, "private_vma_writes_object"),
        (_writable_while_shared, "shared_frame_writable"),
        (_not_tied, "untied_frame_mapped"),
        (_pgtables_bytes, "pgtables_bytes_wrong"),
        (_rss_stat, "rss_stat_wrong"),
        (_shared_table, "page_table_shared"),
        (_mm_users, "mm_users_wrong"),
        (_f_count, "f_count_wrong"),
        (_i_nlink, "inode_counts_wrong"),
        (_lost_name, "inode_counts_wrong"),
        (_i_count, "inode_counts_wrong"),
        (_leaked_inode, "inode_unused"),
        (_i_mmap, "file_unaware_of_vma"),
        (_i_mmap_of_another, "mapping_claims_vma"),
        (_cached_elsewhere, "page_unaware_of_place"),
        (_mapped_elsewhere, "page_of_other_place"),
        (_file_page_mapped_elsewhere, "page_of_other_place"),
        (_executable_by_mistake, "entry_bits_wrong"),
        (_for_the_kernel_only, "entry_bits_wrong"),
        (_neither_there_nor_empty, "entry_bits_wrong"),
        (_table_that_forbids, "entry_bits_wrong"),
        (_data_vm, "total_wrong"),
        (_active_vmas, "num_active_vmas_wrong"),
        (_children, "num_children_wrong"),
        (_one_sided, "tied_on_one_side"),
        (_freed_anon_vma, "freed_anon_vma_used"),
        (_stale_tlb, "tlb_entry_stale"),
        (_generous_tlb, "tlb_entry_allows_more"),
    ],
)
def test_a_broken_invariant_is_caught(corrupt: Callable[[Process], None], code: str) -> None:
    process = machine()
    validate_machine(process.machine.system)
    corrupt(process)
    with refused(KernelBug, code):
        validate_machine(process.machine.system)


def test_an_idle_machine_holds_files_and_the_zero_page_only() -> None:
    process = machine()
    with refused(KernelBug, "left_behind"):
        validate_idle(process.machine.system)
    for other in list(process.machine.processes.values()):
        other.exit()
    validate_machine(process.machine.system)
    validate_idle(process.machine.system)
