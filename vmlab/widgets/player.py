"""The widget that goes through the steps of a recording."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ipywidgets.widgets.trait_types import TypedTuple
from traitlets import Bool, Float, Int, TraitError, observe, validate

from vmlab.widgets.base import View
from vmlab.words.language import say

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0)  # steps per second


class Player(View, script="player"):
    """First, back, play, next, last, a slider and a speed; knows nothing but numbers.

    Keys: left and right go one step, Page Up and Page Down to the mark before and after, Home
    and End to the ends, Space plays.

    Args:
        count: how many positions there are.
        step: the position shown, from 0 to `count` - 1.
        marks: positions where something begins, such as a system call, drawn as ticks.
        speed: steps per second while it plays.
    """

    from_page = frozenset(("step", "playing", "speed"))

    count = Int(1, help="how many positions there are").tag(sync=True)
    step = Int(0, help="the position shown").tag(sync=True)
    marks = TypedTuple(Int(), help="positions where something begins").tag(sync=True)
    playing = Bool(False, help="whether it goes on by itself").tag(sync=True)
    speed = Float(1.0, help="steps per second").tag(sync=True)
    speeds = TypedTuple(Float(), SPEEDS, help="the speeds to choose from").tag(sync=True)

    @validate("count")
    def _check_count(self, proposal: Any) -> int:
        if proposal["value"] < 1:
            raise TraitError(say("count must be at least 1: a recording has a beginning"))
        return int(proposal["value"])

    @validate("step")
    def _check_step(self, proposal: Any) -> int:
        return max(0, min(int(proposal["value"]), self.count - 1))

    @observe("count")
    def _stay_inside(self, _change: Any) -> None:
        self.step = min(self.step, self.count - 1)

    def extend(self, count: int, marks: Iterable[int] = ()) -> None:
        """Take a recording of another length and go to its end."""
        with self.hold_sync():
            self.playing = False
            self.count = count
            self.marks = tuple(marks)
            self.step = count - 1

    def first(self) -> None:
        """Go to the beginning."""
        self.step = 0

    def back(self) -> None:
        """Go one step back."""
        self.step -= 1

    def next(self) -> None:
        """Go one step on."""
        self.step += 1

    def last(self) -> None:
        """Go to the end."""
        self.step = self.count - 1

    def __repr__(self) -> str:
        return f"Player(step {self.step} of {self.count - 1})"
