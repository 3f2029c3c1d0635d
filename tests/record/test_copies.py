"""Machines, processes and recorders can be copied and pickled: they go by way of snapshots."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from tests.record.runs import ARENA, machine
from vmlab import Machine, Recorder, Segfault

COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda what: pickle.loads(pickle.dumps(what)),
}
copied = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
deeply = pytest.mark.parametrize("copied", [COPIES["deepcopy"], COPIES["pickle"]])


@copied
def test_a_copy_of_a_machine_goes_on_alone(copied: Callable[[Machine], Machine]) -> None:
    m = machine()
    m[1000].store(ARENA, b"one")
    other = copied(m)
    assert other.snapshot() == m.snapshot()
    other[1000].store(ARENA, b"two")
    assert m[1000].load(ARENA, 3) == b"one"
    assert other[1000].load(ARENA, 3) == b"two"
    assert other.fs.read("/f") == m.fs.read("/f")


@copied
def test_nobody_listens_to_a_copy(copied: Callable[[Machine], Machine]) -> None:
    m = machine()
    recorder = Recorder(m)
    copied(m)[1000].load(ARENA)
    assert len(recorder) == 0
    assert recorder.listening


@deeply
def test_processes_stay_those_of_their_machine(copied: Callable[[Any], Any]) -> None:
    m = machine()
    other, process = copied((m, m[1000]))
    assert process is other[1000]
    assert process.machine is other
    assert process.pid == 1000


@deeply
def test_a_copy_of_a_dead_process_is_dead(copied: Callable[[Any], Any]) -> None:
    m = machine()
    p = m[1000]
    with pytest.raises(Segfault):
        p.load(0)
    other = copied(p)
    assert (other.pid, other.state, other.task.comm) == (1000, "X", "a.out")
    assert list(other.machine.processes) == []


@copied
def test_a_copy_of_a_recorder_records_on(copied: Callable[[Recorder], Recorder]) -> None:
    m = machine()
    recorder = Recorder(m)
    m[1000].store(ARENA, b"one")
    m[1000].fork()
    recorder.goto(3)
    other = copied(recorder)
    assert other.position == 3
    assert list(other.steps) == list(recorder.steps)
    assert other.snapshot(5) == recorder.snapshot(5)
    steps = len(recorder)
    other.machine[1001].store(ARENA, b"two")
    assert other.snapshot(len(other) - 1) == other.machine.snapshot()
    assert len(recorder) == steps
    assert len(other) > steps


@deeply
def test_undo_and_redo_are_copied(copied: Callable[[Recorder], Recorder]) -> None:
    m = machine()
    recorder = Recorder(m)
    m[1000].store(ARENA, b"one")
    m[1000].store(ARENA, b"two")
    one = recorder.undo()
    other = copied(one)
    assert other.machine.snapshot() == m.snapshot()
    assert other.redo().machine[1000].load(ARENA, 3) == b"two"
    assert m.snapshot() == one.state


@deeply
def test_a_closed_recorder_stays_closed(copied: Callable[[Recorder], Recorder]) -> None:
    m = machine()
    with Recorder(m) as recorder:
        m[1000].store(ARENA, b"one")
    other = copied(recorder)
    assert not other.listening
    assert list(other.steps) == list(recorder.steps)


def test_a_snapshot_is_not_copied_for_nothing() -> None:
    snap = machine().snapshot()
    assert copy.deepcopy(snap) is snap
    assert pickle.loads(pickle.dumps(snap)) == snap
