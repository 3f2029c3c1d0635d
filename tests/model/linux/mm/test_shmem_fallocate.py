"""Pages before anybody uses them, and holes."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import PAGE, PLACE, RW, Ear, anon, start
from tests.refused import refused
from vmlab import Falloc, LinuxError, Machine, Map, MiB, Open, Process, Seek
from vmlab.model.abi.fcntl import Fcntl, Mfd, Seal
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.trace.events.fault import FaultAround

FD = 4
KEEP = Falloc.FALLOC_FL_KEEP_SIZE
HOLE = Falloc.FALLOC_FL_PUNCH_HOLE | KEEP
MAPPED = PLACE + 0x100000


@pytest.fixture
def p() -> Process:
    """Return a process with an empty file in memory on descriptor 4, mapped shared at MAPPED."""
    p = start()
    anon(p)
    assert p.memfd_create("m", Mfd.MFD_ALLOW_SEALING) == FD
    p.mmap(MAPPED, 8 * PAGE, RW, Map.MAP_SHARED | Map.MAP_FIXED, FD, 0)
    return p


def size(p: Process) -> int:
    return p.lseek(FD, 0, Seek.SEEK_END)


def pages(p: Process) -> list[int]:
    assert p.task.files is not None
    return sorted(p.task.files.fd[FD].f_inode.i_mapping.i_pages)


def test_a_file_gets_its_pages(p: Process) -> None:
    p.fallocate(FD, 0, PAGE + 5, PAGE)
    assert pages(p) == [1, 2]
    assert size(p) == 2 * PAGE + 5
    p.fallocate(FD, KEEP, 4 * PAGE, 1)
    assert pages(p) == [1, 2, 4]
    assert size(p) == 2 * PAGE + 5
    p.ftruncate(FD, PAGE)
    assert pages(p) == []
    validate_machine(p.machine.system)


def test_a_page_that_nobody_used_counts_as_a_hole(p: Process) -> None:
    p.fallocate(FD, 0, 0, 4 * PAGE)
    assert p.lseek(FD, 0, Seek.SEEK_HOLE) == 0
    assert p.mincore(MAPPED, 4 * PAGE) == bytes(4)
    ear = Ear(p)
    p.load(MAPPED)
    p.machine.system.trace.sink = None
    assert not any(isinstance(event, FaultAround) for event in ear.events)
    p.fallocate(FD, 0, PAGE, PAGE)
    assert p.mincore(MAPPED, 4 * PAGE) == b"\1\1\0\0"
    assert p.lseek(FD, 0, Seek.SEEK_HOLE) == 2 * PAGE


def test_a_hole(p: Process) -> None:
    """Its pages leave shared mappings; private copies stay, and what is left of pages is zeroed."""
    p.ftruncate(FD, 4 * PAGE)
    private = p.mmap(0, 4 * PAGE, RW, Map.MAP_PRIVATE, FD, 0)
    for page in range(4):
        p.store(MAPPED + page * PAGE, b"x" * PAGE)
    p.store(private + PAGE, b"y")
    p.fallocate(FD, HOLE, 5, 2 * PAGE + 1)
    assert pages(p) == [0, 2, 3]
    assert p.load(MAPPED + 4, 2) == b"x\0"
    assert p.load(MAPPED + PAGE) == b"\0"
    assert p.load(MAPPED + 2 * PAGE, 7) == bytes(6) + b"x"
    assert p.load(private + PAGE) == b"y"
    assert size(p) == 4 * PAGE
    validate_machine(p.machine.system)


@pytest.mark.parametrize(
    ("seal", "call", "error"),
    [
        (Seal.F_SEAL_GROW, (0, 0, PAGE), "EPERM"),
        (Seal.F_SEAL_GROW, (KEEP, 0, PAGE), "EPERM"),
        (Seal.F_SEAL_GROW, (HOLE, 0, PAGE), ""),
        (Seal.F_SEAL_FUTURE_WRITE, (HOLE, 0, PAGE), "EPERM"),
        (Seal.F_SEAL_FUTURE_WRITE, (0, 0, PAGE), ""),
        (Seal.F_SEAL_SHRINK, (HOLE, 0, PAGE), ""),
    ],
)
def test_seals(p: Process, seal: Seal, call: tuple[int, int, int], error: str) -> None:
    p.fcntl(FD, Fcntl.F_ADD_SEALS, seal)
    if not error:
        p.fallocate(FD, *call)
        return
    with pytest.raises(LinuxError, match=error):
        p.fallocate(FD, *call)


@pytest.mark.parametrize(
    ("path", "flags", "call", "error"),
    [
        ("/dev/shm/f", Open.O_RDWR, (0, -1, 1), "EINVAL"),
        ("/dev/shm/f", Open.O_RDWR, (0x100, 0, 0), "EINVAL"),
        ("/dev/shm/f", Open.O_RDONLY, (0x100, 0, 1), "EOPNOTSUPP"),
        ("/dev/shm/f", Open.O_RDONLY, (HOLE & ~KEEP, 0, 1), "EOPNOTSUPP"),
        ("/dev/shm/f", Open.O_RDONLY, (Falloc.FALLOC_FL_ZERO_RANGE, 0, 1), "EBADF"),
        ("/dev/shm/f", Open.O_RDWR, (Falloc.FALLOC_FL_ZERO_RANGE, 0, 1), "EOPNOTSUPP"),
        ("/dev/shm/f", Open.O_RDWR, (Falloc.FALLOC_FL_COLLAPSE_RANGE | KEEP, 0, 1), "EOPNOTSUPP"),
        ("/dev/shm/f", Open.O_RDWR, (HOLE, 1, (1 << 63) - 1), "EFBIG"),
        ("/dev/shm/f", Open.O_PATH, (0, -1, 0), "EBADF"),
        ("/dev/null", Open.O_RDWR, (0, 1, (1 << 63) - 1), "ENODEV"),
        ("/dev", Open.O_RDONLY, (0, 0, 1), "EBADF"),
    ],
)
def test_what_is_refused_and_why_first(
    p: Process, path: str, flags: int, call: tuple[int, int, int], error: str
) -> None:
    p.machine.fs.write("/dev/shm/f", b"")
    fd = p.open(path, flags)
    with pytest.raises(LinuxError, match=error):
        p.fallocate(fd, *call)


def test_a_pipe_has_no_pages_to_give(p: Process) -> None:
    _, writer = p.pipe()
    with pytest.raises(LinuxError, match="ESPIPE"):
        p.fallocate(writer, 0, 0, 1)


def test_without_room_nothing_is_added() -> None:
    p = Machine(ram=1 * MiB).spawn()
    fd = p.memfd_create("m")
    p.fallocate(fd, 0, PAGE, PAGE)
    p.ftruncate(fd, 0)
    before = sorted(p.machine.system.mem_map)
    with refused(LinuxError, "no_free_frame", "ENOSPC"):
        p.fallocate(fd, 0, 0, 1 << 40)
    assert sorted(p.machine.system.mem_map) == before
    assert p.lseek(fd, 0, Seek.SEEK_END) == 0
    validate_machine(p.machine.system)
