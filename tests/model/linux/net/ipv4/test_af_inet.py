"""Sockets of the Internet: names, who listens, who connects, and how it ends."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.net.sockets import (
    A,
    at,
    at6,
    connected,
    listener,
    name_of,
    named,
    option,
    poll,
    port_of,
    process,
    set_option,
)
from tests.refused import refused
from vmlab import (
    AF_INET,
    AF_INET6,
    IPV6_V6ONLY,
    SHUT_RDWR,
    SO_ACCEPTCONN,
    SO_ERROR,
    SO_REUSEADDR,
    SOCK_DGRAM,
    SOCK_STREAM,
    LinuxError,
    Process,
)

IN, OUT, ERR, HUP = 0x41, 0x104, 0x8, 0x10
NONBLOCK = 0o4000
V6_LOOPBACK = bytes(15) + b"\1"


@pytest.fixture
def p() -> Process:
    return process()


def test_a_connection_knows_both_names(p: Process) -> None:
    client, server = connected(p, 8080)
    assert port_of(p, server) == port_of(p, client, peer=True) == 8080
    assert port_of(p, client) == port_of(p, server, peer=True) == 32768
    assert name_of(p, client)[4:8] == b"\x7f\0\0\1"


def test_a_free_port_is_chosen(p: Process) -> None:
    one, other = named(p, 0), p.socket(AF_INET, SOCK_STREAM)
    p.listen(other, 1)
    assert (port_of(p, one), port_of(p, other)) == (32768, 32769)


def test_names_that_cannot_be(p: Process) -> None:
    fd = p.socket(AF_INET, SOCK_STREAM)
    at(p, 80)
    with refused(LinuxError, "socket_name_length", "EINVAL"):
        p.bind(fd, A, 15)
    with refused(LinuxError, "address_of_other_machine", "EADDRNOTAVAIL"):
        p.bind(fd, *at(p, 80, b"\1\2\3\4"))
    with refused(LinuxError, "family_unknown", "EAFNOSUPPORT"):
        p.bind(fd, *at6(p, 80, V6_LOOPBACK))
    p.bind(fd, *at(p, 80))
    with refused(LinuxError, "socket_has_name", "EINVAL"):
        p.bind(fd, *at(p, 81))


@pytest.mark.parametrize(
    ("reuse", "listens", "error"),
    [(False, False, "EADDRINUSE"), (True, False, ""), (True, True, "EADDRINUSE")],
)
def test_a_port_has_one_owner_unless_both_share_it(
    p: Process, reuse: bool, listens: bool, error: str
) -> None:
    first, second = p.socket(AF_INET, SOCK_STREAM), p.socket(AF_INET, SOCK_STREAM)
    for fd in (first, second):
        set_option(p, fd, SO_REUSEADDR, reuse)
    p.bind(first, *at(p, 80, bytes(4)))
    if listens:
        p.listen(first, 1)
    if error:
        with refused(LinuxError, "name_in_use", error):
            p.bind(second, *at(p, 80))
    else:
        p.bind(second, *at(p, 80))
        p.listen(first, 1)
        with refused(LinuxError, "name_in_use", "EADDRINUSE"):
            p.listen(second, 1)
    named(p, 80, SOCK_DGRAM)  # which has ports of its own


def test_who_cannot_be_reached(p: Process) -> None:
    fd = p.socket(AF_INET, SOCK_STREAM)
    with refused(LinuxError, "nobody_listens", "ECONNREFUSED"):
        p.connect(fd, *at(p, 80))
    with refused(LinuxError, "no_network", "ENETUNREACH"):
        p.connect(fd, *at(p, 80, b"\x08\x08\x08\x08"))
    listener(p, 80)
    p.connect(fd, *at(p, 80))
    with refused(LinuxError, "socket_connected", "EISCONN"):
        p.connect(fd, *at(p, 80))


def test_a_connection_that_is_made_later_is_asked_for(p: Process) -> None:
    listener(p, 80)
    good, bad = (p.socket(AF_INET, SOCK_STREAM | NONBLOCK) for _ in range(2))
    for fd, port in ((good, 80), (bad, 81)):
        with refused(LinuxError, "connection_not_made_yet", "EINPROGRESS"):
            p.connect(fd, *at(p, port))
    assert poll(p, good) == OUT
    assert poll(p, bad) & (ERR | HUP) == ERR | HUP
    p.connect(good, *at(p, 80))
    assert (option(p, good, SO_ERROR), option(p, bad, SO_ERROR)) == (0, 111)


def test_a_full_queue_of_connections_lets_others_wait(p: Process) -> None:
    fd = listener(p, 80, 0)
    assert option(p, fd, SO_ACCEPTCONN) == 1
    assert poll(p, fd) == 0
    p.connect(p.socket(AF_INET, SOCK_STREAM), *at(p, 80))
    assert poll(p, fd) == IN
    late = p.socket(AF_INET, SOCK_STREAM | NONBLOCK)
    with refused(LinuxError, "connection_not_made_yet", "EINPROGRESS"):
        p.connect(late, *at(p, 80))
    with refused(LinuxError, "connection_not_made_yet", "EALREADY"):
        p.connect(late, *at(p, 80))
    assert poll(p, late) == 0
    p.accept(fd)
    p.connect(late, *at(p, 80))
    p.accept(fd)
    with refused(LinuxError, "no_connection_now", "EAGAIN"):
        p.accept(fd)


def test_connections_that_nobody_took_are_broken(p: Process) -> None:
    fd, client = listener(p, 80), p.socket(AF_INET, SOCK_STREAM)
    p.connect(client, *at(p, 80))
    p.close(fd)
    assert option(p, client, SO_ERROR) == 104


def test_what_needs_a_connection(p: Process) -> None:
    stream, datagram = p.socket(AF_INET, SOCK_STREAM), p.socket(AF_INET, SOCK_DGRAM)
    with refused(LinuxError, "socket_does_not_listen", "EINVAL"):
        p.accept(stream)
    for call in (lambda: p.accept(datagram), lambda: p.listen(datagram, 1)):
        with refused(LinuxError, "socket_without_connections", "EOPNOTSUPP"):
            call()
    with refused(LinuxError, "socket_without_peer", "ENOTCONN"):
        p.shutdown(stream, SHUT_RDWR)
    with refused(LinuxError, "socket_without_peer", "ENOTCONN"):
        name_of(p, stream, peer=True)


@pytest.mark.parametrize("only", [False, True])
def test_ipv6_takes_connections_of_ipv4_unless_it_is_alone(p: Process, only: bool) -> None:
    fd, client = p.socket(AF_INET6, SOCK_STREAM), p.socket(AF_INET, SOCK_STREAM)
    set_option(p, fd, IPV6_V6ONLY, only, 41)
    p.bind(fd, *at6(p, 80, bytes(16)))
    p.listen(fd, 2)
    six = p.socket(AF_INET6, SOCK_STREAM)
    p.connect(six, *at6(p, 80, V6_LOOPBACK))
    assert name_of(p, p.accept(fd), peer=True)[8:24] == V6_LOOPBACK
    if only:
        with refused(LinuxError, "nobody_listens", "ECONNREFUSED"):
            p.connect(client, *at(p, 80))
    else:
        p.connect(client, *at(p, 80))
        found = name_of(p, p.accept(fd), peer=True)
        assert found[8:24] == bytes(10) + b"\xff\xff\x7f\0\0\1"


def test_to_be_connected_to_nobody_again(p: Process) -> None:
    fd = p.socket(AF_INET, SOCK_DGRAM)
    p.connect(fd, *at(p, 53))
    p.store(A, struct.pack("<H14x", 0))
    p.connect(fd, A, 16)
    assert port_of(p, fd) == 0
    with refused(LinuxError, "socket_without_peer", "ENOTCONN"):
        name_of(p, fd, peer=True)
