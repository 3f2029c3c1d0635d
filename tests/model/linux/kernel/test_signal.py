"""Signals: what is done about them, which wait, who gets those that are sent."""

import struct

import pytest

from vmlab import Clone, LinuxError, Machine, MiB, Process, Prot, Segfault
from vmlab.model.abi.signal import Sa, Sigaction, sigmask

SIGUSR1, SIGSEGV, SIGTERM, SIGCHLD, SIGCONT = 10, 11, 15, 17, 18
A = 0x10000000
HANDLER = Sigaction(0x401000, Sa.SA_RESTORER, 0x401000)


@pytest.fixture
def p() -> Process:
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 4096, Prot.PROT_READ | Prot.PROT_WRITE, 0x32)
    return p


def block(p: Process, *signals: int) -> None:
    p.store(A, sigmask(*signals).to_bytes(8, "little"))
    p.rt_sigprocmask(0, A)


def pending(p: Process) -> int:
    p.rt_sigpending(A)
    return int.from_bytes(p.load(A, 8), "little")


def test_a_signal_that_waits_is_taken_later(p: Process) -> None:
    block(p, SIGTERM)
    p.kill(p.pid, SIGTERM)
    p.kill(p.pid, SIGTERM)
    assert pending(p) == sigmask(SIGTERM)
    p.store(A, bytes(8))
    p.rt_sigprocmask(2, A)
    assert p.exit_code == SIGTERM


def test_only_real_time_signals_queue(p: Process) -> None:
    block(p, SIGUSR1, 40)
    for signal in (SIGUSR1, 40, SIGUSR1, 40):
        p.kill(p.pid, signal)
    sent = [info.si_signo for info in p.task.signal.shared_pending]
    assert sent == [SIGUSR1, 40, 40]


def test_what_is_ignored_is_not_sent(p: Process) -> None:
    p.kill(p.pid, SIGCONT)
    p._rt_sigaction(SIGUSR1, Sigaction(1))
    p.kill(p.pid, SIGUSR1)
    assert pending(p) == 0
    block(p, SIGCONT)
    p.kill(p.pid, SIGCONT)
    assert pending(p) == sigmask(SIGCONT)
    p._rt_sigaction(SIGCONT, Sigaction(1))  # which forgets it
    assert pending(p) == 0


@pytest.mark.parametrize(
    ("call", "args", "error"),
    [
        ("kill", (77, 15), "ESRCH"),
        ("kill", (1000, 65), "EINVAL"),
        ("kill", (77, 65), "ESRCH"),
        ("tkill", (0, 15), "EINVAL"),
        ("tkill", (77, 15), "ESRCH"),
        ("tgkill", (1000, -1, 15), "EINVAL"),
        ("tgkill", (77, 1000, 15), "ESRCH"),
        ("rt_sigprocmask", (0, A, None, 4), "EINVAL"),
        ("rt_sigprocmask", (3, A), "EINVAL"),
        ("rt_sigprocmask", (0, 16), "EFAULT"),
        ("rt_sigpending", (A, 9), "EINVAL"),
        ("sigaltstack", (16,), "EFAULT"),
        ("pause", (), "EAGAIN"),
        ("rt_sigsuspend", (A,), "EAGAIN"),
    ],
)
def test_what_is_refused(p: Process, call: str, args: tuple[int, ...], error: str) -> None:
    with pytest.raises(LinuxError, match=error):
        p.call(call, *args)


@pytest.mark.parametrize(
    ("flags", "size", "error"), [(0, 2047, "ENOMEM"), (3, 8192, "EINVAL"), (4, 8192, "EINVAL")]
)
def test_an_alternate_stack_that_is_refused(p: Process, flags: int, size: int, error: str) -> None:
    p.store(A, struct.pack("<3Q", A, flags, size))
    with pytest.raises(LinuxError, match=error):
        p.sigaltstack(A)


def test_an_alternate_stack_is_told(p: Process) -> None:
    p.store(A, struct.pack("<3Q", A, 0, 2048))
    p.sigaltstack(A, A + 24)
    assert p.load(A + 24, 24) == struct.pack("<3Q", 0, 2, 0)
    p.sigaltstack(None, A + 24)
    assert p.load(A + 24, 24) == struct.pack("<3Q", A, 0, 2048)


def test_a_child_has_the_handlers_and_nothing_that_was_sent(p: Process) -> None:
    p._rt_sigaction(SIGUSR1, HANDLER)
    block(p, SIGTERM)
    p.kill(p.pid, SIGTERM)
    child = p.fork()
    assert child.task.sighand.action == p.task.sighand.action
    assert child.task.sighand is not p.task.sighand
    assert child.task.blocked == p.task.blocked
    assert pending(child) == 0


def test_threads_share_what_is_done_and_execve_parts_them(p: Process) -> None:
    thread = p.clone(Clone.CLONE_VM | Clone.CLONE_SIGHAND | SIGCHLD)
    p._rt_sigaction(SIGUSR1, HANDLER)
    p._rt_sigaction(SIGTERM, Sigaction(1))
    assert thread.task.sighand is p.task.sighand
    p.execve("/bin/a.out")
    assert p.task.sighand.action == {SIGTERM: Sigaction(1)}
    assert thread.task.sighand.action[SIGUSR1] == HANDLER
    assert p.task.sighand.number != thread.task.sighand.number


def test_the_parent_is_told_of_the_end(p: Process) -> None:
    block(p, SIGCHLD)
    p.fork().exit(3)
    p.kill(p.fork().pid, SIGTERM)
    (info,) = p.task.signal.shared_pending
    assert (info.si_code, info.si_pid, info.si_status) == (1, p.pid + 1, 3)
    assert p.wait() == (p.pid + 1, 3 << 8)
    assert p.wait() == (p.pid + 2, SIGTERM)


@pytest.mark.parametrize("action", [Sigaction(1), Sigaction(0, Sa.SA_NOCLDWAIT)])
def test_nobody_waits_for_a_child_that_is_not_wanted(p: Process, action: Sigaction) -> None:
    p._rt_sigaction(SIGCHLD, action)
    p.fork().exit(3)
    with pytest.raises(LinuxError, match="ECHILD"):
        p.wait()


def test_an_access_from_python_dies_unless_there_is_a_handler(p: Process) -> None:
    p._rt_sigaction(SIGSEGV, HANDLER)
    with pytest.raises(Segfault):
        p.load(16)
    assert p.state == "R"
    p._rt_sigaction(SIGSEGV, Sigaction(1))
    with pytest.raises(Segfault):
        p.load(16)
    assert p.exit_code == SIGSEGV


def test_a_snapshot_keeps_what_was_sent(p: Process) -> None:
    p._rt_sigaction(SIGUSR1, HANDLER)
    block(p, SIGUSR1)
    p.kill(p.pid, SIGUSR1)
    p.tkill(p.pid, SIGUSR1)
    snap = p.machine.snapshot()
    again = Machine.from_snapshot(type(snap).from_json(snap.to_json()))
    assert again.snapshot() == snap
    assert again[p.pid].task.pending == p.task.pending
