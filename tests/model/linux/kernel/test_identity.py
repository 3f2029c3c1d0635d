"""Who and where a process is, and what time: as Linux 6.18 answers, but that time stands still."""

from __future__ import annotations

import struct
from errno import errorcode

import pytest

from tests.model.linux.lab import PLACE, anon
from vmlab import (
    F_GETFD,
    F_GETFL,
    FIOCLEX,
    FIONBIO,
    FIONREAD,
    GRND_INSECURE,
    GRND_NONBLOCK,
    GRND_RANDOM,
    O_CLOEXEC,
    O_NONBLOCK,
    O_PATH,
    TCGETS,
    TIOCGWINSZ,
    Clock,
    LinuxError,
    Machine,
    MiB,
    Process,
    Snapshot,
)
from vmlab.model.linux.drivers.tty.n_tty import tty_inode
from vmlab.model.linux.kernel.sys import getppid


@pytest.fixture
def p() -> Process:
    """A process with /f on descriptor 3, and as O_PATH on 4."""
    machine = Machine(ram=8 * MiB)
    machine.fs.write("/f", b"x" * 100)
    process = machine.spawn()
    anon(process)
    process.open("/f", 2)
    process.open("/f", O_PATH)
    return process


def outcome(p: Process, name: str, *args: object) -> object:
    """Return what a call answers, or how it failed."""
    try:
        return p.call(name, *args)
    except LinuxError as failure:
        return errorcode[failure.errno or 0]


def test_numbers(p: Process) -> None:
    thread, child = p.clone(0x10F00), p.fork()
    assert [each.gettid() for each in (p, thread, child)] == [1000, 1001, 1002]
    assert [each.getppid() for each in (p, thread, child)] == [1, 1, 1000]
    assert getppid(p.machine.system.init) == 0
    assert [p.getuid(), p.geteuid(), p.getgid(), p.getegid()] == [0] * 4


def test_groups_and_sessions(p: Process) -> None:
    child = p.fork()
    assert (child.getpgrp(), child.getsid(0), p.getpgid(child.pid)) == (1000, 1000, 1000)
    assert outcome(p, "getpgid", 77) == outcome(p, "getsid", 77) == "ESRCH"
    assert outcome(p, "setsid") == outcome(p, "setpgid", 0, 0) == "EPERM"
    assert outcome(p, "setpgid", 0, -1) == "EINVAL"
    assert outcome(child, "setpgid", 1000, 0) == "ESRCH"
    assert outcome(p, "setpgid", child.pid, 77) == "EPERM"
    p.setpgid(child.pid, 0)
    assert (child.getpgrp(), child.getsid(0)) == (child.pid, 1000)
    p.setpgid(child.pid, 1000)
    assert child.setsid() == child.getpgrp() == child.getsid(0) == child.pid
    assert outcome(p, "setpgid", child.pid, 1000) == "EPERM"
    snap = p.machine.snapshot()
    assert Snapshot.from_json(snap.to_json()) == snap


def test_who_may_be_moved_to_which_group(p: Process) -> None:
    thread, child = p.clone(0x10F00), p.fork()
    grandchild, other = child.fork(), p.machine.spawn()
    own = child.pid
    assert outcome(p, "setpgid", 77, 0) == "ESRCH"
    assert outcome(p, "setpgid", thread.pid, 0) == "EINVAL"
    assert (
        outcome(p, "setpgid", grandchild.pid, 0) == outcome(p, "setpgid", other.pid, 0) == "ESRCH"
    )
    assert outcome(thread, "setpgid", child.pid, 1) == "EPERM"  # no member of its session
    assert outcome(child, "setpgid", 0, other.pid) == "EPERM"
    thread.setpgid(child.pid, child.pid)
    assert child.getpgrp() == own
    child.setpgid(0, p.pid)
    assert child.getpgrp() == p.pid
    child.setpgid(grandchild.pid, 0)
    child.setpgid(0, grandchild.pid)
    assert child.getpgrp() == grandchild.getpgrp() == grandchild.pid
    assert outcome(grandchild, "setsid") == "EPERM"  # it leads a group
    companion = child.clone(0x10F00)
    assert companion.setsid() == own
    assert (child.getpgrp(), child.getsid(0), companion.getsid(own)) == (own, own, own)
    assert grandchild.getsid(0) == p.pid
    assert outcome(p, "setpgid", own, own) == "EPERM"


