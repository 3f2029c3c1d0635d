"""Pages faulted in before they are touched: populate, mlock, and what stops them."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import (
    ANON,
    PAGE,
    PLACE,
    RO,
    RW,
    SHARED,
    anon,
    faults,
    look,
    mapped,
    start,
)
from vmlab import LinuxError, Madv, Map, Mremap, Prot, Segfault

READ, WRITE = Madv.MADV_POPULATE_READ, Madv.MADV_POPULATE_WRITE


def test_populate_fills_what_is_missing_only() -> None:
    p = start()
    addr = anon(p, pages=8)
    p.store(addr + 3 * PAGE, b"x")
    assert faults(p, lambda: p.madvise(addr, 8 * PAGE, WRITE)) == 7
    assert faults(p, lambda: p.madvise(addr, 8 * PAGE, WRITE)) == 0
    assert p.load(addr + 3 * PAGE) == b"x"


def test_populate_write_breaks_copy_on_write() -> None:
    p = start()
    addr = anon(p, pages=2)
    p.store(addr, b"x")
    p.fork()
    assert faults(p, lambda: p.madvise(addr, 2 * PAGE, READ)) == 1
    assert faults(p, lambda: p.madvise(addr, 2 * PAGE, WRITE)) == 2
    assert look(p, addr) == "Ax"


@pytest.mark.parametrize(
    ("prot", "advice", "error"),
    [
        (RO, WRITE, "EINVAL"),
        (Prot.PROT_WRITE, READ, "EINVAL"),
        (Prot.PROT_NONE, READ, "EINVAL"),
        (Prot.PROT_EXEC, READ, "EINVAL"),
        (Prot.PROT_EXEC, WRITE, "EINVAL"),
        (Prot.PROT_WRITE, WRITE, None),
        (RO, READ, None),
    ],
)
def test_populate_needs_the_right(prot: int, advice: int, error: str | None) -> None:
    p = start()
    addr = anon(p, prot=prot)
    if error is None:
        p.madvise(addr, PAGE, advice)
        assert look(p, addr) != "-"
    else:
        with pytest.raises(LinuxError, match=error):
            p.madvise(addr, PAGE, advice)
        assert look(p, addr) == "-"


@pytest.mark.parametrize("hole", [0, 2, 7])
@pytest.mark.parametrize("advice", [READ, WRITE])
def test_populate_stops_at_a_hole(hole: int, advice: int) -> None:
    p = start()
    addr = anon(p, pages=8)
    p.munmap(addr + hole * PAGE, PAGE)
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.madvise(addr, 8 * PAGE, advice)
    assert [look(p, addr + page * PAGE) != "-" for page in range(8)] == [
        page < hole for page in range(8)
    ]


def test_populate_stops_past_the_end_of_a_file_and_in_a_guard_region() -> None:
    p = start()
    mapped(p, Map.MAP_SHARED, pages=23)
    with pytest.raises(LinuxError, match="EFAULT"):
        p.madvise(PLACE, 23 * PAGE, READ)
    assert look(p, PLACE + 20 * PAGE) == "Fx"
    addr = anon(p)
    p.madvise(addr + PAGE, PAGE, Madv.MADV_GUARD_INSTALL)
    with pytest.raises(LinuxError, match="EFAULT"):
        p.madvise(addr, 4 * PAGE, WRITE)
    assert (look(p, addr), look(p, addr + PAGE), look(p, addr + 2 * PAGE)) == ("Ax", "G", "-")


def test_map_populate_says_nothing_of_what_it_could_not_do() -> None:
    p = start()
    addr = mapped(p, Map.MAP_SHARED | Map.MAP_POPULATE, pages=23)
    assert look(p, addr + 20 * PAGE) == "Fx"
    addr = p.mmap(0, 2 * PAGE, Prot.PROT_NONE, ANON | Map.MAP_POPULATE)
    assert look(p, addr) == "-"


def test_mlock_brings_pages_in_and_counts_them() -> None:
    p = start()
    addr = anon(p, pages=8)
    p.mlock(addr + PAGE + 5, 2 * PAGE)  # three pages are touched
    assert [look(p, addr + page * PAGE) != "-" for page in range(5)] == [False, *[True] * 3, False]
    assert p.mm.locked_vm == 3
    p.munlock(addr, 8 * PAGE)
    assert p.mm.locked_vm == 0
    assert look(p, addr + PAGE) == "Ax"


def test_mlock_of_what_cannot_be_brought_in() -> None:
    p = start()
    addr = anon(p, prot=Prot.PROT_NONE)
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.mlock(addr, PAGE)
    assert p.mm.locked_vm == 1  # locked all the same
    p.mprotect(addr, PAGE, RW)
    assert look(p, addr) == "Ax"  # and brought in now that it can be


def test_map_locked_is_populated() -> None:
    p = start()
    addr = p.mmap(0, 4 * PAGE, RW, ANON | Map.MAP_LOCKED)
    assert {look(p, addr + page * PAGE) for page in range(4)} == {"Ax"}
    with pytest.raises(LinuxError, match="EINVAL"):
        p.madvise(addr, PAGE, Madv.MADV_DONTNEED)


def test_a_child_inherits_no_lock() -> None:
    p = start()
    addr = p.mmap(0, 4 * PAGE, RW, ANON | Map.MAP_LOCKED)
    child = p.fork()
    assert (p.mm.locked_vm, child.mm.locked_vm) == (4, 0)
    child.madvise(addr, PAGE, Madv.MADV_DONTNEED)


def test_mincore_sees_what_populate_did() -> None:
    p = start()
    addr = anon(p, pages=8)
    p.madvise(addr + 2 * PAGE, 3 * PAGE, WRITE)
    assert p.mincore(addr, 8 * PAGE) == bytes([0, 0, 1, 1, 1, 0, 0, 0])


def test_populate_grows_no_stack() -> None:
    p = start()
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.madvise(0x7FFFFFF00000, PAGE, WRITE)
    p.sigaction(11, False)
    with pytest.raises(Segfault):
        p.load(0x500000)


def test_populate_write_dirties_a_page_that_is_there_already() -> None:
    p = start()
    addr = anon(p, pages=1, flags=SHARED)
    p.load(addr)
    assert "Private_Clean:         4 kB" in p.smaps().split(f"{addr:x}-")[1][:700]
    assert faults(p, lambda: p.madvise(addr, PAGE, WRITE)) == 0
    assert "Private_Dirty:         4 kB" in p.smaps().split(f"{addr:x}-")[1][:700]


def test_what_begins_behind_a_range_is_not_looked_at() -> None:
    p = start()
    addr = anon(p, 2)
    p.mprotect(addr + PAGE, PAGE, 0)
    p.mlock(addr, PAGE)
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.mlock(addr, 2 * PAGE)


def test_a_locked_region_with_a_guard_moves_without_unmapping() -> None:
    p = start()
    addr = anon(p)
    p.madvise(addr + PAGE, PAGE, Madv.MADV_GUARD_INSTALL)
    with pytest.raises(LinuxError, match="ENOMEM"):
        p.mlock(addr, 4 * PAGE)  # locked all the same
    new = p.mremap(addr, 4 * PAGE, 4 * PAGE, Mremap(5))
    assert [look(p, new + page * PAGE) for page in range(2)] == ["Ax", "G"]
    assert look(p, addr) == "-"
