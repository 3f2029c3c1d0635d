"""Addresses by the names a student knows."""

from __future__ import annotations

import pytest

from tests.pseudo_language import plain_words, pseudo_language
from vmlab import Machine, Process
from vmlab.state import views
from vmlab.state.places import page_at, place_name, region_at
from vmlab.state.snapshot import MmState, Snapshot
from vmlab.words.places import REGIONS


@pytest.fixture
def p() -> Process:
    return Machine().spawn()


def state(p: Process) -> tuple[Snapshot, MmState]:
    snap = p.machine.snapshot()
    mm = views.find_mm(snap, p.mm.number)
    assert mm is not None
    return snap, mm


def test_the_regions_of_a_program(p: Process) -> None:
    p.brk(p.brk(0) + 0x2000)
    p.machine.fs.write("/a.dat", b"x" * 5000)
    fd = p.open("/a.dat")
    p.mmap(0x10000000, 0x1000, 1, 0x12, fd, 0x1000)
    p.mmap(0x20000000, 0x2000, 3, 0x32)
    p.mmap(0x30000000, 0x2000, 3, 0x31)
    snap, mm = state(p)
    names = [place_name(snap, mm, vma.vm_end - 1) for vma in mm.mmap]
    assert names == [
        *("page 0 of headers", "page 0 of text", "page 0 of constants", "page 0 of data"),
        *("page 1 of bss", "page 1 of the heap"),
        *("page 1 of /a.dat", "page 1 of the region at 0x20000000"),
        *("page 1 of the shared memory at 0x30000000",),
        *("page 3 of [vvar]", "page 1 of [vvar_vclock]", "page 1 of [vdso]"),
        "page 32 of the stack",
    ]
    assert str(region_at(mm, mm.brk - 1)) == "the heap"


def test_two_of_a_name_are_told_apart(p: Process) -> None:
    bss = p.mm.start_brk - 0x2000
    p.mprotect(bss, 0x1000, 1)
    snap, mm = state(p)
    assert place_name(snap, mm, bss) == f"page 0 of bss at {bss:#x}"
    assert place_name(snap, mm, bss + 0x1000) == f"page 0 of bss at {bss + 0x1000:#x}"


def test_where_nothing_is_mapped(p: Process) -> None:
    snap, mm = state(p)
    assert place_name(snap, mm, 0x5123) == "0x5123"
    assert str(page_at(snap, None, 0x5123)) == "0x5123"
    assert page_at(snap, mm, 0x5123).plain == "nothing 0x5123"


def test_every_place_speaks_the_readers_language(p: Process) -> None:
    snap, mm = state(p)
    with pseudo_language():
        for vma in mm.mmap:
            place = page_at(snap, mm, vma.vm_start)
            assert plain_words(str(place)) <= plain_words(place.name)
            assert place.kind in REGIONS
