"""Signals that stop processes, and SIGCONT; how their parents wait for both."""

from __future__ import annotations

import struct

import pytest

from tests.refused import refused
from vmlab import LinuxError, Machine, MiB, Pr, Process, Snapshot, Wait
from vmlab.errors import ProcessError
from vmlab.model.abi.signal import Sa, Sigaction, sigmask
from vmlab.model.abi.wait import (
    CONTINUED_STATUS,
    WIFCONTINUED,
    WIFSTOPPED,
    WSTOPSIG,
    IdType,
)

SIGKILL, SIGTERM, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN = 9, 15, 17, 18, 19, 20, 21
A = 0x10000000
STOPPED, CONTINUED, NOHANG = Wait.WUNTRACED, Wait.WCONTINUED, Wait.WNOHANG


@pytest.fixture
def p() -> Process:
    """A process with a page at A and a child, 1001."""
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 4096, 3, 0x32)
    p.fork()
    return p


@pytest.fixture
def child(p: Process) -> Process:
    return p.machine[1001]


def info(p: Process) -> tuple[int, ...]:
    """si_signo, si_code, si_pid, si_status."""
    signo, _, code, pid, _, status = struct.unpack("<3i4x3i", p.load(A, 28))
    return signo, code, pid, status


def test_who_is_stopped_does_not_run_until_sigcont(p: Process, child: Process) -> None:
    p.kill(child.pid, SIGSTOP)
    assert child.state == "T"
    assert "State:\tT (stopped)" in child.status()
    with refused(ProcessError, "stopped_now"):
        child.getpid()
    p.kill(child.pid, SIGTERM)
    assert child.state == "T"
    p.kill(child.pid, SIGCONT)
    assert child.exit_code == SIGTERM


def test_sigkill_ends_a_stopped_process(p: Process, child: Process) -> None:
    p.kill(child.pid, SIGSTOP)
    p.kill(child.pid, SIGKILL)
    assert p.wait(options=STOPPED) == (child.pid, SIGKILL)


def test_wait_tells_each_stop_once(p: Process, child: Process) -> None:
    with refused(LinuxError, "no_child_ended", "EAGAIN"):
        p.wait(options=STOPPED | CONTINUED)
    p.kill(child.pid, SIGSTOP)
    assert p.wait(options=NOHANG) == (0, 0)
    pid, status = p.wait(options=STOPPED)
    assert (pid, WIFSTOPPED(status), WSTOPSIG(status)) == (child.pid, True, SIGSTOP)
    assert p.wait(options=STOPPED | NOHANG) == (0, 0)
    p.kill(child.pid, SIGCONT)
    assert p.wait(options=STOPPED | NOHANG) == (0, 0)
    assert p.wait(options=CONTINUED) == (child.pid, CONTINUED_STATUS)
    assert WIFCONTINUED(CONTINUED_STATUS)
    assert p.wait(options=CONTINUED | NOHANG) == (0, 0)


def test_a_stop_and_sigcont_undo_each_other(p: Process, child: Process) -> None:
    child.setpgid(0, 0)
    child.store(A, sigmask(SIGTSTP, SIGCONT).to_bytes(8, "little"))
    child.rt_sigprocmask(0, A)
    child.kill(child.pid, SIGTSTP)
    child.kill(child.pid, SIGCONT)
    child.rt_sigpending(A)
    assert child.load(A, 8) == sigmask(SIGCONT).to_bytes(8, "little")
    child.kill(child.pid, SIGTSTP)
    child.rt_sigpending(A)
    assert child.load(A, 8) == sigmask(SIGTSTP).to_bytes(8, "little")


def test_only_sigstop_stops_where_nobody_could_let_go_on(p: Process, child: Process) -> None:
    p.kill(child.pid, SIGTSTP)  # its group is that of its parent, whose parent is init
    assert child.state == "R"
    child.setpgid(0, 0)
    p.kill(child.pid, SIGTTIN)
    assert child.state == "T"


def test_the_parent_gets_sigchld_unless_it_does_not_want_to(p: Process, child: Process) -> None:
    p.store(A, sigmask(SIGCHLD).to_bytes(8, "little"))
    p.rt_sigprocmask(0, A)
    p.kill(child.pid, SIGSTOP)
    (told,) = p.task.signal.shared_pending
    assert (told.si_signo, told.si_code, told.si_pid, told.si_status) == (SIGCHLD, 5, 1001, SIGSTOP)
    p.store(A + 64, bytes(16))
    assert p.rt_sigtimedwait(A, None, A + 64) == SIGCHLD
    p._rt_sigaction(SIGCHLD, Sigaction(0x401000, Sa.SA_NOCLDSTOP))
    p.kill(child.pid, SIGCONT)
    assert not p.task.signal.shared_pending


