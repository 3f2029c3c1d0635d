"""eventfd: what it counts, what a read takes, and where reading and writing would sleep."""

from __future__ import annotations

import struct

import pytest

from tests.refused import refused
from vmlab import (
    EFD_CLOEXEC,
    EFD_NONBLOCK,
    EFD_SEMAPHORE,
    F_GETFD,
    F_GETFL,
    O_NONBLOCK,
    O_RDWR,
    LinuxError,
    Machine,
    MiB,
    Process,
)
from vmlab.model.abi.poll import POLLERR, POLLIN, POLLOUT

A = 0x10000000
BAD = 0x5000
MOST = (1 << 64) - 2


@pytest.fixture
def p() -> Process:
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 8192, 3, 0x32)
    return p


def add(p: Process, fd: int, value: int) -> int:
    p.store(A, struct.pack("<Q", value))
    return p.write(fd, A, 8)


def take(p: Process, fd: int) -> int:
    p.store(A, b"\xff" * 9)
    assert p.read(fd, A, 9) == 8
    assert p.load(A + 8) == b"\xff"
    return int.from_bytes(p.load(A, 8), "little")


def poll(p: Process, fd: int) -> int:
    p.store(A, struct.pack("<iHH", fd, 0xFFFF, 0))
    p.poll(A, 1, 0)
    return int.from_bytes(p.load(A + 6, 2), "little")


def test_a_read_takes_all_and_a_semaphore_gives_one(p: Process) -> None:
    plain, semaphore = p.eventfd2(3), p.eventfd2(3, EFD_SEMAPHORE)
    add(p, plain, 4)
    assert take(p, plain) == 7
    assert [take(p, semaphore) for _ in range(3)] == [1, 1, 1]
    for fd in (plain, semaphore):
        with refused(LinuxError, "eventfd_zero", "EAGAIN"):
            p.read(fd, A, 8)


def test_flags(p: Process) -> None:
    fd = p.eventfd2(0, EFD_NONBLOCK | EFD_CLOEXEC)
    assert (p.fcntl(fd, F_GETFL), p.fcntl(fd, F_GETFD)) == (O_RDWR | O_NONBLOCK, 1)
    assert (p.fcntl(p.eventfd(), F_GETFL), p.fcntl(p.eventfd(), F_GETFD)) == (O_RDWR, 0)
    with refused(LinuxError, "eventfd_zero_now", "EAGAIN"):
        p.read(fd, A, 8)
    with refused(LinuxError, "unknown_flags", "EINVAL"):
        p.eventfd2(0, 2)


def test_it_starts_with_what_it_is_given_as_an_unsigned_int(p: Process) -> None:
    assert take(p, p.eventfd(-1)) == (1 << 32) - 1


def test_the_largest_count(p: Process) -> None:
    fd = p.eventfd2(0, EFD_NONBLOCK)
    with refused(LinuxError, "eventfd_largest", "EINVAL"):
        add(p, fd, MOST + 1)
    assert add(p, fd, MOST - 1) == 8
    assert poll(p, fd) == POLLIN | POLLOUT
    assert add(p, fd, 1) == 8
    assert poll(p, fd) == POLLIN
    with refused(LinuxError, "eventfd_full_now", "EAGAIN"):
        add(p, fd, 1)
    assert add(p, fd, 0) == 8
    assert take(p, fd) == MOST
    assert poll(p, fd) == POLLOUT
    waiting = p.eventfd()
    add(p, waiting, MOST)
    with refused(LinuxError, "eventfd_full", "EAGAIN"):
        add(p, waiting, 1)
    assert not poll(p, waiting) & POLLERR


def test_a_number_has_8_bytes(p: Process) -> None:
    fd = p.eventfd(5)
    for count in (0, 7):
        with refused(LinuxError, "room_below_word", "EINVAL"):
            p.read(fd, A, count)
    for count in (0, 4, 9, 16):
        with refused(LinuxError, "not_one_word", "EINVAL"):
            p.write(fd, A, count)
    assert take(p, fd) == 5


def test_what_cannot_be_stored_is_lost(p: Process) -> None:
    fd = p.eventfd(5)
    with refused(LinuxError, "nothing_stored", "EFAULT"):
        p.read(fd, BAD, 8)
    assert poll(p, fd) == POLLOUT
    with refused(LinuxError, "nothing_read", "EFAULT"):
        p.write(fd, BAD, 8)


def pieces(p: Process, *lengths: int) -> int:
    p.store(A + 64, b"".join(struct.pack("<QQ", A, length) for length in lengths))
    return len(lengths)


def test_each_piece_of_memory_is_a_write_of_its_own(p: Process) -> None:
    fd = p.eventfd()
    p.store(A, struct.pack("<Q", 2))
    assert p.writev(fd, A + 64, pieces(p, 8, 8)) == 16
    assert p.writev(fd, A + 64, pieces(p, 8, 4)) == 8
    assert p.writev(fd, A + 64, pieces(p, 0, 0)) == 0
    with refused(LinuxError, "not_one_word", "EINVAL"):
        p.writev(fd, A + 64, pieces(p, 0, 8))
    assert take(p, fd) == 6
    add(p, fd, 9)
    assert p.readv(fd, A + 64, pieces(p, 4, 4)) == 8


def test_it_has_no_places(p: Process) -> None:
    fd = p.eventfd(1)
    assert [p.lseek(fd, 5, whence) for whence in range(5)] == [0] * 5
    with refused(LinuxError, "whence_unknown", "EINVAL"):
        p.lseek(fd, 5, 9)
    for call in (p.pread, p.pwrite):
        with refused(LinuxError, "pipe_has_no_offsets", "ESPIPE"):
            call(fd, A, 8, 0)
    with refused(LinuxError, "file_cannot_be_mapped", "ENODEV"):
        p.mmap(0, 4096, 1, 2, fd, 0)
    with refused(LinuxError, "mount_forbids_execution", "EPERM"):
        p.mmap(0, 4096, 4, 2, fd, 0)
    p.fstat(fd, A)
    mode, size = struct.unpack("<24xI20xq", p.load(A, 56))
    assert (mode, size) == (0o600, 0)


def test_two_processes_share_it(p: Process) -> None:
    fd = p.eventfd()
    child = p.fork()
    child.store(A, struct.pack("<Q", 6))
    child.write(fd, A, 8)
    assert take(p, fd) == 6
