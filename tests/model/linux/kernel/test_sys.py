"""Limits, process numbers, and which signals a process survives."""

from __future__ import annotations

import pytest

from tests.refused import refused
from vmlab import (
    CLONE_SIGHAND,
    CLONE_THREAD,
    CLONE_VM,
    RLIMIT_NOFILE,
    LinuxError,
    Machine,
    Segfault,
)


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
    with refused(LinuxError, "resource_not_modelled", "EINVAL"):
        process.setrlimit(99, 4)


@pytest.mark.parametrize("signal", [0, 9, 19, 65, -1])
def test_a_signal_that_has_no_handler(signal: int) -> None:
    with refused(LinuxError, "signal_without_handler", "EINVAL"):
        Machine().spawn().sigaction(signal)


def test_a_handler_can_be_removed() -> None:
    process = Machine().spawn()
    process.sigaction(11)
    with pytest.raises(Segfault):
        process.load(0x5000)
    process.sigaction(11, False)
    with pytest.raises(Segfault):
        process.load(0x5000)
    assert process.state == "X"
