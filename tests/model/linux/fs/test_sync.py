"""What fsync, fdatasync, sync and msync write to the disk, and what a clean page means."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import PAGE, PLACE, RW, Ear, start
from tests.refused import refused
from vmlab import LinuxError, Map, Ms, Open, Process
from vmlab.model.trace.events.page import PagecacheWriteback


@pytest.fixture
def p() -> Process:
    """Return a process with /f, of 20 clean pages and 5 bytes, mapped shared at PLACE."""
    p = start()
    p.sync()
    p.mmap(PLACE, 20 * PAGE, RW, Map.MAP_SHARED | Map.MAP_FIXED, 3, 0)
    return p


def written(p: Process) -> list[int]:
    """The places of the pages of /f that are written to the disk from now on."""
    ear = Ear(p)
    p.sync()
    return [event.index for event in ear.events if isinstance(event, PagecacheWriteback)]


def dirty(p: Process, addr: int = PLACE) -> dict[str, int]:
    """The kB that smaps says are shared or private, clean or dirty, of the region there."""
    entry = p.smaps()[p.smaps().index(f"{addr:x}-") :]
    names = ("Shared_Clean", "Shared_Dirty", "Private_Clean", "Private_Dirty")
    lines = (line.split() for line in entry.splitlines()[:16])
    return {name.rstrip(":"): int(kb[0]) for name, *kb in lines if name.rstrip(":") in names}


def faults(p: Process, addr: int) -> int:
    before = p.min_flt
    p.store(addr, b"s")
    return p.min_flt - before


def test_a_store_makes_its_page_dirty_until_it_is_written(p: Process) -> None:
    p.load(PLACE)
    assert dirty(p)["Private_Clean"] == 16 * 4
    p.store(PLACE + PAGE, b"s")
    assert (dirty(p)["Private_Clean"], dirty(p)["Private_Dirty"]) == (15 * 4, 4)
    assert written(p) == [1]
    assert (dirty(p)["Private_Clean"], dirty(p)["Private_Dirty"]) == (16 * 4, 0)


@pytest.mark.parametrize("sync", [Process.sync, lambda p: p.fsync(3), lambda p: p.fdatasync(3)])
def test_the_first_store_after_a_sync_faults(p: Process, sync: object) -> None:
    p.load(PLACE)
    assert [faults(p, PLACE), faults(p, PLACE)] == [1, 0]
    sync(p)  # type: ignore[operator]
    assert [faults(p, PLACE), faults(p, PLACE)] == [1, 0]


def test_write_makes_pages_dirty_and_leaves_entries_clean(p: Process) -> None:
    p.load(PLACE)
    p.pwrite(3, PLACE + 5 * PAGE, 100, PAGE - 50)
    assert dirty(p)["Private_Dirty"] == 2 * 4
    assert faults(p, PLACE) == 1
    assert written(p) == [0, 1]


def test_every_process_that_maps_a_page_faults_again(p: Process) -> None:
    child = p.fork()
    assert [faults(p, PLACE), faults(child, PLACE)] == [1, 1]
    assert dirty(child)["Shared_Dirty"] == 4
    p.fsync(3)
    assert dirty(child)["Shared_Clean"] == 4
    assert [faults(p, PLACE), faults(child, PLACE)] == [1, 1]


def test_a_private_copy_is_nothing_for_the_disk(p: Process) -> None:
    private = p.mmap(0, PAGE, RW, Map.MAP_PRIVATE, 3, 0)
    p.store(private, b"mine")
    assert written(p) == []
    assert dirty(p, private)["Private_Dirty"] == 4


def test_msync_writes_the_pages_of_its_range_and_of_shared_mappings(p: Process) -> None:
    for page in range(4):
        p.store(PLACE + page * PAGE, b"s")
    p.msync(PLACE + PAGE, 2 * PAGE, Ms.MS_ASYNC)
    p.msync(PLACE + PAGE, 2 * PAGE, Ms.MS_SYNC)
    private = p.mmap(0, PAGE, RW, Map.MAP_PRIVATE, 3, 0)
    p.msync(private, PAGE, Ms.MS_SYNC)
    assert written(p) == [0, 3]


def test_what_stands_behind_the_end_of_a_file_is_gone_once_it_is_written(p: Process) -> None:
    p.mmap(PLACE + 20 * PAGE, PAGE, RW, Map.MAP_SHARED | Map.MAP_FIXED, 3, 20 * PAGE)
    p.store(PLACE + 20 * PAGE, b"TAIL! and more")
    p.sync()
    assert p.load(PLACE + 20 * PAGE, 14) == b"TAIL!" + bytes(9)


def test_dirty_stays_writable_through_mprotect(p: Process) -> None:
    """What is dirty already needs no fault, what is clean does."""
    p.load(PLACE)
    p.store(PLACE, b"s")
    p.mprotect(PLACE, 2 * PAGE, 1)
    p.mprotect(PLACE, 2 * PAGE, 3)
    assert [faults(p, PLACE), faults(p, PLACE + PAGE)] == [0, 1]


def test_files_in_memory_are_always_dirty(p: Process) -> None:
    fd = p.memfd_create("m")
    p.ftruncate(fd, PAGE)
    place = p.mmap(0, PAGE, RW, Map.MAP_SHARED, fd, 0)
    p.store(place, b"s")
    p.fsync(fd)
    p.msync(place, PAGE, Ms.MS_SYNC)
    assert dirty(p, place)["Private_Dirty"] == 4
    assert faults(p, place) == 0


def test_a_file_that_was_emptied_is_written_when_it_is_closed(p: Process) -> None:
    """A file that is replaced must not be empty after a crash."""
    fd = p.open("/f", Open.O_RDWR | Open.O_TRUNC)
    p.pwrite(fd, 0x400000, 100, 0)
    p.close(fd)
    assert written(p) == []


def test_what_cannot_be_synced(p: Process) -> None:
    reader, _ = p.pipe()
    for fd, code, name in (
        (reader, "file_cannot_be_synced", "EINVAL"),
        (p.open("/dev/zero"), "file_cannot_be_synced", "EINVAL"),
        (p.open("/f", Open.O_PATH), "fd_o_path", "EBADF"),
        (99, "fd_not_open", "EBADF"),
    ):
        for call in (p.fsync, p.fdatasync):
            with refused(LinuxError, code, name):
                call(fd)
    p.fsync(p.open("/dev"))
