"""Limits, process numbers, and which signals a process survives."""

from __future__ import annotations

import struct

import pytest

from tests.refused import refused
from vmlab import (
    ARCH_GET_FS,
    ARCH_GET_GS,
    ARCH_SET_FS,
    ARCH_SET_GS,
    CLONE_SIGHAND,
    CLONE_THREAD,
    CLONE_VM,
    PAGE_SIZE,
    PR_GET_NAME,
    PR_GET_THP_DISABLE,
    PR_SET_MM,
    PR_SET_NAME,
    PR_SET_THP_DISABLE,
    PR_SET_VMA,
    PROT_READ,
    PROT_WRITE,
    RLIMIT_AS,
    RLIMIT_CORE,
    RLIMIT_DATA,
    RLIMIT_NOFILE,
    RLIMIT_STACK,
    LinuxError,
    Machine,
    Map,
    MiB,
    Process,
    Segfault,
    Snapshot,
)
from vmlab.model.abi.resource import RLIM_INFINITY, UNLIMITED

A = 0x10000000
RW = PROT_READ | PROT_WRITE
ANON = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS
FIXED = ANON | Map.MAP_FIXED


def test_the_threads_of_a_process_have_one_number() -> None:
    process = Machine().spawn()
    thread = process.clone(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
    child = process.fork()
    assert [each.getpid() for each in (process, thread, child)] == [1000, 1000, 1002]


def test_a_limit_binds_from_now_on() -> None:
    process = Machine().spawn()
    process.setrlimit(RLIMIT_NOFILE, 4)
    process.open("/dev/zero")
    with pytest.raises(LinuxError, match="EMFILE"):
        process.open("/dev/zero")


@pytest.fixture
def p() -> Process:
    process = Machine().spawn()
    assert process.mmap(A, PAGE_SIZE, RW, FIXED) == A
    return process


def test_limits_are_asked_for(p: Process) -> None:
    assert p.getrlimit(RLIMIT_NOFILE) == (1024, 4096)
    assert p.getrlimit(RLIMIT_STACK, A) == (8 * MiB, RLIM_INFINITY)
    assert p.load(A, 16) == struct.pack("<2Q", 8 * MiB, RLIM_INFINITY)
    with refused(LinuxError, "nothing_stored", "EFAULT"):
        p.getrlimit(RLIMIT_STACK, 0)


def test_a_limit_that_nothing_looks_at_is_kept(p: Process) -> None:
    p.setrlimit(RLIMIT_CORE, 5, 7)
    assert p.getrlimit(RLIMIT_CORE) == (5, 7)
    p.setrlimit(RLIMIT_CORE, 7)
    assert p.getrlimit(RLIMIT_CORE) == (7, 7)


@pytest.mark.parametrize(
    ("resource", "limits", "reason", "error"),
    [
        (99, (1, 1), "no_such_resource", "EINVAL"),
        (16, (2, 1), "no_such_resource", "EINVAL"),
        (RLIMIT_CORE, (2, 1), "soft_over_hard", "EINVAL"),
        (RLIMIT_NOFILE, (1, 1 << 21), "over_nr_open", "EPERM"),
        (RLIMIT_NOFILE, (1, 4097), "hard_limit_raised", "EPERM"),
    ],
)
def test_a_limit_that_cannot_be_set(
    p: Process, resource: int, limits: tuple[int, int], reason: str, error: str
) -> None:
    before = p.machine.snapshot().tasks[-1].rlimits
    with refused(LinuxError, reason, error):
        p.setrlimit(resource, *limits)
    with refused(LinuxError, reason, error):
        p.prlimit(0, resource, limits)
    assert p.machine.snapshot().tasks[-1].rlimits == before


def test_limits_of_another_process(p: Process) -> None:
    child = p.fork()
    assert p.prlimit(child.pid, RLIMIT_AS, (1 << 40, -1), A) == UNLIMITED
    assert child.getrlimit(RLIMIT_AS) == (1 << 40, RLIM_INFINITY)
    assert p.getrlimit(RLIMIT_AS) == UNLIMITED
    assert p.load(A, 16) == b"\xff" * 16
    assert p.prlimit(1, RLIMIT_STACK) == (8 * MiB, RLIM_INFINITY)
    with refused(LinuxError, "no_such_process", "ESRCH"):
        p.prlimit(7, 99)


def test_new_limits_hold_even_if_the_old_ones_cannot_be_stored(p: Process) -> None:
    with refused(LinuxError, "nothing_stored", "EFAULT"):
        p.prlimit(0, RLIMIT_AS, (1 << 40, 1 << 40), 0x5000)
    assert p.getrlimit(RLIMIT_AS) == (1 << 40, 1 << 40)


def test_threads_share_limits_and_a_snapshot_knows_it(p: Process) -> None:
    thread = p.clone(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
    thread.setrlimit(RLIMIT_CORE, 3)
    assert p.getrlimit(RLIMIT_CORE)[0] == 3
    p.machine.restore(p.machine.snapshot())
    thread.setrlimit(RLIMIT_CORE, 2)
    assert p.getrlimit(RLIMIT_CORE)[0] == 2


def test_no_limit_of_data_means_the_hard_one(p: Process) -> None:
    p.setrlimit(RLIMIT_DATA, 0)
    p.mmap(None, MiB, RW, ANON)
    p.setrlimit(RLIMIT_DATA, 0, 1)
    with refused(LinuxError, "rlimit_as_or_data", "ENOMEM"):
        p.mmap(None, MiB, RW, ANON)


@pytest.mark.parametrize("signal", [0, 9, 19, 65, -1])
def test_a_signal_that_has_no_handler(signal: int) -> None:
    with refused(LinuxError, "signal_without_handler", "EINVAL"):
        Machine().spawn().sigaction(signal)


@pytest.mark.parametrize("signal", [1, 8, 10, 18, 20, 64])
def test_a_signal_that_has_one(signal: int) -> None:
    process = Machine().spawn()
    process.sigaction(signal)
    assert [*process.task.sighand.action] == [signal]


def test_a_handler_can_be_removed() -> None:
    process = Machine().spawn()
    process.sigaction(11)
    with pytest.raises(Segfault):
        process.load(0x5000)
    process.sigaction(11, False)
    with pytest.raises(Segfault):
        process.load(0x5000)
    assert process.state == "X"


# prctl and arch_prctl


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"tea\0", b"tea"),
        (b"\0", b""),
        (b"a name of 20 letters", b"a name of 20 le"),
        (b"fifteen letters\0", b"fifteen letters"),
        (b"\xff\x85<tea>\0", b"\xff\x85<tea>"),
        (b"14 bytes, and \xe2\x82\xac", b"14 bytes, and \xe2"),
    ],
)
def test_a_task_has_a_name_of_fifteen_bytes(p: Process, data: bytes, name: bytes) -> None:
    p.store(A, data)
    assert p.prctl(PR_SET_NAME, A) == 0
    assert p.task.comm.encode(errors="surrogateescape") == name
    p.prctl(PR_GET_NAME, A + 32)
    assert p.load(A + 32, 16) == name.ljust(16, b"\0")
    assert p.fork().task.comm == p.task.comm
    state = p.machine.snapshot()
    assert Snapshot.from_json(state.to_json()) == state


