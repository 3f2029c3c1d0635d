"""What a fault leaves behind: frames, copies, rights, and the count of minor faults."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.model.linux.lab import (
    ANON,
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
from vmlab import BusError, LinuxError, Madv, Map, MiB, Open, Process, Segfault
from vmlab.model.linux.include.mm import FAULT_FLAG_WRITE
from vmlab.model.linux.include.page_flags import PG_DIRTY
from vmlab.model.linux.mm.memory import handle_mm_fault
from vmlab.model.linux.mm.pgtable import get_pte, pte_alloc
from vmlab.model.linux.mm.validate import validate_idle, validate_machine
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.pte import A, D
from vmlab.model.trace.events.fault import FaultAround
from vmlab.model.trace.events.page import MmPageAlloc, TlbFlush

PRIVATE, FILE_SHARED = Map.MAP_PRIVATE, Map.MAP_SHARED


def pfn(p: Process, addr: int) -> int:
    return p.pagemap(addr)[0].pfn


# The table of minor faults, row by row.


def test_read_of_private_memory() -> None:
    """One fault; the zero page, no anon_vma, nothing resident."""
    p = start()
    addr = anon(p)
    assert faults(p, lambda: p.load(addr)) == 1
    assert look(p, addr) == "Z"
    assert p.mm.mmap is not None
    vma = next(vma for vma in p.mm if vma.vm_start == addr)
    assert vma.anon_vma is None
    assert faults(p, lambda: p.load(addr + 1)) == 0


def test_write_after_that() -> None:
    p = start()
    addr = anon(p)
    p.load(addr)
    assert faults(p, lambda: p.store(addr, b"x")) == 1
    assert look(p, addr) == "Ax"


@pytest.mark.parametrize(
    "write", [lambda p, a: p.store(a, b"x"), lambda p, a: p.add(a, 1)], ids=["store", "add"]
)
def test_write_first(write: Callable[[Process, int], object]) -> None:
    p = start()
    addr = anon(p)
    assert faults(p, lambda: write(p, addr)) == 1
    assert look(p, addr) == "Ax"
    assert faults(p, lambda: (p.load(addr), write(p, addr), p.store(addr + 7, b"y"))) == 0


def test_protection_away_and_back_on_an_exclusive_page() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    p.load(addr + PAGE)
    p.mprotect(addr, 4 * PAGE, RO)
    p.mprotect(addr, 4 * PAGE, RW)
    assert faults(p, lambda: p.store(addr, b"y")) == 0
    assert faults(p, lambda: p.store(addr + PAGE, b"y")) == 1  # the zero page


def test_protection_away_and_back_on_a_page_still_marked_shared_by_fork() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    p.fork().exit()
    p.mprotect(addr, PAGE, RO)
    p.mprotect(addr, PAGE, RW)
    before = pfn(p, addr)
    assert faults(p, lambda: p.store(addr, b"y")) == 1
    assert pfn(p, addr) == before


def test_a_refused_access_costs_no_fault() -> None:
    p = start()
    addr = anon(p, prot=RO)

    def refused() -> None:
        for action in (lambda: p.store(addr, b"x"), lambda: p.load(0), lambda: p.fetch(addr)):
            with pytest.raises(Segfault):
                action()
        end = mapped(p, PRIVATE, pages=22) + 21 * PAGE
        with pytest.raises(BusError):
            p.load(end)

    p.load(addr)
    assert faults(p, refused) == 0


@pytest.mark.parametrize("flags", [PRIVATE, FILE_SHARED])
@pytest.mark.parametrize(
    ("start_page", "offset", "touch", "first", "last"),
    [
        (0, 0, 0, 0, 15),  # the window of 16 pages
        (0, 0, 15, 0, 15),
        (0, 0, 16, 16, 20),  # cut at the end of the file
        (3, 0, 5, 3, 18),  # cut at the start of the VMA, and still 16 pages long
        (3, 2, 20, 16, 21),  # by address, not by offset: pages 15 to 20 of the file
        (508, 0, 3, 508, 511),  # cut at the end of the page table
        (508, 0, 4, 512, 527),
    ],
)
def test_a_read_of_cached_pages_maps_a_window(
    flags: int, start_page: int, offset: int, touch: int, first: int, last: int
) -> None:
    """Pages are counted from PLACE, which is 2 MiB aligned; `touch` from the VMA's start."""
    p = start()
    pages = 21 - offset
    addr = PLACE + start_page * PAGE
    p.mmap(addr, pages * PAGE, RO, flags | Map.MAP_FIXED, 3, offset * PAGE)
    where = addr + touch * PAGE if start_page != 3 or offset == 0 else PLACE + touch * PAGE
    assert faults(p, lambda: p.load(where)) == 1
    present = [page for page in range(600) if look(p, PLACE + page * PAGE) != "-"]
    assert present == list(range(first, last + 1))


