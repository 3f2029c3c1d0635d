"""Signals that carry a value: what is told of them, their order, and how many wait."""

from __future__ import annotations

import struct

import pytest

from tests.model.linux.kernel.processes import A, deaf_process
from tests.refused import refused
from vmlab import LinuxError, Process
from vmlab.model.abi.signal import SI_QUEUE, SI_USER

RT = 40


@pytest.fixture
def p() -> Process:
    return deaf_process()


def queue(p: Process, sig: int, value: int, pid: int = 0, code: int = SI_QUEUE) -> None:
    p.store(A, struct.pack("<3i4x2iQ", 0, 0, code, p.pid, 0, value))
    p.rt_sigqueueinfo(pid or p.pid, sig, A)


def taken(p: Process) -> list[tuple[int, int, int]]:
    """Return signals with their codes and values, in the order in which they are taken."""
    found = []
    p.store(A + 640, bytes(16))
    while True:
        try:
            sig = p.rt_sigtimedwait(A + 512, A, A + 640)
        except LinuxError:
            return found
        found.append((sig, *struct.unpack("<8xi12xQ", p.load(A, 32))))


def test_real_time_signals_wait_in_order_and_others_once(p: Process) -> None:
    for sig, value in ((RT + 1, 1), (RT, 2), (10, 3), (RT, 4), (10, 5)):
        queue(p, sig, value)
    assert taken(p) == [
        (10, SI_QUEUE, 3),
        (RT, SI_QUEUE, 2),
        (RT, SI_QUEUE, 4),
        (RT + 1, SI_QUEUE, 1),
    ]


def test_nobody_says_of_another_that_the_kernel_sent_it(p: Process) -> None:
    child = p.fork()
    for code in (0, 1, 128, -6):
        with refused(LinuxError, "siginfo_of_kernel", "EPERM"):
            queue(p, RT, 1, child.pid, code)
        queue(p, RT, 1, code=code)
    queue(p, RT, 1, child.pid, -7)
    assert len(taken(p)) == 4


def test_a_thread_is_named_by_its_own_number(p: Process) -> None:
    thread = p.clone(0x50F00)
    p.store(A, struct.pack("<3i4x2iQ", 0, 0, SI_QUEUE, 0, 0, 9))
    p.rt_tgsigqueueinfo(p.pid, thread.pid, RT, A)
    assert [len(each.task.pending) for each in (p, thread)] == [0, 1]
    with refused(LinuxError, "no_such_process", "ESRCH"):
        p.rt_tgsigqueueinfo(thread.pid, thread.pid, RT, A)
    p.store(A, struct.pack("<3i", 0, 0, 0))
    with refused(LinuxError, "siginfo_of_kernel", "EPERM"):
        thread.rt_tgsigqueueinfo(p.pid, p.pid, RT, A)
    thread.rt_tgsigqueueinfo(p.pid, thread.pid, RT, A)


def test_as_many_wait_as_the_receiver_may_have(p: Process) -> None:
    """Those of all processes count; the receiver's limit binds."""
    child = p.fork()
    queue(p, RT, 1, child.pid)
    p.setrlimit(11, 3)  # RLIMIT_SIGPENDING
    queue(p, RT, 2)
    queue(p, RT, 3)
    with refused(LinuxError, "too_many_signals_wait", "EAGAIN"):
        queue(p, RT, 4)
    with refused(LinuxError, "too_many_signals_wait", "EAGAIN"):
        p.tkill(p.pid, RT)
    queue(p, RT, 5, child.pid)
    assert [value for _, _, value in taken(p)] == [2, 3]


def test_what_is_told_is_lost_where_the_signal_is_not(p: Process) -> None:
    """kill sends a real-time signal, and what has a value sends another one, in any case."""
    p.setrlimit(11, 0)
    for _ in range(2):
        p.kill(p.pid, RT)
    queue(p, 10, 7)
    p.kill(p.pid, 12)
    assert taken(p) == [(10, SI_USER, 0), (12, SI_USER, 0), (RT, SI_USER, 0)]
