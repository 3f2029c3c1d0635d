"""remap_file_pages: other pages of a file in a part of its shared mapping."""

from __future__ import annotations

import pytest

from tests.refused import refused
from vmlab import LinuxError, Machine, Map, Open, Process, Prot
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.mmu.page import PAGE_SIZE

A, B = 0x10000000, 0x20000000
RW = Prot.PROT_READ | Prot.PROT_WRITE


@pytest.fixture
def p() -> Process:
    """Three of four pages of a file, each full of its letter, are mapped at A."""
    machine = Machine()
    machine.fs.write("/f", b"".join(letter * PAGE_SIZE for letter in (b"a", b"b", b"c", b"d")))
    process = machine.spawn()
    process.open("/f", Open.O_RDWR)
    process.mmap(A, 3 * PAGE_SIZE, RW, Map.MAP_SHARED | Map.MAP_FIXED, 3)
    return process


def letters(p: Process) -> bytes:
    return b"".join(p.load(A + page * PAGE_SIZE) for page in range(3))


def test_a_part_shows_other_pages(p: Process) -> None:
    p.remap_file_pages(A + PAGE_SIZE + 7, PAGE_SIZE + 7, 0, 3)
    assert p.pagemap(A + PAGE_SIZE)[0].present
    assert letters(p) == b"adc"
    p.store(A + PAGE_SIZE, b"!")
    assert p.machine.fs.read("/f")[3 * PAGE_SIZE :][:1] == b"!"
    assert p.mm.map_count == p.fork().mm.map_count


def test_what_continues_the_file_merges_again(p: Process) -> None:
    count = p.mm.map_count
    p.remap_file_pages(A + PAGE_SIZE, PAGE_SIZE, 0, 3)
    assert p.mm.map_count == count + 2
    p.remap_file_pages(A + PAGE_SIZE, PAGE_SIZE, 0, 1)
    assert p.mm.map_count == count
    assert letters(p) == b"abc"


def test_no_page_comes_in_unasked(p: Process) -> None:
    p.remap_file_pages(A, PAGE_SIZE, 0, 2, Map.MAP_NONBLOCK)
    assert not p.pagemap(A)[0].present
    assert letters(p) == b"cbc"


def test_a_range_over_several_parts(p: Process) -> None:
    p.remap_file_pages(A + PAGE_SIZE, PAGE_SIZE, 0, 0)
    p.remap_file_pages(A, 3 * PAGE_SIZE, 0, 1)
    assert letters(p) == b"bcd"


def test_what_was_locked_stays_locked(p: Process) -> None:
    p.mlock(A, 3 * PAGE_SIZE)
    p.remap_file_pages(A, PAGE_SIZE, 0, 2)
    assert p.mm.locked_vm == 3


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ((A, PAGE_SIZE, 1), "unknown_prot_bits"),
        ((A, 100), "length_zero"),
        ((A, -PAGE_SIZE), "range_wraps"),
        ((A, PAGE_SIZE, 0, -1), "offset_beyond_largest_file"),
        ((A - PAGE_SIZE, PAGE_SIZE), "nothing_mapped_at"),
        ((A, 4 * PAGE_SIZE), "nothing_mapped_at"),
        ((A + 0x10000, PAGE_SIZE), "not_shared"),
        ((A + 0x20000, 2 * PAGE_SIZE), "file_differs"),
        ((A + 0x30000, 2 * PAGE_SIZE), "vma_differs"),
    ],
)
def test_what_is_refused(p: Process, args: tuple[int, ...], reason: str) -> None:
    anon = Map.MAP_ANONYMOUS | Map.MAP_FIXED
    p.mmap(A + 0x10000, PAGE_SIZE, RW, Map.MAP_PRIVATE | anon)
    p.mmap(A + 0x20000, PAGE_SIZE, RW, Map.MAP_SHARED | anon)
    p.mmap(A + 0x21000, PAGE_SIZE, RW, Map.MAP_SHARED | anon)
    p.mmap(A + 0x30000, 2 * PAGE_SIZE, RW, Map.MAP_SHARED | anon)
    p.mprotect(A + 0x31000, PAGE_SIZE, Prot.PROT_READ)
    before = p.maps()
    with refused(LinuxError, reason, "EINVAL"):
        p.remap_file_pages(*args)
    assert p.maps() == before


def test_an_offset_that_only_a_file_is_too_short_for_is_refused_by_mmap(p: Process) -> None:
    with pytest.raises(LinuxError, match="EOVERFLOW"):
        p.remap_file_pages(A, PAGE_SIZE, 0, (1 << 64) - 2)


@pytest.mark.parametrize("name", ["memfd", "nothing"])
def test_a_mapping_that_alone_holds_its_file_keeps_it(p: Process, name: str) -> None:
    fd = p.memfd_create("m") if name == "memfd" else -1
    if fd >= 0:
        p.ftruncate(fd, 2 * PAGE_SIZE)
    p.mmap(
        B,
        2 * PAGE_SIZE,
        RW,
        Map.MAP_SHARED | Map.MAP_FIXED | (0 if fd >= 0 else Map.MAP_ANONYMOUS),
        fd,
    )
    p.store(B, b"first")
    p.store(B + PAGE_SIZE, b"second")
    if fd >= 0:
        p.close(fd)
    p.remap_file_pages(B, PAGE_SIZE, 0, 1)
    p.remap_file_pages(B, 2 * PAGE_SIZE, 0, 0)
    assert p.load(B, 5) + p.load(B + PAGE_SIZE, 6) == b"firstsecond"
    validate_machine(p.machine.system)
