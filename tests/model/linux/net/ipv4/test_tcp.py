"""Streams of the Internet: what arrives, and what comes of an end."""

from __future__ import annotations

import pytest

from tests.model.linux.net.sockets import A, connected, option, poll, process, receive, send
from tests.refused import refused
from vmlab import (
    AF_INET,
    MSG_NOSIGNAL,
    MSG_OOB,
    MSG_PEEK,
    SHUT_RD,
    SHUT_WR,
    SO_ERROR,
    SOCK_STREAM,
    LinuxError,
    Process,
)
from vmlab.model.abi.signal import SIGPIPE

IN, OUT, HUP, RDHUP = 0x41, 0x104, 0x10, 0x2000


@pytest.fixture
def p() -> Process:
    return process()


def test_bytes_have_no_borders(p: Process) -> None:
    client, server = connected(p)
    assert send(p, client, b"one") + send(p, client, b"two") == 6
    assert receive(p, server, 4, MSG_PEEK) == b"onet"
    assert receive(p, server, 2) == b"on"
    assert receive(p, server) == b"etwo"
    with refused(LinuxError, "socket_empty_now", "EAGAIN"):
        receive(p, server)


def test_one_direction_ends(p: Process) -> None:
    client, server = connected(p)
    send(p, client, b"last")
    p.shutdown(client, SHUT_WR)
    assert poll(p, server) == IN | OUT | RDHUP
    assert (receive(p, server), receive(p, server)) == (b"last", b"")
    send(p, server, b"answer")
    assert receive(p, client) == b"answer"
    with refused(LinuxError, "socket_without_reader", "EPIPE"):
        send(p, client, b"x", MSG_NOSIGNAL)
    p.close(server)
    assert receive(p, client) == b""
    assert poll(p, client) & HUP


def test_who_writes_to_a_closed_end_learns_it_by_the_second_write(p: Process) -> None:
    p.sigaction(SIGPIPE)
    client, server = connected(p)
    p.close(client)
    assert send(p, server, b"lost") == 4
    with refused(LinuxError, "socket_without_reader", "EPIPE"):
        send(p, server, b"x")
    assert receive(p, server) == b""


def test_bytes_that_nobody_read_break_the_connection(p: Process) -> None:
    client, server = connected(p)
    send(p, client, b"unread")
    send(p, server, b"read")
    p.close(server)
    assert receive(p, client) == b"read"
    with refused(LinuxError, "socket_peer_left_unread", "ECONNRESET"):
        receive(p, client)
    assert (option(p, client, SO_ERROR), receive(p, client)) == (0, b"")


def test_who_reads_no_more_still_sends(p: Process) -> None:
    client, server = connected(p)
    p.shutdown(client, SHUT_RD)
    assert receive(p, client) == b""
    send(p, client, b"on")
    assert receive(p, server) == b"on"


def test_a_socket_that_is_not_connected(p: Process) -> None:
    fd = p.socket(AF_INET, SOCK_STREAM)
    assert poll(p, fd) == OUT | HUP
    with refused(LinuxError, "socket_without_reader", "EPIPE"):
        send(p, fd, b"x", MSG_NOSIGNAL)
    with refused(LinuxError, "socket_without_peer", "ENOTCONN"):
        receive(p, fd)
    with refused(LinuxError, "no_urgent_bytes", "EOPNOTSUPP"):
        send(p, fd, b"x", MSG_OOB)


def test_room_is_bounded(p: Process) -> None:
    client, server = connected(p)
    total = 0
    with refused(LinuxError, "socket_full_now", "EAGAIN"):
        while True:
            total += p.sendto(client, A, 1 << 19)
    assert total >= 2_600_000
    assert not poll(p, client) & OUT
    while total and poll(p, server) & IN:
        total -= p.recvfrom(server, A, 1 << 19)
    assert total == 0
    assert poll(p, client) & OUT
