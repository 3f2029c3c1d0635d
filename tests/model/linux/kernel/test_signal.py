"""Signals: what is done about them, which wait, who gets those that are sent."""

import struct
from contextlib import nullcontext

import pytest

from tests.model.linux.lab import Ear
from tests.refused import refused
from vmlab import Clone, LinuxError, Machine, MiB, Process, Prot, Segfault
from vmlab.model.abi.signal import SS_DISABLE, SS_ONSTACK, Sa, Sigaction, sigmask
from vmlab.model.linux.kernel.signal import signal_pending
from vmlab.model.trace.events.signal import SignalBlocked, SignalIgnored, SignalSend

SIGKILL, SIGUSR1, SIGSEGV, SIGTERM, SIGCHLD, SIGCONT, SIGSTOP = 9, 10, 11, 15, 17, 18, 19
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


def test_real_time_signals_are_those_from_32_to_64(p: Process) -> None:
    block(p, 31, 32, 64)
    for signal in (31, 32, 64, 31, 32, 64):
        p.kill(p.pid, signal)
    assert [info.si_signo for info in p.task.signal.shared_pending] == [31, 32, 64, 32, 64]
    for call in (p.kill, p.tkill):
        with refused(LinuxError, "signal_unknown", "EINVAL"):
            call(p.pid, 65)


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


def test_what_is_ignored_is_only_told_of(p: Process) -> None:
    """And only if a process asked for it."""
    ear = Ear(p)
    p.kill(p.pid, SIGCONT)
    p.fork().exit()  # which sends SIGCHLD
    said = [event for event in ear.events if isinstance(event, SignalSend | SignalIgnored)]
    assert said == [SignalIgnored(p.pid, "SIGCONT", "SI_USER")]
    assert p.task.signal.shared_pending == []


def test_init_and_kernel_threads_take_no_signal(p: Process) -> None:
    system = p.machine.system
    p.kill(1, SIGTERM)
    assert system.init.signal.shared_pending == []
    kthread = p.machine.kthread("k")
    p.kill(kthread.pid, SIGTERM)
    assert system.tasks[kthread.pid].signal.shared_pending == []


def test_a_zombie_takes_no_signal(p: Process) -> None:
    child = p.fork()
    child.exit()
    p.kill(child.pid, SIGTERM)
    assert child.task.signal.shared_pending == []
    assert p.wait() == (child.pid, 0)


@pytest.mark.parametrize(("signal", "error"), [(0, True), (1, False), (64, False), (65, True)])
def test_which_signals_there_are(p: Process, signal: int, error: bool) -> None:
    with pytest.raises(LinuxError, match="EINVAL") if error else nullcontext():
        assert p._rt_sigaction(signal, HANDLER) == Sigaction(0)
        assert p._rt_sigaction(signal, None) == HANDLER


@pytest.mark.parametrize("signal", [SIGKILL, SIGSTOP])
def test_what_kills_and_stops_cannot_be_changed_nor_wait(p: Process, signal: int) -> None:
    assert p._rt_sigaction(signal, None) == Sigaction(0)
    with pytest.raises(LinuxError, match="EINVAL"):
        p._rt_sigaction(signal, HANDLER)
    block(p, signal, SIGTERM)
    assert p.task.blocked == sigmask(SIGTERM)
    p._rt_sigaction(SIGUSR1, HANDLER._replace(sa_mask=sigmask(signal, SIGTERM)))
    assert p._rt_sigaction(SIGUSR1, None).sa_mask == sigmask(SIGTERM)


def test_unknown_flags_of_an_action_are_forgotten(p: Process) -> None:
    p._rt_sigaction(SIGUSR1, Sigaction(0x401000, sum(Sa) | 0x40, 0x401000))
    assert p._rt_sigaction(SIGUSR1, None).sa_flags == sum(Sa)


def test_who_ignores_a_signal_forgets_those_that_wait_in_all_its_threads(p: Process) -> None:
    thread = p.clone(0x10F00)
    for each in (p, thread):
        block(each, SIGUSR1, SIGTERM)
        for signal in (SIGUSR1, SIGTERM):
            p.tkill(each.task.pid, signal)
    p.kill(p.pid, SIGUSR1)
    p.kill(p.pid, SIGTERM)
    p._rt_sigaction(SIGUSR1, Sigaction(1))
    for queue in (p.task.pending, thread.task.pending, p.task.signal.shared_pending):
        assert [info.si_signo for info in queue] == [SIGTERM]


