"""munmap: what goes, what is split, what is refused."""

from __future__ import annotations

import pytest

from tests.rulers import Op, at, check, mseal, munmap, spawn
from vmlab import LinuxError, Machine, MiB, Segfault
from vmlab.model.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE
from vmlab.model.linux.mm.validate import validate_machine, validate_mm
from vmlab.model.mmu.page import PAGE_SIZE


@pytest.mark.parametrize(
    ("before", "op", "after"),
    [
        ("AAA", munmap(0, 3), ""),
        ("AAA", munmap(0, 1), ".AA"),
        ("AAA", munmap(2, 1), "AA"),
        ("AAA", munmap(1, 1), "A.A"),
        ("AAA.BB", munmap(1, 4), "A....B"),
        ("Aax.BB", munmap(0, 9), ""),
        ("A..B", munmap(1, 2), "A..B"),
        ("", munmap(3, 5), ""),
        ("SSfff", munmap(1, 2), "S..ff"),
        ("GGG", munmap(1, 1), "G.G"),
        ("LLL", munmap(1, 1), "L.L"),
    ],
)
@pytest.mark.parametrize("faulted", [False, True])
def test_what_is_left(before: str, op: Op, after: str, faulted: bool) -> None:
    written = "".join(letter for letter in "AB" if letter in before) if faulted else ""
    check(before, op, after, written=written)


@pytest.mark.parametrize(
    ("start", "length"),
    [
        (at(0) + 1, PAGE_SIZE),
        (at(0), 0),
        (0x7FFFFFFFF000, PAGE_SIZE),
        (at(0), 1 << 47),
        (at(0), (1 << 64) - 1),
        ((1 << 64) - PAGE_SIZE, PAGE_SIZE),
    ],
)
def test_bad_ranges(start: int, length: int) -> None:
    process = spawn("AAA")
    with pytest.raises(LinuxError, match="EINVAL"):
        process.munmap(start, length)
    validate_mm(process.mm)


def test_the_length_is_rounded_up() -> None:
    process = spawn("AAA")
    process.munmap(at(0), PAGE_SIZE + 1)
    with pytest.raises(Segfault, match="SEGV_MAPERR"):
        process.load(at(1))


def test_a_sealed_vma_stays_but_may_have_been_split_off() -> None:
    check("AAA", [mseal(0, 3), munmap(1, 1)], "AAA", error="EPERM")
    check("AAbb", [mseal(2, 2), munmap(1, 3)], "AEbb", error="EPERM")


def test_frames_and_page_tables_come_back() -> None:
    machine = Machine()
    process = machine.spawn()
    before = len(machine.system.mem_map)
    start = process.mmap(
        64 * MiB, 4 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    )
    for offset in range(0, 4 * MiB, MiB):
        process.store(start + offset, b"x")
    assert len(machine.system.mem_map) == before + 4 + 2
    process.munmap(start, 4 * MiB)
    assert len(machine.system.mem_map) == before
    validate_machine(machine.system)


def test_a_table_stays_while_a_neighbour_needs_it() -> None:
    process = spawn("A.B", written="AB")
    tables = process.mm.pgtables_bytes
    process.munmap(at(0), PAGE_SIZE)
    assert process.mm.pgtables_bytes == tables
    process.munmap(at(2), PAGE_SIZE)
    assert process.mm.pgtables_bytes < tables


@pytest.mark.parametrize(("limit", "fails"), [(0, True), (1, False)])
def test_a_hole_needs_room_for_one_more_vma(limit: int, fails: bool) -> None:
    process = spawn("AAA")
    process.machine.system.sysctl_max_map_count = process.mm.map_count + limit
    if fails:
        with pytest.raises(LinuxError, match="ENOMEM"):
            process.munmap(at(1), PAGE_SIZE)
        process.munmap(at(0), PAGE_SIZE)  # an end can always go
    else:
        process.munmap(at(1), PAGE_SIZE)
    validate_mm(process.mm)
