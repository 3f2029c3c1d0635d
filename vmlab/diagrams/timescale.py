"""The axis of steps: calls side by side, each wide enough to be seen; many calls share a column."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from math import ceil, log2

from vmlab.record.lifespans import Lifespans, Made
from vmlab.words.language import say, say_n

COLUMNS = 80  # more calls than that share them


@dataclass(frozen=True, slots=True)
class Column:
    """One call, or some that follow each other, with its place."""

    calls: tuple[Made, ...]
    number: int  # of its first call, from 0
    left: float  # points
    right: float

    @property
    def first(self) -> int:
        """Return its first step."""
        return self.calls[0].first

    @property
    def end(self) -> int:
        """Return the step after its last."""
        return self.calls[-1].end

    @property
    def words(self) -> str:
        """Say which calls it stands for."""
        call, last = self.calls[0], self.number + len(self.calls)
        values: dict[str, int | str] = {
            "first": self.first + 1,
            "last": self.end,
            "number": self.number + 1,
        }
        if last == self.number + 1:
            values["name"] = call.name
            if not call.pid:
                return say("call {number}: {name}, steps {first} to {last}", **values)
            return say(
                "call {number}: {name} of process {pid}, steps {first} to {last}",
                pid=call.pid,
                **values,
            )
        counts = Counter(call.name for call in self.calls)
        names = ", ".join(f"{name} x{count}" for name, count in counts.most_common())
        return say(
            "calls {number} to {end}: {names}; steps {first} to {last}",
            end=last,
            names=names,
            **values,
        )


class Timescale:
    """Where each step is, from left to right.

    Args:
        story: the recording.
        left: points, where it begins.
        right: points, where it ends.
    """

    def __init__(self, story: Lifespans, left: float, right: float) -> None:
        self.left, self.right = left, right
        self.per_column = max(1, ceil(len(story.calls) / COLUMNS))
        calls = story.calls
        groups = [
            (at, calls[at : at + self.per_column]) for at in range(0, len(calls), self.per_column)
        ]
        weights = [1 + log2(group[-1].end - group[0].first) / 3 for _, group in groups]
        unit = (right - left) / (sum(weights) or 1)
        edges = [left + unit * edge for edge in accumulate(weights, initial=0)]
        self.columns = tuple(
            Column(group, at, *edges[place : place + 2]) for place, (at, group) in enumerate(groups)
        )
        self._firsts = [column.first for column in self.columns]
        self._story = story

    def x(self, step: int) -> float:
        """Return the place of a step; -1 is the beginning, the number of steps the end."""
        if step < 0 or not self.columns:
            return self.left
        if step >= self._story.nr_steps:
            return self.right
        column = self.columns[max(bisect_right(self._firsts, step) - 1, 0)]
        share = (step - column.first + 0.5) / (column.end - column.first)
        return column.left + (column.right - column.left) * min(max(share, 0), 1)

    def lifetime(self, first: int, last: int) -> tuple[int, int]:
        """Return the step after the call of one step, and the first step of the call of another."""
        calls = self._story.calls
        made = bisect_right(calls, first, key=lambda call: call.first) - 1
        ended = bisect_right(calls, last, key=lambda call: call.first) - 1
        begun = calls[made].end if made >= 0 else 0
        is_over = ended >= 0 and last < self._story.nr_steps
        return begun, calls[ended].first if is_over else self._story.nr_steps

    def labels(self) -> Iterator[tuple[Column, str]]:
        """Return what could be written at some columns: a name, where others begin."""
        if self.per_column > 1:
            for column in self.columns:
                yield column, say("call {number}", number=column.number + 1)
            return
        for name, columns in groupby(self.columns, lambda column: column.calls[0].name):
            run: Sequence[Column] = tuple(columns)
            yield run[0], name if len(run) == 1 else f"{name} x{len(run)}"

    @property
    def words(self) -> str:
        """Say how calls are spread over the axis."""
        if self.per_column == 1:
            return ""
        return say_n(self.per_column, "{n} call in each column", "{n} calls in each column")