def test_random_bytes_follow_from_the_seed(p: Process) -> None:
    other = Machine(ram=8 * MiB, aslr_seed=7).spawn()
    other.mmap(PLACE, 4096, 3, 0x32)
    found = []
    for process in (p, other):
        assert process.getrandom(PLACE, 300, GRND_NONBLOCK) == 300
        found.append(process.load(PLACE, 300))
    assert found[0] != found[1]
    assert len(set(found[0])) > 100
    p.getrandom(PLACE, 8)
    assert p.load(PLACE, 8) != found[0][:8]


@pytest.mark.parametrize(
    ("flags", "answer"),
    [
        *((GRND_NONBLOCK | GRND_RANDOM, 8), (GRND_INSECURE, 8), (8, "EINVAL")),
        (GRND_RANDOM | GRND_INSECURE, "EINVAL"),
    ],
)
def test_flags_of_getrandom(p: Process, flags: int, answer: object) -> None:
    assert outcome(p, "getrandom", PLACE, 8, flags) == answer
    assert outcome(p, "getrandom", 0, 0, 0) == 0
    assert outcome(p, "getrandom", 0, 8, 0) == "EFAULT"


def test_which_system_it_is(p: Process) -> None:
    p.uname(PLACE)
    names = [name.rstrip(b"\0") for (name,) in struct.iter_unpack("65s", p.load(PLACE, 390))]
    assert names[0::2] == [b"Linux", b"6.18.0", b"x86_64"]


def test_memory_and_cpus(p: Process) -> None:
    p.store(PLACE, b"x")
    p.sysinfo(PLACE)
    total, free, procs, unit = struct.unpack("<32x2Q32xH22xI4x", p.load(PLACE, 112))
    assert (total, procs, unit) == (8 << 20, 2, 1)
    p.store(PLACE + 4096, b"x")
    memory = p.memfd_create("m")
    p.ftruncate(memory, 8192)
    p.pwrite(memory, PLACE, 4097, 0)
    p.machine.system.clock = 2_000_000_001
    p.sysinfo(PLACE)
    uptime, left, shared = struct.unpack("<q32xQQ", p.load(PLACE, 56))
    assert (uptime, free - left, shared) == (3, 3 * 4096, 2 * 4096)
    p.munmap(PLACE + 4096, 4096)
    p.sysinfo(PLACE)
    assert struct.unpack("<40xQ", p.load(PLACE, 48)) == (left + 4096,)
    sizes = [(0, "EINVAL"), (4, "EINVAL"), (9, "EINVAL"), (8, 8), (128, 32)]
    for size, answer in sizes:
        assert outcome(p, "sched_getaffinity", 0, size, PLACE) == answer
    assert p.load(PLACE, 8) == b"\1" + bytes(7)
    assert outcome(p, "sched_getaffinity", 77, 8, PLACE) == "ESRCH"
    assert [outcome(p, "getpriority", *each) for each in ((0, 0), (1, 0), (2, 0), (3, 0))] == [
        *(20, 20, 20, "EINVAL")
    ]
    assert outcome(p, "getpriority", 0, 77) == outcome(p, "getpriority", 1, 77) == "ESRCH"


def test_time_is_that_since_the_start(p: Process) -> None:
    p.machine.system.clock = 5_007_000_123
    p.clock_gettime(Clock.CLOCK_MONOTONIC, PLACE)
    assert struct.unpack("<2q", p.load(PLACE, 16)) == (5, 7_000_123)
    p.clock_gettime(Clock.CLOCK_REALTIME_COARSE, PLACE)
    assert struct.unpack("<2q", p.load(PLACE, 16)) == (5, 4_000_000)
    p.clock_gettime(Clock.CLOCK_PROCESS_CPUTIME_ID, PLACE)
    assert p.load(PLACE, 16) == bytes(16)
    p.gettimeofday(0)
    assert p.load(PLACE, 16) == bytes(16)
    p.gettimeofday(PLACE)
    assert struct.unpack("<2q", p.load(PLACE, 16)) == (5, 7_000)
    assert (p.time(PLACE), p.load(PLACE, 8)) == (5, b"\5" + bytes(7))
    assert p.times() == 500
    snap = p.machine.snapshot()
    assert Snapshot.from_json(snap.to_json()).system.clock == 5_007_000_123


