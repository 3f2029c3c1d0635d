"""Where mappings go that name no address, or only hint at one."""

from __future__ import annotations

import pytest

from tests.rulers import BASE, spawn
from vmlab import GiB, KiB, LinuxError, Machine, MiB, Process, Rlimit
from vmlab.model.abi.mman import (
    MAP_32BIT,
    MAP_ABOVE4G,
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_GROWSDOWN,
    MAP_NORESERVE,
    MAP_PRIVATE,
    MAP_SHARED,
    MAP_STACK,
    PROT_READ,
    PROT_WRITE,
)
from vmlab.model.linux.include.structs import MmStruct
from vmlab.model.linux.mm.vma_gap import (
    VmUnmappedAreaInfo,
    unmapped_area,
    unmapped_area_topdown,
)
from vmlab.model.mmu.page import PAGE_SIZE

RW = PROT_READ | PROT_WRITE
ANON = MAP_PRIVATE | MAP_ANONYMOUS
TOP = 0x7FFFF7FF7000  # below [vvar], where the first mapping ends


@pytest.fixture
def process() -> Process:
    return Machine(totalram=64 * GiB).spawn()


def test_mappings_go_down_from_the_top(process: Process) -> None:
    first = process.mmap(0, 2 * PAGE_SIZE, RW, ANON)
    second = process.mmap(0, PAGE_SIZE, PROT_READ, ANON)
    assert (first, second) == (TOP - 2 * PAGE_SIZE, TOP - 3 * PAGE_SIZE)


def test_the_highest_gap_that_fits_is_taken_at_its_top(process: Process) -> None:
    base = process.mmap(0, 16 * PAGE_SIZE, RW, ANON)
    process.munmap(base + 2 * PAGE_SIZE, PAGE_SIZE)
    process.munmap(base + 6 * PAGE_SIZE, 4 * PAGE_SIZE)
    assert process.mmap(0, 2 * PAGE_SIZE, RW, ANON) == base + 8 * PAGE_SIZE
    assert process.mmap(0, 3 * PAGE_SIZE, RW, ANON) == base - 3 * PAGE_SIZE
    assert process.mmap(0, PAGE_SIZE, PROT_READ, ANON) == base + 7 * PAGE_SIZE


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (0x20000FFF, 0x20000000),
        (0x1000, 0x10000),
        (0xFFF, TOP - PAGE_SIZE),
        (1, TOP - PAGE_SIZE),
        (0x400000, TOP - PAGE_SIZE),  # taken
        (0x7FFFFFFFF000, TOP - PAGE_SIZE),  # above user space
        (1 << 60, TOP - PAGE_SIZE),
        (0x7FFFFFEDD000, 0x7FFFFFEDD000),  # just outside the gap below the stack
        (0x7FFFFFEDE000, TOP - PAGE_SIZE),
    ],
)
def test_hints(process: Process, hint: int, expected: int) -> None:
    assert process.mmap(hint, PAGE_SIZE, RW, ANON) == expected


@pytest.mark.parametrize(
    ("length", "flags", "aligned"),
    [
        (2 * MiB, ANON, True),
        (4 * MiB, ANON | MAP_NORESERVE, True),
        (2 * MiB, ANON | MAP_STACK, True),
        (2 * MiB, ANON | MAP_GROWSDOWN, True),
        (2 * MiB + PAGE_SIZE, ANON, False),
        (3 * MiB, ANON, False),
        (2 * MiB, MAP_SHARED | MAP_ANONYMOUS, False),
    ],
)
def test_alignment_for_huge_pages(process: Process, length: int, flags: int, aligned: bool) -> None:
    start = process.mmap(0, length, RW, flags)
    assert (start % (2 * MiB) == 0) is aligned
    assert aligned or start + length == TOP


def test_a_free_hint_is_not_aligned(process: Process) -> None:
    assert process.mmap(0x20001000, 2 * MiB, RW, ANON) == 0x20001000


def test_256_pages_stay_free_below_a_stack(process: Process) -> None:
    base = process.mmap(0, PAGE_SIZE, RW, ANON | MAP_GROWSDOWN)
    assert process.mmap(0, PAGE_SIZE, RW, ANON) == base - 257 * PAGE_SIZE


def test_map_32bit_goes_bottom_up_in_the_second_gigabyte(process: Process) -> None:
    assert process.mmap(0, PAGE_SIZE, RW, ANON | MAP_32BIT) == 0x40000000
    assert process.mmap(0, PAGE_SIZE, PROT_READ, ANON | MAP_32BIT) == 0x40001000
    with pytest.raises(LinuxError, match="ENOMEM"):
        process.mmap(0, GiB, RW, ANON | MAP_32BIT)