def test_fault_around_takes_cached_pages_only() -> None:
    p = start()
    p.close(3)
    assert p.memfd_create("m") == 3
    p.ftruncate(3, 16 * PAGE)
    for index in (2, 3, 9):
        p.pwrite(3, 0x400000, 1, index * PAGE)
    addr = mapped(p, PRIVATE, pages=16, prot=RO)
    p.load(addr + 3 * PAGE)
    assert [page for page in range(16) if look(p, addr + page * PAGE) != "-"] == [2, 3, 9]
    assert faults(p, lambda: p.load(addr + 4 * PAGE)) == 1  # a hole: the file gets a page
    assert look(p, addr + 5 * PAGE) == "-"


@pytest.mark.parametrize(("name", "after_a_read"), [("/f", 1), ("/dev/shm/f", 0)])
def test_a_write_to_a_shared_file_page(name: str, after_a_read: int) -> None:
    """One fault and no window. After a read none, for the entry is writable already, unless the
    page must be known to be dirty."""
    p = start()
    p.close(3)
    p.machine.fs.write(name, bytes(20 * PAGE))
    assert p.open(name, Open.O_RDWR) == 3
    addr = mapped(p, FILE_SHARED)
    assert faults(p, lambda: p.store(addr, b"x")) == 1
    assert look(p, addr + PAGE) == "-"
    assert faults(p, lambda: p.load(addr + PAGE)) == 1
    assert faults(p, lambda: p.store(addr + 2 * PAGE, b"x")) == after_a_read


@pytest.mark.parametrize("first_read", [False, True])
def test_a_write_to_a_private_file_page(first_read: bool) -> None:
    p = start()
    addr = mapped(p, PRIVATE)
    if first_read:
        p.load(addr)
    assert faults(p, lambda: p.store(addr + 1, b"x")) == 1
    assert look(p, addr) == "Ax"
    p.store(addr + 5 * PAGE, b"\xff")
    assert p.machine.fs.read("/f")[: 6 * PAGE : PAGE] == bytes(range(6))


@pytest.mark.parametrize(
    ("flags", "prot", "pages", "cost", "seen"),
    [
        (ANON, RW, 8, 8, "Ax"),
        (ANON, RO, 8, 8, "Z"),
        (SHARED, RW, 8, 8, "Fx"),
        (PRIVATE, RO, 20, 2, "Fx"),
        (PRIVATE, RW, 20, 20, "Ax"),
        (FILE_SHARED, RW, 20, 2, "Fx"),
    ],
)
@pytest.mark.parametrize("how", ["MAP_POPULATE", "mlock", "MADV_POPULATE"])
def test_populating_costs_one_fault_a_page_or_a_window(
    how: str, flags: int, prot: int, pages: int, cost: int, seen: str
) -> None:
    p = start()
    write = flags in (ANON, PRIVATE) and prot == RW
    populate = Map.MAP_POPULATE if how == "MAP_POPULATE" else 0

    def act() -> None:
        p.mmap(PLACE, pages * PAGE, prot, flags | Map.MAP_FIXED | populate, 3)
        if how == "mlock":
            p.mlock(PLACE, pages * PAGE)
        elif how == "MADV_POPULATE":
            p.madvise(PLACE, pages * PAGE, 23 if write else 22)

    assert faults(p, act) == cost
    assert {look(p, PLACE + page * PAGE) for page in range(pages)} == {seen}


def test_stack_growth() -> None:
    p = start()
    assert faults(p, lambda: p.store(0x7FFFFFF00000, b"x")) == 1


@pytest.mark.parametrize(("short", "grows"), [(0, True), (1, False)])
def test_a_stack_keeps_its_distance(short: int, grows: bool) -> None:
    """256 pages may lie between it and what can be accessed below, not one less."""
    p = start()
    stack = PLACE + 300 * PAGE
    anon(p, 1)
    p.mmap(stack, PAGE, RW, ANON | Map.MAP_FIXED | Map.MAP_GROWSDOWN)
    place = PLACE + PAGE + (256 - short) * PAGE
    if grows:
        assert faults(p, lambda: p.store(place, b"x")) == 1
    else:
        with pytest.raises(Segfault):
            p.store(place, b"x")


