"""A recording as positions from 0 to the last, each with what it shows.

Position 0 is the state in which the recording began, position n the state after its n-th step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vmlab.diagrams.dot import clean
from vmlab.model.trace.event import Event
from vmlab.record.highlight import call_marks, event_marks, speaks_of
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.record.recorder import Recorder, Step
from vmlab.record.story import Chapter, Story
from vmlab.record.story.chapters import chapters
from vmlab.record.transcript import title
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import N_, say

BEGINNING = N_("This is where the recording begins.")
LONGEST_LINE = 400  # characters of a text that is shown


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


def told(scene: Scene) -> dict[str, Any]:
    """Return what is said of a scene, by what `StoryStrip` calls it."""
    story = scene.story
    headline = story.headline.sentence if story is not None else scene.sentence
    more = story.headline.more if story is not None else ()
    rest = scene.chapter_sentence or " ".join(map(str, more))
    return {
        "headline": clean(headline, LONGEST_LINE),
        "rest": clean(rest, LONGEST_LINE),
        "chapters": tuple(
            {"title": str(chapter), "first": chapter.first + 1, "last": chapter.last + 1}
            for chapter in (story.chapters if story is not None else ())
        ),
        "chapter": scene.chapter,
        "stops": scene.stops,
        "path": scene.path,
        "event": scene.event,
        "sentence": clean(scene.sentence, LONGEST_LINE),
    }


class Scenes:
    """The positions of a recorder."""

    def __init__(self, recorder: Recorder) -> None:
        self._take(recorder)

    def _take(self, recorder: Recorder) -> None:
        self._marks: list[int] = []
        self._seen = 0  # calls that were looked through for marks
        self._stories: dict[int, Story] = {}  # those of calls that are over, by number
        self._recorder = recorder

    @property
    def recorder(self) -> Recorder:
        """Whose positions these are."""
        return self._recorder

    @property
    def last(self) -> int:
        """The position of the present state."""
        return len(self.recorder)

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
        story = self._told(call) if is_end else self.story(call)
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

    def _told(self, call: int) -> Story:
        # What is told where a call ends.
        return self.story(call)

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
