"""The page cache: one page for every mapper and for read(2), holes, truncation, memfd."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import (
    PAGE,
    PLACE,
    RO,
    RW,
    SHARED,
    Ear,
    anon,
    faults,
    look,
    mapped,
    start,
)
from vmlab import BusError, LinuxError, Map, Open
from vmlab.model.linux.include.page_flags import PG_DIRTY
from vmlab.model.linux.mm.filemap import find_get_page, read_pages
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.trace.events.file import InodeTruncate

PRIVATE, FILE_SHARED = Map.MAP_PRIVATE, Map.MAP_SHARED


def test_everybody_sees_a_shared_write() -> None:
    p = start()
    addr = mapped(p, FILE_SHARED)
    other = p.machine.spawn()
    fd = other.open("/f", 0)
    there = other.mmap(0, 21 * PAGE, RO, FILE_SHARED, fd)
    private = other.mmap(0, 21 * PAGE, RW, PRIVATE, fd)
    other.load(private + PAGE)
    buffer = anon(other)
    p.store(addr + PAGE, b"news")
    assert other.load(there + PAGE, 4) == b"news"
    assert other.load(private + PAGE, 4) == b"news"
    assert p.machine.fs.read("/f")[PAGE : PAGE + 4] == b"news"
    assert other.pread(fd, buffer, 4, PAGE) == 4
    assert other.load(buffer, 4) == b"news"
    p.pwrite(3, addr, 4, 2 * PAGE)
    assert other.load(there + 2 * PAGE) == b"\0"


def test_a_private_copy_no_longer_follows_the_file() -> None:
    p = start()
    addr = mapped(p, PRIVATE)
    p.store(addr + 1, b"mine")
    p.machine.fs.write("/f", b"F" * 30000)
    with_file = p.load(addr + PAGE, 2)
    assert with_file == b"FF"


def test_holes_read_as_zeros_and_stay_holes() -> None:
    """Those of a file in memory; of a file of the disk, pages of zeros are cached."""
    p = start()
    p.close(3)
    p.machine.fs.write("/dev/shm/f", b"")
    assert p.open("/dev/shm/f", Open.O_RDWR) == 3
    p.ftruncate(3, 64 * PAGE)
    mapping = p.machine.system.namei["/dev/shm/f"].i_mapping
    buffer = anon(p)
    p.store(buffer, b"dirt")
    assert p.pread(3, buffer, 4 * PAGE, 8 * PAGE) == 4 * PAGE
    assert p.load(buffer, 4) == bytes(4)
    assert mapping.i_pages == {}
    assert read_pages(p.machine.system, mapping, 0, 10) == bytes(10)
    assert find_get_page(mapping, 5) is None


def test_a_write_makes_only_the_pages_it_touches() -> None:
    p = start()
    p.ftruncate(3, 0)
    buffer = anon(p)
    p.store(buffer, b"x")
    p.pwrite(3, buffer, 10, 5 * PAGE - 5)
    inode = p.machine.system.namei["/f"]
    assert sorted(inode.i_mapping.i_pages) == [4, 5]
    assert inode.i_size == 5 * PAGE + 5
    assert p.machine.fs.read("/f")[5 * PAGE - 5 :] == b"x" + bytes(9)


def test_truncation_unmaps_everywhere() -> None:
    p = start()
    addr = mapped(p, FILE_SHARED)
    for page in range(21):
        p.load(addr + page * PAGE)
    child = p.fork()
    child.load(addr + 10 * PAGE)
    p.ftruncate(3, 10 * PAGE)
    validate_machine(p.machine.system)
    for q in (p, child):
        with pytest.raises(BusError):
            q.load(addr + 10 * PAGE)
    assert [look(p, addr + page * PAGE) != "-" for page in (9, 10, 20)] == [True, False, False]


def test_growing_again_shows_zeros() -> None:
    p = start()
    addr = mapped(p, FILE_SHARED)
    p.store(addr + 100, b"abc")
    p.ftruncate(3, 101)
    p.ftruncate(3, PAGE)
    assert p.load(addr + 100, 3) == b"a\0\0"


def test_what_is_written_behind_the_end_of_the_last_page_is_not_in_the_file() -> None:
    p = start()
    addr = mapped(p, FILE_SHARED)
    p.store(addr + 20 * PAGE + 5, b"beyond")
    assert p.machine.fs.read("/f")[20 * PAGE :] == b"tail!"
    assert p.load(addr + 20 * PAGE + 5, 6) == b"beyond"


def test_madv_remove_makes_a_hole_but_keeps_private_copies() -> None:
    p = start()
    shared = mapped(p, FILE_SHARED)
    private = p.mmap(0, 20 * PAGE, RW, PRIVATE, 3)
    p.store(private + PAGE, b"mine")
    p.load(shared + PAGE)
    p.madvise(shared + PAGE, 2 * PAGE, 9)
    assert p.load(shared + PAGE) == b"\0"
    assert p.load(private + PAGE, 4) == b"mine"
    assert p.load(private + 2 * PAGE) == b"\0"


def test_a_file_lives_as_long_as_it_is_open_or_mapped() -> None:
    p = start()
    addr = mapped(p, FILE_SHARED)
    inode = p.machine.system.namei["/f"]
    p.machine.fs.unlink("/f")
    p.close(3)
    assert p.load(addr + 7 * PAGE) == b"\7"
    assert inode.i_mapping.i_pages
    p.munmap(addr, 21 * PAGE)
    assert not inode.i_mapping.i_pages
    validate_machine(p.machine.system)


def test_memfd() -> None:
    p = start()
    fd = p.memfd_create("name")
    p.ftruncate(fd, 2 * PAGE)
    one = p.mmap(0, 2 * PAGE, RW, FILE_SHARED, fd)
    two = p.mmap(0, 2 * PAGE, RW, FILE_SHARED, fd)
    p.store(one, b"x")
    assert p.load(two) == b"x"
    assert "/memfd:name (deleted)" in p.maps()
    assert p.pagemap(one)[0].pfn == p.pagemap(two)[0].pfn
    p.close(fd)
    child = p.fork()
    child.store(two, b"y")
    assert p.load(one) == b"y"


def test_shared_anonymous_memory_is_shared_over_fork() -> None:
    p = start()
    addr = anon(p, flags=SHARED)
    child = p.fork()
    child.store(addr, b"hello")
    assert p.load(addr, 5) == b"hello"
    grandchild = child.fork()
    child.exit()
    p.store(addr, b"HELLO")
    assert grandchild.load(addr, 5) == b"HELLO"


def test_growing_shared_anonymous_memory_does_not_grow_its_object() -> None:
    p = start()
    addr = p.mremap(anon(p, pages=1, flags=SHARED), PAGE, 2 * PAGE, 1)
    p.store(addr, b"x")
    with pytest.raises(BusError):
        p.load(addr + PAGE)


def test_dev_zero() -> None:
    p = start()
    fd = p.open("/dev/zero", Open.O_RDWR)
    private = p.mmap(0, PAGE, RW, PRIVATE, fd)
    p.store(private, b"x")
    shared = p.mmap(0, PAGE, RW, FILE_SHARED, fd)
    p.store(shared, b"x")
    assert look(p, private) == "Ax"
    assert look(p, shared) == "Fx"
    assert p.pread(fd, private, 8, 0) == 8
    assert p.load(private) == b"\0"


def test_the_position_moves_with_read_and_write() -> None:
    p = start()
    buffer = anon(p)
    assert p.read(3, buffer, PAGE + 1) == PAGE + 1
    assert p.load(buffer + PAGE) == b"\1"
    p.store(buffer, b"W")
    assert p.write(3, buffer, 1) == 1
    assert p.machine.fs.read("/f")[PAGE + 1 : PAGE + 2] == b"W"
    child = p.fork()
    assert child.read(3, buffer, 10) == 10  # the open file is shared, so is its position
    assert p.machine.system.tasks[p.pid].files.fd[3].f_pos == PAGE + 12


def test_a_pipe_hands_bytes_on() -> None:
    p = start()
    buffer = anon(p)
    reader, writer = p.pipe()
    p.store(buffer, b"through")
    assert p.write(writer, buffer, 7) == 7
    assert p.read(reader, buffer + 100, 4) == 4
    assert p.read(reader, buffer + 104, 100) == 3
    assert p.load(buffer + 100, 7) == b"through"
    with pytest.raises(LinuxError, match="EAGAIN"):
        p.read(reader, buffer, 1)


def test_a_write_whose_source_is_the_part_of_the_file_it_makes() -> None:
    """The second byte lies past the end of the file until the first one has been written."""
    p = start()
    p.ftruncate(3, PAGE)
    addr = mapped(p, FILE_SHARED, pages=3)
    p.store(addr + PAGE - 1, b"x")
    assert faults(p, lambda: p.pwrite(3, addr + PAGE - 1, 8, PAGE)) == 1
    assert p.machine.fs.read("/f")[PAGE : PAGE + 3] == b"xx\0"


def test_a_write_from_memory_that_cannot_be_read_still_makes_its_page() -> None:
    p = start()
    p.ftruncate(3, 0)
    with pytest.raises(LinuxError, match="EFAULT"):
        p.pwrite(3, 0x10000, 8, 3 * PAGE + 5)
    inode = p.machine.system.namei["/f"]
    assert (sorted(inode.i_mapping.i_pages), inode.i_size) == ([3], 3 * PAGE + 5)


def test_truncating_to_the_same_length_dirties_the_last_page() -> None:
    p = start()
    fd = p.memfd_create("m")
    p.ftruncate(fd, PAGE + 5)
    addr = p.mmap(0, 2 * PAGE, RO, FILE_SHARED, fd)
    p.load(addr + PAGE)
    assert "Private_Dirty:         4 kB" not in p.smaps().split(f"{addr:x}-")[1][:700]
    p.ftruncate(fd, PAGE + 5)
    assert "Private_Dirty:         4 kB" in p.smaps().split(f"{addr:x}-")[1][:700]


def test_growing_keeps_what_was_reserved_behind_the_end() -> None:
    p = start()
    fd = p.memfd_create("m")
    p.fallocate(fd, 1, 9 * PAGE, PAGE)  # FALLOC_FL_KEEP_SIZE
    cached = p.task.files.fd[fd].f_inode.i_mapping.i_pages
    ear = Ear(p)
    for length, pages in ((PAGE, [9]), (2 * PAGE, [9]), (2 * PAGE, [])):
        p.ftruncate(fd, length)
        assert list(cached) == pages
    told = [event for event in ear.events if isinstance(event, InodeTruncate)]
    assert len(told) == 2  # the last one changed no length


def test_a_hole_reaches_pages_behind_a_private_copy() -> None:
    p = start()
    addr = mapped(p, PRIVATE)
    p.store(addr + PAGE, b"mine")
    assert p.load(addr + 2 * PAGE) == b"\2"
    p.fallocate(3, 3, 0, 4 * PAGE)  # FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
    assert p.load(addr + PAGE, 4) == b"mine"
    assert p.load(addr + 2 * PAGE) == b"\0"


def test_a_hole_of_whole_pages_leaves_the_next_one_alone() -> None:
    p = start()
    fd = p.memfd_create("m")
    p.ftruncate(fd, 3 * PAGE)
    p.mmap(PLACE, 3 * PAGE, RW, Map.MAP_SHARED | Map.MAP_FIXED, fd)
    p.load(PLACE, 3 * PAGE)
    pages = p.task.files.fd[fd].f_inode.i_mapping.i_pages  # type: ignore[union-attr]
    p.fallocate(fd, 3, 0, PAGE)
    assert [(index, bool(page.flags & PG_DIRTY)) for index, page in sorted(pages.items())] == [
        *((1, False), (2, False))
    ]
    p.fallocate(fd, 3, PAGE + 5, 1)
    assert pages[1].flags & PG_DIRTY
