"""Reverse mapping: from a frame to its mappers."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.model.linux.churn import FILE, Churn
from tests.model.linux.lab import ANON, PAGE, PLACE, RW, SHARED, Ear, anon, mapped, start
from vmlab import KiB, Machine, Map, MiB, Process
from vmlab.model.linux.include.structs import Page, System
from vmlab.model.linux.mm.pgtable import PRESENT, present_ptes
from vmlab.model.linux.mm.rmap import rmap_walk
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.pte import SPECIAL, pte_pfn
from vmlab.model.trace.events.vma import AnonVmaAttach


def frame(p: Process, addr: int) -> Page:
    return p.machine.system.mem_map[p.pagemap(addr)[0].pfn]


def mappers(p: Process, addr: int) -> set[tuple[int, int]]:
    """(number of the mm, address) of every mapper of the frame behind `addr`."""
    return {(vma.vm_mm.number, at) for vma, at in rmap_walk(frame(p, addr))}


def brute_force(system: System) -> dict[int, set[tuple[int, int]]]:
    """The same for every frame, by reading every page table."""
    found = defaultdict(set)
    for mm in system.mms.values():
        for vma in mm:
            for addr, pte in present_ptes(mm, vma.vm_start, vma.vm_end):
                if pte & PRESENT and not pte & SPECIAL:
                    found[pte_pfn(pte)].add((mm.number, addr))
    return found


def test_a_private_page_has_one_mapper() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    assert mappers(p, addr) == {(p.mm.number, addr)}


def test_fork_adds_mappers_and_a_copy_leaves_them() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    child = p.fork()
    grandchild = child.fork()
    everybody = {(q.mm.number, addr) for q in (p, child, grandchild)}
    for q in (p, child, grandchild):
        assert mappers(q, addr) == everybody
    child.store(addr, b"y")
    assert mappers(child, addr) == {(child.mm.number, addr)}
    assert mappers(p, addr) == everybody - {(child.mm.number, addr)}


def test_a_page_is_found_where_mremap_put_it() -> None:
    p = start()
    addr = anon(p)
    p.store(addr + PAGE, b"x")
    new = p.mremap(addr, 4 * PAGE, 4 * PAGE, 3, PLACE + 16 * MiB)
    assert mappers(p, new + PAGE) == {(p.mm.number, new + PAGE)}


def test_a_file_page_knows_all_mappings_at_any_address_and_offset() -> None:
    p = start()
    shared = mapped(p, Map.MAP_SHARED)
    private = p.mmap(PLACE + MiB, 4 * PAGE, RW, Map.MAP_PRIVATE | Map.MAP_FIXED, 3, 2 * PAGE)
    child = p.fork()
    p.load(shared + 3 * PAGE)
    p.load(private + PAGE)
    child.load(shared + 3 * PAGE)
    three = {
        (p.mm.number, shared + 3 * PAGE),
        (p.mm.number, private + PAGE),
        (child.mm.number, shared + 3 * PAGE),
    }
    assert mappers(p, shared + 3 * PAGE) == three
    p.store(private + PAGE, b"copy")
    assert mappers(p, shared + 3 * PAGE) == three - {(p.mm.number, private + PAGE)}
    assert mappers(p, private + PAGE) == {(p.mm.number, private + PAGE)}


def test_shared_anonymous_memory_is_a_file_without_a_name() -> None:
    p = start()
    addr = anon(p, flags=SHARED)
    p.store(addr, b"x")
    child = p.fork()
    assert mappers(p, addr) == {(p.mm.number, addr)}
    child.load(addr)
    assert mappers(p, addr) == {(q.mm.number, addr) for q in (p, child)}


def test_a_cached_page_that_nobody_maps() -> None:
    p = start()
    page = p.machine.system.namei["/f"].i_mapping.i_pages[5]
    assert list(rmap_walk(page)) == []


def test_a_page_table_has_no_mappers() -> None:
    p = start()
    assert list(rmap_walk(p.machine.system.mem_map[p.mm.pgd])) == []


@pytest.mark.parametrize("seed", range(8))
def test_the_walk_finds_what_reading_every_table_finds(seed: int) -> None:
    machine = Machine(ram=2 * MiB)
    system = machine.system
    machine.fs.write(FILE, b"a" * 40 * KiB)
    churn = Churn(machine, seed)
    for step in range(150):
        churn.step()
        if step % 5:
            continue
        found = brute_force(system)
        for pfn, page in system.mem_map.items():
            if page.kind in ("anon", "file") and page.mapping is not system.vdso_mapping:
                walked = [(vma.vm_mm.number, addr) for vma, addr in rmap_walk(page)]
                assert len(walked) == len(set(walked)) == page.mapcount
                assert set(walked) == found[pfn]


def test_a_split_and_merged_vma_still_leads_to_its_pages() -> None:
    p = start()
    addr = anon(p, 6)
    for page in range(6):
        p.store(addr + page * PAGE, b"x")
    p.mprotect(addr + 2 * PAGE, 2 * PAGE, 1)
    assert all(mappers(p, addr + i * PAGE) == {(p.mm.number, addr + i * PAGE)} for i in range(6))
    p.mprotect(addr + 2 * PAGE, 2 * PAGE, 3)
    assert all(mappers(p, addr + i * PAGE) == {(p.mm.number, addr + i * PAGE)} for i in range(6))
    p.mmap(addr + 6 * PAGE, PAGE, RW, ANON | Map.MAP_FIXED)
    p.store(addr + 6 * PAGE, b"x")
    assert mappers(p, addr + 6 * PAGE) == {(p.mm.number, addr + 6 * PAGE)}


def tie(p: Process, addr: int) -> int:
    """Return the number of the anon_vma that new pages of a region are tied to."""
    vma = find_vma(p.mm, addr)
    assert vma is not None
    assert vma.anon_vma is not None
    return vma.anon_vma.number


def test_a_child_takes_over_the_tie_of_an_ancestor_that_is_gone() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    child = p.fork()
    grandchild = child.fork()
    left = tie(child, addr)
    child.exit()
    p.wait()
    ear = Ear(p)
    heir = grandchild.fork()
    assert tie(heir, addr) == left not in (tie(p, addr), tie(grandchild, addr))
    other = grandchild.fork()  # somebody has it by now
    assert tie(other, addr) not in (left, tie(grandchild, addr))
    told = [each for each in ear.events if isinstance(each, AnonVmaAttach) and each.vma == addr]
    assert [each.reason.code for each in told] == ["anon_vma_inherited", "anon_vma_child"]
    validate_machine(p.machine.system)


@pytest.mark.parametrize("children", [1, 2])
def test_it_does_not_if_more_than_one_descends_from_it(children: int) -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    child = p.fork()
    first, *_ = [child.fork() for _ in range(children)]
    left = tie(child, addr)
    child.exit()
    assert (tie(first.fork(), addr) == left) == (children == 1)
