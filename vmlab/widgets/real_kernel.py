"""Beside an Explorer: the real kernel, which makes each call too, and its maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ipywidgets import Box

from vmlab.diagrams.dot import clean
from vmlab.errors import HostError
from vmlab.record.history import History
from vmlab.record.real_kernel import RealKernel, real_kernels
from vmlab.state import ids
from vmlab.state.snapshot import MmState
from vmlab.widgets.controls import Controls
from vmlab.widgets.maps_lines import LONGEST_LINE
from vmlab.widgets.maps_view import MapsView
from vmlab.widgets.player import Player
from vmlab.widgets.timeline import Timeline
from vmlab.words.language import say

MOST_LINES = 400  # that are shown


class BesideRealKernel:
    """What an Explorer shows beside its own maps, if it is asked for."""

    controls: Controls
    player: Player
    timeline: Timeline
    maps: MapsView
    draw: Callable[[], None]

    def _make_beside(self) -> Box:
        # The place of the maps.
        self.real_maps: MapsView | None = None
        self._real: RealKernel | None = None
        self.maps_place = Box((self.maps,)).add_class("vm-maps-place")
        return self.maps_place

    def real_kernel(self) -> None:
        """Let the real kernel make each call too, or no more."""
        if self.real_maps is None:
            self.real_maps = MapsView()
            self.maps_place.children = (self.maps, self.real_maps)
        else:
            self._end_real()
            self.maps_place.children = (self.maps,)
            self.real_maps.close()
            self.real_maps = None
        self.draw()

    def _end_real(self) -> None:
        if self._real is not None:
            self._real.close()
            self._real = None

    def _real_hint(self) -> str:
        if self.real_maps is not None:
            return say("It is there. Takes it away.")
        return say("A process of this computer makes each call too, and its maps stand beside.")

    def _write_beside(self, mm: MmState | None) -> None:
        """Show the real maps of the player's position, and in which lines both differ.

        Args:
            mm: the address space that the model's lines are of.
        """
        if self.real_maps is None:
            return
        history = self.timeline.recorder.steps
        try:
            if self._real is None or not self._real.can_follow(history):
                self._end_real()
                self._real = real_kernels.begin(history)
            self._real.follow(history)
        except HostError as problem:
            self.real_maps.title = say("No real kernel beside it: {problem}", problem=problem)
            self.real_maps.lines = ()
            return
        calls, whole = self._calls_done(history)
        real = self._real.maps(calls, self.controls.pid)
        said = self._real.said(history, calls - 1)
        self.real_maps.title = said if whole else say("{said}, after the whole call", said=said)
        number = mm.mm if mm is not None else 0
        ours = [self._shortened(line) for line in self.maps.lines]
        theirs = [
            {"id": _id(number, line), "text": clean(line, LONGEST_LINE), "change": ""}
            for line in real[:MOST_LINES]
        ]
        if whole and len(real) <= MOST_LINES:
            _mark(ours, theirs)
            _mark(theirs, ours)
        self.maps.lines, self.real_maps.lines = tuple(ours), tuple(theirs)

    def _calls_done(self, history: History) -> tuple[int, bool]:
        # At the player's position, and whether the last one is done to its end.
        step = self.player.step - 1
        if step < 0 or step == len(history) - 1:
            return (0 if step < 0 and len(history) else len(history.calls)), True
        call = history.call_of(step)
        return call + 1, step == history.end_of(call) - 1

    def _shortened(self, line: dict[str, Any]) -> dict[str, Any]:
        assert self._real is not None
        is_region = str(line["id"]).startswith("vma_")
        return {**line, "text": self._real.short(line["text"])} if is_region else dict(line)


def _id(mm: int, line: str) -> str:
    return ids.vma_id(mm, int(line.partition("-")[0], 16))


def _mark(lines: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]) -> None:
    # Those that the other side has not; not those that are gone, or stand for many.
    texts = {line["text"] for line in others if line["change"] != "gone"}
    for line in lines:
        is_region = str(line["id"]).startswith("vma_")
        if is_region and line["change"] != "gone" and line["text"] not in texts:
            line["change"] = "differs"
