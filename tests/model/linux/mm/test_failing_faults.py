"""A fault that ends in a signal leaves no frame behind, however often it comes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.model.linux.lab import ANON, PAGE, PLACE, RO, RW, anon, mapped, start
from vmlab import BusError, Madv, Map, Process, Prot, Segfault
from vmlab.model.linux.include.mm import FAULT_FLAG_WRITE
from vmlab.model.linux.mm.memory import handle_mm_fault
from vmlab.model.linux.mm.pgtable import pte_alloc
from vmlab.model.linux.mm.validate import validate_idle, validate_machine
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.pte import A, D


def beyond_a_file(flags: int) -> Callable[[Process], object]:
    return lambda p: mapped(p, flags, pages=25)


def guarded(p: Process) -> None:
    anon(p)
    p.madvise(PLACE + 3 * PAGE, PAGE, Madv.MADV_GUARD_INSTALL)


def nothing(p: Process) -> None:
    anon(p, 3)


def forbidden(p: Process) -> None:
    anon(p)
    p.mprotect(PLACE + 3 * PAGE, PAGE, Prot.PROT_NONE)


def read_only(p: Process) -> None:
    anon(p)
    p.mprotect(PLACE + 3 * PAGE, PAGE, RO)


@pytest.mark.parametrize(
    ("prepare", "page", "store", "signal"),
    [
        (beyond_a_file(Map.MAP_PRIVATE), 22, True, BusError),
        (beyond_a_file(Map.MAP_PRIVATE), 22, False, BusError),
        (beyond_a_file(Map.MAP_SHARED), 22, True, BusError),
        (beyond_a_file(Map.MAP_SHARED), 22, False, BusError),
        (guarded, 3, True, Segfault),
        (guarded, 3, False, Segfault),
        (nothing, 3, True, Segfault),
        (forbidden, 3, False, Segfault),
        (read_only, 3, True, Segfault),
    ],
)
def test_frames_are_as_many_as_before(
    prepare: Callable[[Process], object], page: int, store: bool, signal: type[Exception]
) -> None:
    p = start()
    prepare(p)
    p.store(PLACE, b"x")  # which makes the page tables
    addr, before = PLACE + page * PAGE, free(p)
    for _ in range(2):
        with pytest.raises(signal):
            p.store(addr, b"y") if store else p.load(addr)
        assert free(p) == before
        validate_machine(p.machine.system)
    p.exit()
    validate_idle(p.machine.system)


def free(p: Process) -> int:
    """Frames that nobody has."""
    system = p.machine.system
    return len(system.free_frames) + system.ram.nr_frames - system.next_frame


@pytest.mark.parametrize("written", [False, True])
def test_an_entry_that_is_there_already_is_no_failure(written: bool) -> None:
    """A fault that another CPU was first with marks the entry, and takes no frame."""
    p = start()
    p.mmap(PLACE, PAGE, RW, ANON | Map.MAP_FIXED)
    p.store(PLACE, b"x")
    before, entry = free(p), p.pagemap(PLACE)[0]
    vma = find_vma(p.mm, PLACE)
    assert vma is not None
    table, index = pte_alloc(p.mm, PLACE)
    table[index] &= ~(A | D)
    assert handle_mm_fault(vma, PLACE, FAULT_FLAG_WRITE if written else 0) == 0
    assert (table[index] & A, bool(table[index] & D)) == (A, written)
    assert (free(p), p.pagemap(PLACE)[0].pfn) == (before, entry.pfn)
