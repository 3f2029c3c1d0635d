"""Blocks of a file of the disk: given, written, taken away; what counts as data and as a hole."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import PAGE, anon, start
from tests.refused import refused
from vmlab import Falloc, LinuxError, Process, Seek
from vmlab.model.linux.fs.ext4.extents_status import (
    ext4_es_insert_extent,
    ext4_es_lookup_extent,
    ext4_es_remove_extent,
)
from vmlab.model.linux.include.fs import DEV_DISK, EXT4_MAX_SIZE
from vmlab.model.linux.include.page_flags import PG_DIRTY
from vmlab.model.linux.include.structs import Inode

KEEP = Falloc.FALLOC_FL_KEEP_SIZE
HOLE = Falloc.FALLOC_FL_PUNCH_HOLE | KEEP
ZERO = Falloc.FALLOC_FL_ZERO_RANGE


@pytest.fixture
def p() -> Process:
    """Return a process with /f, of 8 pages of which 4 are data, on descriptor 3; all is clean."""
    p = start()
    buf = anon(p, 8)
    p.ftruncate(3, 0)
    p.store(buf, b"d" * 4 * PAGE)
    p.pwrite(3, buf, 4 * PAGE, 0)
    p.ftruncate(3, 8 * PAGE)
    p.sync()
    return p


def layout(p: Process) -> str:
    """A letter for each page of /f: D data, . a hole; what is dirty in capitals."""
    inode = p.machine.system.namei["/f"]
    told = ""
    for page in range(-(-inode.i_size // PAGE)):
        hole = p.lseek(3, page * PAGE, Seek.SEEK_HOLE) == page * PAGE
        cached = inode.i_mapping.i_pages.get(page)
        letter = "." if hole else "d"
        told += letter.upper() if cached is not None and cached.flags & PG_DIRTY else letter
    return told


def test_a_letter_for_each_block() -> None:
    inode = Inode(1, "reg", "/f", DEV_DISK)
    ext4_es_insert_extent(inode, 0, 4, 0)
    ext4_es_insert_extent(inode, 4, 6, 0)
    ext4_es_insert_extent(inode, 2, 3, 1)
    assert [tuple(each) for each in inode.i_es] == [(0, 2, 0), (2, 3, 1), (3, 6, 0)]
    ext4_es_remove_extent(inode, 1, 4)
    assert [tuple(each) for each in inode.i_es] == [(0, 1, 0), (4, 6, 0)]
    assert ext4_es_lookup_extent(inode, 1) is None
    assert ext4_es_lookup_extent(inode, 5) == (4, 6, 0)


@pytest.mark.parametrize(
    ("mode", "first", "last", "after"),
    [
        (0, 2, 6, "dddd...."),  # blocks that nobody wrote to
        (0, 6, 10, "dddd......"),
        (KEEP, 6, 10, "dddd...."),
        (HOLE, 1, 3, "d..d...."),
        (HOLE, 0.5, 2.5, "D.Dd...."),
        (HOLE, 3, 99, "ddd....."),
        (ZERO, 1, 3, "d..d...."),
        (ZERO, 0.5, 2.5, "D.Dd...."),
        (ZERO | KEEP, 3, 10, "ddd....."),
    ],
)
def test_fallocate(p: Process, mode: int, first: float, last: float, after: str) -> None:
    p.fallocate(3, mode, int(first * PAGE), int((last - first) * PAGE))
    assert layout(p) == after


def test_a_hole_reads_as_zeros_and_gets_a_block_when_it_is_written(p: Process) -> None:
    assert p.pread(3, 0x40000000, 8, 6 * PAGE) == 8
    assert p.load(0x40000000, 8) == bytes(8)
    assert layout(p) == "dddd...."
    p.pwrite(3, 0x40000000, 1, 6 * PAGE)
    assert layout(p) == "dddd..D."
    p.sync()
    assert layout(p) == "dddd..d."


def test_given_blocks_count_as_data_once_they_are_cached(p: Process) -> None:
    p.fallocate(3, 0, 4 * PAGE, 4 * PAGE)
    p.pread(3, 0x40000000, 1, 5 * PAGE)
    assert layout(p) == "dddd.d.."


def test_a_cut_within_a_page_makes_the_rest_of_it_zeros(p: Process) -> None:
    p.ftruncate(3, 2 * PAGE + 5)
    assert layout(p) == "ddD"
    p.ftruncate(3, 8 * PAGE)
    assert p.machine.fs.read("/f")[2 * PAGE :] == b"ddddd" + bytes(6 * PAGE - 5)


def test_the_longest_file(p: Process) -> None:
    p.ftruncate(3, EXT4_MAX_SIZE)
    for call in (
        lambda: p.ftruncate(3, EXT4_MAX_SIZE + 1),
        lambda: p.fallocate(3, 0, EXT4_MAX_SIZE - 1, 2),
        lambda: p.pwrite(3, 0x40000000, 1, EXT4_MAX_SIZE),
    ):
        with refused(LinuxError, "end_past_largest_offset", "EFBIG"):
            call()
    assert p.pwrite(3, 0x40000000, 5, EXT4_MAX_SIZE - 2) == 2


@pytest.mark.parametrize("mode", [0x02, 0x08, 0x20, 0x40, 0x80])
def test_other_modes(p: Process, mode: int) -> None:
    with pytest.raises(LinuxError, match="EOPNOTSUPP"):
        p.fallocate(3, mode, 0, PAGE)
