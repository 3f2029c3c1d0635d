"""Which signal a task takes next, and what it does about it."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import Ear
from vmlab import Machine, MiB, Process
from vmlab.errors import Signal
from vmlab.model.abi.signal import SI_KERNEL, SI_USER, Sa, Sigaction, Siginfo, sigmask
from vmlab.model.linux.include.signal import SIG_CALLER
from vmlab.model.linux.kernel.signal_get import (
    Ksignal,
    dequeue_signal,
    get_signal,
    get_signal_of_caller,
    signal_setup_done,
)
from vmlab.model.trace.events.signal import SignalDeliver

SIGHUP, SIGTRAP, SIGBUS, SIGUSR1, SIGSEGV, SIGTERM, SIGCONT, SIGTSTP = 1, 5, 7, 10, 11, 15, 18, 20
IGNORE = Sigaction(1)
CODE = Sigaction(0x401000, Sa.SA_RESTORER, 0x401000)  # a handler in machine code


@pytest.fixture
def p() -> Process:
    return Machine(ram=8 * MiB).spawn()


def send(p: Process, *signals: int) -> None:
    """To the thread, without more ado."""
    p.task.pending += [Siginfo(signal, SI_USER) for signal in signals]


def take(p: Process) -> int:
    found = get_signal(p.task)
    return found.info.si_signo if found is not None else 0


def test_faults_come_first_then_what_instructions_may_raise_then_the_lowest(p: Process) -> None:
    send(p, SIGTERM, SIGHUP, SIGSEGV, SIGTRAP)
    p.task.pending.append(Siginfo(SIGBUS, 2))
    p.task.signal.shared_pending.append(Siginfo(SIGHUP, SI_USER))
    taken = [dequeue_signal(p.task) for _ in range(7)]
    assert [info.si_signo if info else None for info in taken] == [
        *(SIGBUS, SIGTRAP, SIGSEGV, SIGHUP, SIGTERM),
        *(SIGHUP, None),  # sent to the process
    ]


def test_what_waits_is_not_taken(p: Process) -> None:
    p.task.blocked = sigmask(SIGHUP)
    send(p, SIGHUP, SIGTERM)
    info = dequeue_signal(p.task)
    assert info is not None
    assert info.si_signo == SIGTERM
    assert dequeue_signal(p.task) is None
    assert [info.si_signo for info in p.task.pending] == [SIGHUP]


def test_signals_are_taken_up_to_one_that_has_a_handler(p: Process) -> None:
    p._rt_sigaction(SIGHUP, IGNORE)
    p._rt_sigaction(SIGUSR1, CODE)
    send(p, SIGTERM, SIGUSR1, SIGHUP)
    ear = Ear(p)
    assert take(p) == SIGUSR1
    said = [(e.signal, e.sa_handler) for e in ear.events if isinstance(e, SignalDeliver)]
    assert said == [("SIGHUP", 1), ("SIGUSR1", 0x401000)]
    assert p.state == "R"
    assert take(p) == 0
    assert (p.state, p.exit_code) == ("X", SIGTERM)


@pytest.mark.parametrize("signal", [SIGCONT, SIGTSTP])
def test_not_each_signal_without_a_handler_kills(p: Process, signal: int) -> None:
    send(p, signal)
    assert take(p) == 0
    assert p.state == "R"


def test_a_deadly_signal_leaves_those_behind_it(p: Process) -> None:
    p._rt_sigaction(SIGTERM, CODE)
    send(p, SIGTERM, SIGHUP)
    assert take(p) == 0
    assert p.exit_code == SIGHUP


def test_a_handler_may_be_good_for_once(p: Process) -> None:
    p._rt_sigaction(SIGUSR1, CODE._replace(sa_flags=CODE.sa_flags | Sa.SA_RESETHAND))
    send(p, SIGUSR1)
    assert take(p) == SIGUSR1
    assert p._rt_sigaction(SIGUSR1, None).sa_handler == 0
    p._rt_sigaction(SIGUSR1, CODE)
    send(p, SIGUSR1)
    assert take(p) == SIGUSR1
    assert p._rt_sigaction(SIGUSR1, None) == CODE


def test_the_caller_may_be_the_handler(p: Process) -> None:
    p.sigaction(SIGUSR1)
    assert p._rt_sigaction(SIGUSR1, None).sa_handler == SIG_CALLER
    send(p, SIGUSR1)
    with pytest.raises(Signal) as raised:
        get_signal(p.task)
    assert (raised.value.si_signo, raised.value.si_code) == (SIGUSR1, SI_USER)


def test_who_is_driven_from_python_takes_all_but_what_machine_code_handles(p: Process) -> None:
    p.sigaction(SIGHUP)
    p._rt_sigaction(SIGUSR1, CODE)
    send(p, SIGHUP, SIGCONT)
    get_signal_of_caller(p.task)
    assert p.task.pending == []
    send(p, SIGUSR1, SIGHUP, SIGTERM)
    get_signal_of_caller(p.task)
    assert [info.si_signo for info in p.task.pending] == [SIGUSR1, SIGTERM]
    assert p.state == "R"
    p._rt_sigaction(SIGUSR1, Sigaction(0))
    get_signal_of_caller(p.task)
    assert p.exit_code == SIGUSR1


@pytest.mark.parametrize(
    ("flags", "blocked"),
    [
        (0, (SIGHUP, SIGUSR1, SIGTERM)),
        (Sa.SA_NODEFER, (SIGHUP, SIGTERM)),
    ],
)
def test_signals_that_wait_while_a_handler_runs(
    p: Process, flags: int, blocked: tuple[int, ...]
) -> None:
    task = p.task
    task.blocked, task.saved_sigmask = sigmask(SIGHUP), 5
    action = CODE._replace(sa_flags=flags, sa_mask=sigmask(SIGTERM))
    signal_setup_done(task, Ksignal(Siginfo(SIGUSR1, SI_USER), action), failed=False)
    assert (task.blocked, task.saved_sigmask) == (sigmask(*blocked), None)


@pytest.mark.parametrize(("flags", "size"), [(0, 2048), (1 << 31, 0)])
def test_a_stack_that_disarms_itself_is_gone_while_a_handler_runs(
    p: Process, flags: int, size: int
) -> None:
    task = p.task
    task.sas_ss_sp, task.sas_ss_size, task.sas_ss_flags = 0x1000, 2048, flags
    signal_setup_done(task, Ksignal(Siginfo(SIGUSR1, SI_USER), CODE), failed=False)
    assert task.sas_ss_size == size


@pytest.mark.parametrize(("signal", "handled"), [(SIGUSR1, True), (SIGSEGV, False)])
def test_a_handler_without_a_frame_is_a_fault(p: Process, signal: int, handled: bool) -> None:
    """It kills if it was the handler of that fault."""
    p._rt_sigaction(SIGSEGV, CODE)
    signal_setup_done(p.task, Ksignal(Siginfo(signal, SI_USER), CODE), failed=True)
    assert p.task.pending == [Siginfo(SIGSEGV, SI_KERNEL)]
    assert p.task.blocked == 0
    assert take(p) == (SIGSEGV if handled else 0)
    assert p.state == ("R" if handled else "X")


@pytest.mark.parametrize("block", [False, True])
def test_a_fault_that_waits_or_is_ignored_kills(p: Process, block: bool) -> None:
    p._rt_sigaction(SIGSEGV, CODE if block else IGNORE)
    p.task.blocked = sigmask(SIGHUP, SIGSEGV if block else SIGTERM)
    signal_setup_done(p.task, Ksignal(Siginfo(SIGUSR1, SI_USER), CODE), failed=True)
    assert p.task.blocked == sigmask(SIGHUP, *(() if block else (SIGTERM,)))
    assert take(p) == 0
    assert p.exit_code == SIGSEGV
