"""What a kernel answered to short programs is what the model answers, and this kernel if asked."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.answers import on_kernel, on_model
from tests.answers.families import FAMILIES
from tests.answers.program import CHILD, DATA, Answer, Step


def programs(family: str) -> list[tuple[list[Step], list[Answer]]]:
    with gzip.open(DATA / f"{family}.json.gz") as file:
        return [(steps, answers) for steps, answers in json.load(file)]


def show(steps: list[Step], expected: list[Answer], got: list[Answer]) -> str:
    """The first step whose answers differ, and those before it."""
    for number, (step, one, other) in enumerate(zip([*steps, "end"], expected, got, strict=True)):
        if one != other:
            before = "\n".join(map(str, steps[:number]))
            return f"{before}\n{step}:\nexpected {one}\ngot      {other}"
    return ""


@pytest.mark.parametrize("family", FAMILIES)
def test_the_model_answers_as_the_kernel_did(family: str) -> None:
    recorded = programs(family)
    assert len(recorded) > FAMILIES[family][1] // 2
    for steps, expected in recorded:
        got = on_model.run(steps)
        assert got == expected, show(steps, expected, got)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_kernel_of_this_machine_does_too(family: str, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("real_kernel"):
        pytest.skip("asks the kernel only with --real-kernel")
    for steps, expected in programs(family)[:10]:
        tries = (on_kernel.run(steps) for _ in range(5))  # others may empty the CPU's batches
        assert any(got == expected for got in tries), steps


def test_an_altered_answer_is_seen() -> None:
    """Each kind of answer is compared, inside of a child too."""
    steps, expected = next(found for found in programs("lazyfree") if _child(found[1]) is not None)
    child = _child(expected)
    assert child is not None
    child.append(0)
    assert on_model.run(steps) != expected
    child.pop()
    assert on_model.run(steps) == expected
    for number in range(len(expected)):
        altered = [*expected[:number], "other", *expected[number + 1 :]]
        assert f"expected other\ngot      {expected[number]}" in show(steps, altered, expected)


def _child(answers: list[Answer]) -> list[Any] | None:
    return next((a for a in answers if isinstance(a, list) and a[0] == CHILD), None)
