"""The kernel flushes the TLB when it must: without a flush a test sees the old frame."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.model.linux.churn import FILE, Churn
from vmlab import KernelBug, KiB, Machine, Map, MiB, Process, Prot, Segfault
from vmlab.model.linux.kernel import fork
from vmlab.model.linux.mm import memory_ranges, mprotect, mremap
from vmlab.model.linux.mm.validate import validate_idle, validate_machine, validate_tlb
from vmlab.model.mmu.page import PAGE_SIZE

RW = Prot.PROT_READ | Prot.PROT_WRITE
ANON = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS


def start(monkeypatch: pytest.MonkeyPatch, without: str) -> tuple[Process, int]:
    """Return a process with one written page, on a kernel that lacks one kind of flush."""
    modules = {"memory_ranges": memory_ranges, "mprotect": mprotect, "mremap": mremap}
    if without in modules:
        monkeypatch.setattr(modules[without], "flush_tlb_range", lambda *args: None)
    elif without == "fork":
        monkeypatch.setattr(fork, "flush_tlb_mm", lambda *args: None)
        monkeypatch.setattr(memory_ranges, "flush_tlb_range", lambda *args: None)
    p = Machine(ram=4 * MiB).spawn()
    p.sigaction(11)
    addr = p.mmap(0, 2 * PAGE_SIZE, RW, ANON)
    p.store(addr, b"old")
    return p, addr


def unmapped(p: Process, addr: int) -> bool:
    p.munmap(addr, PAGE_SIZE)
    try:
        p.load(addr)
    except Segfault:
        return True
    return False


def dropped(p: Process, addr: int) -> bool:
    p.madvise(addr, PAGE_SIZE, 4)
    return p.load(addr, 3) == bytes(3)


def protected(p: Process, addr: int) -> bool:
    p.mprotect(addr, PAGE_SIZE, Prot.PROT_READ)
    try:
        p.store(addr, b"new")
    except Segfault:
        return True
    return False


def forked(p: Process, addr: int) -> bool:
    child = p.fork()
    p.store(addr, b"new")
    return child.load(addr, 3) == b"old"


def copied(p: Process, addr: int) -> bool:
    zero = addr + PAGE_SIZE
    p.load(zero)
    p.store(zero, b"new")
    return p.load(zero, 3) == b"new"


def moved(p: Process, addr: int) -> bool:
    p.mremap(addr, PAGE_SIZE, PAGE_SIZE, 5)
    return p.load(addr, 3) == bytes(3)


CASES: list[tuple[str, Callable[[Process, int], bool]]] = [
    ("memory_ranges", unmapped),
    ("memory_ranges", dropped),
    ("mprotect", protected),
    ("fork", forked),
    ("mremap", moved),
]


@pytest.mark.parametrize("case", [case for _, case in CASES] + [copied])
def test_with_its_flushes_the_kernel_tells_the_truth(
    monkeypatch: pytest.MonkeyPatch, case: Callable[[Process, int], bool]
) -> None:
    p, addr = start(monkeypatch, "")
    assert case(p, addr)
    validate_tlb(p.machine.system)


@pytest.mark.parametrize(("without", "case"), CASES)
def test_without_a_flush_a_stale_translation_is_seen(
    monkeypatch: pytest.MonkeyPatch, without: str, case: Callable[[Process, int], bool]
) -> None:
    p, addr = start(monkeypatch, without)
    assert not case(p, addr)
    with pytest.raises(KernelBug) as raised:
        validate_tlb(p.machine.system)
    assert raised.value.code in ("tlb_entry_stale", "tlb_entry_allows_more", "tlb_entry_dirty")


def test_a_switch_flushes_what_changed_meanwhile() -> None:
    """The parent's pages become read-only while the child runs on an ASID of its own."""
    m = Machine(ram=4 * MiB)
    p = m.spawn()
    addr = p.mmap(0, PAGE_SIZE, RW, ANON)
    p.store(addr, b"1")
    child = p.fork()
    child.load(addr)
    asid = m.system.cpu.asid
    p.store(addr, b"2")
    assert m.system.cpu.asid != asid
    assert child.load(addr) == b"1"
    assert m.system.cpu.asid == asid


def test_more_address_spaces_than_asids() -> None:
    """Eight processes take turns on six ASIDs; nobody sees another's page."""
    m = Machine(ram=8 * MiB, tlb_entries=512)
    processes = [m.spawn() for _ in range(8)]
    for number, p in enumerate(processes):
        p.mmap(0x10000, PAGE_SIZE, RW, ANON | Map.MAP_FIXED)
        p.store(0x10000, bytes((number,)))
    for _ in range(3):
        for number, p in enumerate(processes):
            assert p.load(0x10000) == bytes((number,))
            validate_tlb(m.system)


def test_a_range_of_many_pages_costs_one_flush_of_the_asid() -> None:
    m = Machine(ram=4 * MiB)
    p = m.spawn()
    addr = p.mmap(0, 64 * PAGE_SIZE, RW, ANON | Map.MAP_POPULATE)
    before = m.system.tlb.flushes
    p.madvise(addr, 33 * PAGE_SIZE, 4)
    assert m.system.tlb.flushes == before
    p.madvise(addr, 64 * PAGE_SIZE, 4)
    assert m.system.tlb.flushes == before + 1


@pytest.mark.parametrize("tlb_entries", [1, 4, 256])
@pytest.mark.parametrize("seed", range(6))
def test_the_tlb_agrees_with_the_tables_after_every_step(seed: int, tlb_entries: int) -> None:
    machine = Machine(ram=2 * MiB, tlb_entries=tlb_entries)
    machine.fs.write(FILE, b"a" * 40 * KiB)
    churn = Churn(machine, seed)
    for _ in range(150):
        churn.step()
        validate_tlb(machine.system)
    churn.finish()
    validate_machine(machine.system)
    validate_idle(machine.system)
