"""Recording files: there and back, and what is wrong with one."""

import functools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.record.runs import ARENA, Act, acts, machine, run
from tests.state.test_files import places
from vmlab import Recorder, StateError
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
    ("path", "value", "message"),
    [
        (("version",), 3, "version: this vmlab reads version 1, the file has 3"),
        (("format",), "vmlab-state", "format: this is no vmlab-recording file"),
        (("start", "current"), 5, "current: there is no process 5"),
        (("functions", 0, "source"), 1, r"functions\[0\].source: must be text"),
        (("paths", 1, "path"), [99], r"paths\[1\].path: there is no such function"),
        (("steps", 3, "event"), "boom", r"steps\[3\].event: no event is named 'boom'"),
        (("steps", 3, "path"), 9999, r"steps\[3\].path: there is no path 9999"),
        (("steps", 3, "values"), {}, r"steps\[3\].values\.\w+: missing"),
        (("steps", 1, "values", "addr"), 1, r"calls\[0\]: step 1: .* not what was recorded"),
        (("calls", 0, "call"), "system", r"calls\[0\].call: there is no call 'system'"),
        (("calls", 0, "pid"), 77, r"calls\[0\]: step \d+: store ended elsewhere"),
        (("calls", 0, "args"), [], r"calls\[0\]: cannot be done"),
        (("calls", 0, "args", 0), "x", r"calls\[0\]: cannot be done"),
        (("calls", 0, "args", 1, "length"), 1 << 40, r"length: more than 67108864 bytes"),
        (("calls", 0, "call"), "mincore", r"calls\[0\]: cannot be done: length must be"),
        (
            ("calls", 0),
            {"pid": 1000, "call": "mincore", "args": [0, 1 << 40, None], "steps": 2},
            r"calls\[0\].args\[1\]: more than 4294967296 bytes",
        ),
        (("calls", 0, "steps"), 0, r"steps: there are \d+, the calls have \d+"),
    ],
)
def test_the_message_names_the_field(path: tuple[str | int, ...], value: Any, message: str) -> None:
    with pytest.raises(StateError, match=message):
        Recorder.from_json(altered(path, value))


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
    with pytest.raises(ValueError, match="step 0 belongs to no call"):
        recorder.to_json()
