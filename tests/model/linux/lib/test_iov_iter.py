"""Pieces of memory that are read and written together."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.lab import PAGE, PLACE, anon, start
from tests.refused import refused
from vmlab import LinuxError, Process
from vmlab.model.linux.lib.iov_iter import IovIter, iov_iter_advance, iter_iov_addr, iter_iov_len

VEC = PLACE + 2 * PAGE
HOLE = PLACE + 4 * PAGE


@pytest.fixture
def p() -> Process:
    """Return a process with /f on descriptor 3 and four pages at PLACE, before a hole."""
    p = start()
    anon(p)
    return p


def pieces(p: Process, *found: tuple[int, int]) -> tuple[int, int]:
    """Store what tells of pieces; return where, and how many they are."""
    p.store(VEC, b"".join(struct.pack("<2Q", *each) for each in found))
    return VEC, len(found)


def test_pieces_are_filled_in_order(p: Process) -> None:
    p.lseek(3, 20 * PAGE)
    assert p.readv(3, *pieces(p, (PLACE, 2), (HOLE, 0), (PLACE + PAGE - 1, 2), (PLACE, 1))) == 5
    assert p.load(PLACE, 2) == b"!a"
    assert p.load(PLACE + PAGE - 1, 2) == b"il"
    assert p.preadv(3, *pieces(p, (PLACE, 9)), 20 * PAGE + 4) == 1


def test_pieces_are_written_in_order(p: Process) -> None:
    p.store(PLACE, b"abcdef")
    assert p.writev(3, *pieces(p, (PLACE + 3, 3), (PLACE, 3))) == 6
    assert p.pwritev(3, *pieces(p, (PLACE, 1)), PAGE) == 1
    assert p.machine.fs.read("/f")[:6] == b"defabc"
    assert p.lseek(3, 0, 1) == 6


@pytest.mark.parametrize("call", ["readv", "writev"])
def test_a_bad_piece_ends_it(p: Process, call: str) -> None:
    move = getattr(p, call)
    assert move(3, *pieces(p, (PLACE, 5), (HOLE, 5), (PLACE, 5))) == 5
    with pytest.raises(LinuxError, match="EFAULT"):
        move(3, *pieces(p, (HOLE, 5), (PLACE, 5)))


@pytest.mark.parametrize("call", ["readv", "writev"])
def test_what_is_refused_and_why_first(p: Process, call: str) -> None:
    move = getattr(p, call)
    with refused(LinuxError, "fd_not_open", "EBADF"):
        move(99, 0, 1025)
    with refused(LinuxError, "fd_wrong_mode", "EBADF"):
        move(p.open("/f", 1 if call == "readv" else 0), 0, 1025)
    with refused(LinuxError, "too_many_pieces", "EINVAL"):
        move(3, 0, 1025)
    with refused(LinuxError, "nothing_read", "EFAULT"):
        move(3, HOLE - 8, 1)
    with refused(LinuxError, "length_negative", "EINVAL"):
        move(3, *pieces(p, (1 << 62, 1), (PLACE, 1 << 63)))
    with refused(LinuxError, "buffer_outside_user_space", "EFAULT"):
        move(3, *pieces(p, (PLACE, 1), (1 << 62, 1)))
    with refused(LinuxError, "buffer_outside_user_space", "EFAULT"):
        move(3, 1 << 62, 1)
    assert move(3, 1 << 62, 1 << 32) == 0  # an unsigned int
    with pytest.raises(LinuxError, match="EINVAL"):
        getattr(p, "p" + call)(99, 0, 1, -1)


def test_it_goes_on_where_it_is() -> None:
    """Empty pieces are passed over only on the way."""
    i = IovIter([(PLACE, 0), (PLACE, 4), (PLACE + PAGE, 0), (PLACE + 2 * PAGE, 3)])
    told = []
    for step in (0, 3, 1, 2):
        told.append((i.count, iter_iov_addr(i), iter_iov_len(i)))
        iov_iter_advance(i, step)
    assert told == [
        *((7, PLACE, 0), (7, PLACE, 4), (4, PLACE + 3, 1)),
        (3, PLACE + 2 * PAGE, 3),
    ]
    assert i.count == 1
