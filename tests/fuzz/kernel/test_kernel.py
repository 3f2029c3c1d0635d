"""Random operations on the model and on a kernel; here another model stands for the kernel."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from tests.corpus.replay import Replay
from tests.corpus.sequences import Op
from tests.fuzz.kernel import find, run
from tests.fuzz.kernel.find import Finder
from tests.fuzz.kernel.operations import Planner, Seen
from tests.fuzz.kernel.perform import OffLimits, Plan, answered, perform

A = 0x10000000
MAP = ["mmap", 0, A, 0x2000, 3, 0x32, -1, 0]


def as_record(plan: Plan) -> dict[str, Any]:
    return {"init": plan.init, "steps": copy.deepcopy(plan.steps)}


def wrong_kernel(rlimits: dict[str, int], ops: list[Op], *, disk: bool) -> dict[str, Any]:
    """A kernel whose munmap fails where something is mapped."""
    record = as_record(answered(rlimits, ops, disk=disk))
    for step in record["steps"]:
        if step[0][0] == "munmap" and step[1]["r"] == 0:
            step[1]["r"] = -5
    return record


@pytest.mark.parametrize("seed", range(4))
def test_a_seed_always_chooses_the_same_and_the_model_answers_the_same_again(seed: int) -> None:
    plan, again = (Planner(random.Random(seed), Seen()).plan() for _ in range(2))
    assert plan == again == answered(plan.rlimits, plan.ops, disk=plan.disk)
    assert find.difference(plan, as_record(plan)) is None


def test_what_differs_is_found_and_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "in_child", wrong_kernel)
    finder, found = Finder(), []
    for seed in range(40):
        found += finder.compare(seed).found
    assert [difference.kind for _, difference in found] == [("munmap", "r")]
    record, difference = found[0]
    assert (difference.kernel, difference.model) == ("-5", "0")
    assert len(record["steps"]) <= 4
    assert record["steps"][-1][0][0] == "munmap"


def test_what_the_kernel_answers_now_so_now_so_is_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kernels = iter(
        [wrong_kernel, *[lambda *given, disk: as_record(answered(*given, disk=disk))] * 99]
    )
    monkeypatch.setattr(find, "in_child", lambda *given, disk: next(kernels)(*given, disk=disk))
    plan = answered({}, [MAP, ["munmap", 0, A, 0x1000]])
    monkeypatch.setattr(Planner, "plan", lambda planner: plan)
    outcome = Finder().compare(0)
    assert (outcome.unsteady, outcome.found) == (1, [])


def test_what_takes_the_model_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def plan(planner: Planner) -> Plan:
        planner.asked.append(MAP)
        planner.replay = Replay({})
        while True:
            pass

    monkeypatch.setattr(Planner, "plan", plan)
    monkeypatch.setattr(find, "_PATIENCE", 0.05)
    [(record, difference)] = Finder().compare(0).found
    assert (record["steps"], difference.place) == ([[MAP]], "time")


@pytest.mark.parametrize(
    "ops",
    [
        [["munmap", 0, 0x401000, 0x1000]],
        [["mprotect", 0, 0x401000, 0x1000, 7], ["st", 0, 0x401005, 1]],
        [["exit_group", 0, 1], ["ld", 0, A]],
        [["vfork", 0], ["ld", 0, A]],
        [[*MAP[:4], 7, *MAP[5:]], ["st", 0, A, 0x90], ["fetch", 0, A]],
        [["mmap", 0, A, 1 << 27, 3, 0x8032, -1, 0]],
        [["ld", 3, A]],
    ],
)
def test_what_would_harm_the_kernel_or_the_victim_is_not_asked(ops: list[Op]) -> None:
    replay = Replay({})
    for op in ops[:-1]:
        perform(replay, op)
    with pytest.raises(OffLimits):
        perform(replay, ops[-1])


def test_elsewhere_it_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run.platform, "system", lambda: "Darwin")
    assert run.run(1, 0, 1) == 2
    assert "needs Linux on x86-64" in capsys.readouterr().out
