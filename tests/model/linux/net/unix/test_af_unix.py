"""Sockets between processes: what arrives, how much has room, and what comes of an end."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.lab import Ear
from tests.refused import refused
from vmlab import (
    AF_UNIX,
    EPOLLET,
    EPOLLIN,
    EPOLLOUT,
    MSG_DONTWAIT,
    MSG_NOSIGNAL,
    MSG_OOB,
    MSG_PEEK,
    MSG_TRUNC,
    MSG_WAITALL,
    SHUT_RD,
    SHUT_RDWR,
    SHUT_WR,
    SO_SNDBUF,
    SOCK_DGRAM,
    SOCK_NONBLOCK,
    SOCK_SEQPACKET,
    SOCK_STREAM,
    SOL_SOCKET,
    LinuxError,
    Machine,
    MiB,
    Process,
)
from vmlab.model.abi.signal import SIGPIPE
from vmlab.model.linux.net.core.sock import sk_wmem_alloc_get, truesize
from vmlab.model.trace.events.signal import SignalSend

A = 0x10000000
SIZE = 1 << 21
END = A + SIZE
IN, OUT, ERR, HUP, RDHUP = 0x41, 0x304, 0x8, 0x10, 0x2000
TYPES = (SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET)
MESSAGES = TYPES[1:]
ONE, OTHER = 3, 4


@pytest.fixture
def p() -> Process:
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, SIZE + 4096, 3, 0x32)
    p.mprotect(END, 4096, 0)
    p.sigaction(SIGPIPE)
    return p


def pair(p: Process, kind: int, flags: int = SOCK_NONBLOCK) -> None:
    p.socketpair(AF_UNIX, kind | flags)


def send(p: Process, data: bytes, fd: int = ONE, flags: int = 0) -> int:
    p.store(A, data)
    return p.sendto(fd, A, len(data), flags)


def receive(p: Process, room: int = 100, fd: int = OTHER, flags: int = 0) -> bytes:
    p.store(A, bytes(100))
    return p.load(A, min(p.recvfrom(fd, A, room, flags), room) or 1) if room else b""


def poll(p: Process, fd: int) -> int:
    p.store(A, struct.pack("<iHH", fd, 0xFFFF, 0))
    p.poll(A, 1, 0)
    return int.from_bytes(p.load(A + 6, 2), "little")


def used(p: Process, fd: int = ONE) -> int:
    return sk_wmem_alloc_get(p.task.files.fd[fd].f_inode)


def fails(p: Process, call: str, name: str, fd: int = ONE, flags: int = 0) -> int:
    """How many signals came when one byte was sent or received in vain."""
    ear = Ear(p)
    with pytest.raises(LinuxError, match=name):
        getattr(p, call)(fd, A, 1, flags)
    return sum(isinstance(event, SignalSend) for event in ear.events)


# What arrives


def test_a_stream_has_no_borders(p: Process) -> None:
    pair(p, SOCK_STREAM)
    send(p, b"abc")
    send(p, b"defg")
    assert receive(p, 2, flags=MSG_PEEK) == b"ab"
    assert receive(p, 5, flags=MSG_PEEK) == b"abcde"
    assert receive(p, 2, flags=MSG_TRUNC) == b"ab"
    assert receive(p, 10) == b"cdefg"
    assert fails(p, "recvfrom", "EAGAIN", OTHER) == 0


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_message_arrives_as_a_whole(p: Process, kind: int) -> None:
    pair(p, kind)
    send(p, b"abc")
    send(p, b"defg")
    assert receive(p, 2, flags=MSG_PEEK) == b"ab"
    assert p.recvfrom(OTHER, A, 2, MSG_TRUNC) == 3
    assert receive(p, 10) == b"defg"
    assert fails(p, "recvfrom", "EAGAIN", OTHER) == 0


def test_nothing_is_a_message_but_no_part_of_a_stream(p: Process) -> None:
    for kind, ready in ((SOCK_STREAM, 0), (SOCK_DGRAM, IN), (SOCK_SEQPACKET, IN)):
        one, other = p.socketpair(AF_UNIX, kind | SOCK_NONBLOCK)
        assert p.write(one, A, 0) == 0
        assert poll(p, other) == OUT | ready
        if ready:
            assert p.read(other, A, 9) == 0
        with refused(LinuxError, "socket_empty_now", "EAGAIN"):
            p.recvfrom(other, A, 0)
        assert p.read(other, A, 0) == 0
        send(p, b"x", one)
        assert p.recvfrom(other, A, 0) == 0


def test_a_stream_gives_less_than_is_asked_for_unless_it_shall_wait(p: Process) -> None:
    pair(p, SOCK_STREAM, 0)
    send(p, b"abc")
    assert receive(p, 9) == b"abc"
    send(p, b"abc")
    assert p.recvfrom(OTHER, A, 9, MSG_WAITALL) == 3  # a caller from Python does not
    with refused(LinuxError, "socket_empty", "EAGAIN"):
        p.recvfrom(OTHER, A, 9)
    with refused(LinuxError, "socket_empty_now", "EAGAIN"):
        p.recvfrom(OTHER, A, 9, MSG_DONTWAIT)


def test_urgent_bytes_there_are_none(p: Process) -> None:
    for kind in TYPES:
        one, other = p.socketpair(AF_UNIX, kind)
        assert fails(p, "sendto", "EOPNOTSUPP", one, MSG_OOB) == 0
        fails(p, "recvfrom", "EINVAL" if kind == SOCK_STREAM else "EOPNOTSUPP", other, MSG_OOB)


def test_what_cannot_be_read_is_not_sent(p: Process) -> None:
    for kind in TYPES:
        one, other = p.socketpair(AF_UNIX, kind | SOCK_NONBLOCK)
        with refused(LinuxError, "nothing_read", "EFAULT"):
            p.write(one, END - 6, 10)
        assert poll(p, other) == OUT
    one, other = p.socketpair(AF_UNIX, SOCK_STREAM)
    assert p.write(one, END - 36544 - 10, 50_000) == 36544  # pieces that are whole


def test_what_cannot_be_stored_stays_in_a_stream_only(p: Process) -> None:
    for kind in TYPES:
        one, other = p.socketpair(AF_UNIX, kind | SOCK_NONBLOCK)
        send(p, b"0123456789", one)
        with refused(LinuxError, "nothing_stored", "EFAULT"):
            p.read(other, END - 6, 10)
        if kind == SOCK_STREAM:
            assert receive(p, 20, other) == b"0123456789"
        else:
            fails(p, "recvfrom", "EAGAIN", other)


# Room


@pytest.mark.parametrize(
    ("linear", "paged", "size"),
    [
        (1, 0, 768),
        (192, 0, 768),
        (193, 0, 1280),
        (704, 0, 1280),
        (705, 0, 2304),
        (1729, 0, 4352),
        (3776, 0, 4352),
        (3777, 0, 8448),
        (0, 3777, 4864),
        (193, 4096, 5376),
        (11985, 4096, 20736),
        (16095, 69632, 102656),
    ],
)
def test_what_something_takes(linear: int, paged: int, size: int) -> None:
    assert truesize(linear, paged) == size


@pytest.mark.parametrize(
    ("kind", "count", "size"),
    [
        *((SOCK_STREAM, *row) for row in ((1, 768), (3776, 4352), (3777, 4864), (4289, 5376))),
        *((SOCK_STREAM, *row) for row in ((7873, 8960), (12007, 13056), (36544, 37120))),
        *((SOCK_STREAM, *row) for row in ((36548, 37888), (36742, 38400), (139077, 142336))),
        *((SOCK_DGRAM, *row) for row in ((0, 768), (3777, 8448), (7873, 16640), (16064, 16640))),
        *((SOCK_DGRAM, *row) for row in ((16081, 20736), (85727, 102656), (134906, 200960))),
    ],
)
def test_how_much_memory_is_used(p: Process, kind: int, count: int, size: int) -> None:
    pair(p, kind)
    assert p.write(ONE, A, count) == count
    assert used(p) == size
    p.read(OTHER, A, count or 1)
    assert used(p) == 0


@pytest.mark.parametrize("kind", TYPES)
def test_a_socket_is_full_at_its_room_and_free_at_a_quarter(p: Process, kind: int) -> None:
    pair(p, kind)
    for _ in range(278):
        send(p, b"x")
    assert used(p) == 213504
    assert poll(p, ONE) == 0
    assert fails(p, "sendto", "EAGAIN") == 0
    for _ in range(208):
        receive(p, 1)
    assert poll(p, ONE) == 0
    assert send(p, b"x") == 1  # there is room, but nobody is told of so little
    receive(p, 1)
    receive(p, 1)
    assert (poll(p, ONE), used(p)) == (OUT, 52992)


def test_a_stream_takes_a_part(p: Process) -> None:
    pair(p, SOCK_STREAM)
    assert [p.write(ONE, A, 65536) for _ in range(4)] == [65536, 65536, 65536, 36544]
    with refused(LinuxError, "socket_full_now", "EAGAIN"):
        p.write(ONE, A, 65536)
    assert p.read(OTHER, A, SIZE) == 3 * 65536 + 36544
    assert p.write(ONE, A, 1 << 20) == 219264


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_message_has_a_longest(p: Process, kind: int) -> None:
    pair(p, kind, 0)
    with refused(LinuxError, "message_too_long", "EMSGSIZE"):
        p.write(ONE, A, 212992 - 31)
    assert p.write(ONE, A, 212992 - 32) == 212992 - 32
    with refused(LinuxError, "socket_full", "EAGAIN"):
        p.write(ONE, A, 1)


def test_pieces_of_a_stream_fit_into_half_the_room(p: Process) -> None:
    pair(p, SOCK_STREAM)
    p.store(A, struct.pack("<i", 1))
    p.setsockopt(ONE, SOL_SOCKET, SO_SNDBUF, A, 4)
    assert p.write(ONE, A, 65536) == 2 * 2240  # 4352 bytes of memory each
    assert p.read(OTHER, A, 65536) == 2 * 2240


# Ends


def test_shutting_a_stream_down(p: Process) -> None:
    for kind in (SOCK_STREAM, SOCK_SEQPACKET):
        one, other = p.socketpair(AF_UNIX, kind | SOCK_NONBLOCK)
        signals = kind == SOCK_STREAM
        send(p, b"in", other)
        p.shutdown(one, SHUT_RD)
        assert (poll(p, one), poll(p, other)) == (IN | OUT | RDHUP, OUT)
        assert receive(p, fd=one) == b"in"
        assert p.read(one, A, 9) == 0
        assert fails(p, "sendto", "EPIPE", other) == signals
        assert fails(p, "sendto", "EPIPE", other, MSG_NOSIGNAL) == 0
        with refused(LinuxError, "socket_without_reader", "EPIPE"):
            p.write(other, A, 0)
        p.shutdown(one, SHUT_WR)
        assert poll(p, one) == poll(p, other) == IN | OUT | HUP | RDHUP
        assert fails(p, "sendto", "EPIPE", one) == signals
        assert p.read(other, A, 9) == 0


def test_shutting_datagrams_down_concerns_one_end(p: Process) -> None:
    pair(p, SOCK_DGRAM)
    p.shutdown(ONE, SHUT_RD)
    assert (poll(p, ONE), poll(p, OTHER)) == (IN | OUT | RDHUP, OUT)
    fails(p, "recvfrom", "EAGAIN", ONE)
    assert fails(p, "sendto", "EPIPE", OTHER) == 0
    p.shutdown(ONE, SHUT_WR)
    assert (poll(p, ONE), poll(p, OTHER)) == (IN | OUT | HUP | RDHUP, OUT)
    assert fails(p, "sendto", "EPIPE", ONE) == 0
    p.socketpair(AF_UNIX, SOCK_DGRAM)
    p.shutdown(5, SHUT_RD)
    assert p.read(5, A, 9) == 0  # who may sleep is told the end


@pytest.mark.parametrize("kind", [SOCK_STREAM, SOCK_SEQPACKET])
def test_the_other_end_is_closed(p: Process, kind: int) -> None:
    pair(p, kind)
    send(p, b"ab")
    p.close(ONE)
    assert poll(p, OTHER) == IN | OUT | HUP | RDHUP
    assert receive(p) == b"ab"
    assert p.read(OTHER, A, 9) == 0
    for _ in range(2):
        assert fails(p, "sendto", "EPIPE", OTHER) == (kind == SOCK_STREAM)
    p.shutdown(OTHER, SHUT_RDWR)


def test_the_other_end_of_datagrams_is_closed(p: Process) -> None:
    pair(p, SOCK_DGRAM)
    send(p, b"ab")
    p.close(ONE)
    assert poll(p, OTHER) == IN | OUT
    assert receive(p) == b"ab"
    fails(p, "recvfrom", "EAGAIN", OTHER)
    fails(p, "sendto", "ECONNREFUSED", OTHER)
    fails(p, "sendto", "ENOTCONN", OTHER)
    assert poll(p, OTHER) == OUT


def test_the_other_end_is_closed_before_it_had_read_all(p: Process) -> None:
    pair(p, SOCK_STREAM)
    send(p, b"ab", OTHER)
    send(p, b"cd")
    p.close(ONE)
    assert poll(p, OTHER) == IN | OUT | HUP | RDHUP | ERR
    assert receive(p, 1) == b"c"
    assert receive(p) == b"d"
    fails(p, "recvfrom", "ECONNRESET", OTHER)
    assert p.read(OTHER, A, 9) == 0
    assert poll(p, OTHER) == IN | OUT | HUP | RDHUP


def test_what_a_reset_keeps(p: Process) -> None:
    pair(p, SOCK_STREAM)
    send(p, b"ab", OTHER)
    p.close(ONE)
    for _ in range(2):
        assert fails(p, "sendto", "EPIPE", OTHER) == 1
    assert poll(p, OTHER) & ERR
    fails(p, "recvfrom", "ECONNRESET", OTHER)


def test_messages_tell_a_reset_first(p: Process) -> None:
    pair(p, SOCK_SEQPACKET)
    send(p, b"ab", OTHER)
    send(p, b"cd")
    p.close(ONE)
    fails(p, "recvfrom", "ECONNRESET", OTHER)
    assert receive(p) == b"cd"
    assert p.read(OTHER, A, 9) == 0
    p.socketpair(AF_UNIX, SOCK_SEQPACKET)
    send(p, b"ab", 5)
    p.close(3)
    assert fails(p, "sendto", "ECONNRESET", 5) == 0
    fails(p, "sendto", "EPIPE", 5)


def test_a_socket_that_is_alone(p: Process) -> None:
    for kind, ready, read in (
        (SOCK_STREAM, OUT | HUP, "EINVAL"),
        (SOCK_DGRAM, OUT, "EAGAIN"),
        (SOCK_SEQPACKET, OUT | HUP, "ENOTCONN"),
    ):
        fd = p.socket(AF_UNIX, kind | SOCK_NONBLOCK)
        assert poll(p, fd) == ready
        fails(p, "recvfrom", read, fd)
        fails(p, "sendto", "ENOTCONN", fd)
        p.shutdown(fd, SHUT_RDWR)
        assert poll(p, fd) == IN | OUT | HUP | RDHUP
        fails(p, "recvfrom", read, fd)


# Who watches


def watch(p: Process, fd: int, events: int) -> int:
    epfd = p.epoll_create1()
    p.store(A, struct.pack("<IQ", events, 0))
    p.epoll_ctl(epfd, 1, fd, A)
    p.epoll_wait(epfd, A, 1, 0)
    return epfd


def test_who_watches_by_edge_is_told(p: Process) -> None:
    pair(p, SOCK_STREAM)
    readable = watch(p, OTHER, EPOLLIN | EPOLLET)
    writable = watch(p, ONE, EPOLLOUT | EPOLLET)

    def told() -> tuple[int, int]:
        return p.epoll_wait(readable, A, 1, 0), p.epoll_wait(writable, A, 1, 0)

    assert told() == (0, 0)
    send(p, b"abc")
    assert told() == (1, 0)
    receive(p, 1)
    assert told() == (0, 0)
    receive(p, 9)
    assert told() == (0, 1)
    p.shutdown(OTHER, SHUT_WR)
    assert told() == (0, 1)
    p.close(ONE)
    assert p.epoll_wait(readable, A, 1, 0) == 1


def test_undo_gives_back_what_was_sent(p: Process) -> None:
    pair(p, SOCK_STREAM)
    send(p, b"abc")
    send(p, b"defg")
    receive(p, 1)
    p.shutdown(ONE, SHUT_WR)
    again = Machine.from_snapshot(p.machine.snapshot())[p.pid]
    assert again.machine.snapshot() == p.machine.snapshot()
    assert receive(again) == b"bcdefg"
    assert again.read(OTHER, A, 9) == 0