def test_fork_itself() -> None:
    """No fault in the parent; the child has private pages, and finds file pages again itself."""
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    p.load(addr + PAGE)
    shared = p.mmap(0, PAGE, RW, SHARED)
    p.store(shared, b"s")
    child = None

    def fork() -> None:
        nonlocal child
        child = p.fork()

    assert faults(p, fork) == 0
    assert child is not None
    assert [look(child, at) for at in (addr, addr + PAGE, shared)] == ["A", "Z", "-"]
    assert faults(child, lambda: child.load(addr)) == 0
    assert faults(child, lambda: child.load(shared)) == 1


def test_a_vma_without_private_pages_copies_no_entries() -> None:
    p = start()
    addr = anon(p)
    p.load(addr)
    child = p.fork()
    assert look(child, addr) == "-"


def test_write_after_fork_while_the_frame_is_shared() -> None:
    """The writer copies; the other keeps the frame and then owns it."""
    p = start()
    addr = anon(p)
    p.store(addr, b"old")
    child = p.fork()
    frame = pfn(p, addr)
    assert faults(p, lambda: p.store(addr, b"new")) == 1
    assert pfn(p, addr) != frame == pfn(child, addr)
    assert child.load(addr, 3) == b"old"
    assert faults(child, lambda: child.store(addr, b"own")) == 1
    assert pfn(child, addr) == frame
    assert (p.load(addr, 3), child.load(addr, 3)) == (b"new", b"own")


@pytest.mark.parametrize("how", ["exit", "copy", "munmap", "DONTNEED", "execve"])
def test_write_by_the_last_owner(how: str) -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    child = p.fork()
    frame = pfn(p, addr)
    match how:
        case "exit":
            child.exit()
        case "copy":
            child.store(addr, b"y")
        case "munmap":
            child.munmap(addr, PAGE)
        case "DONTNEED":
            child.madvise(addr, PAGE, 4)
        case _:
            child.execve("/bin/a.out")
    assert faults(p, lambda: p.store(addr, b"z")) == 1
    assert pfn(p, addr) == frame
    assert faults(p, lambda: p.store(addr, b"z")) == 0


def test_several_generations() -> None:
    """Each keeps the byte it had; the last of four to write reuses the first frame."""
    family = [start()]
    addr = anon(family[0])
    family[0].store(addr, b"0")
    frame = pfn(family[0], addr)
    for _ in range(3):
        family.append(family[-1].fork())
    for number in (2, 0, 3, 1):
        family[number].store(addr, str(number).encode())
        validate_machine(family[0].machine.system)
    assert [p.load(addr) for p in family] == [b"0", b"1", b"2", b"3"]
    assert pfn(family[1], addr) == frame
    assert len({pfn(p, addr) for p in family}) == 4


def test_truncation_takes_copies_away_and_zeroes_the_tail() -> None:
    p = start()
    addr = mapped(p, PRIVATE, pages=20)
    p.store(addr + 4 * PAGE, b"mine")
    shared = p.mmap(0, 20 * PAGE, RW, FILE_SHARED, 3)
    p.store(shared + 2 * PAGE, b"0123456789")
    p.ftruncate(3, 2 * PAGE + 5)
    assert p.load(shared + 2 * PAGE, 10) == b"01234\0\0\0\0\0"
    for at in (addr + 4 * PAGE, shared + 3 * PAGE):
        with pytest.raises(BusError):
            p.load(at)
    p.ftruncate(3, 20 * PAGE)
    assert p.load(addr + 4 * PAGE, 4) == bytes(4)


@pytest.mark.parametrize(("call", "count"), [("pread", 3), ("pwrite", 3)])
def test_the_kernel_faults_fresh_pages_in(call: str, count: int) -> None:
    p = start()
    addr = anon(p)
    assert faults(p, lambda: getattr(p, call)(3, addr, 3 * PAGE, 0)) == count


def test_the_kernel_comes_back_with_what_it_could_do() -> None:
    p = start()
    addr = anon(p, pages=2)
    assert p.pread(3, addr + PAGE, 3 * PAGE, 0) == PAGE
    assert p.pwrite(3, addr + PAGE, 3 * PAGE, 0) == PAGE
    for call in (p.pread, p.pwrite):
        with pytest.raises(LinuxError, match="EFAULT"):
            call(3, addr + 2 * PAGE, PAGE, 0)


