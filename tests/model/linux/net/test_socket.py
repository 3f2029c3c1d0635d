"""Sockets: what is refused, names, options, messages with open files."""

from __future__ import annotations

import struct

import pytest

from tests.refused import refused
from vmlab import (
    AF_UNIX,
    F_GETFD,
    F_GETFL,
    MSG_CMSG_CLOEXEC,
    MSG_CTRUNC,
    MSG_TRUNC,
    O_NONBLOCK,
    O_RDWR,
    SHUT_RDWR,
    SO_ERROR,
    SO_PEERCRED,
    SO_RCVBUF,
    SO_SNDBUF,
    SO_TYPE,
    SOCK_CLOEXEC,
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

A = 0x10000000
BAD = 0x5000
IOV, HEAD, CONTROL = A + 64, A + 128, A + 256
TYPES = (SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET)


@pytest.fixture
def p() -> Process:
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 8192, 3, 0x32)
    p.eventfd()
    return p


NO_SOCKET = 3


@pytest.mark.parametrize(
    ("args", "code", "name"),
    [
        ((99, 0x101, 0), "unknown_flags", "EINVAL"),
        ((99, 11, 0), "socket_type_unknown", "EINVAL"),
        ((99, 1, 0), "family_unknown", "EAFNOSUPPORT"),
        ((-1, 1, 0), "family_unknown", "EAFNOSUPPORT"),
        ((AF_UNIX, 1, 2), "protocol_unknown", "EPROTONOSUPPORT"),
        ((AF_UNIX, 7, 2), "protocol_unknown", "EPROTONOSUPPORT"),
        ((AF_UNIX, 7, 0), "socket_type_unknown", "ESOCKTNOSUPPORT"),
        ((AF_UNIX, 0, 0), "socket_type_unknown", "ESOCKTNOSUPPORT"),
    ],
)
def test_sockets_that_there_are_not(
    p: Process, args: tuple[int, int, int], code: str, name: str
) -> None:
    for call in (p.socket, p.socketpair):
        with refused(LinuxError, code, name):
            call(*args)


def test_making_some(p: Process) -> None:
    assert p.socketpair(AF_UNIX, SOCK_STREAM, AF_UNIX) == (4, 5)
    assert (p.fcntl(4, F_GETFL), p.fcntl(5, F_GETFD)) == (O_RDWR, 0)
    assert p.socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC) == (6, 7)
    assert (p.fcntl(7, F_GETFL), p.fcntl(6, F_GETFD)) == (O_RDWR | O_NONBLOCK, 1)
    assert option(p, p.socket(AF_UNIX, 3), SO_TYPE) == SOCK_DGRAM  # SOCK_RAW
    p.fstat(4, A)
    mode, size = struct.unpack("<24xI20xq", p.load(A, 56))
    assert (mode, size) == (0o140777, 0)
    for whence in range(5):
        with refused(LinuxError, "pipe_has_no_offsets", "ESPIPE"):
            p.lseek(4, 0, whence)


def test_what_is_no_socket(p: Process) -> None:
    for fd, name in ((99, "EBADF"), (NO_SOCKET, "ENOTSOCK")):
        for call in (
            lambda fd: p.sendto(fd, A, 1),
            lambda fd: p.recvfrom(fd, A, 1),
            lambda fd: p.sendmsg(fd, BAD),
            lambda fd: p.recvmsg(fd, BAD),
            lambda fd: p.shutdown(fd, 9),
            lambda fd: p.getsockname(fd, A, A),
            lambda fd: p.getpeername(fd, A, A),
            lambda fd: p.getsockopt(fd, 1, 3, A, A),
            lambda fd: p.setsockopt(fd, 1, 3, A, -1),
        ):
            with pytest.raises(LinuxError, match=name):
                call(fd)


def test_shutting_down_in_a_way_there_is_not(p: Process) -> None:
    one, _ = p.socketpair(AF_UNIX, SOCK_STREAM)
    for how in (-1, 3):
        with refused(LinuxError, "shutdown_unknown", "EINVAL"):
            p.shutdown(one, how)


def name_of(p: Process, fd: int, room: int, *, peer: bool = False) -> tuple[int, bytes]:
    p.store(A, struct.pack("<i4s", room, b"----"))
    (p.getpeername if peer else p.getsockname)(fd, A + 4, A)
    return int.from_bytes(p.load(A, 4), "little"), p.load(A + 4, 4)


