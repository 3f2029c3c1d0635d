"""Sockets between processes with names: paths, and names that are none."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.net.sockets import A, name_of, option, process, receive, send
from tests.refused import refused
from vmlab import AF_UNIX, SO_ERROR, SOCK_DGRAM, SOCK_STREAM, LinuxError, Process

NONBLOCK = 0o4000


@pytest.fixture
def p() -> Process:
    return process()


def un(p: Process, path: bytes) -> tuple[int, int]:
    p.store(A, struct.pack("<H", AF_UNIX) + path)
    return A, 2 + len(path)


def server(p: Process, path: bytes, backlog: int = 2) -> int:
    fd = p.socket(AF_UNIX, SOCK_STREAM | NONBLOCK)
    p.bind(fd, *un(p, path))
    p.listen(fd, backlog)
    return fd


@pytest.mark.parametrize("path", [b"/s\0", b"\0name"])
def test_who_has_the_name_is_found(p: Process, path: bytes) -> None:
    fd, client = server(p, path), p.socket(AF_UNIX, SOCK_STREAM)
    p.connect(client, *un(p, path))
    end = p.accept(fd)
    assert name_of(p, end) == name_of(p, client, peer=True) == b"\1\0" + path
    assert name_of(p, client) == name_of(p, end, peer=True) == b"\1\0"
    send(p, client, b"hello")
    assert receive(p, end) == b"hello"
    with refused(LinuxError, "name_in_use", "EADDRINUSE"):
        p.bind(p.socket(AF_UNIX, SOCK_STREAM), *un(p, path))
    with refused(LinuxError, "socket_has_name", "EINVAL"):
        p.bind(fd, *un(p, b"\0other"))


def test_a_path_outlives_its_socket(p: Process) -> None:
    fd = server(p, b"/s\0")
    p.close(fd)
    client = p.socket(AF_UNIX, SOCK_STREAM)
    with refused(LinuxError, "no_socket_of_name", "ECONNREFUSED"):
        p.connect(client, *un(p, b"/s\0"))
    p.unlink("/s")
    with refused(LinuxError, "no_such_path", "ENOENT"):
        p.connect(client, *un(p, b"/s\0"))
    server(p, b"/s\0")


def test_who_does_not_listen(p: Process) -> None:
    fd, client = p.socket(AF_UNIX, SOCK_STREAM), p.socket(AF_UNIX, SOCK_STREAM)
    with refused(LinuxError, "socket_without_name", "EINVAL"):
        p.listen(fd, 1)
    p.bind(fd, *un(p, b"/s\0"))
    with refused(LinuxError, "nobody_listens", "ECONNREFUSED"):
        p.connect(client, *un(p, b"/s\0"))
    with refused(LinuxError, "socket_of_other_type", "EPROTOTYPE"):
        p.connect(p.socket(AF_UNIX, SOCK_DGRAM), *un(p, b"/s\0"))
    with refused(LinuxError, "socket_does_not_listen", "EINVAL"):
        p.accept(fd)


def test_too_many_connections_wait(p: Process) -> None:
    fd = server(p, b"\0s", 0)
    clients = [p.socket(AF_UNIX, SOCK_STREAM | NONBLOCK) for _ in range(2)]
    p.connect(clients[0], *un(p, b"\0s"))
    with refused(LinuxError, "connections_wait_now", "EAGAIN"):
        p.connect(clients[1], *un(p, b"\0s"))
    p.close(fd)
    assert option(p, clients[0], SO_ERROR) == 104


def test_datagrams_have_one_queue_for_all(p: Process) -> None:
    log, writer = p.socket(AF_UNIX, SOCK_DGRAM), p.socket(AF_UNIX, SOCK_DGRAM | NONBLOCK)
    p.bind(log, *un(p, b"\0log"))
    p.bind(writer, A, 2)
    assert name_of(p, writer) == b"\1\0\00000000"
    p.connect(writer, *un(p, b"\0log"))
    count = 0
    with refused(LinuxError, "socket_full_now", "EAGAIN"):
        while True:
            count += send(p, writer, b"x")
    assert count == 11
    p.store(A + 200, struct.pack("<i", 20))
    p.recvfrom(log, A + 300, 1, 0, A, A + 200)
    assert p.load(A, 8) == b"\1\0\00000000"
    p.close(log)
    with refused(LinuxError, "socket_peer_closed", "ECONNREFUSED"):
        send(p, writer, b"x")


def test_a_socket_takes_datagrams_of_its_peer_only(p: Process) -> None:
    one, other = p.socketpair(AF_UNIX, SOCK_DGRAM)
    p.bind(one, *un(p, b"\0one"))
    third = p.socket(AF_UNIX, SOCK_DGRAM)
    with refused(LinuxError, "peer_has_other_peer", "EPERM"):
        p.connect(third, *un(p, b"\0one"))
    assert send(p, other, b"x") == 1