# Page tables come and go.


def test_vmpte_of_a_process() -> None:
    """The stack has three tables, the program's pages two more: a PMD and a PTE table..."""
    p = start()
    p.load(0x400000)
    before = p.mm.pgtables_bytes >> 12
    p.store(p.mmap(PLACE, PAGE, RW, ANON | Map.MAP_FIXED), b"x")
    assert p.mm.pgtables_bytes >> 12 == before + 2
    p.munmap(PLACE, PAGE)
    assert p.mm.pgtables_bytes >> 12 == before


def test_dontneed_over_a_whole_table_frees_it() -> None:
    p = start()
    size = 512 * PAGE
    p.mmap(PLACE, 3 * size, RW, ANON | Map.MAP_FIXED)
    p.store(PLACE + size, b"x")
    before = p.mm.pgtables_bytes >> 12
    p.madvise(PLACE + size, size - PAGE, 4)
    assert p.mm.pgtables_bytes >> 12 == before
    p.madvise(PLACE + size, size, 4)
    assert p.mm.pgtables_bytes >> 12 == before - 1


def test_dontneed_over_a_part_of_a_table_leaves_it() -> None:
    """Even if it is as far from both ends, and nothing else was in it."""
    p = start()
    p.mmap(PLACE, 2 * MiB, RW, ANON | Map.MAP_FIXED)
    p.store(PLACE + 100 * PAGE, b"x")
    before = p.mm.pgtables_bytes
    p.madvise(PLACE + 100 * PAGE, 312 * PAGE, Madv.MADV_DONTNEED)
    assert p.mm.pgtables_bytes == before
    p.madvise(PLACE, 2 * MiB, Madv.MADV_DONTNEED)
    assert p.mm.pgtables_bytes == before - PAGE


def test_mremap_moves_a_whole_table() -> None:
    p = start()
    size = 512 * PAGE
    p.mmap(PLACE, size, RW, ANON | Map.MAP_FIXED)
    p.store(PLACE + 5 * PAGE, b"x")
    before, frame = p.mm.pgtables_bytes, pfn(p, PLACE + 5 * PAGE)
    ear = Ear(p)
    p.mremap(PLACE, size, size, 3, PLACE + 2 * size)
    assert [event.name for event in ear.events].count("table_move") == 1
    assert pfn(p, PLACE + 2 * size + 5 * PAGE) == frame
    assert p.mm.pgtables_bytes == before


# The special pages.


def test_the_zero_page_is_nobodys() -> None:
    p = start()
    addr = anon(p)
    p.load(addr)
    q = p.fork()
    q.load(addr)
    system = p.machine.system
    assert pfn(p, addr) == pfn(q, addr) == system.zero_pfn
    assert system.mem_map[system.zero_pfn].mapcount == 0
    q.store(addr, b"x")
    assert system.ram.frame(system.zero_pfn) == bytes(PAGE)


def test_everything_is_given_back() -> None:
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    child = p.fork()
    child.store(addr, b"y")
    mapped(child, FILE_SHARED)
    child.store(PLACE, b"z")
    for q in (p, child):
        q.exit()
    validate_idle(p.machine.system)


def test_a_vma_that_had_guards_takes_its_entries_to_the_child() -> None:
    """Even shared file pages, which a child finds again itself as a rule."""
    p = start()
    addr = mapped(p, FILE_SHARED, pages=4, prot=RO)
    p.load(addr)
    assert look(p.fork(), addr) == "-"
    p.madvise(addr + 3 * PAGE, PAGE, 102)
    p.mremap(addr, 4 * PAGE, 4 * PAGE, 7, PLACE + 64 * PAGE)
    p.load(addr)
    assert look(p.fork(), addr) == "F"


def test_moving_onto_the_next_page_moves_once() -> None:
    """The copy merges with what it was copied from."""
    p = start()
    addr = anon(p, pages=2)
    p.mremap(addr, PAGE, PAGE, 7, addr + PAGE)
    assert f"{addr:x}-{addr + 2 * PAGE:x}" in p.maps()


