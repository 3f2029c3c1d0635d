"""Lay the model's answers beside the kernel's: count what agrees, keep the first difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.corpus.replay import Replay

MISSING = "nothing"
EXCEPTION = "exception"  # the key of an answer that is a failure of the model


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a sequence first differs from its recording."""

    sequence: str  # its id
    step: int  # from 0; -1 = the state after execve
    operation: str
    place: str  # what differs, for example 'maps[3]'
    expected: str  # the kernel's answer
    got: str  # the model's

    def __str__(self) -> str:
        where = f"step {self.step}" if self.step >= 0 else "init"
        return (
            f"{self.sequence} {where}: {self.operation}: {self.place}\n"
            f"    expected {self.expected}\n"
            f"    got      {self.got}"
        )


@dataclass(slots=True)
class Result:
    """What came of one recording."""

    operations: int = 0
    agreeing: int = 0
    difference: Difference | None = None


@dataclass(slots=True)
class FamilyResult:
    """What came of one family."""

    name: str
    sequences: int = 0
    operations: int = 0
    agreeing: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Count one more recording."""
        self.sequences += 1
        self.operations += result.operations
        self.agreeing += result.agreeing
        if result.difference is not None:
            self.differences.append(result.difference)


def differ(sequence: str, step: int, operation: str, expected: Any, got: Any) -> Difference:
    """Return the difference between two answers that are not equal."""
    if isinstance(got, dict) and EXCEPTION in got:
        return Difference(sequence, step, operation, EXCEPTION, "none", got[EXCEPTION])
    found = first_difference(expected, got)
    assert found is not None
    return Difference(sequence, step, operation, *found)


def first_difference(expected: Any, got: Any, place: str = "") -> tuple[str, str, str] | None:
    """Return the first place where two JSON values differ, and both sides; None if they agree."""
    if expected == got and type(expected) is type(got):
        return None
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in [*expected, *(key for key in got if key not in expected)]:
            inside = f"{place}.{key}" if place else str(key)
            if key not in expected or key not in got:
                sides = (expected.get(key, MISSING), got.get(key, MISSING))
                return inside, brief(sides[0]), brief(sides[1])
            found = first_difference(expected[key], got[key], inside)
            if found:
                return found
    if isinstance(expected, list) and isinstance(got, list):
        for index in range(max(len(expected), len(got))):
            inside = f"{place}[{index}]"
            if index >= len(expected):
                return inside, "the end", brief(got[index])
            if index >= len(got):
                return inside, brief(expected[index]), "the end"
            found = first_difference(expected[index], got[index], inside)
            if found:
                return found
    return place, brief(expected), brief(got)


def brief(value: Any) -> str:
    """Write a value as a report shows it: large numbers in hex, lists of lines whole."""
    if isinstance(value, int) and abs(value) >= 0x1000:
        return hex(value)
    if isinstance(value, list):
        return "[" + ", ".join(brief(item) for item in value) + "]"
    return str(value)


def show_op(op: list[Any]) -> str:
    """Write an operation as a report shows it: name, process, arguments."""
    return f"{op[0]}(p{', '.join(brief(item) for item in op[1:])})"


def replay_sequence(record: dict[str, Any]) -> Result:
    """Replay one recorded sequence.

    Whatever the model raises beyond its documented answers is a difference, and the sequence
    goes on.
    """
    steps = record["steps"]
    result = Result(len(steps))
    for number, op, expected, got in _answers(record):
        if expected == got:
            result.agreeing += number >= 0
        elif result.difference is None:
            name = show_op(op) if op else "execve"
            result.difference = differ(record["id"], number, name, expected, got)
    return result


def _answers(record: dict[str, Any]) -> Iterator[tuple[int, list[Any], Any, Any]]:
    # Step number, operation, what was recorded, what the model says.
    try:
        replay = Replay(record["rlimits"], disk="disk" in record, swap=record.get("swap"))
    except Exception as failure:
        yield -1, [], record["init"], raised(failure)
        return
    yield -1, [], record["init"], replay.init
    for number, (op, answer, *snapshots) in enumerate(record["steps"]):
        try:
            got: Any = replay.step(op)
        except Exception as failure:
            got = raised(failure)
        if not snapshots:
            yield number, op, answer, got
            continue
        try:
            seen: Any = replay.snapshot(big="smaps" in snapshots[0])
        except Exception as failure:
            seen = raised(failure)
        yield number, op, {**answer, "snapshot": snapshots[0]}, {**got, "snapshot": seen}


def raised(failure: Exception) -> dict[str, str]:
    """Write an exception as an answer; no recorded answer looks like it."""
    return {EXCEPTION: f"{type(failure).__name__}: {failure}"}
