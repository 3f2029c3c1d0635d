"""Kernel threads borrow an address space: active_mm and mm_count, as Linux counts them."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import Ear
from vmlab import Machine, MiB, Process, ProcessError, Snapshot
from vmlab.model.linux.kernel.exit import do_exit
from vmlab.model.linux.mm.validate import validate_idle, validate_machine
from vmlab.model.trace.events.process import SchedSwitch


@pytest.fixture
def p() -> Process:
    """Return a process that runs."""
    p = Machine(ram=8 * MiB).spawn()
    p.load(0x400000)
    return p


def test_borrowing(p: Process) -> None:
    """mm_count goes up, mm_users does not; the next process ends it."""
    kthread = p.machine.kthread()
    kthread.schedule()
    assert (kthread.task.mm, kthread.task.active_mm) == (None, p.mm)
    assert (p.mm.mm_users, p.mm.mm_count) == (1, 2)
    validate_machine(p.machine.system)
    p.load(0x400000)
    assert kthread.task.active_mm is None
    assert (p.mm.mm_users, p.mm.mm_count) == (1, 1)
    validate_machine(p.machine.system)


def test_no_switch_of_page_tables(p: Process) -> None:
    """The CPU keeps its page tables and its TLB: lazy TLB mode."""
    system = p.machine.system
    before = system.cpu.asid, dict(system.tlb.entries)
    p.machine.kthread().schedule()
    assert (system.cpu.asid, dict(system.tlb.entries)) == before


def test_passing_it_on(p: Process) -> None:
    """From one kernel thread to the next the reference moves."""
    first, second = p.machine.kthread("one"), p.machine.kthread("two")
    first.schedule()
    second.schedule()
    assert (first.task.active_mm, second.task.active_mm) == (None, p.mm)
    assert p.mm.mm_count == 2
    validate_machine(p.machine.system)


def test_the_structure_outlives_its_users(p: Process) -> None:
    """Pages go with mm_users, the structure and the top page table with mm_count."""
    system, mm, other = p.machine.system, p.mm, p.fork()
    p.load(0x400000)
    p.machine.kthread().schedule()
    do_exit(p.task, 9)  # as if killed while it does not run
    assert (mm.mm_users, mm.mm_count, mm.map_count) == (0, 1, 0)
    assert mm.number in system.mms
    validate_machine(system)
    other.load(0x400000)
    assert mm.number not in system.mms
    validate_machine(system)
    other.exit()
    validate_idle(system)


def test_on_an_idle_machine() -> None:
    """With nothing to borrow it borrows nothing."""
    machine = Machine(ram=8 * MiB)
    kthread = machine.kthread("kswapd0")
    ear = Ear(kthread)
    kthread.schedule()
    assert [event.mm for event in ear.events if isinstance(event, SchedSwitch)] == [0]
    assert kthread.task.active_mm is None
    machine.spawn().exit()
    assert repr(kthread) == f"<Process {kthread.pid} kswapd0 R>"
    validate_idle(machine.system)


def test_its_name_is_cut_as_linux_cuts_names() -> None:
    """15 bytes are kept, even if they end in the midst of a letter."""
    machine = Machine(ram=8 * MiB)
    assert machine.kthread("kworker/u128:7-events").task.comm == "kworker/u128:7-"
    assert machine.kthread("가나다라마바").task.comm == "가나다라마"
    assert machine.kthread("a가나다라마").task.comm == "a가나다라\udceb\udca7"
    machine.restore(Snapshot.from_json(machine.snapshot().to_json()))


def test_it_has_no_user_space(p: Process) -> None:
    """Neither system calls nor accesses nor an mm."""
    kthread = p.machine.kthread()
    for action in (kthread.fork, lambda: kthread.load(0x400000), lambda: kthread.mm, kthread.exit):
        with pytest.raises(ProcessError, match="kernel thread"):
            action()


def test_snapshot(p: Process) -> None:
    """A snapshot keeps who borrows what, also in a file."""
    machine = p.machine
    machine.kthread().schedule()
    snap = Snapshot.from_json(machine.snapshot().to_json())
    (task,) = [task for task in snap.tasks if task.comm == "kworker/0:0"]
    assert (task.mm, task.active_mm) == (0, p.mm.number)
    assert [mm.mm_count for mm in snap.mms] == [2]
    machine.restore(snap)
    validate_machine(machine.system)
    assert machine.snapshot() == snap
    p.load(0x400000)
    assert p.mm.mm_count == 1


def test_kernel_threads_have_numbers_like_all_others(p: Process) -> None:
    machine = p.machine
    assert [machine.kthread().task.pid, machine.spawn().pid] == [p.pid + 1, p.pid + 2]
