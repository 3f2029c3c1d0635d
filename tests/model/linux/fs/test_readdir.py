"""getdents64: what is in a directory, in which order, and how it goes on."""

from __future__ import annotations

import struct

import pytest

from tests.refused import refused
from vmlab import LinuxError, Machine, MiB, Process

A = 0x10000000
END = (1 << 31) - 1


@pytest.fixture
def p() -> Process:
    """A process with /d open on 3, in which files were made."""
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 8192, 3, 0x32)
    p.mkdir("/d")
    p.machine.fs.write("/d/a", b"")
    p.mkdir("/d/sub")
    p.machine.fs.write("/d/sub/inner", b"")
    p.machine.fs.write("/d/longer_name", b"")
    p.open("/d")
    return p


def read(p: Process, size: int = 4096) -> list[tuple[str, int]]:
    data = p.load(A, p.getdents64(3, A, size))
    found, at = [], 0
    while at < len(data):
        _, _, length, kind = struct.unpack_from("<QqHB", data, at)
        name = data[at + 19 : at + length].partition(b"\0")[0]
        found.append((name.decode(), kind))
        at += length
    return found


def test_the_newest_comes_first(p: Process) -> None:
    assert read(p) == [(".", 4), ("..", 4), ("longer_name", 8), ("sub", 4), ("a", 8)]
    assert read(p) == []
    assert p.lseek(3, 0, 1) == END
    p.lseek(3, 0)
    assert len(read(p)) == 5


def test_it_goes_on_where_it_was(p: Process) -> None:
    assert read(p, 60) == [(".", 4), ("..", 4)]
    assert read(p, 60) == [("longer_name", 8), ("sub", 4)]
    p.unlink("/d/longer_name")
    assert read(p, 60) == [("a", 8)]


def test_what_is_refused(p: Process) -> None:
    with refused(LinuxError, "buffer_too_small", "EINVAL"):
        read(p, 20)
    with pytest.raises(LinuxError, match="EFAULT"):
        p.getdents64(3, 16, 4096)
    assert p.lseek(3, 0, 1) == 0
    p.open("/d/a")
    with refused(LinuxError, "not_directory", "ENOTDIR"):
        p.getdents64(4, A, 4096)
    with pytest.raises(LinuxError, match="EBADF"):
        p.getdents64(9, A, 4096)
    p.mkdir("/gone")
    fd = p.open("/gone")
    p.rmdir("/gone")
    with refused(LinuxError, "directory_gone", "ENOENT"):
        p.getdents64(fd, A, 4096)