@pytest.mark.parametrize(
    ("at", "pages", "touched", "first", "count"),
    [(0, 21, 5, 0, 16), (0, 21, 18, 16, 5), (3, 10, 7, 3, 10), (510, 4, 511, 510, 2)],
)
def test_fault_around_tells_where_it_begins(
    at: int, pages: int, touched: int, first: int, count: int
) -> None:
    p = start()
    p.mmap(PLACE + at * PAGE, pages * PAGE, RW, PRIVATE | Map.MAP_FIXED, 3, 0)
    ear = Ear(p)
    p.load(PLACE + touched * PAGE)
    told = next(event for event in ear.events if isinstance(event, FaultAround))
    assert (told.addr, told.nr_pages) == (PLACE + first * PAGE, count)


def test_a_fault_where_nothing_is_wrong_any_more() -> None:
    """Another processor mended the entry first."""
    p = start()
    addr = anon(p)
    p.store(addr, b"x")
    p.madvise(addr, PAGE, 20)  # MADV_COLD
    vma = find_vma(p.mm, addr)
    assert vma is not None
    before = get_pte(p.mm, addr)
    assert not before & A
    assert handle_mm_fault(vma, addr + 5, 0) == 0
    assert get_pte(p.mm, addr) == before | A
    p.mm.trace.sink = None
    table, index = pte_alloc(p.mm, addr)
    table[index] &= ~D
    assert handle_mm_fault(vma, addr, FAULT_FLAG_WRITE) == 0
    assert get_pte(p.mm, addr) == before | A | D


def test_the_other_pages_of_vvar_are_not_there() -> None:
    p = start()
    for line in p.maps().splitlines():
        if "[vvar" in line:
            addr = int(line.split("-")[0], 16)
            if line.endswith("[vvar]"):
                assert p.load(addr) == b"\0"
                addr += PAGE
            with pytest.raises(BusError):
                p.load(addr)


def test_upper_page_tables_come_before_the_copy_and_the_last_one_behind_it() -> None:
    p = start()
    mapped(p, Map.MAP_PRIVATE)
    ear = Ear(p)
    p.store(PLACE, b"x")
    assert [event.kind for event in ear.events if isinstance(event, MmPageAlloc)] == [
        *("table", "anon", "table")
    ]


def test_what_the_mmu_alone_noted_of_a_write_stays_with_the_page() -> None:
    """A page of a file in memory may be written to after a read without a fault."""
    p = start()
    fd = p.memfd_create("m")
    p.ftruncate(fd, PAGE)
    page = PLACE + 64 * PAGE
    for addr in (PLACE, page):
        p.mmap(addr, PAGE, RW, Map.MAP_SHARED | Map.MAP_FIXED, fd)
        p.load(addr)
    mapping = p.task.files.fd[fd].f_inode.i_mapping  # type: ignore[union-attr]
    assert not mapping.i_pages[0].flags & PG_DIRTY
    assert faults(p, lambda: p.store(PLACE, b"x")) == 0
    p.munmap(page, PAGE)  # which did not write
    assert not mapping.i_pages[0].flags & PG_DIRTY
    p.munmap(PLACE, PAGE)
    assert mapping.i_pages[0].flags & PG_DIRTY


def test_a_range_without_pages_has_nothing_to_flush() -> None:
    p = start()
    anon(p, 4)
    p.load(PLACE + 3 * PAGE)
    ear = Ear(p)
    p.munmap(PLACE, 2 * PAGE)
    assert not [event for event in ear.events if isinstance(event, TlbFlush)]
    p.munmap(PLACE, 4 * PAGE)
    assert [event for event in ear.events if isinstance(event, TlbFlush)]


def test_what_somebody_else_wrote_may_only_be_read() -> None:
    """Through /proc/pid/mem, where the process itself may not write."""
    p = start()
    anon(p, prot=RO)
    p.proc_mem_write(PLACE, b"x")
    validate_machine(p.machine.system)
    assert p.load(PLACE) == b"x"
    with pytest.raises(Segfault):
        p.store(PLACE, b"y")


@pytest.mark.parametrize("table", [0, 1, 2])
def test_fault_around_stays_within_a_page_table(table: int) -> None:
    """The window is of one table, whichever that is; the mapping goes on in the next."""
    p = start()
    edge = PLACE + (table + 1) * 2 * MiB
    p.mmap(edge - 3 * PAGE, 6 * PAGE, RO, Map.MAP_SHARED | Map.MAP_FIXED, 3)
    for page, there in ((1, [True] * 3 + [False] * 3), (3, [True] * 6)):
        p.load(edge + (page - 3) * PAGE)
        assert [look(p, edge + at * PAGE) != "-" for at in range(-3, 3)] == there
