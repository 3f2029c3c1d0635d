"""The terminal gives what was typed, a line at a time, and lets who reads sleep until then."""

from __future__ import annotations

import fcntl
import os
import struct

import pytest

from vmlab import LinuxError, Machine, MiB, Open, Process
from vmlab.errors import Sleeps
from vmlab.model.abi.ioctl import Ioctl
from vmlab.model.abi.poll import POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
from vmlab.model.linux.drivers.tty.n_tty import tty_inode

A, PAGE = 0x10000000, 4096
SLEEPS = None

# What was typed, how much each read asks for, and what Linux 6.18 gave it.
READS: list[tuple[str, list[int], list[bytes | None]]] = [
    ("", [10], [SLEEPS]),
    ("", [0], [b""]),
    ("ab", [10], [SLEEPS]),
    ("ab\n", [10, 10], [b"ab\n", SLEEPS]),
    ("ab\n", [0, 10], [b"", b"ab\n"]),
    ("ab\ncd\n", [10, 10, 10], [b"ab\n", b"cd\n", SLEEPS]),
    ("ab\n", [2, 10, 10], [b"ab", b"\n", SLEEPS]),
    ("\x04", [10, 10], [b"", SLEEPS]),
    ("\x04\x04x\n", [10, 10, 10, 10], [b"", b"", b"x\n", SLEEPS]),
    ("ab\x04", [10, 10], [b"ab", SLEEPS]),
    ("ab\x04\n", [10, 10, 10], [b"ab", b"\n", SLEEPS]),
    ("ab\x04", [2, 10], [b"ab", SLEEPS]),
    ("ab\x04", [1, 1, 1], [b"a", b"b", SLEEPS]),
    ("ab\x04cd\n", [2, 10, 10], [b"ab", b"cd\n", SLEEPS]),
    ("ab\n\x04", [3, 10, 10], [b"ab\n", b"", SLEEPS]),
    ("ab\n\x04cd\n", [3, 10, 10], [b"ab\n", b"", b"cd\n"]),
    ("ab\n\x04", [1, 1, 1, 1, 1], [b"a", b"b", b"\n", b"", SLEEPS]),
    ("x" * 200 + "\n", [130, 130, 130], [b"x" * 130, b"x" * 70 + b"\n", SLEEPS]),
]


@pytest.fixture
def p() -> Process:
    """A process with the terminal on 3 and a page at A; nothing is mapped behind it."""
    process = Machine(ram=8 * MiB).spawn()
    tty_inode(process.machine.system)
    process.mmap(A, PAGE, 3, 0x32)
    assert process.open("/dev/pts/0", Open.O_RDWR) == 3
    return process


def read(p: Process, count: int) -> bytes | None:
    try:
        return p.load(A, p.read(3, A, count))
    except Sleeps:
        return SLEEPS


@pytest.mark.parametrize(("typed", "counts", "answers"), READS)
def test_it_gives_lines(
    p: Process, typed: str, counts: list[int], answers: list[bytes | None]
) -> None:
    p.machine.type(typed)
    assert [read(p, count) for count in counts] == answers


@pytest.mark.parametrize(("typed", "counts", "answers"), READS)
def test_so_does_the_terminal_of_this_kernel(
    typed: str,
    counts: list[int],
    answers: list[bytes | None],
    request: pytest.FixtureRequest,
) -> None:
    if not request.config.getoption("real_kernel"):
        pytest.skip("asks the kernel only with --real-kernel")
    master, slave = terminal()
    os.write(master, typed.encode())
    got: list[bytes | None] = []
    for count in counts:
        try:
            got.append(os.read(slave, count))
        except BlockingIOError:
            got.append(SLEEPS)
    os.close(master)
    os.close(slave)
    assert got == answers


def terminal() -> tuple[int, int]:
    import termios

    master, slave = os.openpty()
    modes = termios.tcgetattr(slave)
    modes[0] = modes[1] = 0
    modes[3] = termios.ICANON
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    os.set_blocking(slave, False)
    return master, slave


def test_who_does_not_want_to_sleep_is_told(p: Process) -> None:
    p.fcntl(3, fcntl.F_SETFL, Open.O_NONBLOCK)
    with pytest.raises(LinuxError, match=r"EAGAIN .*: nobody has typed a whole line$"):
        p.read(3, A, 1)


def test_what_cannot_be_stored_is_lost(p: Process) -> None:
    """It is taken out 64 bytes at a time."""
    p.machine.type("x" * 100 + "\n")
    with pytest.raises(LinuxError, match="EFAULT"):
        p.read(3, A + PAGE, 200)
    assert p.read(3, A + PAGE - 10, 200) == 10
    assert read(p, 200) is SLEEPS
    p.machine.type("\n")
    assert read(p, 200) == b"\n"


def test_poll_tells_whether_there_is_a_line(p: Process) -> None:
    def mask() -> int:
        p.store(A, struct.pack("<iHH", 3, 0xFFFF, 0))
        p.poll(A, 1, 0)
        return int.from_bytes(p.load(A + 6, 2), "little")

    p.machine.type("ab")
    assert mask() == POLLOUT | POLLWRNORM
    p.machine.type("\x04")
    assert mask() == POLLOUT | POLLWRNORM | POLLIN | POLLRDNORM


@pytest.mark.parametrize(("typed", "count"), [("", 0), ("ab", 0), ("ab\ncd\x04ef", 5)])
def test_how_much_there_is_to_read(p: Process, typed: str, count: int) -> None:
    p.machine.type(typed)
    p.ioctl(3, Ioctl.FIONREAD, A)
    assert int.from_bytes(p.load(A, 4), "little") == count
