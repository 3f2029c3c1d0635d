"""The recorded programs do on the model what they did on Linux 6.18."""

from __future__ import annotations

import copy
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest

from tests.programs import archive, format, replay
from tests.programs.programs import PROGRAMS

pytest.importorskip("unicorn")

KEYS = [(name, build) for name, program in PROGRAMS.items() for build in program.builds]
QUICK = [
    *(("growsdown", "musl"), ("fork_global", "dynamic"), ("kill_usr1", "musl")),
    *(("threads_mutex", "dynamic"), ("condvar_queue", "musl"), ("environment", "no_pie")),
]
LISTED = replay.known()


@cache
def records() -> dict[tuple[str, str], format.Record]:
    return {(found["program"], found["build"]): found for found in format.read()}


@cache
def outcome(name: str, build: str) -> replay.Outcome:
    return replay.compare(records()[name, build], binaries())


@cache
def binaries() -> dict[str, bytes]:
    return archive.read()


def agrees(name: str, build: str) -> None:
    assert list(map(str, outcome(name, build).unknown(LISTED))) == []


@pytest.mark.parametrize(("name", "build"), QUICK)
def test_a_program_does_as_recorded(name: str, build: str) -> None:
    agrees(name, build)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "build"), KEYS)
def test_each_program_does_as_recorded(name: str, build: str) -> None:
    agrees(name, build)


@pytest.mark.slow
@pytest.mark.parametrize("known", LISTED, ids=str)
def test_what_is_known_to_differ_still_does(known: replay.Known) -> None:
    builds = [key for key in KEYS if all(map(fnmatchcase, key, known))]
    found = (outcome(*key) for key in builds)
    assert any(known.fits(each.record, one) for each in found for one in each.differences)
    assert known.reason


# What counts as a difference.

STEPS: list[Any] = [
    {"exec": "/a", "rip": 1},
    {"call": "brk", "args": [0], "result": 5, "faults": [1, 0], "maps": ["a", "b"]},
    {"signal": 11, "code": 1, "faults": 2, "addr": 8},
    {"call": "exit", "args": [0], "result": None, "faults": [0, 0]},
]
PROCESS: Any = {
    "pid": 2,
    "parent": 1,
    "tasks": [{"tid": 2, "steps": STEPS}],
    "status": 0,
    "faults": 3,
    "maps_at_exit": ["a"],
}


def told(*changes: tuple[Any, ...]) -> list[str]:
    """Return what differs after changes: each tells where in a run, and what stands there."""
    record: Any = {"processes": [PROCESS], "console": "done\n"}
    run = copy.deepcopy(record)
    for *where, key, value in changes:
        inside = run
        for part in where:
            inside = inside[part]
        inside[key] = value
    return [str(each) for each in replay.differences(record, run)]


def in_step(number: int, key: str, value: Any) -> tuple[Any, ...]:
    return "processes", 0, "tasks", 0, "steps", number, key, value


def test_a_run_as_recorded_has_no_difference() -> None:
    assert told() == []


def test_what_a_call_answers_and_what_it_costs_count() -> None:
    assert told(in_step(1, "result", 6)) == ["task 2, step 1, brk: result: kernel 5, model 6"]
    assert told(in_step(1, "faults", [1, 2])) == [
        "task 2, step 1, brk: faults[1]: kernel 0, model 2"
    ]
    assert told(in_step(1, "maps", ["a"])) == [
        "task 2, step 1, brk: maps[1]: kernel b, model the end"
    ]


def test_signals_count_with_their_address() -> None:
    assert told(in_step(2, "addr", 9)) == ["task 2, step 2, signal 11: addr: kernel 8, model 9"]


def test_another_call_ends_the_comparison_of_a_task() -> None:
    found = told(in_step(1, "call", "mmap"), in_step(2, "code", 2))
    assert found == ["task 2, step 1, brk: kernel there, model mmap"]


def test_missing_and_further_steps_count() -> None:
    steps = ("processes", 0, "tasks", 0, "steps")
    assert told((*steps, STEPS[:-1])) == ["task 2, step 3, exit: kernel there, model the end"]
    assert told((*steps, [*STEPS, STEPS[1]])) == ["task 2, step 4: kernel the end, model brk"]


def test_how_a_process_ends_counts() -> None:
    assert told(("processes", 0, "status", 256), ("processes", 0, "faults", 4)) == [
        "process 2: status: kernel 0, model 256",
        "process 2: faults: kernel 3, model 4",
    ]
    assert told(("console", "")) == ["console: kernel done\n, model "]


def test_processes_and_tasks_that_are_missing_or_too_many_count() -> None:
    assert told(("processes", []))[0] == "task 2, step 0, /a: kernel there, model the end"
    more = [PROCESS, PROCESS | {"pid": 3}]
    assert told(("processes", more)) == ["process 3: kernel none, model one"]
    tasks = [*PROCESS["tasks"], {"tid": 4, "steps": []}]
    assert told(("processes", 0, "tasks", tasks)) == ["task 4: kernel none, model one"]


def test_a_call_that_a_signal_cut_off_says_so_by_any_of_linux_s_numbers() -> None:
    record: Any = {"processes": [], "console": ""}
    cut = [{"call": "pause", "result": -514}], [{"call": "pause", "result": -512}]
    sides = [{"tasks": [{"tid": 2, "steps": steps}]} | {"pid": 2} for steps in cut]
    one, other = ({"processes": [side], "console": ""} for side in sides)
    assert list(replay.differences({**record, **one}, other)) == []


def test_an_ignored_signal_that_only_a_tracer_sees_does_not_count() -> None:
    child: Any = {"signal": 17, "code": 1, "faults": 0, "pid": 3}
    process: Any = PROCESS | {"tasks": [{"tid": 2, "steps": [STEPS[0], child, *STEPS[1:]]}]}
    record: Any = {"processes": [process], "console": ""}
    run: Any = {"processes": [PROCESS], "console": ""}
    assert list(replay.differences(record, run)) == []
    assert list(replay.differences(record, record)) == []
    other: Any = copy.deepcopy(record)
    other["processes"][0]["tasks"][0]["steps"][1]["pid"] = 4
    assert [each.place for each in replay.differences(record, other)] == [
        "task 2, step 1, signal 17: pid"
    ]
