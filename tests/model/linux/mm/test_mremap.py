"""mremap: shrinking, growing, moving, and what it refuses."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import Ear
from tests.rulers import Op, at, check, mmap, move, mprotect, mremap, mseal, munmap, spawn, write
from vmlab import LinuxError, Machine
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_NORESERVE,
    MAP_PRIVATE,
    MAP_SHARED,
    MREMAP_DONTUNMAP,
    MREMAP_FIXED,
    MREMAP_MAYMOVE,
    PROT_READ,
    PROT_WRITE,
    Madv,
)
from vmlab.model.abi.resource import Rlimit
from vmlab.model.linux.mm.util import vm_memory_committed
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_SIZE, MiB
from vmlab.model.trace.events.page import PteGuard, TlbFlush

MOVE = MREMAP_MAYMOVE
TO = MREMAP_MAYMOVE | MREMAP_FIXED
RW = PROT_READ | PROT_WRITE


@pytest.mark.parametrize(
    ("before", "op", "after"),
    [
        ("AAAA", mremap(0, 4, 2), "AA"),
        ("AAAA", mremap(1, 2, 1), "AA.A"),
        ("AAbb", mremap(0, 4, 1), "A"),
        ("AA..", mremap(0, 2, 4), "AAAA"),
        ("AAAA", mremap(2, 2, 4), "AAAAAA"),
        ("A..A", mremap(0, 1, 3), "AAAA"),
        ("A..b", mremap(0, 1, 3), "AAAb"),
        ("SS..", mremap(0, 2, 4), "SSSS"),
        ("A", mremap(0, 1, 1), "A"),
    ],
)
def test_resizing_in_place(before: str, op: Op, after: str) -> None:
    check(before, op, after)


@pytest.mark.parametrize(
    ("before", "op", "after", "written"),
    [
        ("AA....", move(0, 2, 4), "....AA", ""),
        ("AA....", move(0, 2, 4), "....AA", "A"),
        ("AAAA..", move(1, 2, 6), "A..A..AA", "A"),
        ("AA.bb", move(0, 2, 3), "...AA", "A"),
        ("AA.bbb", move(0, 1, 4), ".A.bAb", "A"),
        ("AA.b.c", mremap(0, 2, 1, TO, 3), "...A.c", ""),
        ("A..b.c", mremap(0, 1, 2, TO, 3), "...AAc", ""),
        ("A..BBB", move(0, 1, 2), "..BBBB", ""),
        ("A..BBB", move(0, 1, 2), "..BBBB", "B"),
        ("A..BBB", move(0, 1, 2), "..ABBB", "A"),
        ("BBB..A", move(5, 1, 3), "BBBB", ""),
        ("BB.BB..A", move(7, 1, 2), "BBBBB", ""),
        ("BB.CC..A", move(7, 1, 2), "BBBCC", "BC"),
        ("AAA", [move(1, 1, 5), move(5, 1, 1)], "AAA", "A"),
        ("SS..", move(0, 2, 2), "..SS", ""),
        ("Ab.C", move(0, 4, 8), "........Ab.C", ""),
    ],
)
def test_moving(before: str, op: Op | list[Op], after: str, written: str) -> None:
    check(before, op, after, written=written)


@pytest.mark.parametrize(
    ("before", "op", "after"),
    [
        ("AA....", move(0, 2, 4, dontunmap=True), "AA..AA"),
        ("SS....", move(0, 2, 4, dontunmap=True), "SS..SS"),
        ("LL....", move(0, 2, 4, dontunmap=True), "AA..LL"),
        ("AAA", move(1, 1, 5, dontunmap=True), "AAA..A"),
    ],
)
def test_a_move_can_leave_the_old_mapping_behind(before: str, op: Op, after: str) -> None:
    check(before, op, after)


@pytest.mark.parametrize(
    ("before", "op", "error"),
    [
        ("A.", mremap(0, 1, 1, 8), "EINVAL"),
        ("A.", mremap(0, 1, 1, MREMAP_FIXED, 4), "EINVAL"),
        ("A.", mremap(0, 1, 1, MREMAP_DONTUNMAP, 4), "EINVAL"),
        ("A.", mremap(0, 1, 2, TO | MREMAP_DONTUNMAP, 4), "EINVAL"),
        ("A.", mremap(0, 1, 0), "EINVAL"),
        ("AAA", mremap(0, 2, 2, TO, 1), "EINVAL"),
        ("A.", mremap(0, 0, 1, MOVE), "EINVAL"),
        (".A", mremap(0, 1, 2), "EFAULT"),
        ("Ab", mremap(0, 2, 4), "EFAULT"),
        ("Ab", mremap(0, 1, 2), "ENOMEM"),
        ("AAA", mremap(0, 1, 2), "ENOMEM"),
        ("S.", mremap(0, 0, 1), "ENOMEM"),
        (".A", move(0, 2, 4), "EFAULT"),
    ],
)
def test_what_is_refused(before: str, op: Op, error: str) -> None:
    check(before, op, before, error=error)


def test_a_locked_mapping_that_is_left_behind_is_counted_twice() -> None:
    # As Linux 6.18 does: VmLck stays too high until the process ends.
    process = check("LL....", move(0, 2, 4, dontunmap=True), "AA..LL")
    assert process.mm.locked_vm == 4


def test_pages_that_stay_of_a_locked_mapping_keep_their_lock() -> None:
    """The mapping is not locked any more, but what stays in it is never dropped."""
    process = check("LLL...", [write(0, 3), move(0, 1, 4, dontunmap=True)], "AAA.L.")
    for _ in range(2):  # the second empties the batch of the first
        process.madvise(at(0), 3 * PAGE_SIZE, Madv.MADV_FREE)
    assert "LazyFree:              0 kB" in process.smaps()
    process.madvise(at(1), PAGE_SIZE, Madv.MADV_DONTNEED)
    process.store(at(1), b"x")  # another frame
    for _ in range(2):
        process.madvise(at(0), 3 * PAGE_SIZE, Madv.MADV_FREE)
    assert "LazyFree:              4 kB" in process.smaps()


def test_a_sealed_mapping_does_not_move() -> None:
    check("AA", [mseal(0, 2), move(0, 2, 4)], "AA", error="EPERM")


def test_misaligned_addresses_are_refused() -> None:
    process = spawn("A")
    for old, new in ((at(0) + 1, at(4)), (at(0), at(4) + 1)):
        with pytest.raises(LinuxError, match="EINVAL"):
            process.mremap(old, PAGE_SIZE, PAGE_SIZE, TO, new)


def test_old_length_0_makes_a_second_mapping_of_a_shared_object() -> None:
    process = spawn("SS")
    process.store(at(0), b"x")
    second = process.mremap(at(0), 0, 2 * PAGE_SIZE, MOVE)
    assert process.load(second) == b"x"
    process.store(second + 1, b"y")
    assert process.load(at(0) + 1) == b"y"


def test_a_written_mapping_keeps_its_offset_an_untouched_one_gets_a_new_one() -> None:
    for written, page in (("A", 0), ("", 8)):
        process = check("AA", move(0, 2, 8), "........AA", written=written)
        vma = find_vma(process.mm, at(8))
        assert vma is not None
        assert vma.vm_pgoff == at(page) // PAGE_SIZE


def test_data_moves_along() -> None:
    process = check("AAA", [write(0, 3), mremap(0, 3, 3, TO, 600)], "")
    assert process.load(at(602)) == b"!"


def test_the_source_may_go_with_the_target() -> None:
    # The target is unmapped first; then nothing is left to move.
    check("AAb", mremap(0, 3, 1, TO, 3), "...A")
    process = spawn("A.B")
    with pytest.raises(LinuxError, match="EFAULT"):
        process.mremap(at(1), PAGE_SIZE, PAGE_SIZE, TO, at(2))
    assert find_vma(process.mm, at(2)) is not None


def test_limits() -> None:
    process = spawn("AA")
    process.setrlimit(Rlimit.RLIMIT_AS, process.mm.total_vm * PAGE_SIZE)
    with pytest.raises(LinuxError, match="ENOMEM"):
        process.mremap(at(0), 2 * PAGE_SIZE, 3 * PAGE_SIZE)
    process.mremap(at(0), 2 * PAGE_SIZE, 2 * PAGE_SIZE, TO, at(9))


@pytest.mark.parametrize("flags", [0, MAP_NORESERVE])
def test_a_move_without_frames_for_page_tables_brings_all_pages_back(flags: int) -> None:
    machine = Machine(ram=MiB)
    process = machine.spawn()
    start = 2 * MiB * 64 - 2 * PAGE_SIZE  # pages on both sides of a table's end
    process.mmap(start, 4 * PAGE_SIZE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags)
    for page in range(4):
        process.store(start + page * PAGE_SIZE, bytes([page]))
    target = 0x7000_0000_0000 - 2 * PAGE_SIZE
    spare = machine.fs.read("/bin/a.out")
    free = machine.system.ram.nr_frames - machine.system.next_frame
    machine.fs.write("/filler", bytes((free - 4) * PAGE_SIZE))  # enough for the first half only
    before = process.maps(), vm_memory_committed(machine.system)
    with pytest.raises(LinuxError, match="ENOMEM"):
        process.mremap(start, 4 * PAGE_SIZE, 4 * PAGE_SIZE, TO, target)
    validate_machine(machine.system)
    assert (process.maps(), vm_memory_committed(machine.system)) == before
    assert [process.load(start + page * PAGE_SIZE)[0] for page in range(4)] == [0, 1, 2, 3]
    assert machine.fs.read("/bin/a.out") == spare


def test_growing_moves_if_it_must_and_may() -> None:
    process = spawn("Ab", written="A")
    new = process.mremap(at(0), PAGE_SIZE, 2 * PAGE_SIZE, MOVE)
    assert new not in (at(0), at(1))
    assert process.load(new) == b"A"
    validate_machine(process.machine.system)


def test_a_locked_mapping_is_faulted_in_where_it_grows() -> None:
    process = check("L.", mremap(0, 1, 2), "LL")
    assert process.pagemap(at(1))[0].present
    assert process.mm.locked_vm == 2


def test_shared_anonymous_memory_grows_past_its_object() -> None:
    process = spawn("")
    start = process.mmap(at(0), PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS)
    process.mremap(start, PAGE_SIZE, 2 * PAGE_SIZE)
    process.sigaction(7)
    process.store(start, b"x")
    with pytest.raises(Exception, match="BUS_ADRERR"):
        process.store(start + PAGE_SIZE, b"x")


def test_rights_do_not_stop_a_move() -> None:
    check("AA", [mprotect(0, 2, 0), move(0, 2, 4)], "....nn")
    check("AA", [munmap(1, 1), mmap(1, "n"), move(1, 1, 4)], "A...n")


def test_a_second_mapping_forgets_no_translation() -> None:
    process = spawn("S")
    process.store(at(0), b"x")
    ear = Ear(process)
    process.mremap(at(0), 0, PAGE_SIZE, MREMAP_MAYMOVE)
    assert not any(isinstance(event, TlbFlush) for event in ear.events)


@pytest.mark.parametrize(
    ("flags", "pages", "room"),
    [(MREMAP_MAYMOVE, 4, 0), (MREMAP_MAYMOVE, 6, 2), (TO, 4, 0), (TO | MREMAP_DONTUNMAP, 4, 4)],
)
def test_what_the_address_space_limit_must_leave(flags: int, pages: int, room: int) -> None:
    for more in (0, -1) if room else (0,):
        process = spawn("AAAAb")
        limit = (process.mm.total_vm + room + more) * PAGE_SIZE
        process.setrlimit(Rlimit.RLIMIT_AS, limit)
        op = mremap(0, 4, pages, flags, 8)
        if more:
            with pytest.raises(LinuxError, match="ENOMEM"):
                op.run(process)
        else:
            op.run(process)


def test_a_guard_that_moves_is_told() -> None:
    process = spawn("A")
    process.madvise(at(0), PAGE_SIZE, Madv.MADV_GUARD_INSTALL)
    ear = Ear(process)
    process.mremap(at(0), PAGE_SIZE, PAGE_SIZE, TO, at(5))
    told = [(e.addr, e.nr_pages, e.installed) for e in ear.events if isinstance(e, PteGuard)]
    assert told == [(at(0), 1, False), (at(5), 1, True)]
