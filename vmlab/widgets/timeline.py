"""The Explorer's view of a recording: positions from 0 to the last, each with what it shows.

Position 0 is the state in which the recording began, position n the state after its n-th step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from vmlab.model import arguments
from vmlab.model.trace.event import Event
from vmlab.record.highlight import call_marks, event_marks, speaks_of
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.record.recorder import Recorder, Step
from vmlab.record.replay import RecordedCall
from vmlab.record.story import Chapter, Headline, Story
from vmlab.record.story.at_once import main_call, rest
from vmlab.record.story.chapters import chapters
from vmlab.record.transcript import title
from vmlab.state.machine import Machine
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import N_, say

RUN = "run"  # the name of an act that ran a program
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
    story: Story | None = None  # of the call it belongs to; None = the beginning
    chapter: int = 0  # which of its chapters
    chapter_sentence: str = ""  # what that came to, unless it is the end of the call
    stops: tuple[int, int] = (0, 0)  # positions where the chapter before and the next one end


@dataclass(frozen=True, slots=True)
class Act:
    """Calls that the reader made at once, by one press of a button."""

    last: RecordedCall
    count: int
    name: str  # of the call that was asked for, or RUN
    back: int = 0  # how many calls before the last one that is which matters
    more: tuple[Headline, ...] = ()  # what there is to say of the others


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
        self._marks: list[int] = []
        self._seen = 0  # calls that were looked through for marks
        self._stories: dict[int, Story] = {}  # those of calls that are over, by number
        self._recorder = recorder

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
        """Positions where a call or a memory access begins."""
        calls = self.recorder.steps.calls
        for call in calls[self._seen :]:
            # A call without a step begins where the next one does.
            if call.first < len(self._recorder) and call.first + 1 not in self._marks[-1:]:
                self._marks.append(call.first + 1)
        self._seen = len(calls)
        return tuple(self._marks)

    def story(self, call: int) -> Story:
        """Return the story of a call by its number."""
        found = self._stories.get(call)
        if found is None or len(found.steps) != self._end_of(call) - found.call.first:
            found = self._stories[call] = self.recorder.story(call)
        return found

    def scene(self, position: int, *, by_steps: bool = True) -> Scene:
        """Return what a position shows: one step, or where a call ends the whole call.

        Args:
            position: from 0 to the last.
            by_steps: False = where a chapter ends, the whole chapter.
        """
        recorder = self.recorder
        if position == 0:
            stops = (0, self._end_of_first_chapter(0))
            return Scene(recorder.start, recorder.start, sentence=say(BEGINNING), stops=stops)
        number = position - 1
        steps = recorder.steps
        call = steps.call_of(number)
        is_end = position == self._end_of(call)
        story = self._story_of_act(call) if is_end else self.story(call)
        chapter = _chapter_at(story.chapters, number)
        first, end = number, position
        if is_end:
            first, end = story.call.first, self._end_of(story.number)
        elif not by_steps and number == story.chapters[chapter].last:
            first = story.chapters[chapter].first
        snap, before = recorder.snapshot(number), recorder.snapshot(first - 1)
        return Scene(
            snapshot=snap,
            before=before,
            highlight=_marks(steps.events[first:end], before, snap, whole=is_end),
            path=tuple(frame.function for frame in recorder.call_path(number)),
            event=steps[number].event.name,
            sentence=steps[number].sentence,
            call=story.steps,
            number=number,
            mm=None if is_end else speaks_of(steps[number].event, snap),
            story=story,
            chapter=chapter,
            chapter_sentence="" if is_end or by_steps else _sentence(story, chapter, number),
            stops=self._stops(position, story, call),
        )

    def _end_of(self, call: int) -> int:
        return self._recorder.steps.end_of(call)

    def _act_of(self, call: int) -> Act:
        # What the reader did that a call was the last one of.
        last = self._recorder.steps.calls[call]
        return next((act for act in self._acts if act.last is last), Act(last, 1, last.name))

    def _story_of_act(self, call: int) -> Story:
        # mmap, where a file was opened and closed for it; what mattered, where a program ran.
        act = self._act_of(call)
        story = self.story(call - act.back)
        if not act.more:
            return story
        told = story.headline
        return replace(story, headline=replace(told, more=(*told.more, *act.more)))

    def _stops(self, position: int, story: Story, call: int) -> tuple[int, int]:
        ends = [chapter.last + 1 for chapter in story.chapters]
        before = max((end for end in ends if end < position), default=story.call.first)
        after = min((end for end in ends if end > position), default=0)
        return before, after or self._end_of_first_chapter(self._end_of(call))

    def _end_of_first_chapter(self, position: int) -> int:
        """Return where the first chapter of the call ends that begins at a position."""
        steps = self._recorder.steps
        if position >= len(steps):
            return position
        number = steps.call_of(position)
        call = steps.calls[number]
        return chapters(call.name, steps.steps_of(number))[0].last + 1

    def past_calls(self, pid: int = 0, count: int = 200) -> dict[str, Any]:
        """Return the last calls of a process, or of all, as a list to choose from.

        Args:
            pid: the process; 0 = all.
            count: how many calls at most.

        Returns `calls`, the last one first: `at` (the position where it ends), `call` as strace
        writes it, `headline`; `more`, how many were left out; `pids`, those of all processes.
        """
        steps = self.recorder.steps
        numbers = [
            number
            for number, call in enumerate(steps.calls)
            if call.first < self._end_of(number) and pid in (0, call.pid)
        ]
        chosen = numbers[::-1][:count]
        told = [self.story(number) for number in chosen]
        return {
            "pid": pid,
            "calls": [
                {
                    "at": self._end_of(story.number),
                    "call": title(story.call, story.steps),
                    "headline": str(story.headline),
                }
                for story in told
            ],
            "more": len(numbers) - len(chosen),
            "pids": sorted({call.pid for call in steps.calls if call.pid}),
        }

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

    def ran(self, since: int, pid: int | None, *, asked: bool) -> None:
        """Let all that a program did be told, and undone, at once.

        Args:
            since: the number of the first call of it.
            pid: the process that was run; None = all.
            asked: whether its last call is what the reader ran it for.
        """
        steps = self.recorder.steps
        numbers = range(since, self._last_seen + 1)
        if len(numbers) < 2:
            return
        last = numbers[-1]
        main = last if asked else main_call(steps, numbers, pid)
        more = tuple(rest(steps, numbers, main, pid))
        self._acts.append(Act(steps.calls[last], len(numbers), RUN, last - main, more))

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


def _chapter_at(chapters: Sequence[Chapter], number: int) -> int:
    return next((i for i, each in enumerate(chapters) if number <= each.last), len(chapters) - 1)


def _sentence(story: Story, chapter: int, number: int) -> str:
    # The last thing worth a picture that happened in a chapter up to a step, or else that step.
    first = story.chapters[chapter].first - story.call.first
    steps = story.steps[first : number - story.call.first + 1]
    worth = (step for step in reversed(steps) if step.event.story_level == "chapter")
    return next(worth, steps[-1]).sentence


def _marks(events: Sequence[Event], before: Snapshot, snap: Snapshot, *, whole: bool) -> Marks:
    # What some steps changed, and what the last was about; of a whole call only what it changed, or
    # if that is nothing, what it looked at last.
    changed = call_marks(events, before, snap) if len(events) > 1 else NO_MARKS
    if whole and changed:
        return changed
    about = (event_marks(event, before, snap) for event in reversed(events))
    return next(filter(None, about), NO_MARKS) | changed