@pytest.mark.parametrize(
    ("how", "signals", "expected"),
    [
        (0, (SIGUSR1, SIGCHLD), (SIGUSR1, SIGTERM, SIGCHLD)),
        (1, (SIGUSR1, SIGCHLD), (SIGTERM,)),
        (2, (SIGUSR1, SIGCHLD), (SIGUSR1, SIGCHLD)),
    ],
)
def test_signals_wait_or_wait_no_more(
    p: Process, how: int, signals: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    block(p, SIGUSR1, SIGTERM)
    p.store(A, sigmask(*signals).to_bytes(8, "little"))
    ear = Ear(p)
    p.rt_sigprocmask(how, A, A + 8)
    assert p.load(A + 8, 8) == sigmask(SIGUSR1, SIGTERM).to_bytes(8, "little")
    assert p.task.blocked == sigmask(*expected)
    p.rt_sigprocmask(how, None, A + 8)  # only asks
    assert p.load(A + 8, 8) == sigmask(*expected).to_bytes(8, "little")
    p.rt_sigprocmask(2, A + 8)  # nothing new
    assert len([each for each in ear.events if isinstance(each, SignalBlocked)]) == 1


def test_only_signals_that_wait_are_pending(p: Process) -> None:
    p._rt_sigaction(SIGUSR1, HANDLER)
    block(p, SIGTERM)
    p.kill(p.pid, SIGUSR1)
    p.tkill(p.pid, SIGTERM)
    assert pending(p) == sigmask(SIGTERM)
    p.store(A, b"x" * 8)
    p.rt_sigpending(A, 3)
    assert p.load(A, 8) == sigmask(SIGTERM).to_bytes(8, "little")[:3] + b"xxxxx"


def test_the_first_thread_that_may_takes_what_was_sent_to_the_process(p: Process) -> None:
    p._rt_sigaction(SIGUSR1, HANDLER)
    second, third = p.clone(0x10F00), p.clone(0x10F00)
    assert p.task.signal is second.task.signal is third.task.signal
    block(p, SIGUSR1)
    p.kill(p.pid, SIGUSR1)
    assert [signal_pending(each.task) for each in (p, second, third)] == [False, True, False]
    block(second, SIGUSR1)
    assert [signal_pending(each.task) for each in (p, second, third)] == [False, False, True]
    p.tkill(second.task.pid, SIGTERM)
    assert [each.state for each in (p, third)] == ["X", "X"]


def test_kill_reaches_everybody_else_but_init(p: Process) -> None:
    thread, child = p.clone(0x10F00), p.fork()
    other = p.machine.spawn()
    p.kill(-1, 0)
    p.kill(-1, SIGTERM)
    assert [each.state for each in (p, thread, child, other)] == ["R", "R", "Z", "X"]
    with pytest.raises(LinuxError, match="ESRCH"):
        other.machine[p.pid].kill(other.pid, 0)


def test_a_signal_to_a_thread_of_a_process(p: Process) -> None:
    block(p, SIGTERM)
    p.tgkill(p.pid, p.pid, 0)  # only asks
    p.tgkill(1, 1, 0)
    p.tkill(1, 0)
    assert p.task.pending == []
    p.tgkill(p.pid, p.pid, SIGTERM)
    (info,) = p.task.pending
    assert (info.si_code, info.si_pid) == (-6, p.pid)
    assert p.task.signal.shared_pending == []


@pytest.mark.parametrize(
    ("call", "args", "error"),
    [
        ("tgkill", (1, 77, 15), "ESRCH"),
        ("tgkill", (1, 1000, 15), "ESRCH"),
        ("tgkill", (1000, 1, 15), "ESRCH"),
        ("tgkill", (1, -1, 15), "EINVAL"),
        ("tgkill", (0, 1, 15), "EINVAL"),
        ("tgkill", (1, 0, 15), "EINVAL"),
        ("tkill", (-1, 15), "EINVAL"),
        ("tkill", (1000, 65), "EINVAL"),
        ("tkill", (1000, -1), "EINVAL"),
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


def on_stack(p: Process, sp: int) -> bool:
    p.task.rsp = sp
    p.sigaltstack(None, A + 24)
    return bool(p.load(A + 32, 1)[0] & SS_ONSTACK)


def test_where_the_alternate_stack_begins_and_ends(p: Process) -> None:
    """A stack pointer stands below what is on the stack."""
    p.store(A, struct.pack("<3Q", A + 256, 0, 2048))
    p.sigaltstack(A)
    assert not on_stack(p, A + 256)
    assert on_stack(p, A + 257)
    with pytest.raises(LinuxError, match="EPERM"):
        p.sigaltstack(A)
    assert on_stack(p, A + 256 + 2048)
    assert not on_stack(p, A + 256 + 2049)


def test_a_stack_that_disarms_itself_is_never_in_use(p: Process) -> None:
    flags = 1 << 31
    p.store(A, struct.pack("<3Q", A + 256, flags, 2048))
    p.sigaltstack(A)
    p.task.rsp = A + 512
    p.sigaltstack(A, A + 24)
    assert p.load(A + 24, 24) == struct.pack("<3Q", A + 256, flags, 2048)


def test_what_fills_a_stack_t_up_says_nothing(p: Process) -> None:
    p.store(A, struct.pack("<Q2IQ", A + 256, 0, 0xFFFFFFFF, 2048))
    p.sigaltstack(A)
    p.sigaltstack(None, A)
    assert p.load(A, 24) == struct.pack("<3Q", A + 256, 0, 2048)


@pytest.mark.parametrize("flags", [SS_DISABLE, SS_DISABLE | 1 << 31])
def test_a_stack_that_is_taken_away(p: Process, flags: int) -> None:
    p.store(A, struct.pack("<3Q", A + 256, SS_ONSTACK, 2048))
    p.sigaltstack(A)
    p.store(A, struct.pack("<3Q", A + 256, flags, 5))
    p.sigaltstack(A)
    p.sigaltstack(None, A + 24)
    assert p.load(A + 24, 24) == struct.pack("<3Q", 0, flags, 0)


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


def test_what_is_done_by_default_again_is_as_if_nothing_had_been_changed(p: Process) -> None:
    before = p.machine.snapshot()
    p._rt_sigaction(SIGUSR1, HANDLER)
    p._rt_sigaction(SIGUSR1, Sigaction(0))
    assert p.machine.snapshot() == before


def test_execve_keeps_what_nobody_else_has(p: Process) -> None:
    thread = p.clone(Clone.CLONE_VM | Clone.CLONE_SIGHAND | SIGCHLD)
    p.execve("/bin/a.out")
    own = p.task.sighand
    thread.exit()
    p.execve("/bin/a.out")
    assert p.task.sighand is own


def test_a_first_thread_that_ended_takes_no_signal(p: Process) -> None:
    second = p.clone(0x10F00)
    block(second, SIGTERM)
    p.exit_thread()
    second.kill(p.pid, SIGTERM)
    assert [signal_pending(each.task) for each in (p, second)] == [False, False]
    assert pending(second) == sigmask(SIGTERM)
    second.tkill(p.pid, SIGUSR1)  # nobody takes that
    second.kill(p.pid, SIGKILL)
    assert (second.state, second.exit_code) == ("X", SIGKILL)


def test_the_parent_is_told_of_the_end(p: Process) -> None:
    block(p, SIGCHLD)
    p.fork().exit(3)
    p.kill(p.fork().pid, SIGTERM)
    (info,) = p.task.signal.shared_pending
    assert (info.si_code, info.si_pid, info.si_status) == (1, p.pid + 1, 3)
    p.task.signal.shared_pending.clear()
    p.kill(p.fork().pid, SIGTERM)
    (info,) = p.task.signal.shared_pending
    assert (info.si_code, info.si_pid, info.si_status) == (2, p.pid + 3, SIGTERM)
    assert p.wait() == (p.pid + 1, 3 << 8)
    assert p.wait() == (p.pid + 2, SIGTERM)


@pytest.mark.parametrize("action", [Sigaction(1), Sigaction(0, Sa.SA_NOCLDWAIT)])
def test_nobody_waits_for_a_child_that_is_not_wanted(p: Process, action: Sigaction) -> None:
    p._rt_sigaction(SIGCHLD, action)
    p.fork().exit(3)
    with pytest.raises(LinuxError, match="ECHILD"):
        p.wait()


@pytest.mark.parametrize("signal", [0, SIGUSR1])
def test_who_sends_another_signal_at_its_end_is_waited_for(p: Process, signal: int) -> None:
    p._rt_sigaction(SIGCHLD, Sigaction(1, Sa.SA_NOCLDWAIT))
    block(p, SIGUSR1)
    child = p.clone(signal)
    child.exit()
    assert pending(p) == (sigmask(SIGUSR1) if signal else 0)
    assert p.wait(child.pid) == (child.pid, 0)


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
