"""mmap: what is made, in which order bad arguments are refused."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.model.linux.lab import Ear, start_with_descriptors
from tests.refused import refused
from tests.rulers import at, check, mmap, spawn
from vmlab import LinuxError, Machine, MiB, Process
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_GROWSDOWN,
    MAP_HUGETLB,
    MAP_LOCKED,
    MAP_POPULATE,
    MAP_PRIVATE,
    MAP_SHARED,
    MAP_SHARED_VALIDATE,
    MAP_SYNC,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
    Map,
)
from vmlab.model.abi.resource import Rlimit
from vmlab.model.linux.mm.validate import validate_machine, validate_mm
from vmlab.model.linux.mm.vma import find_vma, find_vma_intersection
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.events.vma import VmUnmappedArea

RW = PROT_READ | PROT_WRITE
ANON = MAP_PRIVATE | MAP_ANONYMOUS
NOREPLACE = MAP_FIXED_NOREPLACE
MAX = (1 << 64) - 1


@pytest.fixture
def process() -> Process:
    return start_with_descriptors(pages=3)


# In the order in which Linux looks: each case breaks its own rule and all that come later.
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((1, 0, 1, 0, 99, 5), "EINVAL"),  # the offset
        ((1, 0, 1, 0, 99, 0), "EBADF"),
        ((1, 0, 1, MAP_FIXED, 3, 0), "EINVAL"),  # the length
        ((0, MAX, 1, 0, 3, 0), "ENOMEM"),
        ((0x1001, PAGE_SIZE, 1, MAP_FIXED, 3, 0), "EINVAL"),  # the address
        ((0, 1 << 47, 1, 0, 3, 0), "ENOMEM"),
        ((0, PAGE_SIZE, 1, MAP_SHARED, 3, (1 << 63) - PAGE_SIZE), "EOVERFLOW"),
        ((0, 2 * PAGE_SIZE, 1, MAP_SHARED, 3, (1 << 63) - 2 * PAGE_SIZE), "EOVERFLOW"),
        ((0, PAGE_SIZE, 1, 0, 3, 0), "EINVAL"),  # neither shared nor private
        ((0, PAGE_SIZE, 1, MAP_SHARED_VALIDATE | MAP_SYNC, 3, 0), "EOPNOTSUPP"),
        ((0, PAGE_SIZE, RW, MAP_SHARED, 4, 0), "EACCES"),
        ((0, PAGE_SIZE, 1, MAP_PRIVATE, 5, 0), "EACCES"),
        ((0, PAGE_SIZE, 1, MAP_PRIVATE, 6, 0), "EBADF"),
        ((0, PAGE_SIZE, 1, MAP_PRIVATE, 7, 0), "ENODEV"),
        ((0, PAGE_SIZE, 1, MAP_PRIVATE, 8, 0), "ENODEV"),
        ((0, PAGE_SIZE, 1, MAP_PRIVATE, 10, 0), "ENODEV"),
        ((0, PAGE_SIZE, PROT_EXEC, MAP_PRIVATE, 10, 0), "EPERM"),
        ((0, PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0), "EINVAL"),
        ((0, PAGE_SIZE, RW, MAP_PRIVATE | MAP_GROWSDOWN, 3, 0), "EINVAL"),
        ((0, PAGE_SIZE, RW, MAP_ANONYMOUS, -1, 0), "EINVAL"),
        ((0, 2 * MiB, RW, ANON | MAP_HUGETLB, -1, 0), "ENOMEM"),
        ((0, 2 * MiB, RW, ANON | MAP_HUGETLB, -1, PAGE_SIZE), "EINVAL"),
        ((0x400000, PAGE_SIZE, RW, ANON | MAP_HUGETLB | NOREPLACE, -1, 0), "EEXIST"),
        ((0x7FFFFFE00000, 4 * MiB, RW, ANON | MAP_HUGETLB | MAP_FIXED, -1, PAGE_SIZE), "ENOMEM"),
        ((0, 1 << 40, RW, ANON, -1, 0), "ENOMEM"),
        ((0x7FFFFFFFF000, PAGE_SIZE, RW, ANON | MAP_FIXED, -1, 0), "ENOMEM"),
        ((0x400000, PAGE_SIZE, RW, ANON | NOREPLACE, -1, 0), "EEXIST"),
        # An address that the caller cannot tell from an error number comes back as it is.
        ((MAX, 1 << 47, RW, ANON | MAP_FIXED, -1, 0), "ENOMEM"),
        ((MAX, PAGE_SIZE, RW, MAP_ANONYMOUS | MAP_FIXED, -1, 0), "EPERM"),
        ((MAX - 598, PAGE_SIZE, RW, ANON | NOREPLACE, -1, 0), "errno 599"),
        ((MAX - 4094, PAGE_SIZE, RW, ANON | MAP_FIXED, -1, 0), "errno 4095"),
        ((MAX - 4095, PAGE_SIZE, RW, ANON | MAP_FIXED, -1, 0), "ENOMEM"),
    ],
)
def test_what_is_refused(process: Process, arguments: tuple[int, ...], error: str) -> None:
    before = process.maps()
    with pytest.raises(LinuxError) as failure:
        process.mmap(*arguments)
    assert failure.value.name == error
    assert process.maps() == before


@pytest.mark.parametrize("flags", [MAP_PRIVATE, MAP_SHARED])
def test_dev_zero_has_no_largest_offset(process: Process, flags: int) -> None:
    process.mmap(0, PAGE_SIZE, PROT_READ, flags, 9, 1 << 63)
    with pytest.raises(LinuxError, match="EOVERFLOW"):
        process.mmap(0, 2 * PAGE_SIZE, PROT_READ, flags, 9, (1 << 64) - PAGE_SIZE)
    with pytest.raises(LinuxError, match="EOVERFLOW"):
        process.mmap(0, PAGE_SIZE, PROT_READ, flags, 3, 1 << 63)
    process.mmap(0, PAGE_SIZE, PROT_READ, flags, 3, (1 << 63) - 2 * PAGE_SIZE)


def test_huge_pages_do_not_grow(process: Process) -> None:
    with pytest.raises(LinuxError, match="EINVAL"):
        process.mmap(0, PAGE_SIZE, RW, ANON | Map.MAP_HUGETLB | Map.MAP_GROWSDOWN)


def test_a_huge_page_counts_whole_against_the_limits(process: Process) -> None:
    process.setrlimit(Rlimit.RLIMIT_DATA, 1 * MiB)
    with refused(LinuxError, "rlimit_as_or_data", "ENOMEM"):
        process.mmap(0, PAGE_SIZE, RW, ANON | MAP_HUGETLB, -1, PAGE_SIZE)


@pytest.mark.parametrize(("short", "reason"), [(1, "rlimit_as_or_data"), (0, "no_huge_pages")])
@pytest.mark.parametrize("in_place", [False, True])
def test_what_a_huge_page_takes_the_place_of_counts_no_more(
    process: Process, in_place: bool, short: int, reason: str
) -> None:
    addr = 0x40000000
    process.mmap(addr, 7 * PAGE_SIZE, RW, ANON | MAP_FIXED)
    pages = process.mm.total_vm + 512 - (7 if in_place else 0) - short
    process.setrlimit(Rlimit.RLIMIT_AS, pages * PAGE_SIZE)
    with refused(LinuxError, reason, "ENOMEM"):
        flags = MAP_HUGETLB | (MAP_FIXED if in_place else 0)
        process.mmap(addr if in_place else 0, PAGE_SIZE, RW, ANON | flags)
    assert process.mm.total_vm == pages - 512 + short + (7 if in_place and short else 0)


@pytest.mark.parametrize(("kind", "stays"), [(MAP_PRIVATE, True), (MAP_SHARED, False)])
def test_only_private_huge_pages_count_as_data(process: Process, kind: int, stays: bool) -> None:
    """There are none; but what is in their place goes only if they could be mapped."""
    addr = 0x40000000
    process.mmap(addr, PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED)
    process.setrlimit(Rlimit.RLIMIT_DATA, PAGE_SIZE)
    with pytest.raises(LinuxError, match="ENOMEM"):
        process.mmap(addr, 2 * MiB, RW, kind | MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED)
    assert (find_vma_intersection(process.mm, addr, addr + PAGE_SIZE) is not None) == stays


def test_where_a_huge_page_would_be(process: Process) -> None:
    """At the hint, rounded up, if there is room; else wherever an aligned one fits for certain."""
    ear = Ear(process)
    process.mmap(0x40200000, PAGE_SIZE, RW, ANON | MAP_FIXED)

    def looked_for(hint: int) -> list[tuple[int, int]]:
        ear.events.clear()
        with refused(LinuxError, "no_huge_pages", "ENOMEM"):
            process.mmap(hint, PAGE_SIZE, RW, ANON | MAP_HUGETLB)
        found = [event for event in ear.events if isinstance(event, VmUnmappedArea)]
        return [(event.addr if event.addr < 1 << 32 else 0, event.length) for event in found]

    whole = (0, 4 * MiB - PAGE_SIZE)
    assert looked_for(0) == [whole]
    assert looked_for(0x3FE01000) == [(0x40000000, 2 * MiB)]
    assert looked_for(0x40000000) == [(0x40000000, 2 * MiB)]
    assert looked_for(0x40001000) == [(0, 2 * MiB), whole]


def test_unknown_flags_and_rights_are_passed_over(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, 0xF0 | PROT_READ, MAP_PRIVATE | 1 << 29, 3, 0)
    vma = find_vma(process.mm, start)
    assert vma is not None
    assert vma.perms == "r--p"


def test_a_private_mapping_of_a_read_only_file_may_be_written(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, RW, MAP_PRIVATE, 4, 0)
    process.store(start, b"x")
    assert process.machine.fs.read("/f")[:1] == b"f"


def test_private_dev_zero_is_anonymous_memory_with_a_name(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE, RW, MAP_PRIVATE, 9, 0)
    assert process.load(start) == b"\0"
    line = next(line for line in process.maps().splitlines() if line.startswith(f"{start:x}"))
    assert line.endswith("/dev/zero")
    validate_machine(process.machine.system)


def test_each_shared_anonymous_mapping_has_an_object_of_its_own() -> None:
    process = spawn("")
    for page in (0, 1):
        process.mmap(at(page), PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED)
    low = find_vma(process.mm, at(0))
    assert low is not None
    assert low.vm_end == at(1)
    assert process.maps().count("/dev/zero (deleted)") == 2


def test_a_fixed_mapping_replaces_what_is_there() -> None:
    check("AAbbCC", mmap(1, "nnnn"), "AnnnnC")


def test_a_failed_fixed_mapping_leaves_what_is_there(process: Process) -> None:
    process.mmap(at(0), PAGE_SIZE, RW, ANON | MAP_FIXED)
    for flags, fd in ((MAP_PRIVATE | MAP_FIXED, 99), (MAP_SHARED | MAP_FIXED, 4)):
        with pytest.raises(LinuxError):
            process.mmap(at(0), PAGE_SIZE, RW, flags, fd, 0)
    process.store(at(0), b"x")


@pytest.mark.parametrize(
    ("page", "letters", "error"),
    [(0, "A", ""), (3, "A", ""), (1, "AA", "EEXIST"), (0, "AA", "EEXIST"), (2, "AA", "EEXIST")],
)
def test_noreplace_only_takes_what_is_free(page: int, letters: str, error: str) -> None:
    after = ".bb" if error else "".join("A" if page == i else c for i, c in enumerate(".bb."))
    check(".bb", mmap(page, letters, NOREPLACE), after, error=error)


def test_populate_and_locked_fault_every_page_in(process: Process) -> None:
    for flags in (MAP_POPULATE, MAP_LOCKED):
        before = process.min_flt
        start = process.mmap(0, 3 * PAGE_SIZE, RW, ANON | flags)
        assert [entry.present for entry in process.pagemap(start, 3)] == [True] * 3
        assert process.min_flt == before + 3
    assert process.mm.locked_vm == 3


def test_the_length_is_rounded_up_to_pages(process: Process) -> None:
    start = process.mmap(0, PAGE_SIZE + 1, RW, ANON)
    vma = find_vma(process.mm, start)
    assert vma is not None
    assert vma.vm_end - start == 2 * PAGE_SIZE


def test_max_map_count_counts_before_the_new_mapping() -> None:
    process = Machine(max_map_count=20).spawn()
    made = process.mm.map_count
    while process.mm.map_count < 21:
        process.mmap(at(2 * process.mm.map_count), PAGE_SIZE, RW, ANON | MAP_FIXED)
    assert made < 20
    with pytest.raises(LinuxError, match="ENOMEM"):
        process.mmap(at(0), PAGE_SIZE, RW, ANON | MAP_FIXED)
    validate_mm(process.mm)


@pytest.mark.parametrize("flag", Map)
@pytest.mark.parametrize("kind", [MAP_PRIVATE, MAP_SHARED])
@pytest.mark.parametrize("fd", [-1, 3])
def test_every_flag_alone(process: Process, flag: Map, kind: int, fd: int) -> None:
    flags = kind | (MAP_ANONYMOUS if fd < 0 else 0) | flag
    addr = at(8) if flag & (MAP_FIXED | NOREPLACE) else 0
    with suppress(LinuxError):
        process.munmap(process.mmap(addr, PAGE_SIZE, RW, flags, fd, 0), PAGE_SIZE)
    validate_mm(process.mm)