def test_map_above4g_does_not_go_lower(process: Process) -> None:
    assert process.mmap(0, PAGE_SIZE, RW, ANON | MAP_ABOVE4G) >= 4 * GiB


def test_the_last_gap_above_4g_is_taken_too() -> None:
    process = Machine(totalram=1 << 48).spawn()
    low = 4 * GiB + PAGE_SIZE
    process.mmap(low, TOP - low, PROT_READ, ANON | MAP_FIXED)
    assert process.mmap(0, PAGE_SIZE, PROT_READ, ANON | MAP_ABOVE4G) == 4 * GiB
    assert process.mmap(0, PAGE_SIZE, PROT_READ, ANON | MAP_ABOVE4G) > TOP


def test_what_does_not_fit_below_goes_above() -> None:
    process = Machine(totalram=1 << 48).spawn()
    process.mmap(4 * MiB, TOP - 4 * MiB, PROT_READ, ANON | MAP_FIXED)
    found = process.mmap(0, 16 * MiB, PROT_READ, ANON)
    assert found == 0x7FFFF8000000


def test_without_a_gap_it_fails(process: Process) -> None:
    with pytest.raises(LinuxError, match="ENOMEM"):
        process.mmap(0, 0x7FFFF7FF0000, PROT_READ, ANON)
    with pytest.raises(LinuxError, match="ENOMEM"):
        process.mmap(0x1000000, 0x7FFFFFFFF000, PROT_READ, ANON | MAP_FIXED)


@pytest.mark.parametrize(
    ("stack", "base"),
    [
        (8 * MiB, 0x7FFFF7FFF000),
        (127 * MiB, 0x7FFFF7FFF000),
        (128 * MiB, 0x7FFFF7EFF000),
        (256 * MiB, 0x7FFFEFEFF000),
        (GiB, 0x7FFFBFEFF000),
        ((1 << 64) - 1, 0x155555556000),
    ],
)
def test_the_area_begins_below_the_room_for_the_stack(stack: int, base: int) -> None:
    assert Machine().spawn(rlimits={Rlimit.RLIMIT_STACK: stack}).mm.mmap_base == base


def test_a_small_stack_limit_cuts_the_first_stack() -> None:
    process = Machine().spawn(rlimits={Rlimit.RLIMIT_STACK: 64 * KiB})
    assert "7ffffffef000-7ffffffff000" in process.maps()


def test_the_lowest_gap_is_found_through_the_tree() -> None:
    mm = spawn("A..B...C").mm
    first = next(iter(mm)).vm_end
    for pages, low in ((2, 1), (3, 4), (1, 1)):
        info = VmUnmappedAreaInfo(pages * PAGE_SIZE, 0x40000000, 0x40009000)
        assert unmapped_area(mm, info) == 0x40000000 + low * PAGE_SIZE
    assert unmapped_area(mm, VmUnmappedAreaInfo(PAGE_SIZE, first, first)) is None


@pytest.mark.parametrize(
    ("low", "high", "lowest", "highest"),
    [
        (0, 16, 0, 14),
        (1, 16, 5, 14),  # the page below is too little
        (4, 16, 5, 14),
        (5, 7, 5, 5),  # just what is needed
        (5, 6, None, None),
        (6, 9, None, None),
        (8, 10, 8, 8),
        (9, 11, 9, 9),
        (8, 9, None, None),
        (3, 10, 5, 8),
        (3, 9, 5, 5),
        (0, 7, 0, 5),
        (0, 6, 0, 0),
        (0, 2, 0, 0),
        (0, 1, None, None),
    ],
)
def test_the_lowest_and_the_highest_room_for_two_pages_within_limits(
    low: int, high: int, lowest: int | None, highest: int | None
) -> None:
    mm = spawn("..AAA..B").mm
    assert within(mm, BASE, low, high) == (lowest, highest)


def test_above_everything_there_is_room_up_to_the_limit() -> None:
    mm = spawn("A").mm
    top = mm.highest_vm_end
    below = [(-1, 1, None, None), (0, 1, None, None)]
    for low, high, lowest, highest in (*below, (-1, 2, 0, 0), (0, 3, 0, 1), (1, 3, 1, 1)):
        assert within(mm, top, low, high) == (lowest, highest)


def within(mm: MmStruct, base: int, low: int, high: int) -> tuple[int | None, ...]:
    """The lowest and the highest room for two pages within limits, in pages from a place on."""
    info = VmUnmappedAreaInfo(2 * PAGE_SIZE, base + low * PAGE_SIZE, base + high * PAGE_SIZE)
    found = (unmapped_area(mm, info), unmapped_area_topdown(mm, info))
    return tuple(None if each is None else (each - base) // PAGE_SIZE for each in found)
