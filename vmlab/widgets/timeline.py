"""The Explorer's view of a recording: positions from 0 to the last, each with what it shows.

Position 0 is the state in which the recording began, position n the state after its n-th step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from vmlab.model import arguments
from vmlab.model.trace.events.process import AccessBegin, AccessEnd, SysEnter, SysExit
from vmlab.record.highlight import call_marks, event_marks, speaks_of
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.record.recorder import Recorder, Step
from vmlab.record.replay import RecordedCall
from vmlab.state.machine import Machine
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import N_, say

BEGINNING = N_("This is where the recording begins.")


@dataclass(frozen=True, slots=True)
class Scene:
    """What one position of a recording shows."""

    snapshot: Snapshot
    before: Snapshot  # what it is compared with
    highlight: Marks = NO_MARKS  # what happened to the objects the step is about
    path: tuple[str, ...] = ()  # the running functions, outermost first
    event: str = ""
    sentence: str = ""
    call: Sequence[Step] = ()  # all steps of the call it belongs to
    number: int = -1  # of its step in the recorder
    mm: int | None = None  # number of the mm_struct that the step speaks of


@dataclass(frozen=True, slots=True)
class Act:
    """Calls that the reader made at once."""

    last: RecordedCall
    count: int
    name: str


class Timeline:
    """A recorder as positions: whichever listens to the machine, or a new one.

    Another Explorer of the machine, or a cell, may put another recorder in its place.
    """

    def __init__(self, machine: Machine) -> None:
        arguments.instance(machine, Machine, "machine")
        self._machine = machine
        listening = Recorder.of(machine)
        self._take(Recorder(machine) if listening is None else listening)
        self._acts: list[Act] = []  # those of several calls
        self._recorder.snapshot(self.last - 1)  # keeps the state
        self._opened = self._recorder.steps.until(len(self._recorder.calls))

    def _take(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._marks: list[int] = []
        self._seen = 0  # steps that were looked through for marks

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
    def last(self) -> int:
        """The position of the present state."""
        return len(self.recorder)

    @property
    def now(self) -> Snapshot:
        """The present state."""
        return self.recorder.snapshot(self.last - 1)

    @property
    def marks(self) -> tuple[int, ...]:
        """Positions where a system call or a memory access begins."""
        for step in self.recorder.steps[self._seen :]:
            if isinstance(step.event, SysEnter | AccessBegin):
                self._marks.append(step.number + 1)
        self._seen = len(self._recorder)
        return tuple(self._marks)

    def scene(self, position: int) -> Scene:
        """Return what a position shows: one step, or where a call ends the whole call."""
        recorder = self.recorder
        if position == 0:
            return Scene(recorder.start, recorder.start, sentence=say(BEGINNING))
        number = position - 1
        steps = recorder.steps
        step = steps[number]
        marks = self.marks
        call = max((mark - 1 for mark in marks if mark <= position), default=0)
        end = min((mark - 1 for mark in marks if mark > position), default=self.last)
        is_end = isinstance(step.event, SysExit | AccessEnd) or position == self.last
        first = call if is_end else number
        snap, before = recorder.snapshot(number), recorder.snapshot(first - 1)
        return Scene(
            snapshot=snap,
            before=before,
            highlight=_marks(steps[first:position], before, snap, whole=is_end),
            path=tuple(frame.function for frame in recorder.call_path(number)),
            event=step.event.name,
            sentence=step.sentence,
            call=steps[call:end],
            number=number,
            mm=None if is_end else speaks_of(step.event, snap),
        )

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

    def go_on(self, position: int) -> None:
        """Drop what comes after a position; in the middle of a call, that call too."""
        self.recorder.branch(position - 1)

    def load(self, text: str) -> None:
        """Go on where a file ends.

        Raises:
            StateError: it cannot be loaded, and nothing has changed.
        """
        self.recorder.load(text)


def _marks(steps: Sequence[Step], before: Snapshot, snap: Snapshot, *, whole: bool) -> Marks:
    if whole:
        return call_marks([step.event for step in steps], before, snap)
    return event_marks(steps[0].event, before, snap)
