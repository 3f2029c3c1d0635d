"""When a process can run, and what it is told when it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from tests.refused import refused
from vmlab import (
    CLONE_SIGHAND,
    CLONE_THREAD,
    CLONE_VM,
    LinuxError,
    Machine,
    MiB,
    Process,
    ProcessError,
    Recorder,
    Segfault,
)
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.abi.kinds import Kind
from vmlab.model.linux.mm.validate import validate_machine

TEXT: dict[Kind, Any] = {
    Kind.PATH: "/a",
    Kind.NAME: "a",
    Kind.DATA: b"a",
    Kind.PATH_OR_NONE: None,
    Kind.ARGV: None,
    Kind.ENV: (),
    Kind.LIMITS: (1, 1),
}


def without_program() -> Process:
    """A process between its making and its execve; the CPU has the tables of another one."""
    machine = Machine(ram=4 * MiB)
    recorder = Recorder(machine)
    machine.spawn().load(0x400000)
    machine.spawn()
    made = [call.first for call in recorder.calls if call.name == "machine.new_task"][-1]
    other = next(iter(machine.processes))
    pid = max(machine.processes)
    recorder.branch(recorder.calls[recorder.steps.call_of(made) + 1].first - 1)
    machine[other].load(0x400000)
    return machine[pid]


@pytest.mark.parametrize("name", sorted(ACTIONS.keys() - {"execve", "exit", "exit_group"}))
def test_without_a_program_there_is_nobody_to_make_a_call(name: str) -> None:
    process = without_program()
    machine = process.machine
    machine.restore(machine.snapshot())
    before = machine.snapshot()
    args: list[Any] = [TEXT.get(each.kind, 0x400000) for each in ACTIONS[name].parameters]
    with refused(ProcessError, "no_program"):
        process.call(name, *args)
    assert machine.snapshot() == before
    validate_machine(machine.system)


def test_without_a_program_there_is_no_address_space() -> None:
    process = without_program()
    assert process.state == "R"
    assert process.maps() == process.smaps() == ""
    for what in (lambda: process.mm, lambda: process.pagemap(0)):
        with refused(ProcessError, "no_program"):
            what()


def test_a_process_without_a_program_can_get_one_or_end() -> None:
    process = without_program()
    process.execve("/bin/a.out")
    assert process.load(0x400000)
    process = without_program()
    process.exit()
    assert process.state == "X"
    validate_machine(process.machine.system)


@pytest.mark.parametrize("end", ["exit", "exit_thread", "execve", "killed"])
def test_a_vfork_child_whose_parent_is_gone(end: str) -> None:
    """The thread that waited for it ended with its process; nobody waits any more."""
    machine = Machine(ram=4 * MiB)
    process = machine.spawn()
    thread = process.clone(CLONE_VM | CLONE_THREAD | CLONE_SIGHAND)
    child = thread.vfork()
    if end == "killed":
        with pytest.raises(Segfault):
            process.load(0)
    else:
        getattr(process, end)(*(["/bin/a.out"] if end == "execve" else []))
    machine.restore(machine.snapshot())
    assert thread.state == ("D" if end == "exit_thread" else "X")
    child.exit()
    assert thread.state == ("R" if end == "exit_thread" else "X")
    machine.restore(machine.snapshot())


def test_a_thread_waits_for_its_child_when_the_first_thread_has_ended() -> None:
    machine = Machine(ram=4 * MiB)
    process = machine.spawn()
    thread = process.clone(CLONE_VM | CLONE_THREAD | CLONE_SIGHAND)
    child = thread.vfork()
    process.exit_thread()
    machine.restore(machine.snapshot())
    with refused(ProcessError, "waits_for_vfork_child"):
        thread.getpid()
    child.execve("/bin/a.out")
    assert thread.getpid() == process.pid
    with pytest.raises(LinuxError, match="EAGAIN"):
        thread.wait()
