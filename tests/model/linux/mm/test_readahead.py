"""Which pages are read when one is missing: of a file of the disk without any data."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import PAGE, PLACE, RO, anon, faults, look, start
from vmlab import LinuxError, Madv, Map, Process, Prot
from vmlab.errors import Signal
from vmlab.model.linux.mm.readahead import get_init_ra_size, get_next_ra_size

PAGES = 64


@pytest.fixture
def p() -> Process:
    """Return a process with a file of 64 pages of holes on descriptor 3, mapped at PLACE."""
    p = start()
    anon(p, 80)
    p.ftruncate(3, 0)
    p.ftruncate(3, PAGES * PAGE)
    p.mmap(PLACE + 0x100000, PAGES * PAGE, RO, Map.MAP_SHARED | Map.MAP_FIXED, 3, 0)
    return p


def cached(p: Process) -> list[int]:
    """The pages that are cached: first and last of each run."""
    core = p.mincore(PLACE + 0x100000, PAGES * PAGE)
    edges = [i for i in range(PAGES + 1) if (i < PAGES and core[i]) != (i > 0 and core[i - 1])]
    return [edge - number % 2 for number, edge in enumerate(edges)]


def load(p: Process, page: int) -> tuple[int, int]:
    """Load a byte of a page; the minor and the major faults that it took."""
    before = p.min_flt, p.maj_flt
    p.load(PLACE + 0x100000 + page * PAGE)
    return p.min_flt - before[0], p.maj_flt - before[1]


def test_a_fault_reads_around_its_page(p: Process) -> None:
    assert load(p, 20) == (0, 1)
    assert cached(p) == [4, 35]
    assert load(p, 40) == (0, 1)
    assert cached(p) == [4, 55]
    assert load(p, 21) == (0, 0)  # the fault mapped its neighbours
    assert load(p, 10) == (1, 0)


def test_advice_changes_how_much(p: Process) -> None:
    p.madvise(PLACE + 0x100000, PAGES * PAGE, Madv.MADV_RANDOM)
    assert load(p, 20) == (0, 1)
    assert cached(p) == [20, 20]
    p.madvise(PLACE + 0x100000 + 40 * PAGE, 3 * PAGE, Madv.MADV_WILLNEED)
    assert cached(p) == [20, 20, 40, 42]
    assert load(p, 41) == (1, 0)


def test_who_says_that_it_goes_on_in_order_gets_what_follows(p: Process) -> None:
    p.madvise(PLACE + 0x100000, PAGES * PAGE, Madv.MADV_SEQUENTIAL)
    assert load(p, 20) == (0, 1)
    assert cached(p) == [20, 51]


@pytest.mark.parametrize("page", [20, 600])
def test_where_huge_pages_are_wanted_two_of_them_are_read(p: Process, page: int) -> None:
    """One of them, if what is read next cannot be told."""
    p.ftruncate(3, 4096 * PAGE)
    base = p.mmap(0, 4096 * PAGE, RO, Map.MAP_SHARED, 3, 0)
    first = page // 512 * 512
    for advice, huge_pages in ((Madv.MADV_RANDOM, 1), (Madv.MADV_NORMAL, 2)):
        p.madvise(base, 4096 * PAGE, Madv.MADV_HUGEPAGE)
        p.madvise(base, 4096 * PAGE, advice)
        p.load(base + page * PAGE)
        assert faults(p, lambda: p.load(base + (page + 1) * PAGE)) == 0  # it mapped its neighbours
        core = p.mincore(base, 4096 * PAGE)
        assert [number for number in range(4096) if core[number]] == [
            *range(first, first + 512 * huge_pages)
        ]
        p.ftruncate(3, 0)
        p.ftruncate(3, 4096 * PAGE)


def test_code_is_read_from_its_page_to_the_end_of_its_region(p: Process) -> None:
    flags = Map.MAP_SHARED | Map.MAP_FIXED
    p.mmap(PLACE + 0x200000, 8 * PAGE, RO | Prot.PROT_EXEC, flags, 3, 10 * PAGE)
    p.load(PLACE + 0x200000 + 3 * PAGE)
    assert cached(p) == [13, 17]


@pytest.mark.parametrize(
    ("reads", "after"),
    [
        ([0], [0, 3]),
        ([10], [10, 10]),
        ([10, 11], [10, 14]),
        ([0, 1], [0, 11]),  # the page that says so lets the next window be read
        ([30, 40], [30, 30, 40, 40]),
        ([0, 4], [0, 12]),  # those before it are cached, down to the start of the file
        ([0, 4, 12], [0, 27]),  # windows end where four pages do
    ],
)
def test_read_reads_ahead_of_who_reads_in_order(
    p: Process, reads: list[int], after: list[int]
) -> None:
    for page in reads:
        p.pread(3, PLACE, 1, page * PAGE)
    assert cached(p) == after


@pytest.mark.parametrize(
    ("most", "sizes"),
    [
        (32, {1: 4, 2: 4, 3: 8, 4: 8, 8: 16, 9: 32, 16: 32, 17: 32, 32: 32}),
        (64, {1: 4, 2: 8, 3: 8, 16: 32, 17: 64}),
    ],
)
def test_how_large_a_first_window_is(most: int, sizes: dict[int, int]) -> None:
    assert {asked: get_init_ra_size(asked, most) for asked in sizes} == sizes


@pytest.mark.parametrize(
    ("most", "sizes"),
    [
        (32, {1: 4, 2: 4, 3: 6, 16: 32, 17: 32}),
        (33, {1: 4, 2: 4, 16: 32, 17: 33}),
        (64, {3: 12, 4: 8, 32: 64, 33: 64}),
    ],
)
def test_how_large_the_next_window_is(most: int, sizes: dict[int, int]) -> None:
    assert {size: get_next_ra_size(size, most) for size in sizes} == sizes


def test_the_kernel_counts_each_second_attempt_as_major(p: Process) -> None:
    """User space does not, if the page was there and only had to be filled."""
    p.ftruncate(3, 8 * PAGE + 5)
    assert load(p, 8) == (1, 0)
    p.ftruncate(3, 16 * PAGE + 5)
    p.munmap(PLACE, PAGE)
    before = p.maj_flt
    p.pwrite(3, PLACE + 0x100000 + 16 * PAGE, 1, 0)
    assert p.maj_flt == before + 1


@pytest.mark.parametrize(("until", "after"), [(3, 11), (32, 63), (33, 33)])
def test_another_reader_comes_to_the_page_that_says_so(p: Process, until: int, after: int) -> None:
    """What follows the cached pages is read, unless more of them are than are read at once."""
    p.pread(3, PLACE, 1, 0)
    p.madvise(PLACE + 0x100000, (until + 1) * PAGE, Madv.MADV_WILLNEED)
    assert cached(p) == [0, until]
    p.pread(p.open("/f", 0), PLACE, 1, PAGE)
    assert cached(p) == [0, after]


def test_what_follows_the_page_that_says_so_may_be_gone(p: Process) -> None:
    p.pread(3, PLACE, 1, 0)
    p.ftruncate(3, 2 * PAGE)
    p.ftruncate(3, PAGES * PAGE)
    assert cached(p) == [0, 1]
    p.pread(p.open("/f", 0), PLACE, 1, PAGE)
    assert cached(p) == [0, 3]


@pytest.mark.parametrize(
    ("pages", "table", "around"),
    [(1, False, "-"), (1, True, "Fx"), (2, False, "Fx")],
)
def test_the_last_page_of_a_file_brings_no_page_table_along(
    p: Process, pages: int, table: bool, around: str
) -> None:
    """A fault behind the end maps the cached pages before it, if there is a table or another."""
    p.ftruncate(3, pages * PAGE)
    p.pread(3, PLACE, pages * PAGE, 0)
    base, other = PLACE + 0x400000, PLACE + 0x500000
    p.mmap(base, 16 * PAGE, RO, Map.MAP_SHARED | Map.MAP_FIXED, 3, 0)
    if table:
        p.mmap(other, PAGE, RO, Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_FIXED)
        p.load(other)
    with pytest.raises(Signal, match="BUS_ADRERR"):
        p.load(base + 5 * PAGE)
    assert look(p, base) == around


def test_a_page_that_nobody_has_filled_is_read_when_those_before_it_are_copied() -> None:
    """Growing past a hole leaves such a page where the file ended; to map it is not to read it."""
    p = start()
    shared = PLACE + 0x100000
    anon(p, 2)
    p.store(PLACE, b"x" * PAGE)
    p.ftruncate(3, 0)
    p.pwrite(3, PLACE, PAGE, 0)
    p.ftruncate(3, PAGE + 100)
    p.pwrite(3, PLACE, 1, 3 * PAGE + 5)
    p.mmap(shared, 4 * PAGE, RO, Map.MAP_SHARED | Map.MAP_FIXED, 3, 0)
    assert p.mincore(shared, 4 * PAGE) == b"\1\0\0\1"
    with pytest.raises(LinuxError, match="EFAULT"):
        p.pread(3, 8, 2 * PAGE, 0)
    assert p.mincore(shared, 4 * PAGE) == b"\1\0\0\1"
    assert p.pread(3, PLACE, 2 * PAGE, 0) == 2 * PAGE
    assert p.load(PLACE, 2 * PAGE) == b"x" * PAGE + bytes(PAGE)
    assert p.mincore(shared, 4 * PAGE) == b"\1\1\0\1"
