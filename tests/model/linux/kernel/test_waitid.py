"""waitid: whom it waits for, what it tells, and what wakes who sleeps in it."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.lab import PAGE
from tests.refused import refused
from tests.threads import WORD, Thread, threads
from vmlab import RUSAGE_CHILDREN, LinuxError, Process
from vmlab.model.abi.wait import (
    CONTINUED_STATUS,
    P_ALL,
    P_PGID,
    P_PID,
    P_PIDFD,
    WCONTINUED,
    WEXITED,
    WNOHANG,
    WNOTHREAD,
    WNOWAIT,
    WSTOPPED,
)
from vmlab.model.linux.include.mm import get_mm_rss
from vmlab.model.linux.kernel.signal_kill import kill

SIGKILL, SIGCHLD, SIGCONT, SIGSTOP = 9, 17, 18, 19
EXITED, KILLED, STOPPED, WENT_ON = 1, 2, 5, 6  # si_code
ECHILD, EBADF = -10, -9
INFO, USED = WORD + 256, WORD + 512
NOTHING = (0, 0, 0, 0, 0, 0)


@pytest.fixture
def main() -> Thread:
    """The first thread of a process with a page at WORD."""
    return threads(0)[0]


@pytest.fixture
def p(main: Thread) -> Process:
    return main.process


def info(p: Process) -> tuple[int, ...]:
    """si_signo, si_errno, si_code, si_pid, si_uid, si_status."""
    return struct.unpack("<3i4x3i", p.load(INFO, 28))


def used(p: Process) -> tuple[int, int]:
    """KiB of the most memory, and minor faults."""
    most, faults = struct.unpack("<32xq24xq72x", p.load(USED, 144))
    return most, faults


def told(p: Process, *args: int) -> tuple[int, ...]:
    """What waitid stores."""
    p.waitid(args[0], args[1], INFO, args[2])
    return info(p)


@pytest.mark.parametrize(
    ("end", "code", "status"), [("exit", EXITED, 0x85), ("kill", KILLED, SIGKILL)]
)
def test_the_end_of_a_child(p: Process, end: str, code: int, status: int) -> None:
    child = p.fork()
    if end == "exit":
        child.exit(0x185)
    else:
        p.kill(child.pid, SIGKILL)
    said = (SIGCHLD, 0, code, child.pid, 0, status)
    assert told(p, P_ALL, 0, WEXITED | WNOWAIT) == said
    assert told(p, P_ALL, 0, WEXITED) == said


def test_who_ended_will_not_stop_any_more(p: Process) -> None:
    """So a zombie is no child to wait for, unless for its end."""
    child = p.fork()
    child.exit()
    for options in (WSTOPPED, WCONTINUED, WSTOPPED | WNOHANG):
        p.store(INFO, b"?" * 28)
        with refused(LinuxError, "no_children", "ECHILD"):
            p.waitid(P_PID, child.pid, INFO, options)
        assert info(p) == NOTHING
    assert p.wait() == (child.pid, 0)


def test_a_group_may_be_named(p: Process) -> None:
    same, other = p.fork(), p.fork()
    other.setpgid(0, 0)
    for child in (same, other):
        child.exit()
    with refused(LinuxError, "no_children", "ECHILD"):
        told(p, P_PGID, same.pid, WEXITED)
    assert told(p, P_PGID, other.pid, WEXITED)[3] == other.pid
    assert told(p, P_PGID, p.pid, WEXITED)[3] == same.pid


def test_the_first_group_has_the_number_1(p: Process) -> None:
    p.fork()
    for idtype, answer in ((P_PGID, "ECHILD"), (P_PID, "ECHILD"), (P_PIDFD, "EBADF")):
        with pytest.raises(LinuxError, match=answer):
            p.waitid(idtype, 1, None, WEXITED)


def test_a_descriptor_may_be_0_and_is_no_process(p: Process) -> None:
    with refused(LinuxError, "fd_of_no_process", "EBADF"):
        p.waitid(P_PIDFD, 0, None, WEXITED)
    with refused(LinuxError, "which_unknown", "EINVAL"):
        p.waitid(P_PIDFD, -1, None, WEXITED)


def test_a_pidfd_sleeps_unless_it_is_not_to(main: Thread) -> None:
    p = main.process
    child = p.fork()
    sleeps, never = p.pidfd_open(child.pid), p.pidfd_open(child.pid, 0x800)
    assert main.call("waitid", P_PIDFD, never, 0, WEXITED) == -11
    assert main.call("waitid", P_PIDFD, never, 0, WEXITED | WNOHANG) == 0
    assert main.call("waitid", P_PIDFD, sleeps, INFO, WEXITED) is None
    child.exit(2)
    assert main.is_ready()
    assert main.again() == 0
    assert info(p) == (SIGCHLD, 0, EXITED, child.pid, 0, 2)


def test_what_a_child_used_is_told_if_it_is_asked_for(p: Process) -> None:
    child = p.fork()
    child.mmap(WORD + PAGE, 3 * PAGE, 3, 0x8032)
    child.store(WORD, b"x")
    p.kill(child.pid, SIGSTOP)
    faults = child.min_flt
    p.waitid(P_PID, child.pid, None, WSTOPPED, USED)
    assert used(p) == (get_mm_rss(child.mm) * 4, faults)
    p.store(USED, b"?" * 144)
    p.waitid(P_PID, child.pid, None, WSTOPPED | WNOHANG, USED)  # nothing to tell
    assert p.load(USED, 144) == b"?" * 144
    p.kill(child.pid, SIGKILL)
    p.waitid(P_PID, child.pid, None, WEXITED, USED)
    assert used(p)[1] == faults


def test_what_grandchildren_used_is_told_with_it(p: Process) -> None:
    child = p.fork()
    grandchild = child.fork()
    child.task.min_flt, grandchild.task.min_flt = 2, 30
    grandchild.mmap(WORD + PAGE, 300 * PAGE, 3, 0x8032)
    faults, most = grandchild.min_flt, get_mm_rss(grandchild.mm) * 4
    grandchild.exit()
    child.wait()
    p.kill(child.pid, SIGSTOP)
    p.waitid(P_PID, child.pid, None, WSTOPPED, USED)
    assert used(p) == (most, 2 + faults)


def test_what_cannot_be_told_is_lost(p: Process) -> None:
    """The child is gone, and so is what was to be stored after the usage."""
    p.fork().exit()
    p.store(INFO, b"?" * 28)
    with refused(LinuxError, "nothing_stored", "EFAULT"):
        p.waitid(P_ALL, 0, INFO, WEXITED, 8)
    assert p.load(INFO, 28) == b"?" * 28
    with refused(LinuxError, "no_children", "ECHILD"):
        p.wait()


def test_going_on_is_told_until_it_is_noted(p: Process) -> None:
    child = p.fork()
    p.kill(child.pid, SIGCONT)  # it was not stopped
    assert told(p, P_ALL, 0, WCONTINUED | WNOHANG) == NOTHING
    for stop in (SIGSTOP, SIGSTOP):
        p.kill(child.pid, stop)
        said = (SIGCHLD, 0, STOPPED, child.pid, 0, SIGSTOP)
        assert told(p, P_ALL, 0, WSTOPPED | WCONTINUED | WNOWAIT) == said
        p.kill(child.pid, SIGCONT)
        said = (SIGCHLD, 0, WENT_ON, child.pid, 0, SIGCONT)
        for options in (WCONTINUED | WNOWAIT, WCONTINUED | WNOWAIT, WSTOPPED | WCONTINUED):
            assert told(p, P_ALL, 0, options) == said
        assert told(p, P_ALL, 0, WSTOPPED | WCONTINUED | WNOHANG) == NOTHING
    p.kill(child.pid, SIGSTOP)
    assert p.wait(options=WSTOPPED) == (child.pid, SIGSTOP << 8 | 0x7F)
    p.kill(child.pid, SIGCONT)
    assert p.wait(options=WCONTINUED) == (child.pid, CONTINUED_STATUS)


def test_who_is_being_killed_is_not_stopped_any_more(p: Process) -> None:
    child = p.fork()
    p.kill(child.pid, SIGSTOP)
    kill(p.task, child.pid, SIGKILL)
    assert (child.state, child.task.signal.flags) == ("R", 0)  # until it runs
    assert told(p, P_ALL, 0, WSTOPPED | WNOHANG) == NOTHING


@pytest.mark.parametrize(
    ("options", "wakes"),
    [(WEXITED, SIGKILL), (WSTOPPED, SIGSTOP), (WCONTINUED, SIGCONT), (WEXITED | WSTOPPED, SIGSTOP)],
)
def test_what_wakes_who_waits(main: Thread, options: int, wakes: int) -> None:
    """Only what it waits for, but for the end."""
    p = main.process
    first, child = p.fork(), p.fork()
    assert main.call("waitid", P_ALL, 0, INFO, options) is None
    assert not main.is_ready()
    for signal in (SIGSTOP, SIGCONT, SIGKILL):
        p.kill(child.pid, signal)
        if signal == wakes:
            break
        assert not main.is_ready()
        assert main.again() is None
    assert main.is_ready()
    assert main.again() == 0
    assert info(p)[3::2] == (child.pid, signal)
    assert first.state == "R"


@pytest.mark.parametrize("options", [WSTOPPED, WCONTINUED])
def test_who_waits_for_no_end_learns_that_nobody_is_left(main: Thread, options: int) -> None:
    p = main.process
    first, second = p.fork(), p.fork()
    assert main.call("waitid", P_ALL, 0, 0, options) is None
    first.exit()
    assert main.again() is None
    assert not main.is_ready()
    second.exit()
    assert main.is_ready()
    assert main.again() == ECHILD
    assert [p.wait()[0] for _ in range(2)] == [first.pid, second.pid]


def test_of_two_threads_that_wait_one_learns_that_the_child_is_gone() -> None:
    main, other = threads(1)
    child = main.process.fork()
    for each in (main, other):
        assert each.call("wait4", -1, 0, 0, 0) is None
    child.exit()
    assert other.again() == child.pid
    assert main.is_ready()
    assert main.again() == ECHILD


def test_a_child_of_another_thread_counts_from_its_start() -> None:
    main, other = threads(1)
    main.process.fork()
    assert main.call("wait4", -1, 0, 0, 0) is None
    later = other.process.fork()
    assert main.again() is None
    later.exit()
    assert main.is_ready()
    assert main.again() == later.pid


def test_faults_of_threads_and_grandchildren_are_passed_on(p: Process) -> None:
    child = p.fork()
    thread, grandchild = child.clone(0x10F00), child.fork()
    for each, faults in ((child, 2), (thread, 30), (grandchild, 400)):
        each.task.min_flt = faults
    thread.exit_thread()
    grandchild.exit()
    child.wait()
    child.exit()
    p.wait()
    p.getrusage(RUSAGE_CHILDREN, USED)
    assert used(p)[1] == 432


def test_no_process_group_has_the_least_number(p: Process) -> None:
    with pytest.raises(LinuxError, match="ESRCH") as caught:
        p.wait(-1 << 31)
    assert dict(caught.value.check.values) == {"pid": 1 << 31}


@pytest.mark.parametrize("call", ["wait4", "waitid"])
def test_a_thread_may_wait_for_its_own_children_only(call: str) -> None:
    main, other = (each.process for each in threads(1))
    child = main.fork()
    child.exit(3)

    def wait(who: Process, flags: int) -> int:
        if call == "wait4":
            return who.wait(-1, WNOHANG | flags)[0]
        return told(who, P_ALL, 0, WEXITED | WNOHANG | flags)[3]

    with refused(LinuxError, "no_children", "ECHILD"):
        wait(other, WNOTHREAD)
    assert wait(other, 0) == child.pid
    second = main.fork()
    second.exit()
    assert wait(main, WNOTHREAD) == second.pid