def test_names(p: Process) -> None:
    one, _ = p.socketpair(AF_UNIX, SOCK_STREAM)
    for peer in (False, True):
        assert name_of(p, one, 110, peer=peer) == (2, b"\x01\0--")
        assert name_of(p, one, 1, peer=peer) == (2, b"\x01---")
        assert name_of(p, one, 0, peer=peer) == (2, b"----")
        with refused(LinuxError, "socket_name_length", "EINVAL"):
            name_of(p, one, -1, peer=peer)
    p.store(A, struct.pack("<i", 4))
    for addr, size_at in ((A, BAD), (BAD, A)):
        with pytest.raises(LinuxError, match="EFAULT"):
            p.getsockname(one, addr, size_at)
    alone = p.socket(AF_UNIX, SOCK_STREAM)
    assert name_of(p, alone, 110) == (2, b"\x01\0--")
    with refused(LinuxError, "socket_without_peer", "ENOTCONN"):
        name_of(p, alone, 110, peer=True)


def option(p: Process, fd: int, name: int, room: int = 4) -> int:
    p.store(A, struct.pack("<2i", room, -1))
    p.getsockopt(fd, SOL_SOCKET, name, A + 4, A)
    size = int.from_bytes(p.load(A, 4), "little")
    return int.from_bytes(p.load(A + 4, size), "little")


@pytest.mark.parametrize("kind", TYPES)
def test_options(p: Process, kind: int) -> None:
    one, _ = p.socketpair(AF_UNIX, kind)
    told = {2: 0, 3: kind, 4: 0, 6: 0, 9: 0, 16: 0, 18: 1, 19: 1, 30: 0, 38: 0, 39: AF_UNIX}
    assert {each: option(p, one, each) for each in told} == told
    assert (option(p, one, SO_SNDBUF), option(p, one, SO_RCVBUF)) == (212992, 212992)
    assert option(p, one, SO_TYPE, 1) == kind
    assert option(p, one, SO_TYPE, 8) == kind
    assert p.load(A, 4) == struct.pack("<i", 4)
    for args, code, name in (
        ((one, 6, SO_TYPE, A, BAD), "socket_level_unknown", "EOPNOTSUPP"),
        ((one, 1, 99, A, A), "socket_option_unknown", "ENOPROTOOPT"),
        ((one, 1, SO_TYPE, A, BAD), "nothing_read", "EFAULT"),
        ((one, 1, SO_TYPE, BAD, A), "nothing_stored", "EFAULT"),
    ):
        with refused(LinuxError, code, name):
            p.getsockopt(*args)
    with refused(LinuxError, "socket_name_length", "EINVAL"):
        option(p, one, SO_TYPE, -1)


def test_who_made_the_other_end(p: Process) -> None:
    one, _ = p.socketpair(AF_UNIX, SOCK_STREAM)
    for fd, told in ((one, (p.pid, 0, 0)), (p.socket(AF_UNIX, SOCK_STREAM), (0, -1, -1))):
        p.store(A, struct.pack("<i", 20))
        p.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, A + 4, A)
        assert struct.unpack("<4i", p.load(A, 16)) == (12, *told)


@pytest.mark.parametrize(("name", "least"), [(SO_SNDBUF, 4608), (SO_RCVBUF, 2304)])
def test_room_is_doubled_within_limits(p: Process, name: int, least: int) -> None:
    one, _ = p.socketpair(AF_UNIX, SOCK_STREAM)
    for value, got in ((1000, least), (10_000, 20_000), (10**7, 8 << 20), (4 << 20, 8 << 20)):
        p.store(A, struct.pack("<i", value))
        p.setsockopt(one, SOL_SOCKET, name, A, 4)
        assert option(p, one, name) == got
    for args, code, error in (
        ((one, 6, name, BAD, 3), "socket_level_unknown", "EOPNOTSUPP"),
        ((one, 6, name, BAD, -1), "socket_name_length", "EINVAL"),
        ((one, 1, name, BAD, 3), "socket_name_length", "EINVAL"),
        ((one, 1, SO_TYPE, BAD, 4), "nothing_read", "EFAULT"),
        ((one, 1, SO_TYPE, A, 4), "socket_option_unknown", "ENOPROTOOPT"),
    ):
        with refused(LinuxError, code, error):
            p.setsockopt(*args)


