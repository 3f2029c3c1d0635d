"""process_vm_readv and process_vm_writev: which bytes go, and in which frames they are then."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.lab import ANON, PAGE, RW, SHARED
from tests.refused import refused
from vmlab import LinuxError, Machine, Process
from vmlab.model.linux.include.page_flags import PG_ANON_EXCLUSIVE, PG_DIRTY
from vmlab.model.linux.mm.pgtable import get_pte, pte_page
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.mmu.pte import RW as WRITABLE
from vmlab.model.mmu.pte import D

A = 0x10000000  # where the pieces are told
OWN = A + PAGE
THEIRS = A + 4 * PAGE
HOLE = A + 8 * PAGE
READ = 1


@pytest.fixture
def p() -> Process:
    process = Machine().spawn()
    process.mmap(A, 8 * PAGE, RW, ANON | 0x10, -1, 0)
    process.store(THEIRS, b"tea and cake")
    return process


Pieces = list[tuple[int, int]]


def move(p: Process, own: Pieces, theirs: Pieces, pid: int | None = None, how: str = "read") -> int:
    for place, pieces in ((A, own), (A + 512, theirs)):
        for number, piece in enumerate(pieces):
            p.store(place + 16 * number, struct.pack("<2Q", *piece))
    call = p.process_vm_readv if how == "read" else p.process_vm_writev
    return call(p.pid if pid is None else pid, A, len(own), A + 512, len(theirs))


def frame(process: Process, addr: int) -> int:
    return process.pagemap(addr)[0].pfn


def test_pieces_of_one_side_are_cut_by_those_of_the_other(p: Process) -> None:
    assert move(p, [(OWN, 3), (OWN + 10, 9)], [(THEIRS, 4), (THEIRS + 8, 4)]) == 8
    assert (p.load(OWN, 3), p.load(OWN + 10, 6)) == (b"tea", b" cake\0")


def test_it_goes_on_from_page_to_page(p: Process) -> None:
    child = p.fork()
    p.store(OWN, b"x" * 2 * PAGE)
    assert move(p, [(OWN, 2 * PAGE)], [(THEIRS + 100, 2 * PAGE)], child.pid, "write") == 2 * PAGE
    assert child.load(THEIRS + 99, 2) == b"\0x"
    assert child.load(THEIRS + 100 + 2 * PAGE - 1, 2) == b"x\0"


def test_a_reader_gets_a_shared_frame_copied(p: Process) -> None:
    """It is the process's own then, but stays write-protected, and is not dirty."""
    child = p.fork()
    shared, faults = frame(p, THEIRS), (p.min_flt, child.min_flt)
    assert frame(child, THEIRS) == shared
    p.store(OWN, b"x")  # so that only the child's faults are left
    faults = p.min_flt, child.min_flt
    assert move(p, [(OWN, 3)], [(THEIRS, 3)], child.pid) == 3
    assert frame(p, THEIRS) == shared != frame(child, THEIRS)
    pte = get_pte(child.mm, THEIRS)
    page = pte_page(child.mm, pte)
    assert page is not None
    assert page.flags & (PG_ANON_EXCLUSIVE | PG_DIRTY) == PG_ANON_EXCLUSIVE
    assert not pte & (WRITABLE | D)
    assert child.min_flt == faults[1]
    assert p.min_flt > faults[0]  # the caller counts them
    validate_machine(p.machine.system)


def test_the_last_owner_needs_no_copy(p: Process) -> None:
    child = p.fork()
    shared = frame(child, THEIRS)
    p.store(THEIRS, b"T")
    assert move(p, [(OWN, 3)], [(THEIRS, 3)], child.pid) == 3
    assert frame(child, THEIRS) == shared
    assert not get_pte(child.mm, THEIRS) & WRITABLE


def test_memory_that_is_shared_on_purpose_is_not_copied(p: Process) -> None:
    p.mmap(HOLE, PAGE, RW, SHARED | 0x10, -1, 0)
    p.store(HOLE, b"S")
    child = p.fork()
    child.load(HOLE)
    shared = frame(p, HOLE)
    assert move(p, [(OWN, 1)], [(HOLE, 1)], child.pid) == 1
    assert move(p, [(OWN, 1)], [(HOLE + 1, 1)], child.pid, "write") == 1
    assert frame(child, HOLE) == shared
    assert p.load(HOLE, 2) == b"SS"


