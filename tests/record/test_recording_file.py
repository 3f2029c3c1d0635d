"""Recording files: there and back, and what is wrong with one."""

import functools
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.record.runs import ARENA, Act, acts, machine, run
from tests.refused import refused
from tests.state.test_files import places
from vmlab import LinuxError, Machine, Recorder, Rlimit, Segfault, StateError
from vmlab.errors import RecordingError
from vmlab.record import recording_file
from vmlab.state import files as state_file

quick = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def recorded(what: list[Act]) -> Recorder:
    m = machine()
    recorder = Recorder(m)
    run(m, what)
    return recorder


@functools.cache
def text() -> str:
    m = machine()
    with Recorder(m) as recorder:
        m[1000].store(ARENA, b"parent")
        m[1000].fork().store(ARENA, b"child")
        m.fs.write("/new", b"x" * 100)
        m.restore(recorder.start)
        m.spawn(argv=["a", "b"], env={"HOME": "/"}, rlimits={3: 1 << 20})
    return recorder.to_json()


def altered(path: tuple[str | int, ...], value: Any) -> str:
    data = json.loads(text())
    where = data
    for name in path[:-1]:
        where = where[name]
    where[path[-1]] = value
    head = ("format", "version", "sha256")
    data["sha256"] = state_file._checksum({k: v for k, v in data.items() if k not in head})
    return json.dumps(data)


@quick
@given(acts, acts)
def test_there_and_back_and_on(what: list[Act], more: list[Act]) -> None:
    one = recorded(what)
    other = Recorder.from_json(one.to_json())
    assert list(other.steps) == list(one.steps)
    assert other.calls == one.calls
    for step in range(-1, len(one), 37):
        assert other.snapshot(step) == one.snapshot(step)
    assert other.machine.system is not one.machine.system
    assert run(one.machine, more) == run(other.machine, more)
    assert other.to_json() == one.to_json()
    assert other.snapshot(len(other) - 1) == one.snapshot(len(one) - 1)


@pytest.mark.parametrize(
    ("path", "value", "at", "code"),
    [
        (("version",), 10, "version", "version_unknown"),
        (("format",), "vmlab-state", "format", "not_of_format"),
        (("start", "current"), 5, "current", "no_such_process"),
        (("functions", 0, "source"), 1, "functions[0].source", "must_be_text"),
        (("paths", 1, "path"), [99], "paths[1].path", "no_such_function"),
        (("steps", 3, "event"), "boom", "steps[3].event", "no_such_event"),
        (("steps", 3, "path"), 9999, "steps[3].path", "no_such_call_path"),
        (("steps", 3, "values"), {"addr": 1}, "steps[3].values.entry", "field_missing"),
        (("calls", 0, "call"), "system", "calls[0].call", "no_such_call"),
        (("calls", 0, "args"), [], "calls[0]", "python_says"),
        (("calls", 0, "args", 0), "x", "calls[0]", "arg_not_number"),
        (("calls", 0, "args", 1, "length"), 1 << 40, "calls[0].args", "all_args_too_long"),
        (("calls", 0, "args", 1, "length"), -1, "calls[0].args[1].length", "out_of_range"),
        (("calls", 0, "call"), "mincore", "calls[0]", "arg_not_number"),
        (("calls", 0, "steps"), 0, "steps", "nr_steps_wrong"),
    ],
)
def test_the_field_is_named(path: tuple[str | int, ...], value: Any, at: str, code: str) -> None:
    with refused(StateError, code, at=at):
        Recorder.from_json(altered(path, value))


@pytest.mark.parametrize(
    ("path", "value"), [(("steps", 1, "values", "addr"), 1), (("calls", 0, "pid"), 77)]
)
def test_a_call_that_does_something_else_is_named(path: tuple[str | int, ...], value: Any) -> None:
    with pytest.raises(StateError) as told:
        Recorder.from_json(altered(path, value))
    assert dict(told.value.reason.values)["field"] == "calls[0]"


def peak_while_refused(text: str, code: str) -> int:
    """The most bytes that were in use at once."""
    tracemalloc.start()
    try:
        with refused(StateError, code):
            Recorder.from_json(text)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("runs", [{}, {"0x0": "01"}])
def test_a_short_file_cannot_ask_for_much_memory(runs: dict[str, str]) -> None:
    long = {"length": 1 << 26, "bytes": runs}
    hostile = altered(("calls", 0, "args"), [long] * 80)
    assert len(hostile) < 300_000
    assert peak_while_refused(hostile, "all_args_too_long") < 20 << 20


