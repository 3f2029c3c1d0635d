"""The switch from one task to another."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import Ear
from tests.threads import WORD, threads
from vmlab import Machine, MiB, Process
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.trace.events.process import SchedProcessFork


@pytest.fixture
def p() -> Process:
    p = Machine(ram=8 * MiB).spawn()
    p.load(0x400000)
    return p


def test_who_runs_already_runs_on(p: Process) -> None:
    kthread = p.machine.kthread()
    for each in (p, kthread):
        each.schedule()
        ear = Ear(p)
        before = p.mm.mm_count
        each.schedule()
        assert ear.events == []
        assert p.mm.mm_count == before
    assert p.mm.mm_count == 2
    validate_machine(p.machine.system)


def test_a_task_that_is_told_its_cpu_is_told_anew_after_any_other_ran() -> None:
    (main,) = threads(0)
    p = main.process
    kthread = p.machine.kthread()
    main.call("rseq", WORD, 32, 0, 0)
    for other in (kthread, p.fork()):
        assert not p.task.rseq_event
        other.schedule()
        assert p.task.rseq_event
        main.call("sched_yield")
    p.machine.kthread().schedule()  # after a task that is told nothing
    assert not kthread.task.rseq_event


def test_nothing_is_borrowed_from_a_process_that_is_gone(p: Process) -> None:
    p.exit()
    kthread = p.machine.kthread()
    kthread.schedule()
    assert kthread.task.active_mm is None
    other = p.machine.spawn()
    other.load(0x400000)
    assert other.mm.mm_count == 1
    validate_machine(p.machine.system)


def test_who_makes_a_kernel_thread_is_init(p: Process) -> None:
    ear = Ear(p)
    pid = p.machine.kthread().pid
    said = [event for event in ear.events if isinstance(event, SchedProcessFork)]
    assert [(event.pid, event.child) for event in said] == [(1, pid)]
