"""Frames: handed out in order, counted, taken back, forgotten."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import Ear, anon, start
from tests.refused import refused
from vmlab import KernelBug, Machine, MiB
from vmlab.codes import because
from vmlab.model.linux.mm.page_alloc import OutOfMemory, alloc_page, put_page
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.events.page import MmPageAlloc, MmPageFree


def test_the_lowest_free_frame_comes_first() -> None:
    system = Machine(ram=MiB).system
    first, second, third = (alloc_page(system, "anon") for _ in range(3))
    assert (second.pfn, third.pfn) == (first.pfn + 1, first.pfn + 2)
    put_page(system, second)
    put_page(system, first)
    assert [alloc_page(system, "anon").pfn for _ in range(3)] == [
        first.pfn,
        second.pfn,
        third.pfn + 1,
    ]


def test_frame_0_is_never_handed_out() -> None:
    system = Machine(ram=4 * PAGE_SIZE).system
    assert {system.zero_pfn, alloc_page(system, "anon").pfn, alloc_page(system, "anon").pfn} == {
        1,
        2,
        3,
    }
    with pytest.raises(OutOfMemory) as raised:
        alloc_page(system, "anon")
    assert raised.value.reason == because("no_free_frame", nr_frames=4)


def test_a_frame_lives_as_long_as_it_has_users() -> None:
    system = Machine(ram=MiB).system
    page = alloc_page(system, "anon")
    page.refcount += 1
    system.ram.frame(page.pfn)[:4] = b"data"
    put_page(system, page)
    assert system.ram.frame(page.pfn)[:4] == b"data"
    put_page(system, page)
    assert page.pfn not in system.mem_map
    assert page.pfn not in system.ram.frames
    again = alloc_page(system, "anon")
    assert again.pfn == page.pfn
    assert system.ram.frame(again.pfn) == bytes(PAGE_SIZE)


def test_a_mapped_frame_cannot_be_freed() -> None:
    system = Machine(ram=MiB).system
    page = alloc_page(system, "anon")
    page.mapcount = 1
    with refused(KernelBug, "page_freed"):
        put_page(system, page)


def test_a_frame_cannot_be_freed_twice() -> None:
    system = Machine(ram=MiB).system
    page = alloc_page(system, "anon")
    put_page(system, page)
    with refused(KernelBug, "page_freed"):
        put_page(system, page)


def test_what_is_told_of_frames() -> None:
    p = start()
    addr = anon(p)
    ear = Ear(p)
    p.store(addr, b"x")
    p.munmap(addr, PAGE_SIZE)
    told = [event for event in ear.events if isinstance(event, MmPageAlloc | MmPageFree)]
    assert [(event.name, event.kind) for event in told] == [
        ("mm_page_alloc", "table"),
        ("mm_page_alloc", "table"),
        ("mm_page_alloc", "anon"),
        ("mm_page_free", "anon"),
    ]


def test_a_repeated_program_uses_the_same_frames() -> None:
    m = Machine()
    layouts = []
    for _ in range(3):
        p = m.spawn()
        p.store(0x404000, b"bss")
        layouts.append((p.maps(), [entry.pfn for entry in p.pagemap(0x400000, 6)]))
        p.exit()
    assert layouts[1] == layouts[0] == layouts[2]