@pytest.mark.parametrize("runs", [{}, {"0x0": "01"}])
def test_nor_can_the_states_in_it(runs: dict[str, str]) -> None:
    state = json.loads(text())["start"]
    state["ram"] = {str(pfn): runs for pfn in range(1, 20_000)}
    call = {"pid": 0, "call": "machine.restore", "args": [{"state": state}], "steps": 0}
    hostile = altered(("calls", 0), call)
    assert peak_while_refused(hostile, "more_frames_than_pages") < 50 << 20


def test_states_in_it_share_what_is_equal() -> None:
    m = machine()
    with Recorder(m) as recorder:
        for _ in range(3):
            m.restore(recorder.start)
    loaded = Recorder.from_json(recorder.to_json())
    assert all(call.args[0].ram is loaded.start.ram for call in loaded.calls)


def test_more_bytes_than_are_loaded_are_not_saved() -> None:
    m = machine()
    m[1000].sigaction(11)
    with Recorder(m) as recorder:
        for _ in range(3):
            with pytest.raises(Segfault):
                m[1000].store(1 << 46, bytes(1 << 25))
    with refused(RecordingError, "all_args_too_long"):
        recorder.to_json()


@pytest.mark.parametrize("part", [0, 30, 99])
def test_a_file_cut_short_is_told(part: int) -> None:
    with pytest.raises(StateError):
        Recorder.from_json(text()[: len(text()) * part // 100])


@settings(quick, max_examples=60)
@given(st.data())
def test_whatever_is_altered_either_loads_or_is_told(data: st.DataObject) -> None:
    body = json.loads(text())
    name = data.draw(st.sampled_from(["functions", "paths", "calls", "steps"]))
    path = data.draw(st.sampled_from(places(body[name])))
    value = data.draw(st.sampled_from([None, True, "", "0x1000", [], {}, [[]], 0, 1, -1, 1 << 63]))
    try:
        recorder = Recorder.from_json(altered((name, *path), value))
    except StateError:
        pass
    else:
        assert recorder.snapshot(len(recorder) - 1) == recorder.machine.snapshot()


def test_what_cannot_be_done_again_is_not_saved() -> None:
    from vmlab.model.linux.mm.vma_munmap import do_munmap

    m = machine()
    recorder = Recorder(m)
    do_munmap(m[1000].mm, ARENA, 4096)
    with refused(RecordingError, "step_of_no_call"):
        recorder.to_json()


def test_a_load_of_more_than_a_machine_has_is_refused() -> None:
    call = json.loads(text())["calls"][0]
    with refused(StateError, "arg_out_of_range", at="calls[0]"):
        Recorder.from_json(altered(("calls", 0), {**call, "call": "load", "args": [0, 1 << 40]}))


def test_a_refused_call_with_a_large_length_can_be_loaded() -> None:
    m = Machine(ram=4 << 20)
    p = m.spawn()
    with Recorder(m) as recorder:
        for length in (1 << 40, 1 << 63):
            with pytest.raises(LinuxError, match="ENOMEM"):
                p.mincore(0, length)
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == m.snapshot()


def test_what_is_too_large_to_be_loaded_is_not_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    m = Machine(ram=4 << 20)
    with Recorder(m) as recorder:
        m.fs.write("/a", bytes(1000))
        m.fs.write("/b", bytes(1001))
    with monkeypatch.context() as patch:
        patch.setattr(recording_file, "_OF_STEP", 0)
        patch.setattr(recording_file, "_UNUSED", 2000)
        with refused(RecordingError, "all_args_too_long"):
            recorder.to_json()
        patch.setattr(recording_file, "_UNUSED", 2001)
        Recorder.from_json(recorder.to_json())
    size = len(recorder.to_json())
    monkeypatch.setattr(state_file, "MAX_TEXT", size)
    assert len(recorder.to_json()) == size
    monkeypatch.setattr(state_file, "MAX_TEXT", size - 1)
    with refused(StateError, "file_too_long"):
        recorder.to_json()


def test_limits_are_read_back_as_they_were_given() -> None:
    process = Machine().spawn()
    with Recorder(process.machine) as recorder:
        process.prlimit(0, Rlimit.RLIMIT_FSIZE, (1 << 20, (1 << 64) - 1))
        process.prlimit(0, Rlimit.RLIMIT_FSIZE)
        process.execve("/bin/a.out", ("a", "b"))
    again = Recorder.from_json(recorder.to_json())
    assert again.calls == recorder.calls
    assert again.to_json() == recorder.to_json()
