"""Undo, redo, other recordings: the machine itself goes back and forth."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.refused import refused
from vmlab import Machine, Process, ProcessError, Recorder, Snapshot, StateError
from vmlab.errors import HistoryError

PAGE = 4096


def recorded() -> tuple[Machine, Recorder]:
    machine = Machine()
    machine.spawn()
    return machine, Recorder(machine)


def do(machine: Machine, pages: int) -> Snapshot:
    """Make one call; answer the state after it."""
    machine[1000].mmap(None, pages * PAGE, 3, 0x22)
    return machine.snapshot()


def test_undo_goes_back_call_by_call_and_redo_on_again() -> None:
    machine, recorder = recorded()
    states = [machine.snapshot(), do(machine, 1), do(machine, 2), do(machine, 3)]
    for state in states[-2::-1]:
        recorder = recorder.undo()
        assert machine.snapshot() == state
        assert recorder.listening
    assert not recorder.can_undo
    with refused(HistoryError, "nothing_to_undo"):
        recorder.undo()
    for state in states[1:]:
        recorder = recorder.redo()
        assert machine.snapshot() == state == recorder.snapshot(len(recorder) - 1)
    assert recorder.undone is None
    with refused(HistoryError, "nothing_to_redo"):
        recorder.redo()


def test_several_calls_may_count_as_one() -> None:
    machine, recorder = recorded()
    before = do(machine, 1)
    do(machine, 2)
    do(machine, 3)
    recorder.undo(2)
    assert machine.snapshot() == before


def test_a_process_in_hand_goes_back_too() -> None:
    machine, recorder = recorded()
    process = machine[1000]
    maps = process.maps()
    child = process.fork()
    process.mmap(None, PAGE, 3, 0x22)
    recorder = recorder.undo().undo()
    assert process.maps() == maps
    assert child.state == "X"
    recorder.redo()
    assert child.state == "R"


def test_after_something_else_was_done_there_is_no_redo() -> None:
    machine, recorder = recorded()
    do(machine, 1)
    recorder = recorder.undo()
    assert recorder.undone is not None
    do(machine, 2)
    assert recorder.undone is None


def test_each_recording_keeps_its_end() -> None:
    machine, recorder = recorded()
    do(machine, 1)
    branch = recorder.branch(-1)
    do(machine, 2)
    end = do(machine, 3)
    recorder.resume()
    assert branch.snapshot(len(branch) - 1) == end
    branch.resume()
    assert machine.snapshot() == end


def test_a_branch_is_undone_as_a_whole() -> None:
    machine, recorder = recorded()
    do(machine, 1)
    before = do(machine, 2)
    branch = recorder.branch(-1)
    do(machine, 3)
    back = branch.undo()
    assert back.can_undo
    assert back.undo() is recorder
    assert machine.snapshot() == before
    assert recorder.redo() is back


def test_a_saved_recording_takes_the_place_of_this_one() -> None:
    machine, recorder = recorded()
    saved_state = do(machine, 1)
    text = recorder.to_json()
    sentences = [step.sentence for step in recorder.steps]
    before = do(machine, 5)
    loaded = recorder.load(text)
    assert machine.snapshot() == saved_state
    assert [step.sentence for step in loaded.steps] == sentences
    do(machine, 2)
    assert loaded.undo().undo() is recorder
    assert machine.snapshot() == before


def test_a_saved_state_takes_its_place_too() -> None:
    machine, recorder = recorded()
    state = do(machine, 1)
    do(machine, 5)
    loaded = recorder.load(state.to_json())
    assert machine.snapshot() == loaded.start == state
    assert len(loaded) == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "vmlab-recording"}', "altered"])
def test_a_broken_file_changes_nothing(text: str) -> None:
    machine, recorder = recorded()
    before = do(machine, 1)
    if text == "altered":
        text = recorder.to_json().replace('"steps"', '"stops"')
    with pytest.raises(StateError):
        recorder.load(text)
    assert recorder.listening
    assert machine.snapshot() == before


def test_a_recording_from_a_file_can_be_undone() -> None:
    machine, recorder = recorded()
    do(machine, 1)
    other = Recorder.from_json(recorder.to_json())
    back = other.undo()
    assert other.machine.snapshot() == recorder.start == back.start


@pytest.mark.parametrize(
    "reach",
    [
        lambda process: process.proc_mem_read(0, 1),
        lambda process: process.proc_mem_write(0, b"!"),
        lambda process: process.clear_refs(1),
    ],
)
def test_who_reached_for_a_process_that_is_gone_can_go_back(
    reach: Callable[[Process], object],
) -> None:
    machine, recorder = recorded()
    child = machine[1000].fork()
    child.exit(0)
    machine[1000].wait()
    before = machine.snapshot()
    with pytest.raises(ProcessError):
        reach(child)
    do(machine, 1)
    recorder = recorder.undo()
    assert machine.snapshot() == before
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == before