def test_a_name_may_end_where_memory_does(p: Process) -> None:
    p.store(A + PAGE_SIZE - 15, b"fifteen letters")  # and no end
    p.prctl(PR_SET_NAME, A + PAGE_SIZE - 15)
    assert p.task.comm == "fifteen letters"
    p.store(A + PAGE_SIZE - 4, b"tea\0")
    p.prctl(PR_SET_NAME, A + PAGE_SIZE - 4)
    assert p.task.comm == "tea"
    p.store(A + PAGE_SIZE - 4, b"four")
    with refused(LinuxError, "nothing_read", "EFAULT"):
        p.prctl(PR_SET_NAME, A + PAGE_SIZE - 4)
    with refused(LinuxError, "nothing_stored", "EFAULT"):
        p.prctl(PR_GET_NAME, A + PAGE_SIZE - 4)
    assert p.task.comm == "tea"


def test_huge_pages_are_forbidden_to_children_and_the_next_program_too(p: Process) -> None:
    assert p.prctl(PR_GET_THP_DISABLE) == 0
    p.prctl(PR_SET_THP_DISABLE, 1)
    child = p.fork()
    child.execve("/bin/a.out")
    assert child.prctl(PR_GET_THP_DISABLE) == 1
    child.prctl(PR_SET_THP_DISABLE, 1, 2)
    assert child.prctl(PR_GET_THP_DISABLE) == 3
    child.prctl(PR_SET_THP_DISABLE, 0)
    assert child.prctl(PR_GET_THP_DISABLE) == 0
    p.machine.restore(p.machine.snapshot())
    assert p.prctl(PR_GET_THP_DISABLE) == 1


