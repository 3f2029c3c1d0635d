"""The Explorer's view of a recording, which grows, and in whose place another one may come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from vmlab.model import arguments
from vmlab.record.recorder import Recorder
from vmlab.record.replay import RecordedCall
from vmlab.state.machine import Machine
from vmlab.state.snapshot import Snapshot
from vmlab.widgets.scenes import Scenes


@dataclass(frozen=True, slots=True)
class Act:
    """Calls that the reader made at once."""

    last: RecordedCall
    count: int
    name: str


class Timeline(Scenes):
    """A recorder as positions: whichever listens to the machine, or a new one.

    Another Explorer of the machine, or a cell, may put another recorder in its place.
    """

    def __init__(self, machine: Machine) -> None:
        arguments.instance(machine, Machine, "machine")
        self._machine = machine
        listening = Recorder.of(machine)
        super().__init__(Recorder(machine) if listening is None else listening)
        self._acts: list[Act] = []  # those of several calls
        self._recorder.snapshot(self.last - 1)  # keeps the state
        self._opened = self._recorder.steps.until(len(self._recorder.calls))

    @property
    def recorder(self) -> Recorder:
        """The recorder that listens now."""
        listening = Recorder.of(self._machine)
        if listening is not None and listening is not self._recorder:
            self._take(listening)
        elif self._machine.system.trace.sink is None:
            self._recorder.listen()
        return self._recorder

    @property
    def now(self) -> Snapshot:
        """The present state."""
        return self.recorder.snapshot(self.last - 1)

    def _main_call(self, call: int) -> int:
        # The call that an act was about: mmap, where a file was opened and closed for it.
        calls = self._recorder.steps.calls
        act = next((act for act in self._acts if act.last is calls[call]), None)
        if act is not None:
            for number in range(call, call - act.count, -1):
                if calls[number].name == act.name:
                    return number
        return call

    # Other histories

    @contextmanager
    def act(self, name: str) -> Iterator[None]:
        """Let all calls of a block be undone at once."""
        recorder = self.recorder
        before = len(recorder.calls)
        try:
            yield
        finally:
            count = len(recorder.calls) - before
            if count > 1:
                self._acts.append(Act(recorder.calls[-1], count, name))

    def _last_act(self) -> Act:
        calls = self.recorder.calls
        call = calls[-1]
        return next((act for act in self._acts if act.last is call), Act(call, 1, call.name))

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return self.recorder.can_undo

    @property
    def last_call(self) -> str:
        """The call that `undo` takes back; empty = it takes back a load, a reset or a branch."""
        return self._last_act().name if self.recorder.grown else ""

    @property
    def undone(self) -> int | None:
        """How many steps the recording has that `redo` leads to; None = nothing was undone."""
        recorder = self.recorder.undone
        return len(recorder) if recorder is not None else None

    @property
    def has_changed(self) -> bool:
        """Whether the machine is another one than when this view was opened."""
        calls, opened = self.recorder.calls, self._opened
        same = len(calls) == len(opened.calls) and self.recorder.start is opened.start
        return not (same and calls[-1:] == tuple(opened.calls[-1:]))

    def undo(self) -> None:
        """Take back the last call, or what was done at once."""
        self.recorder.undo(self._last_act().count if self.recorder.grown else 1)

    def redo(self) -> None:
        """Bring back what was undone."""
        self.recorder.redo()

    def reset(self) -> None:
        """Go back to when this view was opened."""
        self.recorder.switch(self._opened)

    def dropped(self, position: int) -> tuple[bool, int]:
        """Say what `go_on` drops: whether the call of the position, and how many later ones."""
        marks = self.marks
        begun = sum(mark <= position for mark in marks)
        ends = position in (0, self.last) or (begun < len(marks) and marks[begun] == position + 1)
        return not ends, len(marks) - begun

    def go_on(self, position: int) -> None:
        """Drop what comes after a position; in the middle of a call, that call too."""
        self.recorder.branch(position - 1)

    def load(self, text: str) -> None:
        """Go on where a file ends.

        Raises:
            StateError: it cannot be loaded, and nothing has changed.
        """
        self.recorder.load(text)
