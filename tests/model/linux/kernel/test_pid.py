"""pidfd_open: which numbers can be opened, and what the descriptor is good for."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from tests.refused import refused
from vmlab import (
    CLONE_SIGHAND,
    CLONE_THREAD,
    CLONE_VM,
    F_ADD_SEALS,
    F_GET_SEALS,
    F_GETFD,
    F_GETFL,
    F_SETFL,
    FALLOC_FL_KEEP_SIZE,
    FD_CLOEXEC,
    MAP_PRIVATE,
    MAP_SHARED,
    O_APPEND,
    O_NONBLOCK,
    PIDFD_NONBLOCK,
    PIDFD_THREAD,
    PROT_EXEC,
    PROT_READ,
    LinuxError,
    Machine,
    Process,
    Recorder,
    Rlimit,
    Snapshot,
)
from vmlab.model.linux.mm.validate import validate_machine

A = 0x10000000
THREAD = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD
STAT = struct.Struct("<3QI20xQ")  # st_dev, st_ino, st_nlink, st_mode, st_size of struct stat


@pytest.fixture
def p() -> Process:
    process = Machine().spawn()
    process.mmap(A, 4096, 3, 0x32)
    return process


def stat(process: Process, fd: int) -> tuple[int, ...]:
    process.fstat(fd, A)
    return STAT.unpack(process.load(A, STAT.size))


def test_it_is_closed_by_execve(p: Process) -> None:
    fd = p.pidfd_open(p.pid)
    assert p.fcntl(fd, F_GETFD) == FD_CLOEXEC
    p.execve("/bin/a.out")
    with refused(LinuxError, "fd_not_open", "EBADF"):
        p.fcntl(fd, F_GETFD)


@pytest.mark.parametrize("flags", [0, PIDFD_THREAD, PIDFD_NONBLOCK, PIDFD_THREAD | PIDFD_NONBLOCK])
def test_it_keeps_its_flags(p: Process, flags: int) -> None:
    assert p.fcntl(p.pidfd_open(p.pid, flags), F_GETFL) == 2 | flags


def test_flags_of_the_open_file_change_but_for_that_of_threads(p: Process) -> None:
    fd = p.pidfd_open(p.pid, PIDFD_THREAD)
    p.fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND | 0x2000)
    assert p.fcntl(fd, F_GETFL) == 2 | PIDFD_THREAD | O_NONBLOCK | O_APPEND
    with refused(LinuxError, "no_direct_access", "EINVAL"):
        p.fcntl(fd, F_SETFL, 0x4000)


def test_all_who_open_a_process_open_the_same_inode(p: Process) -> None:
    child = p.fork()
    fds = p.pidfd_open(p.pid), p.pidfd_open(p.pid, PIDFD_THREAD), p.pidfd_open(child.pid)
    first, second, third = (stat(p, fd) for fd in fds)
    assert first == second == stat(child, child.pidfd_open(p.pid))
    assert first[1] != third[1]
    assert first[2:] == third[2:] == (1, 0o700, 0)
    for fd in fds:
        p.close(fd)
    validate_machine(p.machine.system)


@pytest.mark.parametrize(
    ("pid", "flags", "reason", "error"),
    [
        (1000, 1, "unknown_flags", "EINVAL"),
        (5, 1, "unknown_flags", "EINVAL"),
        (0, 0, "pid_not_positive", "EINVAL"),
        (-1, 0, "pid_not_positive", "EINVAL"),
        (5, 0, "no_such_process", "ESRCH"),
    ],
)
def test_what_is_refused(p: Process, pid: int, flags: int, reason: str, error: str) -> None:
    with refused(LinuxError, reason, error):
        p.pidfd_open(pid, flags)


def test_init_can_be_opened(p: Process) -> None:
    assert p.fcntl(p.pidfd_open(1), F_GETFD) == FD_CLOEXEC
    assert p.getpgid(1) == p.machine.system.init.pgrp


def test_no_descriptor_is_left(p: Process) -> None:
    p.setrlimit(Rlimit.RLIMIT_NOFILE, 3)
    before = p.machine.snapshot()
    with refused(LinuxError, "nofile_limit", "EMFILE"):
        p.pidfd_open(p.pid)
    assert p.machine.snapshot().inodes == before.inodes


def test_a_thread_must_be_asked_for_as_one(p: Process) -> None:
    thread = p.clone(THREAD)
    with refused(LinuxError, "not_first_thread", "ENOENT"):
        p.pidfd_open(thread.pid)
    assert p.pidfd_open(thread.pid, PIDFD_THREAD) == 3


def test_it_outlives_its_process(p: Process) -> None:
    child = p.fork()
    fd = p.pidfd_open(child.pid)
    child.exit()
    assert p.pidfd_open(child.pid) == fd + 1, "a zombie is there"
    p.wait()
    with refused(LinuxError, "no_such_process", "ESRCH"):
        p.pidfd_open(child.pid)
    assert p.fcntl(fd, F_GETFL) == 2


@pytest.mark.parametrize(
    ("call", "reason", "error"),
    [
        (lambda p: p.read(3, A, 8), "pidfd_has_no_bytes", "EINVAL"),
        (lambda p: p.read(3, 1 << 62, 0), "pidfd_has_no_bytes", "EINVAL"),
        (lambda p: p.write(3, A, 8), "pidfd_has_no_bytes", "EINVAL"),
        (lambda p: p.pread(3, A, 8, 0), "pidfd_has_no_bytes", "EINVAL"),
        (lambda p: p.writev(3, 1 << 62, 1), "pidfd_has_no_bytes", "EINVAL"),
        (lambda p: p.lseek(3, 0, 1), "pidfd_has_no_bytes", "ESPIPE"),
        (lambda p: p.lseek(3, 0, 9), "whence_unknown", "EINVAL"),
        (lambda p: p.ftruncate(3, 0), "pidfd_has_no_bytes", "EOPNOTSUPP"),
        (lambda p: p.ftruncate(3, -1), "length_negative", "EINVAL"),
        (lambda p: p.fallocate(3, FALLOC_FL_KEEP_SIZE, 0, 1), "pidfd_has_no_bytes", "EOPNOTSUPP"),
        (lambda p: p.fallocate(3, 0, 1, (1 << 63) - 1), "end_past_largest_offset", "EFBIG"),
        (lambda p: p.mmap(0, 4096, PROT_READ, MAP_SHARED, 3), "file_cannot_be_mapped", "ENODEV"),
        (lambda p: p.mmap(0, 4096, PROT_EXEC, MAP_PRIVATE, 3), "mount_forbids_execution", "EPERM"),
        (lambda p: p.fcntl(3, F_GET_SEALS), "file_cannot_be_sealed", "EINVAL"),
        (lambda p: p.fcntl(3, F_ADD_SEALS, 1), "file_cannot_be_sealed", "EINVAL"),
        (lambda p: p.openat(3, "x"), "not_directory", "ENOTDIR"),
    ],
)
def test_it_is_no_file_of_bytes(
    p: Process, call: Callable[[Process], object], reason: str, error: str
) -> None:
    p.pidfd_open(p.pid)
    with refused(LinuxError, reason, error):
        call(p)


def test_it_is_kept_in_states_and_recordings(p: Process) -> None:
    with Recorder(p.machine) as recorder:
        child = p.fork()
        p.pidfd_open(child.pid, PIDFD_NONBLOCK)
        child.exit()
        p.wait()
    snap = p.machine.snapshot()
    assert Snapshot.from_json(snap.to_json()) == snap
    again = Recorder.from_json(recorder.to_json()).machine
    assert again.snapshot() == snap
    assert [inode.pid for inode in again.snapshot().inodes if inode.pid] == [child.pid]
