"""The whole kernel on other page tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.model.linux.lab import Ear
from tests.refused import refused
from vmlab import GiB, LinuxError, Machine, Map, MiB, Prot, Segfault
from vmlab.errors import ArgumentError
from vmlab.model.linux.mm.validate import validate_machine, validate_mm
from vmlab.model.mmu.pte import TINY, TINY_4K, X86_32, X86_64, X86_64_LA57, Geometry
from vmlab.model.trace.events.page import TableMove
from vmlab.state.snapshot import Snapshot

RW = Prot.PROT_READ | Prot.PROT_WRITE
ANON = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS
PAGE = 4096


@pytest.mark.parametrize(
    "geometry", [X86_64, X86_64_LA57, X86_32, TINY_4K], ids=lambda shape: shape.name
)
def test_a_process_lives_on_any_page_table(geometry: Geometry) -> None:
    m = Machine(geometry=geometry, ram=1 * MiB)
    free = len(m.system.mem_map)
    p = m.from_maps("")
    addr = p.mmap(0, 4 * PAGE, RW, ANON)
    p.store(addr + PAGE - 2, b"abcd")
    child = p.fork()
    child.store(addr + PAGE, b"X")
    assert p.load(addr + PAGE - 2, 4) == b"abcd"
    assert child.load(addr + PAGE - 2, 4) == b"abXd"
    new = p.mremap(addr, 4 * PAGE, 5 * PAGE, 1)
    assert p.load(new + PAGE - 2, 4) == b"abcd"
    p.munmap(new, PAGE)
    p.mprotect(new + PAGE, PAGE, Prot.PROT_READ)
    p.sigaction(11)
    with pytest.raises(Segfault):
        p.store(new + PAGE, b"x")
    for process in (p, child):
        validate_mm(process.mm)
        process.exit()
    assert len(m.system.mem_map) == free


@pytest.mark.parametrize("geometry", [X86_64, X86_64_LA57, X86_32, TINY_4K], ids=lambda g: g.name)
def test_a_page_table_moves_whole(geometry: Geometry) -> None:
    p = Machine(geometry=geometry, ram=1 * MiB, totalram=8 * MiB).from_maps("")
    span = 1 << geometry.shifts[-2]
    p.mmap(4 * span, span, RW, ANON | Map.MAP_FIXED)
    p.store(5 * span - 1, b"x")
    ear = Ear(p)
    p.mremap(4 * span, span, span, 3, 8 * span)
    moved = next(event for event in ear.events if isinstance(event, TableMove))
    assert (moved.addr, moved.new_addr) == (4 * span, 8 * span)
    assert p.load(9 * span - 1) == b"x"
    validate_mm(p.mm)


def test_five_levels_give_high_addresses_only_on_request() -> None:
    m = Machine(geometry=X86_64_LA57)
    p = m.spawn()
    assert p.mmap(0, PAGE, RW, ANON) == 0x7FFFF7FF6000
    assert p.mmap(1 << 50, PAGE, RW, ANON) == 1 << 50
    top = (1 << 56) - PAGE
    assert p.mmap(top, PAGE, RW, ANON) > 1 << 55
    p.store(1 << 50, b"high")
    assert p.load(1 << 50, 4) == b"high"
    p.sigaction(11)
    with pytest.raises(Segfault) as caught:
        p.load(1 << 56)
    assert caught.value.code_name == "SI_KERNEL"
    with pytest.raises(Segfault) as caught:
        p.load(top)
    assert caught.value.code_name == "SEGV_MAPERR"


def test_a_hint_across_the_47_bit_border_is_not_taken() -> None:
    p = Machine(geometry=X86_64_LA57).from_maps("")
    border = (1 << 47) - PAGE
    assert p.mmap(border - PAGE, 4 * PAGE, RW, ANON) != border - PAGE


def test_vmpte_counts_no_p4d_tables() -> None:
    sizes = {}
    for geometry in (X86_64, X86_64_LA57, X86_32):
        p = Machine(geometry=geometry).from_maps("")
        p.store(p.mmap(0, PAGE, RW, ANON), b"x")
        sizes[geometry.name] = p.mm.pgtables_bytes >> 12
    assert sizes == {"x86-64": 3, "x86-64-la57": 3, "x86-32": 1}


def test_32_bits_end_at_3_gib() -> None:
    m = Machine(geometry=X86_32)
    p = m.from_maps("")
    assert m.system.task_size == 3 * GiB
    assert p.mmap(0, PAGE, RW, ANON) == 0xB7FFF000
    p.mmap(3 * GiB - PAGE, PAGE, RW, ANON | Map.MAP_FIXED)
    p.store(3 * GiB - 1, b"x")
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.mmap(3 * GiB, PAGE, RW, ANON | Map.MAP_FIXED)
    p.sigaction(11)
    with pytest.raises(Segfault, match="SEGV_MAPERR"):
        p.load(3 * GiB)


def test_32_bit_tables_cannot_forbid_execution() -> None:
    p = Machine(geometry=X86_32).from_maps("")
    addr = p.mmap(0, PAGE, RW, ANON)
    p.store(addr, b"\xc3")
    assert p.fetch(addr) == 0xC3
    q = Machine(geometry=X86_64).from_maps("")
    addr = q.mmap(0, PAGE, RW, ANON)
    q.store(addr, b"\xc3")
    with pytest.raises(Segfault, match="SEGV_ACCERR"):
        q.fetch(addr)


def test_the_tiny_space_has_48_pages_for_user_space() -> None:
    """Every page mapped and written: 1 + 3 + 12 tables of 4 entries each."""
    m = Machine(geometry=TINY_4K, ram=1 * MiB)
    p = m.from_maps("00003000-00030000 rw-p 00000000 00:00 0")
    for page in range(3, 48):
        p.store(page * PAGE, bytes((page,)))
    assert [p.load(page * PAGE)[0] for page in range(3, 48)] == list(range(3, 48))
    assert p.mm.pgtables_bytes >> 12 == 3 + 12
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.mmap(0, 4 * PAGE, RW, ANON)


def test_a_tiny_space_with_a_program_a_heap_and_a_stack() -> None:
    m = Machine(geometry=TINY_4K)
    p = m.from_maps(
        "00004000-00006000 r-xp 00000000 00:1b 7 /bin/tiny\n"
        "00006000-00007000 rw-p 00002000 00:1b 7 /bin/tiny\n"
        "00008000-00009000 rw-p 00000000 00:00 0 [heap]\n"
        "0002e000-00030000 rw-p 00000000 00:00 0 [stack]\n"
    )
    assert p.mmap(0, PAGE, RW, ANON) < 0x2E000
    assert p.brk(0xB000) == 0xB000
    p.store(0x2C000, b"deep")
    p.store(0x6000, b"data")
    assert m.snapshot().geometry.name == "tiny-4k"


def test_the_kernel_needs_pages_of_its_own_size() -> None:
    with refused(ArgumentError, "page_size_unsupported"):
        Machine(geometry=TINY)


@pytest.mark.parametrize(
    "geometry",
    [
        Geometry("mine", (9, 9, 9), 12, 8, ("PGD", "PMD", "PTE"), True),
        Geometry("x86-64", (9, 9, 9), 12, 8, ("PGD", "PMD", "PTE"), True),
        replace(X86_64, level_names=("A", "B", "C", "D")),
        Geometry("none", (), 12, 8, ()),
        Geometry("odd", (-3, 4), 12, 8, ("PGD", "PTE")),
    ],
    ids=str,
)
def test_a_shape_that_no_state_can_tell_is_refused(geometry: Geometry) -> None:
    with refused(ArgumentError, "none_of", at="geometry"):
        Machine(geometry=geometry)


@pytest.mark.parametrize("geometry", [X86_64_LA57, X86_32, TINY_4K], ids=lambda shape: shape.name)
def test_a_state_is_saved_checked_and_restored(geometry: Geometry) -> None:
    m = Machine(geometry=geometry, ram=1 * MiB)
    p = m.from_maps("00004000-00009000 rw-p 00000000 00:00 0")
    p.store(0x5000, b"then")
    validate_machine(m.system)
    text = m.snapshot().to_json()
    p.store(0x5000, b"now!")
    m.restore(Snapshot.from_json(text))
    assert p.load(0x5000, 4) == b"then"
    validate_machine(m.system)