def test_signals_reach_a_process_group(p: Process, child: Process) -> None:
    p.setpgid(child.pid, 0)
    p.kill(-child.pid, SIGSTOP)
    assert (p.state, child.state) == ("R", "T")
    child_of_another = p.fork()
    p.kill(0, 0)
    with refused(LinuxError, "no_such_process", "ESRCH"):
        p.kill(-77, SIGTERM)
    child_of_another.kill(0, SIGTERM)
    assert p.exit_code == SIGTERM
    assert child.state == "T"


def test_waitid(p: Process, child: Process) -> None:
    with refused(LinuxError, "no_child_ended", "EAGAIN"):
        p.waitid(IdType.P_ALL, 0, A, Wait.WEXITED)
    p.store(A, b"\xff" * 28)
    p.waitid(IdType.P_ALL, 0, A, Wait.WEXITED | NOHANG)
    assert info(p) == (0, 0, 0, 0)
    assert p.load(A + 12, 4) == b"\xff" * 4
    p.kill(child.pid, SIGSTOP)
    for options in (STOPPED | Wait.WNOWAIT, STOPPED):
        p.waitid(IdType.P_PID, child.pid, A, options)
        assert info(p) == (SIGCHLD, 5, child.pid, SIGSTOP)
    p.kill(child.pid, SIGCONT)
    p.waitid(IdType.P_PGID, 0, A, CONTINUED)
    assert info(p) == (SIGCHLD, 6, child.pid, SIGCONT)
    fd = p.pidfd_open(child.pid, 0x800)
    with refused(LinuxError, "nothing_to_tell_now", "EAGAIN"):
        p.waitid(IdType.P_PIDFD, fd, A, Wait.WEXITED)
    child.exit(7)
    p.waitid(IdType.P_PIDFD, fd, A, Wait.WEXITED | Wait.WNOWAIT)
    assert child.state == "Z"
    p.waitid(IdType.P_PIDFD, fd, A, Wait.WEXITED)
    assert info(p) == (SIGCHLD, 1, child.pid, 7)
    with refused(LinuxError, "no_children", "ECHILD"):
        p.waitid(IdType.P_ALL, 0, A, Wait.WEXITED)
    assert info(p) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ((0, 0, None, 0), "EINVAL"),
        ((0, 0, None, 0x14), "EINVAL"),
        ((1, 0, None, 4), "EINVAL"),
        ((2, -1, None, 4), "EINVAL"),
        ((3, 9, None, 4), "EBADF"),
        ((4, 1, None, 4), "EINVAL"),
        ((1, 77, None, 4), "ECHILD"),
    ],
)
def test_what_waitid_refuses(p: Process, args: tuple[int, ...], error: str) -> None:
    with pytest.raises(LinuxError, match=error):
        p.waitid(*args)


def test_a_stopped_process_is_saved(p: Process, child: Process) -> None:
    p.kill(child.pid, SIGSTOP)
    p.alarm(3)
    snap = p.machine.snapshot()
    again = Machine.from_snapshot(Snapshot.from_json(snap.to_json()))
    assert again.snapshot() == snap
    assert again[1000].wait(options=STOPPED) == (1001, SIGSTOP << 8 | 0x7F)
    assert again[1000].alarm(0) == 3


def test_a_signal_when_the_parent_ends(p: Process, child: Process) -> None:
    child.prctl(Pr.PR_SET_PDEATHSIG, SIGTERM)
    child.prctl(Pr.PR_GET_PDEATHSIG, A)
    assert child.load(A, 4) == SIGTERM.to_bytes(4, "little")
    other = child.fork()
    other.prctl(Pr.PR_GET_PDEATHSIG, A)
    assert other.load(A, 4) == bytes(4)
    with refused(LinuxError, "signal_unknown", "EINVAL"):
        child.prctl(Pr.PR_SET_PDEATHSIG, 65)
    p.exit()
    assert (child.exit_code, other.state) == (SIGTERM, "R")


def test_who_may_look_at_memory(p: Process, child: Process) -> None:
    assert child.prctl(Pr.PR_GET_DUMPABLE) == 1
    child.prctl(Pr.PR_SET_DUMPABLE, 0)
    with refused(LinuxError, "dumpable_unknown", "EINVAL"):
        child.prctl(Pr.PR_SET_DUMPABLE, 2)
    assert [each.prctl(Pr.PR_GET_DUMPABLE) for each in (p, child, child.fork())] == [1, 0, 0]
    child.prctl(Pr.PR_SET_THP_DISABLE, 1)
    child.prctl(Pr.PR_SET_DUMPABLE, 1)
    assert child.prctl(Pr.PR_GET_DUMPABLE) == child.prctl(Pr.PR_GET_THP_DISABLE) == 1
    child.prctl(Pr.PR_SET_DUMPABLE, 0)
    child.machine.spawn()
    child.execve("/bin/a.out")
    assert child.prctl(Pr.PR_GET_DUMPABLE) == 1
