"""What fstat stores."""

from __future__ import annotations

import stat
import struct
from typing import NamedTuple

import pytest

from tests.model.linux.lab import PAGE, PLACE, anon, start
from vmlab import LinuxError, Mfd, Open, Process


class Stat(NamedTuple):
    """The fields of struct stat that are not always 0."""

    st_dev: int
    st_ino: int
    st_nlink: int
    st_mode: int
    st_rdev: int
    st_size: int
    st_blksize: int
    st_blocks: int


@pytest.fixture
def p() -> Process:
    """Return a process with /f, of 20 pages and 5 bytes, on descriptor 3."""
    p = start()
    anon(p)
    return p


def fstat(p: Process, fd: int) -> Stat:
    p.store(PLACE, b"?" * 144)
    p.fstat(fd, PLACE)
    return Stat(*struct.unpack("<3QI12xQ3q72x", p.load(PLACE, 144)))


def test_a_file(p: Process) -> None:
    found = fstat(p, 3)
    assert found.st_ino == p.machine.system.namei["/f"].i_ino
    assert (found.st_dev, found.st_nlink, found.st_mode) == (0xFE00, 1, stat.S_IFREG | 0o777)
    assert found[5:] == (20 * PAGE + 5, PAGE, 21 * 8)
    p.machine.fs.link("/f", "/g")
    assert fstat(p, 3).st_nlink == 2


def test_a_hole_has_no_blocks(p: Process) -> None:
    fd = p.memfd_create("m", Mfd.MFD_NOEXEC_SEAL)
    p.ftruncate(fd, 1 << 40)
    assert fstat(p, fd)[2:] == (0, stat.S_IFREG | 0o666, 0, 1 << 40, PAGE, 0)
    p.pwrite(fd, PLACE, 1, 1 << 30)
    assert fstat(p, fd).st_blocks == 8


def test_what_is_no_file(p: Process) -> None:
    p.machine.fs.mkdir("/d/e")
    p.machine.fs.write("/d/f", b"")
    assert fstat(p, p.open("/d"))[2:] == (3, stat.S_IFDIR | 0o777, 0, 80, PAGE, 0)
    assert fstat(p, p.open("/dev/null"))[3:5] == (stat.S_IFCHR | 0o666, 0x103)
    assert fstat(p, p.open("/dev/zero", Open.O_PATH)).st_rdev == 0x105
    reader, writer = p.pipe()
    p.write(writer, PLACE, 5)
    assert fstat(p, reader)[2:] == (1, stat.S_IFIFO | 0o600, 0, 0, PAGE, 0)


@pytest.mark.parametrize(("fd", "addr", "error"), [(99, 0, "EBADF"), (3, 0, "EFAULT")])
def test_what_is_refused(p: Process, fd: int, addr: int, error: str) -> None:
    with pytest.raises(LinuxError, match=error):
        p.fstat(fd, addr)


def statx(p: Process, path: str, mask: int, flags: int = 0, dirfd: int = -100) -> tuple[int, ...]:
    """stx_mask, stx_blksize, stx_nlink, stx_mode, stx_size, stx_blocks, stx_attributes_mask."""
    p.statx(dirfd, path, flags, mask, PLACE)
    return struct.unpack("<2I8xI8xH10x3Q64x16x112x", p.load(PLACE, 256))


def test_statx_tells_what_stat_does(p: Process) -> None:
    p.machine.fs.write("/dev/shm/m", b"x" * 5000)
    masks = {0x7FF: 0x17FF, 0xFFF: 0x1FFF, 0: 0x173F, 0x40: 0x17FF, 0x20000: 0x173F}
    for asked, told in masks.items():
        assert statx(p, "/dev/shm/m", asked)[0] == told
    assert statx(p, "/dev/shm/m", 0x7FF)[1:] == (PAGE, 1, 0o100777, 5000, 16, 0x203070)
    assert statx(p, "/f", 0x7FF)[-1] == 0x303874
    assert statx(p, "", 0x7FF, 0x1000, 3)[4] == 20 * PAGE + 5
    assert p.load(PLACE + 136, 8) == struct.pack("<2I", 0xFE, 0)


@pytest.mark.parametrize(
    ("path", "flags", "mask", "error"),
    [
        ("/f", 0, 1 << 31, "EINVAL"),
        ("/f", 0x10, 0, "EINVAL"),
        ("/f", 0x6000, 0, "EINVAL"),
        ("", 0, 0, "ENOENT"),
        ("/none", 0, 0, "ENOENT"),
    ],
)
def test_what_statx_refuses(p: Process, path: str, flags: int, mask: int, error: str) -> None:
    with pytest.raises(LinuxError, match=error):
        p.statx(-100, path, flags, mask, PLACE)


def test_faccessat2(p: Process) -> None:
    for flags in (0, 0x100, 0x200):
        p.faccessat2(-100, "/f", 4, flags)
    p.faccessat2(3, "", 4, 0x1000)
    for args, error in (
        (("/f", 8, 0), "EINVAL"),
        (("/f", 0, 0x800), "EINVAL"),
        (("", 0, 0), "ENOENT"),
    ):
        with pytest.raises(LinuxError, match=error):
            p.faccessat2(-100, *args)
