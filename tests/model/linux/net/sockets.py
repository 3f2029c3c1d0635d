"""A process with sockets of the Internet, for tests of them."""

from __future__ import annotations

import struct

from vmlab import AF_INET, SOCK_STREAM, Machine, MiB, Process

A = 0x10000000
LOOPBACK = b"\x7f\0\0\1"


def process() -> Process:
    """Return one with some memory at A."""
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 1 << 20, 3, 0x32)
    return p


def at(p: Process, port: int, address: bytes = LOOPBACK) -> tuple[int, int]:
    """Store a struct sockaddr_in; return where it is, and how long."""
    p.store(A, struct.pack("<H2s4s8x", AF_INET, port.to_bytes(2, "big"), address))
    return A, 16


def at6(p: Process, port: int, address: bytes) -> tuple[int, int]:
    """Store a struct sockaddr_in6; return where it is, and how long."""
    p.store(A, struct.pack("<H2s4x16s4x", 10, port.to_bytes(2, "big"), address))
    return A, 28


def named(p: Process, port: int, kind: int = SOCK_STREAM, address: bytes = LOOPBACK) -> int:
    """Return a socket with a name."""
    fd = p.socket(AF_INET, kind)
    p.bind(fd, *at(p, port, address))
    return fd


def listener(p: Process, port: int, backlog: int = 5) -> int:
    """Return a socket that listens, and does not sleep."""
    fd = named(p, port, SOCK_STREAM | 0o4000)
    p.listen(fd, backlog)
    return fd


def connected(p: Process, port: int = 80) -> tuple[int, int]:
    """Return both ends of a stream; neither sleeps."""
    fd, client = listener(p, port), p.socket(AF_INET, SOCK_STREAM)
    p.connect(client, *at(p, port))
    p.fcntl(client, 4, 0o4000)
    ends = client, p.accept4(fd, None, None, 0o4000)
    p.close(fd)
    return ends


def send(p: Process, fd: int, data: bytes, flags: int = 0) -> int:
    """Send bytes; return how many it took."""
    p.store(A, data)
    return p.sendto(fd, A, len(data), flags)


def receive(p: Process, fd: int, room: int = 100, flags: int = 0) -> bytes:
    """Return what comes."""
    count = p.recvfrom(fd, A, room, flags)
    return p.load(A, min(count, room)) if count else b""


def poll(p: Process, fd: int) -> int:
    """Return what can be done with a descriptor."""
    p.store(A, struct.pack("<iHH", fd, 0xFFFF, 0))
    p.poll(A, 1, 0)
    return int.from_bytes(p.load(A + 6, 2), "little")


def name_of(p: Process, fd: int, *, peer: bool = False) -> bytes:
    """Return the name of a socket, or of its other end."""
    p.store(A + 200, struct.pack("<i", 128))
    (p.getpeername if peer else p.getsockname)(fd, A, A + 200)
    return p.load(A, int.from_bytes(p.load(A + 200, 4), "little"))


def port_of(p: Process, fd: int, *, peer: bool = False) -> int:
    """Return the port of a socket, or of its other end."""
    return int.from_bytes(name_of(p, fd, peer=peer)[2:4], "big")


def option(p: Process, fd: int, number: int, level: int = 1) -> int:
    """Return an option of a socket."""
    p.store(A + 200, struct.pack("<i", 4))
    p.getsockopt(fd, level, number, A, A + 200)
    return int.from_bytes(p.load(A, 4), "little")


def set_option(p: Process, fd: int, number: int, value: int = 1, level: int = 1) -> None:
    """Change an option of a socket."""
    p.store(A, struct.pack("<i", value))
    p.setsockopt(fd, level, number, A, 4)
