"""The CPU's batches of frames: what holds a frame although nobody maps it."""

from __future__ import annotations

import pytest

from vmlab import Machine, Madv, Map, MiB, Process, Prot, Snapshot
from vmlab.model.linux.include.structs import PG_ACTIVE, PG_REFERENCED
from vmlab.model.linux.mm.swap import PAGEVEC_SIZE, lru_add_drain
from vmlab.model.mmu.page import PAGE_SIZE

A = 0x10000000
RW = Prot.PROT_READ | Prot.PROT_WRITE
ANON = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_FIXED


def parent(flags: int = 0, pages: int = 4) -> Process:
    """Return a process with some pages of private memory at A, written."""
    p = Machine(ram=8 * MiB).spawn()
    p.mmap(A, pages * PAGE_SIZE, RW, ANON | flags, -1, 0)
    p.store(A, bytes(pages * PAGE_SIZE))
    return p


def copies(p: Process, addr: int = A) -> bool:
    """Say whether a write to a page gets another frame."""
    before = p.pagemap(addr)[0].pfn
    p.store(addr, b"x")
    return p.pagemap(addr)[0].pfn != before


def test_the_last_owner_reuses_the_frame() -> None:
    p = parent()
    child = p.fork()
    p.munmap(A, PAGE_SIZE)
    assert not copies(child)


def test_a_frame_that_was_locked_a_moment_ago_is_copied() -> None:
    p = parent(Map.MAP_LOCKED)
    child = p.fork()
    p.munmap(A, PAGE_SIZE)
    assert copies(child)


def test_also_when_its_locker_copied_it_or_ended() -> None:
    p = parent(Map.MAP_LOCKED)
    child = p.fork()
    p.store(A, b"x")
    assert copies(child)
    p.exit()
    assert copies(child, A + PAGE_SIZE)


@pytest.mark.parametrize("how", ["populate", "free", "full"])
def test_until_the_batch_is_drained(how: str) -> None:
    p = parent(Map.MAP_LOCKED, pages=PAGEVEC_SIZE)
    child = p.fork()
    p.munmap(A, PAGE_SIZE)
    if how == "populate":
        child.madvise(A + PAGE_SIZE, PAGE_SIZE, Madv.MADV_POPULATE_READ)
    elif how == "free":
        child.madvise(A + PAGE_SIZE, PAGE_SIZE, Madv.MADV_FREE)
    else:
        p.munmap(A + PAGE_SIZE, (PAGEVEC_SIZE - 1) * PAGE_SIZE)
    assert not copies(child)


def test_a_new_frame_is_on_no_list_and_its_writer_drains_the_batches() -> None:
    p = parent(Map.MAP_LOCKED)
    p.madvise(A, PAGE_SIZE, Madv.MADV_DONTNEED_LOCKED)
    p.store(A, b"new")
    child = p.fork()
    p.munmap(A, 2 * PAGE_SIZE)
    assert not copies(child)
    assert not copies(child, A + PAGE_SIZE)


def test_a_frame_that_may_be_dropped_is_copied() -> None:
    p = parent()
    child = p.fork()
    child.madvise(A, PAGE_SIZE, Madv.MADV_FREE)
    p.munmap(A, PAGE_SIZE)
    assert copies(child)


def accessed(p: Process, times: int, addr: int = A) -> None:
    """The kernel reads a page for others; the frame is on its list before."""
    p.madvise(A + PAGE_SIZE, PAGE_SIZE, Madv.MADV_POPULATE_READ)
    for _ in range(times):
        p.proc_mem_read(addr, 1)


def flags(p: Process, addr: int = A) -> tuple[bool, bool]:
    """Say whether a frame counts as accessed, and whether as active."""
    page = p.task.system.mem_map[p.pagemap(addr)[0].pfn]
    return bool(page.flags & PG_REFERENCED), bool(page.flags & PG_ACTIVE)


@pytest.mark.parametrize(("times", "referenced"), [(0, False), (1, True), (2, False), (3, True)])
def test_every_second_access_makes_a_frame_active_when_the_batch_is_drained(
    times: int, referenced: bool
) -> None:
    p = parent()
    accessed(p, times)
    assert flags(p) == (referenced, False)
    lru_add_drain(p.task.system)
    assert flags(p) == (referenced, times >= 2)


def test_a_new_frame_that_is_accessed_twice_is_active_at_once() -> None:
    p = parent()
    p.proc_mem_read(A, 1)
    p.proc_mem_read(A, 1)
    assert flags(p) == (False, True)


def test_an_active_frame_stays_accessed() -> None:
    p = parent()
    accessed(p, 2)
    accessed(p, 2)  # drains first
    assert flags(p) == (True, True)


def test_a_cold_frame_is_active_until_the_batch_is_drained() -> None:
    p = parent()
    accessed(p, 2)
    accessed(p, 1)
    p.madvise(A, PAGE_SIZE, Madv.MADV_COLD)
    assert flags(p) == (False, True)
    lru_add_drain(p.task.system)
    assert flags(p) == (False, False)


@pytest.mark.parametrize("cold", [False, True])
def test_a_frame_on_its_way_to_another_list_is_copied(cold: bool) -> None:
    p = parent()
    accessed(p, 2)
    if cold:
        p.madvise(A, PAGE_SIZE, Madv.MADV_COLD)  # drains first
    child = p.fork()
    p.munmap(A, PAGE_SIZE)
    assert copies(child)


def test_a_batch_that_is_full_is_drained() -> None:
    p = parent(pages=PAGEVEC_SIZE)
    accessed(p, 0)
    for page in range(PAGEVEC_SIZE):
        p.proc_mem_read(A + page * PAGE_SIZE, 1)
        p.proc_mem_read(A + page * PAGE_SIZE, 1)
        assert flags(p) == (False, page == PAGEVEC_SIZE - 1)


def test_a_locked_frame_is_not_active() -> None:
    p = parent()
    accessed(p, 2)
    p.mlock(A, PAGE_SIZE)
    assert flags(p) == (True, False)  # populated, once more


def test_a_restored_machine_goes_on_alike() -> None:
    p = parent(Map.MAP_LOCKED)
    child = p.fork()
    p.munmap(A, 2 * PAGE_SIZE)
    child.munmap(A + PAGE_SIZE, PAGE_SIZE)  # nobody has this frame any more
    snap = p.machine.snapshot()
    other = Machine.from_snapshot(Snapshot.from_json(snap.to_json()))
    assert other.snapshot() == snap
    assert copies(other[child.pid])
