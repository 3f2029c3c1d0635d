"""The Explorer's view of a recording: positions 0 to the last, each with what it shows.

Position 0 is the state before anything happened, position n the state after step n - 1 of the
recorder. Nothing else in the widgets knows the recorder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vmlab.record.recorder import Recorder
from vmlab.record.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Scene:
    """What one position of a recording shows."""

    snapshot: Snapshot
    before: Snapshot  # the position before, for what changed
    highlight: frozenset[str] = frozenset()  # ids of the objects the step is about
    path: tuple[str, ...] = ()  # the running functions, outermost first
    event: str = ""
    sentence: str = "Nothing has happened yet."


class Recording:
    """A recorder, seen as positions."""

    def __init__(self, machine: Any) -> None:
        self._recorder = Recorder(machine)

    @property
    def count(self) -> int:
        """How many positions there are."""
        return len(self._recorder) + 1

    @property
    def marks(self) -> tuple[int, ...]:
        """Positions where a call begins."""
        return ()

    def scene(self, position: int) -> Scene:
        """Return what a position shows."""
        raise NotImplementedError
