"""A recording goes back and forth, and the machine does not notice it."""

from collections.abc import Iterable
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.record.runs import ARENA, Act, acts, machine, run
from tests.refused import refused
from vmlab import KernelBug, Machine, Recorder, Snapshot
from vmlab.codes import Reason
from vmlab.errors import HistoryError
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import cpu, fault, file, page, process, vma
from vmlab.record.diff import diff
from vmlab.words.sentences import sentence

quick = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def forward(what: list[Act]) -> tuple[Recorder, list[Snapshot]]:
    """A recording, and the state when each step was made."""
    m = machine()
    recorder = Recorder(m)
    states: list[Snapshot] = []
    recording = m.system.trace.sink
    assert recording is not None
    take = recording.emit

    def emit(event: Event) -> None:
        take(event)
        states.append(m.snapshot())

    recording.emit = emit  # type: ignore[method-assign]
    run(m, what)
    recorder.close()
    return recorder, states


@quick
@given(acts, st.randoms(use_true_random=False))
def test_going_back_is_going_forward(what: list[Act], random: object) -> None:
    recorder, states = forward(what)
    last = {recorder.steps.end_of(i) - 1 for i in range(len(recorder.calls))}
    order = list(range(len(recorder)))[::-1]
    random.shuffle(order)  # type: ignore[attr-defined]
    for step in order[:60]:
        if step not in last:  # there the call is over, and the process may be gone
            assert recorder.snapshot(step) == states[step]


@quick
@given(acts, st.data())
def test_a_difference_tells_whether_something_changed(what: list[Act], data: st.DataObject) -> None:
    m = machine()
    with Recorder(m) as recorder:
        run(m, what)
    place = st.integers(-1, len(recorder) - 1)
    one, other = data.draw(place), data.draw(place)
    before, after = recorder.snapshot(one), recorder.snapshot(other)
    change = recorder.diff(one, other)
    assert bool(change) == (before != after)
    assert str(change)


@quick
@given(acts)
def test_recording_changes_nothing(what: list[Act]) -> None:
    one, other = machine(), machine()
    with Recorder(one) as recorder:
        answers = run(one, what)
    assert answers == run(other, what)
    assert one.snapshot() == other.snapshot() == recorder.snapshot(len(recorder) - 1)


@quick
@given(acts, acts, st.data())
def test_both_histories_are_kept(what: list[Act], other: list[Act], data: st.DataObject) -> None:
    m = machine()
    recorder = Recorder(m)
    run(m, what)
    end = m.snapshot()
    step = data.draw(st.integers(-1, len(recorder) - 1))
    sentences = [each.sentence for each in recorder.steps]
    branch = recorder.branch(step)
    assert branch.parent is recorder
    assert m.snapshot() == branch.snapshot(len(branch) - 1)
    assert [each.sentence for each in branch.steps] == sentences[: len(branch)]
    run(m, other)
    assert branch.snapshot(len(branch) - 1) == m.snapshot()
    assert [each.sentence for each in recorder.steps] == sentences
    recorder.resume()
    assert m.snapshot() == end
    assert not branch.listening


def small() -> tuple[Machine, Recorder]:
    m = machine()
    recorder = Recorder(m)
    m[1000].store(ARENA, b"!")
    m[1000].munmap(ARENA, 4096)
    return m, recorder


def test_stepping() -> None:
    m, recorder = small()
    recorder.goto(-1)
    assert recorder.state == recorder.start == recorder.back()
    assert recorder.forward() == recorder.snapshot(0)
    assert recorder.position == 0
    stored = recorder.next_call()
    assert recorder.steps[recorder.position].event.name == "access_end"
    assert recorder.next_call() == m.snapshot() == recorder.next_call()
    assert recorder.position == len(recorder) - 1
    assert recorder.previous_call() == stored
    assert recorder.previous_call() == recorder.start
    assert recorder.previous_call() == recorder.start
    with refused(HistoryError, "no_such_step"):
        recorder.goto(9999)
    assert recorder.position == -1


def test_the_call_path_has_source_files() -> None:
    _, recorder = small()
    step = next(step for step in recorder.steps if step.event.name == "mm_page_alloc")
    assert [frame.function for frame in step.path][:2] == ["do_page_fault", "handle_mm_fault"]
    assert step.path[0].source == "arch/x86/mm/fault.c"
    assert recorder.call_path(step.number) == step.path
    assert recorder.call_path(-1) == ()
    assert "pte_1_10000000" in recorder.highlight(step.number + 1)


def test_a_step_shows_the_file_it_is_about() -> None:
    m, recorder = small()
    m[1000].munmap(ARENA, 8 * 4096)
    m[1000].close(3)
    step = next(step for step in recorder.steps if step.event.name == "file_close")
    event = step.event
    assert isinstance(event, file.FileClose)
    assert {f"file_{event.file}", f"ino_{event.ino}"} <= recorder.highlight(step.number)


def test_one_recorder_at_a_time() -> None:
    m, recorder = small()
    steps = len(recorder)
    other = Recorder(m)
    assert other.listening
    assert not recorder.listening
    m[1000].brk(0)
    assert len(recorder) == steps
    recorder.close()
    assert other.listening


def test_restoring_is_recorded() -> None:
    m, recorder = small()
    m.restore(recorder.start)
    m[1000].store(ARENA, b"again")
    assert recorder.steps[-1].event.name == "access_end"
    assert recorder.snapshot(len(recorder) - 1) == m.snapshot()
    step = next(step for step in recorder.steps if step.event.name == "machine_restore")
    assert not diff(recorder.start, recorder.snapshot(step.number))
    assert recorder.snapshot(step.number + 4)


def test_changes_by_hand_are_told() -> None:
    m, recorder = small()
    m[1000].task.min_flt += 7
    m[1000].store(ARENA + 4096, b"!")
    with pytest.raises(KernelBug, match="changed by hand"):
        recorder.snapshot(len(recorder) - 3)


def test_steps_without_a_call_are_kept() -> None:
    from vmlab.model.linux.mm.vma_munmap import do_munmap

    m, recorder = small()
    do_munmap(m[1000].mm, ARENA + 4096, 4096)
    states = [recorder.snapshot(step) for step in range(len(recorder))]
    assert states[-1] == m.snapshot()
    m[1000].store(ARENA + 8192, b"!")
    assert recorder.snapshot(len(recorder) - 1) == m.snapshot()


EVENTS = [
    kind
    for module in (cpu, fault, file, page, process, vma)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
]


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.name)
def test_events_hold_values_only(kind: type[Event]) -> None:
    assert {part.type for part in fields(kind)} <= {"int", "str", "bool", "Reason"}


def is_frozen(values: Iterable[object]) -> bool:
    return all(
        is_frozen(value for _, value in value.values)
        if isinstance(value, Reason)
        else type(value) in (int, str, bool)
        for value in values
    )


@quick
@given(acts)
def test_no_event_holds_a_live_object(what: list[Act]) -> None:
    m = machine()
    with Recorder(m) as recorder:
        run(m, what)
        before = [(step.event, step.sentence) for step in recorder.steps]
    m.system.__dict__.clear()
    for event, said in before:
        assert is_frozen(event.values().values()), event
        assert sentence(event) == said