def test_the_error_is_told_once(p: Process) -> None:
    one, other = p.socketpair(AF_UNIX, SOCK_STREAM)
    p.write(other, A, 1)
    p.close(one)
    assert (option(p, other, SO_ERROR), option(p, other, SO_ERROR)) == (104, 0)


def test_sending_to_a_name(p: Process) -> None:
    p.machine.fs.write("/f", b"x")
    fds = {kind: p.socketpair(AF_UNIX, kind)[0] for kind in TYPES}

    def send(kind: int, name: bytes, size: int | None = None) -> int:
        p.store(IOV, name)
        return p.sendto(fds[kind], A, 1, 0, IOV, len(name) if size is None else size)

    known = struct.pack("<H", AF_UNIX)
    with refused(LinuxError, "stream_sent_to_name", "EISCONN"):
        send(SOCK_STREAM, known + b"/f")
    for name, error in (
        (known + b"/none\0", "ENOENT"),
        (known + b"/f\0", "ECONNREFUSED"),
        (known + b"\0abstract", "ECONNREFUSED"),
        (known, "EINVAL"),
        (b"\x02\0/f", "EINVAL"),
        (known + b"/" * 109, "EINVAL"),
    ):
        with pytest.raises(LinuxError, match=error):
            send(SOCK_DGRAM, name)
    assert send(SOCK_SEQPACKET, known + b"/none") == 1
    for kind in TYPES:
        assert send(kind, known, 0) == 1
        assert p.sendto(fds[kind], A, 1, 0, None, 5) == 1
        for size in (129, -1):
            with refused(LinuxError, "socket_name_length", "EINVAL"):
                send(kind, known, size)
    with refused(LinuxError, "stream_sent_to_name", "EOPNOTSUPP"):
        p.sendto(p.socket(AF_UNIX, SOCK_STREAM), A, 1, 0, IOV, 4)


def test_from_nobody_with_a_name(p: Process) -> None:
    one, other = p.socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK)
    p.store(IOV, struct.pack("<i4s", 16, b"----"))
    p.sendto(one, A, 1)
    assert p.recvfrom(other, A, 9, 0, IOV + 4, IOV) == 1
    assert p.load(IOV, 8) == struct.pack("<i4s", 0, b"----")
    with refused(LinuxError, "socket_empty_now", "EAGAIN"):
        p.recvfrom(other, A, 9, 0, IOV + 4, BAD)
    p.sendto(one, A, 1)
    with refused(LinuxError, "nothing_read", "EFAULT"):
        p.recvfrom(other, A, 9, 0, IOV + 4, BAD)


def message(p: Process, control: bytes = b"", room: int = 10, pieces: int = 1) -> None:
    p.store(IOV, struct.pack("<2Q", A, room))
    p.store(CONTROL, control)
    head = (0, 0, IOV, pieces, CONTROL if control else 0, len(control), 99)
    p.store(HEAD, struct.pack("<Qi4xQQQQI4x", *head))


def rights(*fds: int, level: int = 1, kind: int = 1, length: int | None = None) -> bytes:
    size = 16 + 4 * len(fds) if length is None else length
    data = struct.pack(f"<Qii{len(fds)}i", size, level, kind, *fds)
    return data + bytes(-len(data) % 8)


def received(p: Process) -> tuple[int, int]:
    """The bytes of control messages, and flags."""
    return struct.unpack("<40xQI4x", p.load(HEAD, 56))


@pytest.mark.parametrize("kind", TYPES)
def test_open_files_go_along(p: Process, kind: int) -> None:
    one, other = p.socketpair(AF_UNIX, kind | SOCK_NONBLOCK)
    first, second = p.pipe()
    message(p, rights(first, second), 3)
    assert p.sendmsg(one, HEAD) == 3
    p.close(first)
    p.write(one, A, 4)
    message(p, bytes(64))
    assert p.recvmsg(other, HEAD) == 3  # not what was sent without them
    assert received(p) == (24, 0)
    size, level, type, *fds = struct.unpack("<Qiiii", p.load(CONTROL, 24))
    assert (size, level, type, fds) == (24, 1, 1, [first, second + 1])
    assert p.task.files.fd[fds[1]] is p.task.files.fd[second]
    message(p, bytes(64))
    assert p.recvmsg(other, HEAD) == 4
    assert received(p) == (0, 0)