@pytest.mark.parametrize(
    ("args", "reason", "error"),
    [
        ((999,), "unknown_option", "EINVAL"),
        ((PR_SET_VMA, 0, A, PAGE_SIZE, A), "unknown_option", "EINVAL"),
        ((PR_SET_THP_DISABLE, 1, 4), "unknown_flags", "EINVAL"),
        ((PR_SET_THP_DISABLE, 0, 2), "unknown_flags", "EINVAL"),
        ((PR_SET_THP_DISABLE, 1, 0, 1), "arguments_not_zero", "EINVAL"),
        ((PR_GET_THP_DISABLE, 1), "arguments_not_zero", "EINVAL"),
        ((PR_SET_MM, 1, A), "needs_right", "EPERM"),
        ((PR_SET_MM, 1, A, 1), "arguments_not_zero", "EINVAL"),
        ((PR_SET_MM, 14, A, 5), "size_differs", "EINVAL"),
        ((PR_SET_MM, 14, 0, 104), "nothing_read", "EFAULT"),
        ((PR_SET_MM, 14, A, 104), "range_leaves_user_space", "EINVAL"),
        ((PR_SET_MM, 15, 0), "nothing_stored", "EFAULT"),
    ],
)
def test_what_prctl_refuses(p: Process, args: tuple[int, ...], reason: str, error: str) -> None:
    with refused(LinuxError, reason, error):
        p.prctl(*args)


def test_the_size_of_a_map_is_told(p: Process) -> None:
    p.store(A, b"?" * 5)
    p.prctl(PR_SET_MM, 15, A)
    assert p.load(A, 5) == b"\x68\0\0\0?"


def test_segments_begin_where_they_were_set(p: Process) -> None:
    p.arch_prctl(ARCH_SET_FS, 0x1234)
    p.arch_prctl(ARCH_SET_GS, (1 << 47) - PAGE_SIZE - 1)
    child = p.fork()
    for code, base in ((ARCH_GET_FS, 0x1234), (ARCH_GET_GS, (1 << 47) - PAGE_SIZE - 1)):
        child.arch_prctl(code, A)
        assert child.load(A, 8) == base.to_bytes(8, "little")
    p.machine.restore(p.machine.snapshot())
    assert child.task.fsbase == 0x1234
    child.execve("/bin/a.out")
    assert (child.task.fsbase, child.task.gsbase) == (0, 0)


@pytest.mark.parametrize(
    ("code", "addr", "reason", "error"),
    [
        (ARCH_SET_FS, (1 << 47) - PAGE_SIZE, "base_outside_user_space", "EPERM"),
        (ARCH_GET_GS, 0x5000, "nothing_stored", "EFAULT"),
        (0x1005, A, "unknown_option", "EINVAL"),
    ],
)
def test_what_arch_prctl_refuses(p: Process, code: int, addr: int, reason: str, error: str) -> None:
    with refused(LinuxError, reason, error):
        p.arch_prctl(code, addr)
