"""madvise as far as it concerns VMAs: flags, holes, what is refused."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import Ear
from tests.rulers import Op, at, check, madvise, mprotect, mseal, munmap, spawn, write
from vmlab import BusError, LinuxError, MiB, Process, Segfault
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_DROPPABLE,
    MAP_FIXED,
    MAP_PRIVATE,
    MAP_SHARED,
    PROT_READ,
    PROT_WRITE,
    Madv,
)
from vmlab.model.linux.mm.swap import PAGEVEC_SIZE
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.events.page import PteLazyfree, TlbFlush

ANON = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
FLAG_ADVICE = {
    Madv.MADV_SEQUENTIAL: "sr",
    Madv.MADV_RANDOM: "rr",
    Madv.MADV_DONTFORK: "dc",
    Madv.MADV_WIPEONFORK: "wf",
    Madv.MADV_DONTDUMP: "dd",
    Madv.MADV_MERGEABLE: "mg",
    Madv.MADV_HUGEPAGE: "hg",
    Madv.MADV_NOHUGEPAGE: "nh",
}


@pytest.mark.parametrize(("advice", "flag"), FLAG_ADVICE.items(), ids=lambda value: str(value))
def test_advice_that_is_a_flag(advice: Madv, flag: str) -> None:
    process = spawn("A")
    process.madvise(at(0), PAGE_SIZE, advice)
    entry = process.smaps().split(f"{at(0):08x}-")[1]
    assert f" {flag}" in entry.split("VmFlags:")[1].splitlines()[0]


def flags(process: Process, addr: int) -> set[str]:
    """What VmFlags tells of the VMA that begins there."""
    entry = process.smaps().split(f"{addr:08x}-")[1]
    return {*entry.split("VmFlags:")[1].splitlines()[0].split()}


@pytest.mark.parametrize(
    ("advice", "other", "left"),
    [
        (Madv.MADV_RANDOM, Madv.MADV_SEQUENTIAL, {"sr"}),
        (Madv.MADV_SEQUENTIAL, Madv.MADV_RANDOM, {"rr"}),
        (Madv.MADV_RANDOM, Madv.MADV_NORMAL, set()),
        (Madv.MADV_SEQUENTIAL, Madv.MADV_NORMAL, set()),
        (Madv.MADV_DONTFORK, Madv.MADV_DOFORK, set()),
        (Madv.MADV_WIPEONFORK, Madv.MADV_KEEPONFORK, set()),
        (Madv.MADV_DONTDUMP, Madv.MADV_DODUMP, set()),
        (Madv.MADV_MERGEABLE, Madv.MADV_UNMERGEABLE, set()),
        (Madv.MADV_HUGEPAGE, Madv.MADV_NOHUGEPAGE, {"nh"}),
        (Madv.MADV_NOHUGEPAGE, Madv.MADV_HUGEPAGE, {"hg"}),
        (Madv.MADV_DONTDUMP, Madv.MADV_NORMAL, {"dd"}),
    ],
)
def test_advice_that_takes_other_advice_back(advice: Madv, other: Madv, left: set[str]) -> None:
    process = spawn("A")
    plain = flags(process, at(0))
    process.madvise(at(0), PAGE_SIZE, advice)
    process.madvise(at(0), PAGE_SIZE, other)
    assert flags(process, at(0)) == plain | left


def test_what_others_may_write_to_is_not_merged() -> None:
    """Not even if this mapping may not write to it."""
    process = spawn("zS", written="S")
    process.machine.fs.write("/r", b"r")
    read_only = process.mmap(at(9), PAGE_SIZE, 1, MAP_SHARED | MAP_FIXED, process.open("/r", 0))
    for addr in (at(0), at(1), read_only):
        process.madvise(addr, PAGE_SIZE, Madv.MADV_MERGEABLE)
        assert "mg" not in flags(process, addr)


@pytest.mark.parametrize(
    ("before", "op", "after"),
    [
        ("AAA", madvise(1, 1, Madv.MADV_DONTFORK), "ADA"),
        ("ADA", madvise(1, 1, Madv.MADV_DOFORK), "AAA"),
        ("AAA", madvise(0, 2, Madv.MADV_WIPEONFORK), "WWA"),
        ("WWA", madvise(0, 2, Madv.MADV_KEEPONFORK), "AAA"),
        ("AAA", madvise(0, 3, Madv.MADV_NORMAL), "AAA"),
        ("AAA", madvise(1, 1, Madv.MADV_DONTNEED), "AAA"),
        ("SSS", madvise(1, 1, Madv.MADV_REMOVE), "SSS"),
        ("AaA", madvise(0, 3, Madv.MADV_DONTFORK), "DdD"),
    ],
)
def test_flags_split_and_merge(before: str, op: Op, after: str) -> None:
    check(before, op, after)


def test_holes_are_passed_over_and_told_at_the_end() -> None:
    check("A.B", madvise(0, 3, Madv.MADV_DONTFORK), "D.D", error="ENOMEM")
    check(".A.", madvise(0, 3, Madv.MADV_DONTFORK), ".D", error="ENOMEM")


@pytest.mark.parametrize(
    ("before", "op", "error"),
    [
        ("A", madvise(0, 0, Madv.MADV_HWPOISON), "EINVAL"),
        ("A", madvise(0, (1 << 52) - 1, Madv.MADV_NORMAL), "EINVAL"),
        ("L", madvise(0, 1, Madv.MADV_DONTNEED), "EINVAL"),
        ("L", madvise(0, 1, Madv.MADV_FREE), "EINVAL"),
        ("F", madvise(0, 1, Madv.MADV_FREE), "EINVAL"),
        ("A", madvise(0, 1, Madv.MADV_REMOVE), "EINVAL"),
        ("F", madvise(0, 1, Madv.MADV_REMOVE), "EACCES"),
        ("F", madvise(0, 1, Madv.MADV_WIPEONFORK), "EINVAL"),
        ("S", madvise(0, 1, Madv.MADV_WIPEONFORK), "EINVAL"),
        ("a", madvise(0, 1, Madv.MADV_POPULATE_WRITE), "EINVAL"),
        ("n", madvise(0, 1, Madv.MADV_POPULATE_READ), "EINVAL"),
        ("A.A", madvise(0, 3, Madv.MADV_POPULATE_READ), "ENOMEM"),
        ("L", madvise(0, 1, Madv.MADV_GUARD_INSTALL), "EINVAL"),
        ("A", madvise(0, 1, Madv.MADV_COLLAPSE), "EINVAL"),
        ("A", madvise(4, 1, Madv.MADV_NORMAL), "ENOMEM"),
    ],
)
def test_what_is_refused(before: str, op: Op, error: str) -> None:
    check(before, op, before, error=error)


def test_an_unaligned_start_is_refused_even_for_no_bytes() -> None:
    process = spawn("A")
    with pytest.raises(LinuxError, match="EINVAL"):
        process.madvise(at(0) + 1, 0, Madv.MADV_NORMAL)


def test_a_sealed_read_only_mapping_keeps_its_pages() -> None:
    check("a", [mseal(0, 1), madvise(0, 1, Madv.MADV_DONTNEED)], "a", error="EPERM")
    check("A", [mseal(0, 1), madvise(0, 1, Madv.MADV_DONTNEED)], "A")


def test_a_split_beyond_max_map_count_is_eagain() -> None:
    process = spawn("AAA")
    process.machine.system.sysctl_max_map_count = process.mm.map_count
    with pytest.raises(LinuxError, match="EAGAIN"):
        process.madvise(at(1), PAGE_SIZE, Madv.MADV_DONTFORK)


def test_dropped_pages_read_as_zeros_and_keep_the_anon_vma() -> None:
    process = check("AA", [write(0, 2), madvise(0, 1, Madv.MADV_DONTNEED)], "AA")
    vma = find_vma(process.mm, at(0))
    assert vma is not None
    assert vma.anon_vma is not None
    assert process.load(at(0)) + process.load(at(1)) == b"\0!"


def test_a_guard_region_raises_until_it_is_removed() -> None:
    process = check("AAA", [write(1), madvise(1, 1, Madv.MADV_GUARD_INSTALL)], "AAA")
    process.sigaction(11)
    process.store(at(0), b"x")
    with pytest.raises(Segfault, match="SEGV_MAPERR"):
        process.load(at(1))
    process.madvise(at(0), 3 * PAGE_SIZE, Madv.MADV_DONTNEED)
    with pytest.raises(Segfault):
        process.store(at(1), b"x")
    process.madvise(at(1), PAGE_SIZE, Madv.MADV_GUARD_REMOVE)
    assert process.load(at(1)) == b"\0"


@pytest.mark.parametrize("files", ["SS", "FF"])
def test_guards_in_a_file_mapping_give_it_no_anon_vma(files: str) -> None:
    guards = [madvise(0, 1, Madv.MADV_GUARD_INSTALL), madvise(0, 1, Madv.MADV_RANDOM)]
    process = check(files, [*guards, madvise(0, 2, Madv.MADV_SEQUENTIAL)], files)
    assert all(vma.anon_vma is None for vma in process.mm if vma.vm_start == at(0))


def test_the_guard_flag_stays_and_does_not_keep_vmas_apart() -> None:
    process = check(
        "AA", [madvise(0, 1, Madv.MADV_GUARD_INSTALL), madvise(0, 1, Madv.MADV_GUARD_REMOVE)], "AA"
    )
    assert " gu" in process.smaps()
    check("AAa", [madvise(0, 1, Madv.MADV_GUARD_INSTALL), mprotect(2, 1, 3)], "AAA")


def test_removed_pages_of_a_shared_file_are_holes() -> None:
    process = check("SS", [write(0, 2), madvise(0, 1, Madv.MADV_REMOVE)], "SS")
    assert process.machine.fs.read("/ruler")[: 2 * PAGE_SIZE : PAGE_SIZE] == b"\0!"


def test_populate_stops_where_the_file_ends() -> None:
    process = spawn("SS")
    process.ftruncate(3, PAGE_SIZE)
    with pytest.raises(LinuxError, match="EFAULT"):
        process.madvise(at(0), 2 * PAGE_SIZE, Madv.MADV_POPULATE_READ)
    assert process.pagemap(at(0))[0].present
    with pytest.raises(BusError):
        process.load(at(1))


def test_a_child_lacks_or_finds_empty_what_the_parent_said_so() -> None:
    process = spawn("ADW", written="ADW")
    child = process.fork()
    assert child.load(at(0)) + child.load(at(2)) == b"A\0"
    child.sigaction(11)
    with pytest.raises(Segfault, match="SEGV_MAPERR"):
        child.load(at(1))


def test_rulers_of_rights_and_advice_together() -> None:
    rw = PROT_READ | PROT_WRITE
    check(
        "AAAA",
        [
            madvise(1, 2, Madv.MADV_DONTFORK),
            mprotect(2, 1, PROT_READ),
            munmap(1, 1),
            mprotect(2, 1, rw),
            madvise(2, 1, Madv.MADV_DOFORK),
        ],
        "A.AA",
    )


def kilobytes(process: Process, name: str, page: int = 0) -> int:
    """Return a counter of the VMA at a page."""
    entry = process.smaps().split(f"{at(page):08x}-")[1]
    return int(entry.split(f"{name}:")[1].split()[0])


def freed(pages: int, n: int) -> Process:
    """Return a process that wrote to some pages and gave MADV_FREE for the first of them."""
    process = spawn("")
    process.mmap(at(0), pages * PAGE_SIZE, PROT_READ | PROT_WRITE, ANON, -1, 0)
    process.store(at(0), b"!" * pages * PAGE_SIZE)
    process.madvise(at(0), n * PAGE_SIZE, Madv.MADV_FREE)
    return process


def test_pages_may_be_dropped_when_their_batch_is_full() -> None:
    process = freed(256, 128)
    assert kilobytes(process, "LazyFree") == 4 * PAGEVEC_SIZE * 4
    assert kilobytes(process, "Referenced") == kilobytes(process, "Pss_Dirty") == 4 * 128
    process.madvise(at(0), PAGE_SIZE, Madv.MADV_FREE)  # empties the batches first
    assert kilobytes(process, "LazyFree") == 4 * 128


@pytest.mark.parametrize(("kind", "dropped"), [(MAP_PRIVATE, 0), (MAP_DROPPABLE, 4)])
def test_droppable_memory_waits_for_no_batch(kind: int, dropped: int) -> None:
    process = spawn("")
    process.mmap(at(0), PAGE_SIZE, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS | MAP_FIXED)
    process.store(at(0), b"x")
    process.madvise(at(0), PAGE_SIZE, Madv.MADV_FREE)
    assert kilobytes(process, "LazyFree") == dropped


def test_a_write_keeps_a_page_but_a_read_does_not() -> None:
    process = freed(64, 62)
    process.store(at(0), b"x")
    process.load(at(1))
    assert kilobytes(process, "LazyFree") == 4 * 61
    assert kilobytes(process, "Referenced") == 4 * 4
    process.madvise(at(0), PAGE_SIZE, Madv.MADV_FREE)  # its frame is known to be one of them
    assert kilobytes(process, "LazyFree") == 4 * 62


def test_a_child_may_lose_what_its_parent_may() -> None:
    process = freed(62, 62)
    child = process.fork()
    child.store(at(0), b"x")
    assert kilobytes(child, "LazyFree") == 4 * 61
    assert kilobytes(process, "LazyFree") == 4 * 62
    process.madvise(at(0), 31 * PAGE_SIZE, Madv.MADV_DONTNEED)
    assert kilobytes(process, "LazyFree") == 4 * 31


def test_a_page_that_another_process_locked_is_not_marked() -> None:
    process = spawn("L" * 31, written="L")
    child = process.fork()
    child.madvise(at(0), 31 * PAGE_SIZE, Madv.MADV_FREE)
    assert kilobytes(child, "Private_Clean") + kilobytes(child, "Shared_Clean") == 4 * 31
    assert kilobytes(child, "LazyFree") == 0


def test_cold_pages_count_as_not_accessed() -> None:
    process = spawn("AA", written="A")
    process.madvise(at(0), PAGE_SIZE, Madv.MADV_POPULATE_WRITE)
    process.store(at(1), b"x")
    process.madvise(at(0), PAGE_SIZE, Madv.MADV_COLD)
    assert kilobytes(process, "Referenced") == 4
    process.load(at(0))
    assert kilobytes(process, "Referenced") == 8


def test_a_child_inherits_pages_that_it_did_not_access_itself() -> None:
    process = spawn("AA", written="A")
    assert kilobytes(process.fork(), "Referenced") == 0
    process.madvise(at(0), PAGE_SIZE, Madv.MADV_POPULATE_READ)  # which marks the frame itself
    assert kilobytes(process.fork(), "Referenced") == 4


def test_only_what_was_accessed_is_flushed_when_it_becomes_cold() -> None:
    process = spawn("AA", written="A")
    ear = Ear(process)
    for flushes in (1, 1):  # the second time there is nothing to forget
        process.madvise(at(0), 2 * PAGE_SIZE, Madv.MADV_COLD)
        assert sum(isinstance(event, TlbFlush) for event in ear.events) == flushes


def test_a_page_table_with_a_guard_in_it_stays() -> None:
    process = spawn("A")
    table = 1 << 32
    process.mmap(table, 2 * MiB, PROT_READ | PROT_WRITE, ANON)
    for guards, freed in ((1, 0), (0, 1)):
        process.store(table, b"x")
        process.madvise(table + PAGE_SIZE, guards * PAGE_SIZE, Madv.MADV_GUARD_INSTALL)
        before = process.mm.pgtables_bytes
        process.madvise(table, 2 * MiB, Madv.MADV_DONTNEED)
        assert before - process.mm.pgtables_bytes == freed * PAGE_SIZE
        process.madvise(table, 2 * MiB, Madv.MADV_GUARD_REMOVE)


def test_a_page_that_others_have_does_not_keep_the_next_one() -> None:
    process = spawn("AA", written="A")
    process.proc_mem_write(at(0), b"x")  # which marks the frame itself as dirty
    process.store(at(1), b"x")
    process.fork()
    process.store(at(1), b"y")  # its own again, while the first belongs to both
    ear = Ear(process)
    process.madvise(at(0), 2 * PAGE_SIZE, Madv.MADV_FREE)
    told = [event for event in ear.events if isinstance(event, PteLazyfree)]
    assert [event.nr_pages for event in told] == [1]
