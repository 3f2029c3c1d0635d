"""Which signals wait during a call: the mask that ppoll, pselect6 and rt_sigsuspend bring."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import Ear
from tests.refused import refused
from vmlab import LinuxError, Machine, MiB, Process
from vmlab.model.abi.signal import sigmask
from vmlab.model.linux.kernel.signal import restore_saved_sigmask, set_user_sigmask

SIGKILL, SIGUSR1, SIGTERM = 9, 10, 15
A = 0x10000000


@pytest.fixture
def p() -> Process:
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 4096, 3, 0x32)
    return p


def test_a_call_may_let_other_signals_wait_while_it_sleeps(p: Process) -> None:
    """Those that waited before do so again at its end, however often it is made again."""
    p.task.blocked = sigmask(SIGUSR1)
    p.store(A, sigmask(SIGTERM, SIGKILL).to_bytes(8, "little"))
    for _ in range(2):
        set_user_sigmask(p.task, A, 8)
        assert (p.task.blocked, p.task.saved_sigmask) == (sigmask(SIGTERM), sigmask(SIGUSR1))
    ear = Ear(p)
    for _ in range(2):
        restore_saved_sigmask(p.task)
        assert (p.task.blocked, p.task.saved_sigmask) == (sigmask(SIGUSR1), None)
    assert len(ear.events) == 1


def test_a_call_need_not_let_other_signals_wait(p: Process) -> None:
    """Then it does not matter how many bytes a set has."""
    p.task.blocked = sigmask(SIGUSR1)
    set_user_sigmask(p.task, 0, 5)
    assert (p.task.blocked, p.task.saved_sigmask) == (sigmask(SIGUSR1), None)
    with refused(LinuxError, "sigset_size_wrong", "EINVAL"):
        set_user_sigmask(p.task, A, 5)
