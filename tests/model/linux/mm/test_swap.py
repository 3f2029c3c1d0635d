"""The CPU's batches of frames: what holds a frame although nobody maps it."""

from __future__ import annotations

import pytest

from vmlab import Machine, Madv, Map, MiB, Process, Prot, Snapshot
from vmlab.model.linux.include.page_flags import PG_ACTIVE, PG_REFERENCED
from vmlab.model.linux.include.structs import Page
from vmlab.model.linux.mm.pgtable import get_pte, pte_page
from vmlab.model.linux.mm.rmap import vma_mark_accessed
from vmlab.model.linux.mm.swap import (
    PAGEVEC_SIZE,
    batch_references,
    folio_mark_accessed,
    folio_test_lru,
    lru_add_drain,
)
from vmlab.model.linux.mm.vma import find_vma
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


def test_a_frame_is_active_when_it_was_accessed_twice() -> None:
    system, page = Machine(ram=MiB).system, Page(1, "file")
    marks = []
    for _ in range(4):
        folio_mark_accessed(system, page)
        lru_add_drain(system)
        marks.append(page.flags)
    assert marks == [PG_REFERENCED, PG_ACTIVE, both := PG_ACTIVE | PG_REFERENCED, both]


@pytest.mark.parametrize(("locked", "marks"), [(False, PG_ACTIVE), (True, PG_REFERENCED)])
def test_a_locked_frame_never_becomes_active(locked: bool, marks: int) -> None:
    p = parent(pages=1)
    if locked:
        p.mlock(A, PAGE_SIZE)
    vma = find_vma(p.mm, A)
    assert vma is not None
    page = pte_page(p.mm, get_pte(p.mm, A))
    assert page is not None
    for _ in range(2):
        vma_mark_accessed(vma, page)
    assert page.flags & (PG_ACTIVE | PG_REFERENCED) == marks


def test_a_frame_that_somebody_locked_waits_for_no_other_list() -> None:
    """Be it accessed where it is locked, or by a child, which has no lock."""
    p = parent(Map.MAP_LOCKED, pages=1)
    page = pte_page(p.mm, get_pte(p.mm, A))
    assert page is not None
    child = None
    for users in (1, 2):
        assert page.mapcount == users
        vma = find_vma(child.mm if child else p.mm, A)
        assert vma is not None
        for _ in range(3):
            vma_mark_accessed(vma, page)
            assert page.flags & (PG_ACTIVE | PG_REFERENCED) == PG_REFERENCED
        child = p.fork()
    assert not p.machine.system.batches.lru_activate


def test_a_frame_that_became_inactive_on_its_way_stays_accessed() -> None:
    p = parent(pages=1)
    page = pte_page(p.mm, get_pte(p.mm, A))
    assert page is not None
    page.flags |= PG_ACTIVE | PG_REFERENCED
    p.madvise(A, PAGE_SIZE, Madv.MADV_COLD)
    page.flags = page.flags & ~PG_ACTIVE | PG_REFERENCED
    lru_add_drain(p.machine.system)
    assert page.flags & (PG_ACTIVE | PG_REFERENCED) == PG_REFERENCED


def test_batches_of_locked_frames_and_of_others_fill_apart() -> None:
    p = parent(pages=20)
    locked = A + 64 * PAGE_SIZE
    p.mmap(locked, 20 * PAGE_SIZE, RW, ANON | Map.MAP_LOCKED, -1, 0)
    batches = p.machine.system.batches
    assert (len(batches.lru_add), len(batches.mlock), len(batches.mlock_new)) == (0, 0, 0)
    p.madvise(A, 20 * PAGE_SIZE, Madv.MADV_DONTNEED)
    p.store(A, bytes(20 * PAGE_SIZE))
    page = pte_page(p.mm, get_pte(p.mm, A))
    assert page is not None
    assert (len(batches.lru_add), batch_references(p.machine.system, page)) == (20, 1)
    assert not folio_test_lru(p.machine.system, page)
    for more in range(PAGEVEC_SIZE - 20):
        assert len(batches.lru_add) == 20 + more
        p.mmap(A + (32 + more) * PAGE_SIZE, PAGE_SIZE, RW, ANON, -1, 0)
        p.store(A + (32 + more) * PAGE_SIZE, b"x")
    assert (len(batches.lru_add), batch_references(p.machine.system, page)) == (0, 0)
    assert folio_test_lru(p.machine.system, page)


@pytest.mark.parametrize(
    ("advice", "marks"),
    [(0, PG_REFERENCED), (Madv.MADV_SEQUENTIAL, 0), (Madv.MADV_RANDOM, 0)],
)
def test_a_file_page_is_marked_when_a_mapping_that_used_it_goes(advice: int, marks: int) -> None:
    p = Machine(ram=8 * MiB).spawn()
    p.machine.fs.write("/f", b"tea")
    fd = p.open("/f")
    p.mmap(A, PAGE_SIZE, Prot.PROT_READ, Map.MAP_SHARED | Map.MAP_FIXED, fd, 0)
    p.madvise(A, PAGE_SIZE, advice)
    p.load(A)
    page = pte_page(p.mm, get_pte(p.mm, A))
    assert page is not None
    page.flags &= ~(PG_ACTIVE | PG_REFERENCED)
    p.munmap(A, PAGE_SIZE)
    assert page.flags & (PG_ACTIVE | PG_REFERENCED) == marks


def test_only_a_change_of_the_lock_drains_the_batches() -> None:
    p = parent(Map.MAP_LOCKED)
    other = A + 64 * PAGE_SIZE
    p.mmap(other, 2 * PAGE_SIZE, RW, ANON, -1, 0)
    p.store(other, b"x")
    waiting = p.machine.system.batches.lru_add
    assert len(waiting) == 1
    p.mlock2(A, PAGE_SIZE, 1)  # MLOCK_ONFAULT
    assert len(waiting) == 1
    p.mlock2(other + PAGE_SIZE, PAGE_SIZE, 1)
    assert not waiting


def test_a_file_page_that_was_not_accessed_is_not_marked() -> None:
    p = Machine(ram=8 * MiB).spawn()
    p.machine.fs.write("/f", b"tea")
    p.mmap(A, PAGE_SIZE, Prot.PROT_READ, Map.MAP_SHARED | Map.MAP_FIXED, p.open("/f"), 0)
    p.load(A)
    page = pte_page(p.mm, get_pte(p.mm, A))
    assert page is not None
    p.madvise(A, PAGE_SIZE, Madv.MADV_COLD)
    p.munmap(A, PAGE_SIZE)
    assert not page.flags & (PG_ACTIVE | PG_REFERENCED)


@pytest.mark.parametrize("lock", [False, True])
def test_a_shared_frame_that_somebody_locked_is_noted_once(lock: bool) -> None:
    p = parent()
    child = p.fork()
    if lock:
        p.mprotect(A, PAGE_SIZE, Prot.PROT_READ)  # or locking would copy it
        p.mlock(A, PAGE_SIZE)
    page = pte_page(child.mm, get_pte(child.mm, A))
    vma = find_vma(child.mm, A)
    assert page is not None
    assert vma is not None
    lru_add_drain(p.task.system)
    page.flags &= ~(PG_ACTIVE | PG_REFERENCED)
    for _ in range(2):
        vma_mark_accessed(vma, page)
    lru_add_drain(p.task.system)
    assert flags(child) == ((True, False) if lock else (False, True))
