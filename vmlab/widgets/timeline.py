"""The Explorer's view of a recording, which grows, and in whose place another one may come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from vmlab.model import arguments
from vmlab.record.history import Run
from vmlab.record.recorder import Recorder
from vmlab.record.replay import RecordedCall
from vmlab.record.story import Headline, Story
from vmlab.record.story.at_once import main_call, rest
from vmlab.state.machine import Machine
from vmlab.state.snapshot import Snapshot
from vmlab.widgets.scenes import Scenes

RUN = "run"  # the name of an act that ran a program


@dataclass(frozen=True, slots=True)
class Act:
    """Calls that the reader made at once: by one press of a button, or as one run of a program."""

    last: RecordedCall
    count: int
    name: str  # of the call that was asked for, or RUN
    back: int = 0  # how many calls before the last one that is which matters
    more: tuple[Headline, ...] = ()  # what there is to say of the others


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

    def _act_of(self, call: int) -> Act:
        # What the reader did that a call was the last one of.
        steps = self._recorder.steps
        last = steps.calls[call]
        act = next((act for act in self._acts if act.last is last), None)
        if act is None:
            run = next((run for run in steps.runs if run.last == call), None)
            if run is None:
                return Act(last, 1, last.name)
            act = self._of_run(run)
            self._acts.append(act)
        return act

    def _of_run(self, run: Run) -> Act:
        # All that a program did is told, and undone, at once.
        steps, numbers = self._recorder.steps, range(run.first, run.last + 1)
        main = run.last if run.asked else main_call(steps, numbers, run.pid)
        more = tuple(rest(steps, numbers, main, run.pid))
        return Act(steps.calls[run.last], len(numbers), RUN, run.last - main, more)

    def _told(self, call: int) -> Story:
        # mmap, where a file was opened and closed for it; what mattered, where a program ran.
        act = self._act_of(call)
        story = self.story(call - act.back)
        if not act.more:
            return story
        told = story.headline
        return replace(story, headline=replace(told, more=(*told.more, *act.more)))

    # Other histories

    @contextmanager
    def act(self, name: str) -> Iterator[None]:
        """Let all calls of a block be undone at once."""
        recorder = self.recorder
        before = len(recorder.steps.calls)
        try:
            yield
        finally:
            calls = recorder.steps.calls
            if len(calls) > before + 1:
                names = [call.name for call in calls[before:]]
                back = names[::-1].index(name) if name in names else 0
                self._acts.append(Act(calls[-1], len(names), name, back))

    def _last_act(self) -> Act:
        return self._act_of(self._last_seen)

    @property
    def _last_seen(self) -> int:
        # The last call that has a step: nobody saw those after it.
        steps = self.recorder.steps
        return steps.call_of(len(steps) - 1)

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