@pytest.mark.parametrize("clock", [8, 9, 10, 12, 16, -1])
def test_clocks_that_there_are_not(p: Process, clock: int) -> None:
    for call in ("clock_gettime", "clock_getres"):
        assert outcome(p, call, clock, 0) == "EINVAL"


def test_what_clocks_count_by(p: Process) -> None:
    for clock, step in ((Clock.CLOCK_BOOTTIME, 1), (Clock.CLOCK_MONOTONIC_COARSE, 4_000_000)):
        p.clock_getres(clock, PLACE)
        assert struct.unpack("<2q", p.load(PLACE, 16)) == (0, step)
        assert outcome(p, "clock_gettime", clock, 0) == "EFAULT"
        assert outcome(p, "clock_getres", clock, 0) is None


@pytest.mark.parametrize(
    ("args", "answer"),
    [
        *(((3, 3), "EINVAL"), ((99, 3, 1), "EINVAL"), ((99, 99), "EINVAL"), ((99, 100), "EBADF")),
        *(((3, 1 << 20), "EBADF"), ((3, -1), "EBADF"), ((3, 50, O_CLOEXEC), 50)),
        ((3, 50, O_NONBLOCK), "EINVAL"),
    ],
)
def test_dup3(p: Process, args: tuple[int, ...], answer: object) -> None:
    assert outcome(p, "dup3", *args) == answer
    if answer == 50:
        assert p.fcntl(50, F_GETFD) == 1


def test_ranges_of_descriptors(p: Process) -> None:
    assert outcome(p, "close_range", 4, 3) == outcome(p, "close_range", 3, 4, 1) == "EINVAL"
    assert p.dup(3) == 5
    p.close_range(4, 100, 4)
    assert [p.fcntl(fd, F_GETFD) for fd in (3, 4, 5)] == [0, 1, 1]
    p.close_range(4, (1 << 32) - 1)
    assert [outcome(p, "dup", fd) for fd in (4, 5, 3)] == ["EBADF", "EBADF", 4]


def test_what_can_be_asked_of_the_terminal(p: Process) -> None:
    tty_inode(p.machine.system)
    tty = p.open("/dev/pts/0")
    p.store(PLACE, b"?" * 40)
    p.ioctl(tty, TCGETS, PLACE)
    assert struct.unpack("<4I", p.load(PLACE, 16)) == (0, 0, 0xBF, 2)
    assert p.load(PLACE + 36, 4) == b"????"
    p.ioctl(tty, TIOCGWINSZ, PLACE)
    assert p.load(PLACE, 8) == bytes(8)
    assert outcome(p, "ioctl", tty, 0x1234, PLACE) == "ENOTTY"
    assert outcome(p, "ioctl", tty, TCGETS, 0) == "EFAULT"


def test_what_can_be_asked_of_open_files(p: Process) -> None:
    for cmd in (TCGETS, TIOCGWINSZ, 0x1234):
        assert outcome(p, "ioctl", 3, cmd, PLACE) == outcome(p, "ioctl", 0, cmd, 0) == "ENOTTY"
    assert outcome(p, "ioctl", 4, FIOCLEX) == outcome(p, "ioctl", 99, FIOCLEX) == "EBADF"
    assert outcome(p, "ioctl", 0, FIONREAD, PLACE) == "ENOTTY"
    assert outcome(p, "ioctl", 3, FIONREAD, 0) == outcome(p, "ioctl", 3, FIONBIO, 0) == "EFAULT"
    p.lseek(3, 30)
    p.ioctl(3, FIONREAD, PLACE)
    assert p.load(PLACE, 4) == b"\x46\0\0\0"
    p.ioctl(3, FIONBIO, PLACE)
    p.ioctl(3, FIOCLEX)
    assert (p.fcntl(3, F_GETFL) & O_NONBLOCK, p.fcntl(3, F_GETFD)) == (O_NONBLOCK, 1)
