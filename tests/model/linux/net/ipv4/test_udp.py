"""Datagrams of the Internet: to whom they go, and what becomes of those that nobody takes."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.net.sockets import (
    A,
    at,
    named,
    poll,
    port_of,
    process,
    receive,
    send,
    set_option,
)
from tests.refused import refused
from vmlab import AF_INET, MSG_TRUNC, SO_RCVBUF, SOCK_DGRAM, LinuxError, Process

DGRAM = SOCK_DGRAM | 0o4000
ERR = 0x8


@pytest.fixture
def p() -> Process:
    return process()


def to(p: Process, fd: int, port: int, data: bytes, address: bytes = b"\x7f\0\0\1") -> int:
    where, size = at(p, port, address)
    p.store(A + 100, data)
    return p.sendto(fd, A + 100, len(data), 0, where, size)


def test_who_sent_is_told(p: Process) -> None:
    server, client = named(p, 53, DGRAM), p.socket(AF_INET, DGRAM)
    assert to(p, client, 53, b"question") == 8
    p.store(A + 200, struct.pack("<i", 16))
    assert p.recvfrom(server, A + 300, 3, MSG_TRUNC, A, A + 200) == 8
    assert int.from_bytes(p.load(A + 2, 2), "big") == port_of(p, client) == 32768
    with refused(LinuxError, "socket_empty_now", "EAGAIN"):
        receive(p, server)


def test_a_connected_socket_hears_one_only(p: Process) -> None:
    server, other, client = named(p, 53, DGRAM), named(p, 54, DGRAM), named(p, 55, DGRAM)
    p.connect(client, *at(p, 53))
    to(p, other, 55, b"not for it")
    to(p, server, 55, b"for it")
    assert receive(p, client) == b"for it"


def test_nobody_is_there(p: Process) -> None:
    fd = p.socket(AF_INET, DGRAM)
    assert to(p, fd, 53, b"lost") == 4
    with refused(LinuxError, "socket_without_peer", "EDESTADDRREQ"):
        send(p, fd, b"x")
    p.connect(fd, *at(p, 53))
    assert send(p, fd, b"x") == 1
    assert poll(p, fd) & ERR
    with refused(LinuxError, "socket_error_told", "ECONNREFUSED"):
        send(p, fd, b"x")


def test_what_cannot_be_sent(p: Process) -> None:
    fd = p.socket(AF_INET, DGRAM)
    with refused(LinuxError, "no_network", "ENETUNREACH"):
        to(p, fd, 53, b"x", b"\x0a\0\0\1")
    with refused(LinuxError, "port_zero", "EINVAL"):
        to(p, fd, 0, b"x")
    with refused(LinuxError, "message_too_long", "EMSGSIZE"):
        to(p, fd, 53, bytes(65_508))
    named(p, 53, DGRAM)
    assert to(p, fd, 53, bytes(65_507)) == 65_507


def test_what_has_no_room_is_lost(p: Process) -> None:
    server, client = named(p, 53, DGRAM), p.socket(AF_INET, DGRAM)
    set_option(p, server, SO_RCVBUF, 2304)
    for _ in range(20):
        to(p, client, 53, bytes(100))
    count = 0
    with refused(LinuxError, "socket_empty_now", "EAGAIN"):
        while True:
            count += bool(receive(p, server))
    assert 1 < count < 10
