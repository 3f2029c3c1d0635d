"""What belongs to what."""

from __future__ import annotations

import pytest

from vmlab import MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED, O_RDWR, Machine, Snapshot
from vmlab.record.related import related

ANON, FILE = 0x10000000, 0x20000000
PAGE = 4096


@pytest.fixture
def snap() -> Snapshot:
    """Two processes: one private page each wrote, one both only read, a file both map."""
    machine = Machine()
    machine.fs.write("/a.dat", b"a" * 2 * PAGE)
    parent = machine.spawn()
    parent.mmap(ANON, 3 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS)
    fd = parent.open("/a.dat", O_RDWR)
    parent.mmap(FILE, 2 * PAGE, 3, MAP_SHARED, fd, 0)
    parent.store(ANON, b"a")
    parent.store(ANON + PAGE, b"b")
    parent.store(FILE, b"c")
    child = parent.fork()
    child.store(ANON, b"A")
    child.load(FILE, 1)
    child.load(ANON + PAGE, 1)
    return machine.snapshot()


def kinds(ids: frozenset[str], kind: str) -> set[str]:
    return {key for key in ids if key.startswith(f"{kind}_")}


def test_a_region_with_its_pages_and_frames(snap: Snapshot) -> None:
    found = related(snap, f"vma_1_{ANON:x}")
    assert kinds(found, "vma") == {f"vma_1_{ANON:x}"}
    assert kinds(found, "pte") == {f"pte_1_{ANON:x}", f"pte_1_{ANON + PAGE:x}"}
    assert len(kinds(found, "pfn")) == 2
    assert kinds(found, "mm") == kinds(found, "file") == kinds(found, "ino") == set()


def test_a_region_of_a_file(snap: Snapshot) -> None:
    found = related(snap, f"vma_2_{FILE:x}.region")
    (file,) = (file for file in snap.files if file.path == "/a.dat")
    assert {f"vma_2_{FILE:x}", f"file_{file.file}", f"ino_{file.ino}"} <= found


def test_a_page_with_its_region_and_frame(snap: Snapshot) -> None:
    one, two = related(snap, f"pte_1_{ANON:x}"), related(snap, f"pte_2_{ANON:x}")
    assert f"vma_1_{ANON:x}" in one
    assert len(kinds(one, "pfn")) == len(kinds(two, "pfn")) == 1
    assert kinds(one, "pfn").isdisjoint(kinds(two, "pfn")), "each has a copy of its own"


def test_a_page_that_is_not_present_has_its_region_alone(snap: Snapshot) -> None:
    absent = f"pte_1_{ANON + 2 * PAGE:x}"
    assert related(snap, absent) == {absent, f"vma_1_{ANON:x}"}


def test_a_page_with_whoever_else_shows_its_frame(snap: Snapshot) -> None:
    found = related(snap, f"pte_2_{ANON + PAGE:x}")
    assert kinds(found, "pte") == {f"pte_1_{ANON + PAGE:x}", f"pte_2_{ANON + PAGE:x}"}
    assert kinds(found, "vma") == {f"vma_1_{ANON:x}", f"vma_2_{ANON:x}"}


def test_the_zero_page_makes_no_relations() -> None:
    machine = Machine()
    process = machine.spawn()
    process.mmap(ANON, 2 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS)
    process.load(ANON)
    process.load(ANON + PAGE)
    assert kinds(related(machine.snapshot(), f"pte_1_{ANON:x}"), "pte") == {f"pte_1_{ANON:x}"}


def test_a_frame_of_a_file_belongs_to_it(snap: Snapshot) -> None:
    (inode,) = (inode for inode in snap.inodes if inode.name == "/a.dat")
    for key in (f"pfn_{inode.i_pages[0][1]}", f"pte_1_{FILE:x}"):
        assert f"ino_{inode.ino}" in related(snap, key)


def test_a_frame_with_all_pages_that_show_it(snap: Snapshot) -> None:
    (shared,) = kinds(related(snap, f"pte_1_{ANON + PAGE:x}"), "pfn")
    found = related(snap, shared)
    assert kinds(found, "pte") == {f"pte_1_{ANON + PAGE:x}", f"pte_2_{ANON + PAGE:x}"}
    assert kinds(found, "vma") == {f"vma_1_{ANON:x}", f"vma_2_{ANON:x}"}


def test_the_frame_of_a_page_table_belongs_to_its_address_space(snap: Snapshot) -> None:
    (mm,) = (mm for mm in snap.mms if mm.mm == 2)
    assert related(snap, f"pfn_{mm.pgd}") == {f"pfn_{mm.pgd}", "mm_2"}


def test_what_the_tlb_holds_of_a_page(snap: Snapshot) -> None:
    entries = kinds(related(snap, f"pte_2_{FILE:x}"), "tlb")
    assert len(entries) == 1
    found = related(snap, *entries)
    assert {f"pte_2_{FILE:x}", f"vma_2_{FILE:x}"} <= found
    assert len(kinds(found, "pfn")) == 1


def test_a_file_with_what_maps_it_and_its_page_cache(snap: Snapshot) -> None:
    (file,) = (file for file in snap.files if file.path == "/a.dat")
    (inode,) = (inode for inode in snap.inodes if inode.ino == file.ino)
    both = {f"vma_1_{FILE:x}", f"vma_2_{FILE:x}"}
    assert related(snap, f"file_{file.file}") == {f"file_{file.file}", f"ino_{file.ino}", *both}
    frames = {f"pfn_{pfn}" for _, pfn in inode.i_pages}
    assert frames
    assert related(snap, f"ino_{file.ino}") == {
        *(f"file_{file.file}", f"ino_{file.ino}"),
        *both,
        *frames,
    }


def test_a_process_and_its_address_space(snap: Snapshot) -> None:
    (mm,) = (mm for mm in snap.mms if mm.mm == 1)
    assert related(snap, "task_1000") == {"task_1000", "mm_1"}
    assert related(snap, "mm_1") == {"mm_1", "task_1000", f"pfn_{mm.pgd}"}


@pytest.mark.parametrize(
    "key", ["", "more_vmas", "fault_access", "vma_9_1000", "vma_1_7000", "pte_9_0", "pfn_99999"]
)
def test_what_is_not_there_belongs_to_nothing(snap: Snapshot, key: str) -> None:
    assert related(snap, key) == {key.partition(".")[0]}


@pytest.mark.parametrize("key", ["gap_1_0", "tlb_9_1", "tlb_999_1", "task_9", "file_99", "ino_99"])
def test_what_has_nothing_else_stands_alone(snap: Snapshot, key: str) -> None:
    assert related(snap, key) == {key}