def test_all_pages_of_a_piece_are_brought_in(p: Process) -> None:
    assert move(p, [(OWN, 1)], [(THEIRS, 3 * PAGE)]) == 1
    assert frame(p, THEIRS + 2 * PAGE) == p.machine.system.zero_pfn


@pytest.mark.parametrize(
    ("own", "theirs", "count"),
    [
        ([(OWN, 9)], [(THEIRS, 5), (HOLE, 4)], 5),
        ([(OWN, 2 * PAGE)], [(HOLE - PAGE - 9, 2 * PAGE)], PAGE + 9),
        ([(HOLE - 3, 9)], [(THEIRS, 9)], 3),
        ([(OWN, 9)], [(THEIRS, 0)], 0),
        ([(OWN, 0)], [(HOLE, 9)], 0),
        ([(OWN, 9)], [], 0),
    ],
)
def test_bytes_up_to_what_cannot_be_reached(
    p: Process, own: Pieces, theirs: Pieces, count: int
) -> None:
    assert move(p, own, theirs) == count


@pytest.mark.parametrize(
    ("own", "theirs", "reason", "error"),
    [
        ([(OWN, 9)], [(HOLE, 9), (THEIRS, 9)], "nothing_mapped_at", "EFAULT"),
        ([(OWN, 9)], [(1 << 62, 9)], "nothing_mapped_at", "EFAULT"),
        ([(HOLE, 9)], [(THEIRS, 9)], "nothing_stored", "EFAULT"),
        ([(1 << 62, 9)], [(THEIRS, 9)], "buffer_outside_user_space", "EFAULT"),
        ([(OWN, 9)], [(THEIRS, 1 << 63)], "length_negative", "EINVAL"),
    ],
)
def test_what_is_refused(p: Process, own: Pieces, theirs: Pieces, reason: str, error: str) -> None:
    with refused(LinuxError, reason, error):
        move(p, own, theirs)


def test_rights_of_the_process_count(p: Process) -> None:
    """Unlike for /proc/PID/mem."""
    p.mprotect(THEIRS, PAGE, READ)
    assert move(p, [(OWN, 3)], [(THEIRS, 3)]) == 3
    with refused(LinuxError, "vma_forbids_access", "EFAULT"):
        move(p, [(OWN, 3)], [(THEIRS, 3)], how="write")
    p.mprotect(THEIRS, PAGE, 2)
    with refused(LinuxError, "vma_forbids_access", "EFAULT"):
        move(p, [(OWN, 3)], [(THEIRS, 3)])
    assert p.proc_mem_read(THEIRS, 3) == b"tea"


def test_flags_and_numbers(p: Process) -> None:
    p.store(A, struct.pack("<2Q", OWN, 1))
    for args, reason, error in (
        ((p.pid, A, 1, A, 1, 1), "unknown_flags", "EINVAL"),
        ((p.pid, A, 1025, A, 1), "too_many_pieces", "EINVAL"),
        ((p.pid, A, 1, A, 1 << 32 | 1), "too_many_pieces", "EINVAL"),
        ((5, A, 1, A, 1), "no_such_process", "ESRCH"),
        ((p.pid, A, 1, HOLE, 1), "nothing_read", "EFAULT"),
    ):
        with refused(LinuxError, reason, error):
            p.process_vm_readv(*args)
    assert p.process_vm_readv(p.pid, A, 1 << 32 | 1, A, 1) == 1  # an unsigned int


def test_a_process_that_has_ended_has_no_memory(p: Process) -> None:
    child = p.fork()
    child.exit()
    with refused(LinuxError, "no_such_process", "ESRCH"):
        move(p, [(OWN, 1)], [(THEIRS, 1)], child.pid)
    assert move(p, [(OWN, 1)], [(THEIRS, 0)], child.pid) == 0  # nobody looks for it


def test_a_piece_of_no_bytes_is_not_looked_at(p: Process) -> None:
    assert move(p, [(OWN, 3)], [(HOLE + 5, 0), (THEIRS, 3)]) == 3


@pytest.mark.parametrize(("how", "code"), [("read", "nothing_stored"), ("write", "nothing_read")])
def test_what_is_said_of_the_callers_memory(p: Process, how: str, code: str) -> None:
    with refused(LinuxError, code):
        move(p, [(HOLE, 3)], [(THEIRS, 3)], how=how)
