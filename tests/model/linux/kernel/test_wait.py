"""Whom wait4 waits for, and what it tells: as Linux 6.18 answered."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.lab import PAGE, PLACE, anon
from tests.refused import refused
from vmlab import (
    CLONE_VM,
    RUSAGE_CHILDREN,
    RUSAGE_SELF,
    RUSAGE_THREAD,
    WNOHANG,
    LinuxError,
    Machine,
    MiB,
    Process,
    Recorder,
    Snapshot,
)
from vmlab.model.abi.wait import WALL, WCLONE


@pytest.fixture
def p() -> Process:
    process = Machine(ram=8 * MiB).spawn()
    anon(process)
    return process


def usage(p: Process, who: int) -> tuple[int, int]:
    """The pages of the most memory, and the minor faults."""
    p.getrusage(who, PLACE)
    maxrss, faults = struct.unpack("<32xq24xq72x", p.load(PLACE, 144))
    return maxrss // 4, faults


def test_a_certain_child(p: Process) -> None:
    first, second = p.fork(), p.fork()
    first.exit(1)
    second.exit(2)
    with refused(LinuxError, "no_children", "ECHILD"):
        p.wait(second.pid + 1)
    assert p.wait(second.pid) == (second.pid, 2 << 8)
    assert p.wait() == (first.pid, 1 << 8)


def test_children_of_a_group(p: Process) -> None:
    same, other = p.fork(), p.fork()
    p.setpgid(other.pid, 0)
    for child in (same, other):
        child.exit()
    with refused(LinuxError, "no_children", "ECHILD"):
        p.wait(-other.pid - 1)
    assert p.wait(-other.pid)[0] == other.pid
    assert p.wait(0)[0] == same.pid
    with refused(LinuxError, "no_such_group", "ESRCH"):
        p.wait(-1 << 31)


def test_without_sleeping(p: Process) -> None:
    with refused(LinuxError, "no_children", "ECHILD"):
        p.wait(options=WNOHANG)
    child = p.fork()
    assert p.wait(options=WNOHANG) == (0, 0)
    child.exit(5)
    assert p.wait(options=WNOHANG) == (child.pid, 5 << 8)
    with refused(LinuxError, "unknown_flags", "EINVAL"):
        p.wait(options=16)


def test_which_signal_tells_of_the_end(p: Process) -> None:
    child, quiet = p.fork(), p.clone(CLONE_VM)
    child.exit()
    quiet.exit()
    assert p.wait(options=WCLONE) == (quiet.pid, 0)
    with refused(LinuxError, "no_children", "ECHILD"):
        p.wait(options=WCLONE)
    assert p.wait(options=0) == (child.pid, 0)
    p.clone(CLONE_VM).exit()
    with refused(LinuxError, "no_children", "ECHILD"):
        p.wait(options=0)
    p.wait(options=WALL)


def test_an_answer_that_cannot_be_stored_is_gone(p: Process) -> None:
    p.fork().exit(3)
    with refused(LinuxError, "nothing_stored", "EFAULT"):
        p.wait(wstatus=8)
    with refused(LinuxError, "no_children", "ECHILD"):
        p.wait()


def test_what_children_used_counts_when_they_are_waited_for(p: Process) -> None:
    child = p.fork()
    for page in range(3):
        child.store(PLACE + page * PAGE, b"x")
    faults = child.min_flt
    most, own = usage(child, RUSAGE_SELF)
    assert (own, usage(child, RUSAGE_CHILDREN)) == (faults, (0, 0))
    faults = child.min_flt
    child.exit()
    assert usage(p, RUSAGE_CHILDREN) == (0, 0)
    p.wait(rusage=PLACE)
    assert struct.unpack("<32xq24xq72x", p.load(PLACE, 144))[1] == faults
    found, counted = usage(p, RUSAGE_CHILDREN)
    assert (found >= most, counted) == (True, faults)
    snap = p.machine.snapshot()
    assert Snapshot.from_json(snap.to_json()) == snap
    p.machine.restore(snap)
    assert usage(p, RUSAGE_CHILDREN) == (found, counted)
    with refused(LinuxError, "no_such_usage", "EINVAL"):
        p.getrusage(-2, PLACE)


def major(p: Process, who: int) -> int:
    p.getrusage(who, PLACE)
    (faults,) = struct.unpack("<72xq64x", p.load(PLACE, 144))
    return int(faults)


def test_major_faults_are_counted_apart(p: Process) -> None:
    """Those of a child, of its thread, and of its own child."""
    child = p.fork()
    thread, grandchild = child.clone(0x10F00), child.fork()
    for each, faults in ((child, 2), (thread, 30), (grandchild, 400)):
        each.task.maj_flt = faults
    assert [major(thread, who) for who in (RUSAGE_THREAD, RUSAGE_SELF)] == [30, 32]
    thread.exit_thread()
    grandchild.exit()
    child.wait()
    assert [major(child, who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)] == [32, 400]
    child.exit()
    p.wait()
    assert [major(p, who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)] == [0, 432]


def test_the_most_memory_is_that_of_one_process(p: Process) -> None:
    """Of the largest among children, and what it had before execve counts."""
    child = p.fork()
    big = child.mmap(0, 200 * PAGE, 3, 0x8022)  # populated
    most = usage(child, RUSAGE_SELF)[0]
    child.munmap(big, 200 * PAGE)
    assert usage(child, RUSAGE_SELF)[0] == most > 150
    grandchild = child.fork()
    grandchild.mmap(0, 300 * PAGE, 3, 0x8022)
    grandchild.exit()
    child.wait()
    assert usage(child, RUSAGE_CHILDREN)[0] > 250 > usage(child, RUSAGE_SELF)[0]
    child.execve("/bin/a.out")
    child.exit()
    p.wait(child.pid)
    assert usage(p, RUSAGE_CHILDREN)[0] > 250 > usage(p, RUSAGE_SELF)[0]


def test_what_a_thread_of_a_child_used_counts_with_it(p: Process) -> None:
    child = p.fork()
    thread = child.clone(0x10F00)
    child.task.min_flt, thread.task.min_flt = 7, 300
    thread.exit_thread()
    child.exit()
    p.wait()
    assert usage(p, RUSAGE_CHILDREN)[1] == 307


def test_what_a_thread_used_stays_with_the_process(p: Process) -> None:
    thread = p.clone(0x10F00)
    thread.store(PLACE, b"x")
    used = usage(thread, RUSAGE_THREAD)[1]
    before = usage(p, RUSAGE_SELF)[1]
    thread.exit_thread()
    assert usage(p, RUSAGE_SELF)[1] == before > used > 0


def test_it_is_done_again(p: Process) -> None:
    with Recorder(p.machine) as recorder:
        p.fork().exit(3)
        p.wait(-1, 0, PLACE, PLACE + 8)
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == p.machine.snapshot()
