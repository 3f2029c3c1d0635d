"""Recording what a machine does, and going through it: every event, and the state after it."""

from __future__ import annotations

from collections.abc import Collection
from types import TracebackType
from typing import Any

from vmlab.errors import HistoryError
from vmlab.model import arguments
from vmlab.record import recording_file
from vmlab.record.diff import Diff, diff
from vmlab.record.highlight import event_ids, event_marks
from vmlab.record.history import CallPathEntry, History, Step
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.record.recording import Recording, silence
from vmlab.record.replay import RecordedCall
from vmlab.record.story import Story, stories, story
from vmlab.record.transcript import transcript
from vmlab.state import files as state_file
from vmlab.state.capture import capture
from vmlab.state.machine import Machine
from vmlab.state.restore import restore
from vmlab.state.snapshot import Snapshot

_LINKS = ("position", "parent", "_floor", "_undone", "_undone_at")

__all__ = ["CallPathEntry", "Recorder", "Step"]


class Recorder:
    """Keeps the events of a machine with the state after each, and goes back and forth in them.

    Use it as a context manager, or call `close` when nothing more is to be recorded. A machine has
    one recorder at a time: another one closes this one. What is done by the methods of the machine
    and its processes is recorded; after changes by hand in the kernel's own structures, a state
    cannot be found again.

    Attributes:
        machine: the machine.
        position: number of the step that is looked at; -1 = before the first one.
        parent: the recorder whose place this one took by `branch`, `switch` or `load`, or None.

    >>> from vmlab import Machine
    >>> machine = Machine()
    >>> with Recorder(machine) as recorder:
    ...     machine.fs.write("/a", b"x")
    >>> recorder.steps[0].sentence
    'Inode 6 is made for /a.'
    """

    def __init__(self, machine: Machine) -> None:
        arguments.instance(machine, Machine, "machine")
        start = capture(machine.system)
        self._take(machine, History(start))
        self._recording.listen(start)

    def _take(self, machine: Machine, history: History) -> None:
        self.machine = machine
        self.parent: Recorder | None = None
        self._floor = len(history.calls)  # calls that were there when it took that place
        self._undone: Recorder | None = None  # what `undo` left for this one
        self._undone_at = 0  # calls there were then
        self.position = len(history) - 1
        self._history = history
        self._recording = Recording(machine, history, self)

    def __reduce__(self) -> tuple[Any, ...]:
        # With its machine, which goes by way of a snapshot. What undo and redo lead to may lead
        # back here, so that it comes after the rest.
        links = {name: getattr(self, name) for name in _LINKS}
        if self.listening:
            self._recording.keep()
        history = self._history.until(len(self.calls))
        return _copy, (type(self), self.machine, history, self.listening), links

    @classmethod
    def of(cls, machine: Machine) -> Recorder | None:
        """Return the recorder that listens to a machine, if one does."""
        sink = machine.system.trace.sink
        owner = sink.owner if isinstance(sink, Recording) else None
        return owner if isinstance(owner, Recorder) else None

    def __repr__(self) -> str:
        return f"<Recorder {len(self)} steps>"

    def __len__(self) -> int:
        return len(self._history)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop recording; what was recorded stays."""
        with self.machine.system.trace.turn:
            self._recording.close()

    @property
    def listening(self) -> bool:
        """Say whether what the machine does now is recorded."""
        return self._recording.listening

    def listen(self) -> None:
        """Record on after a pause; what the machine did meanwhile is not a step."""
        if not self.listening:
            with self.machine.system.trace.turn:
                self._recording.listen()
                self._recording.add_by_hand()
                self._recording.keep()

    # What was recorded

    @property
    def start(self) -> Snapshot:
        """Return the state before the first step."""
        return self._history.start

    @property
    def steps(self) -> History:
        """Return the steps so far."""
        return self._history

    @property
    def calls(self) -> tuple[RecordedCall, ...]:
        """Return the calls so far, each with the number of its first step."""
        return tuple(self._history.calls)

    def snapshot(self, step: int) -> Snapshot:
        """Return the state after a step; -1 is the state before the first one.

        After the last step of a call, the call is over.

        Raises:
            HistoryError: there is no such step.
            KernelBug: the machine was changed by hand, and the state cannot be found again.
        """
        if step == len(self) - 1 and self.listening:
            self._recording.keep()
        return self._history.state(step)

    def marks(self, step: int) -> Marks:
        """Return what happened in a step to each object it is about."""
        self._history.check(step)
        if step < 0:
            return NO_MARKS
        return event_marks(self._history.events[step], self.snapshot(step - 1), self.snapshot(step))

    def highlight(self, step: int) -> frozenset[str]:
        """Return the ids of the objects that a step is about."""
        snap = self.snapshot(step)
        return event_ids(self._history.events[step], snap) if step >= 0 else frozenset()

    def call_path(self, step: int) -> tuple[CallPathEntry, ...]:
        """Return the functions a step happened in, outermost first, with Linux's source files."""
        self._history.check(step)
        return self._history.paths[step] if step >= 0 else ()

    def diff(self, before: int, after: int) -> Diff:
        """Return what is different after one step from after another."""
        return diff(self.snapshot(before), self.snapshot(after))

    def story(self, call: int) -> Story:
        """Return what a call came to, by its number in `calls`: headline, chapters, steps.

        Raises:
            HistoryError: there is no such call.
        """
        if call == len(self._history.calls) - 1 and self.listening:
            self._recording.keep()  # or else the state after it were to be found again
        return story(self._history, call)

    @property
    def stories(self) -> tuple[Story, ...]:
        """Return the stories of all calls so far."""
        return stories(self._history)

    def transcript(self, levels: Collection[str] = ("steps",)) -> str:
        """Return the recording as text: a log as strace writes it.

        Under each call stand the `levels`: 'headline' (what it came to), 'chapters', 'steps'.
        """
        return transcript(self._history, levels)

    def to_json(self) -> str:
        """Return the recording as the text of a file.

        Raises:
            RecordingError: it has steps that belong to no call, which cannot be done again, or what
                was written is too much for a file.
            StateError: it is too large for a file.
        """
        return recording_file.to_json(self._history)

    @classmethod
    def from_json(cls, text: str) -> Recorder:
        """Return the recording that a file holds, with a new machine in the state at its end.

        It listens to that machine: what it does from now on is added.

        Raises:
            StateError: the text is not a recording of a version that this vmlab reads, was cut
                short or altered, or something else happens when its calls are done again.
        """
        history, end = recording_file.from_json(text)
        new = cls.__new__(cls)
        new._take(Machine.from_snapshot(end), history)
        new._recording.listen(end)
        new._floor = 0
        return new

    def part(self, first: int, end: int) -> Recorder:
        """Return a recording of the calls from one number to before another; it listens no more.

        Raises:
            HistoryError: there are no such calls.
        """
        if not 0 <= first <= end <= len(self.calls):
            raise HistoryError("no_call_of_number", call=end, nr_calls=len(self.calls))
        new = type(self).__new__(type(self))
        machine = Machine.from_snapshot(self._history.before(end))
        new._take(machine, self._history.part(first, end))
        return new

    # Going through it

    @property
    def state(self) -> Snapshot:
        """Return the state at the position."""
        return self.snapshot(self.position)

    def goto(self, step: int) -> Snapshot:
        """Go to a step, -1 for the beginning; return the state after it.

        Raises:
            HistoryError: there is no such step.
        """
        snap = self.snapshot(step)
        self.position = step
        return snap

    def forward(self) -> Snapshot:
        """Go one step on, not beyond the last one."""
        return self.goto(min(self.position + 1, len(self) - 1))

    def back(self) -> Snapshot:
        """Go one step back, not beyond the beginning."""
        return self.goto(max(self.position - 1, -1))

    def next_call(self) -> Snapshot:
        """Go on to the end of a call: of the one that is under way at the position, or the next."""
        if self.position + 1 >= len(self):
            return self.state
        return self.goto(self._history.end_of(self._history.call_of(self.position + 1)) - 1)

    def previous_call(self) -> Snapshot:
        """Go back to before the call of the position."""
        if self.position < 0:
            return self.state
        first = self._history.calls[self._history.call_of(self.position)].first
        return self.goto(first - 1)

    # Other histories

    def branch(self, step: int) -> Recorder:
        """Go back and do something else: restore the machine, record from there on.

        This recorder is closed and keeps its history; `resume` returns to it. In the middle of a
        call there is no going on: the machine then is as it was before that call.

        Args:
            step: the step after which to go on; -1 = the beginning.

        Returns the new recorder, whose history begins with the steps up to there.

        Raises:
            HistoryError: there is no such step.
        """
        self.snapshot(step)  # may raise
        history = self._history
        calls = 0
        if step >= 0:
            calls = history.call_of(step)
            calls += step == history.end_of(calls) - 1
        return self.switch(history.until(calls))

    def switch(self, history: History) -> Recorder:
        """Leave this recording for another: set the machine to its end, record on from there.

        Args:
            history: the steps of the other recording; they stay as they are.

        Returns the new recorder, which begins with these steps; its `parent` is this one.
        """
        arguments.instance(history, History, "history")
        new = self._beside(history)
        new.resume()
        return new

    def _beside(self, history: History) -> Recorder:
        # One that may take this one's place.
        end = history.before(len(history.calls))  # may raise
        new = Recorder.__new__(Recorder)
        new._take(self.machine, history.until(len(history.calls)))
        new._history.keep(len(history.calls), end)
        new.parent = self
        return new

    def load(self, text: str) -> Recorder:
        """Leave this recording for what a file holds, a recording or a state; see `switch`.

        Raises:
            StateError: it cannot be loaded, as in `from_json`; nothing has changed then.
        """
        if state_file.format_of(text) == state_file.STATE:
            return self.switch(History(Snapshot.from_json(text)))
        return self.switch(recording_file.from_json(text)[0])

    def resume(self) -> None:
        """Set the machine to the end of this recording and record on from there."""
        if not self.listening:
            end = self._history.before(len(self.calls))  # may raise
            system = restore(end)
            with self.machine.system.trace.turn:
                silence(self.machine)
                self.machine._go_on_with(system)
                self._recording.listen(end)
                self.position = len(self) - 1

    @property
    def grown(self) -> bool:
        """Say whether there was a call since it took the place of another recording."""
        return len(self._history.calls) > self._floor

    @property
    def can_undo(self) -> bool:
        """Say whether there is something to take back."""
        return self.grown or self.parent is not None

    def undo(self, calls: int = 1) -> Recorder:
        """Take the last thing back: the machine is as before.

        That is the last call or, when there was none since this recording took the place of
        another one, that.

        Args:
            calls: how many calls count as the last thing.

        Returns the recorder that listens now; its `redo` leads here.

        Raises:
            HistoryError: there is nothing to undo.
        """
        arguments.count(calls, "calls")
        history = self._history
        keep = len(history.calls)
        if self.grown:
            while keep > self._floor + 1 and history.calls[keep - 1].first == len(self):
                keep -= 1  # a call without a step, that nobody saw
            new = self._beside(history.until(max(keep - calls, self._floor)))
            new.parent, new._floor = self.parent, self._floor
        elif self.parent is not None:
            new = self.parent
        else:
            raise HistoryError("nothing_to_undo")
        new._undone, new._undone_at = self, len(new.calls)
        new.resume()
        return new

    @property
    def undone(self) -> Recorder | None:
        """Return what `redo` leads to: None if nothing was undone, or something was done since."""
        return self._undone if len(self.calls) == self._undone_at else None

    def redo(self) -> Recorder:
        """Go back to what was undone; return its recorder, which listens again.

        Raises:
            HistoryError: nothing was undone, or something was done since.
        """
        if self.undone is None:
            raise HistoryError("nothing_to_redo")
        self.undone.resume()
        return self.undone


def _copy(kind: type[Recorder], machine: Machine, history: History, listening: bool) -> Recorder:
    new = kind.__new__(kind)
    new._take(machine, history)
    if listening:
        new._recording.listen()
    return new