def test_files_without_room_are_closed(p: Process) -> None:
    one, other = p.socketpair(AF_UNIX, SOCK_STREAM)
    first, second = p.pipe()
    message(p, rights(first, second), 3)
    p.sendmsg(one, HEAD)
    message(p, bytes(20))
    assert p.recvmsg(other, HEAD, MSG_CMSG_CLOEXEC) == 3
    assert received(p) == (20, MSG_CTRUNC | MSG_CMSG_CLOEXEC)
    fd = int.from_bytes(p.load(CONTROL + 16, 4), "little")
    assert p.fcntl(fd, F_GETFD) == 1
    assert p.task.files.fd[second].f_count == 1
    for read in (lambda: p.read(other, A, 9), lambda: p.recvfrom(other, A, 9)):
        message(p, rights(second), 3)
        p.sendmsg(one, HEAD)
        assert p.task.files.fd[second].f_count == 2
        assert read() == 3
        assert p.task.files.fd[second].f_count == 1


def test_files_that_nobody_took_are_closed(p: Process) -> None:
    one, other = p.socketpair(AF_UNIX, SOCK_STREAM)
    first, second = p.pipe()
    message(p, rights(second), 3)
    p.sendmsg(one, HEAD)
    p.close(second)
    with refused(LinuxError, "pipe_empty", "EAGAIN"):
        p.read(first, A, 1)
    check = Machine.from_snapshot(p.machine.snapshot())[p.pid]
    assert check.machine.snapshot() == p.machine.snapshot()
    p.close(other)
    assert p.read(first, A, 1) == 0


def test_a_look_gives_files_of_its_own(p: Process) -> None:
    one, other = p.socketpair(AF_UNIX, SOCK_SEQPACKET)
    message(p, rights(NO_SOCKET), 3)
    p.sendmsg(one, HEAD)
    for flags in (2, 0):
        message(p, bytes(64))
        p.recvmsg(other, HEAD, flags)
        assert p.task.files.fd[NO_SOCKET].f_count == 3


@pytest.mark.parametrize(
    ("control", "name"),
    [
        (rights(99), "EBADF"),
        (rights(3, kind=9), "EINVAL"),
        (rights(3, length=15), "EINVAL"),
        (rights(3, length=25), "EINVAL"),
        (rights(*[3] * 254), "EINVAL"),
    ],
)
def test_what_cannot_go_along(p: Process, control: bytes, name: str) -> None:
    one, _ = p.socketpair(AF_UNIX, SOCK_STREAM)
    message(p, control)
    with pytest.raises(LinuxError, match=name):
        p.sendmsg(one, HEAD)
    assert p.task.files.fd[NO_SOCKET].f_count == 1


def test_what_is_of_another_level_is_left_out(p: Process) -> None:
    one, other = p.socketpair(AF_UNIX, SOCK_STREAM)
    message(p, rights(99, level=6) + rights(*[3] * 253))
    assert p.sendmsg(one, HEAD) == 10
    assert p.task.files.fd[NO_SOCKET].f_count == 254
    p.close(other)


def test_messages_that_cannot_be(p: Process) -> None:
    one, _ = p.socketpair(AF_UNIX, SOCK_STREAM)
    message(p, pieces=1025)
    for call in (p.sendmsg, p.recvmsg):
        with refused(LinuxError, "too_many_pieces", "EMSGSIZE"):
            call(one, HEAD)
        with refused(LinuxError, "nothing_read", "EFAULT"):
            call(one, BAD)
    p.store(HEAD, struct.pack("<Qi", A, -1))
    with refused(LinuxError, "socket_name_length", "EINVAL"):
        p.sendmsg(one, HEAD)


def test_a_message_that_is_cut_says_so(p: Process) -> None:
    for kind, told in ((SOCK_STREAM, 0), (SOCK_DGRAM, MSG_TRUNC)):
        one, other = p.socketpair(AF_UNIX, kind)
        p.write(one, A, 6)
        message(p, room=3)
        assert p.recvmsg(other, HEAD) == 3
        assert received(p) == (0, told)


def test_sendfile_to_a_socket(p: Process) -> None:
    p.machine.fs.write("/f", b"x" * 5000)
    one, other = p.socketpair(AF_UNIX, SOCK_STREAM)
    assert p.sendfile(one, p.open("/f"), None, 9999) == 5000
    p.shutdown(one, SHUT_RDWR)
    assert p.read(other, A, 8192) == 5000
