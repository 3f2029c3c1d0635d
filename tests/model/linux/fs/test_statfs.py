"""What statfs tells of a file system."""

from __future__ import annotations

import struct

from vmlab import Machine, MiB

A = 0x10000000


def test_kinds_and_room() -> None:
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 4096, 3, 0x32)
    fd = p.open("/dev/shm/a", 0o102)
    p.statfs("/dev/shm", A)
    before = struct.unpack("<7q", p.load(A, 56))
    p.write(fd, A, 100)
    p.fstatfs(fd, A)
    kind, size, blocks, free, *_ = struct.unpack("<7q", p.load(A, 56))
    assert (kind, size, blocks) == (0x01021994, 4096, 2048)
    assert free == before[3] - 1
    p.statfs("/", A)
    assert int.from_bytes(p.load(A, 8), "little") == 0xEF53
    p.fstatfs(p.pipe()[0], A)
    assert struct.unpack("<3q", p.load(A, 24)) == (0x50495045, 4096, 0)
