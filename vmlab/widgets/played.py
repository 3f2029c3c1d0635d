"""A recording as a page plays it that has no Python: pictures and words, each of them once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from vmlab.diagrams.dot import clean
from vmlab.state import views
from vmlab.state.snapshot import MmState
from vmlab.widgets.base import sendable
from vmlab.widgets.chosen_processes import mms_of
from vmlab.widgets.focus import focus_of
from vmlab.widgets.panels import titles
from vmlab.widgets.pictures import PICTURES, Focus, shown_in
from vmlab.widgets.scenes import LONGEST_LINE, Scene, Scenes, told
from vmlab.words.language import say

FIRST = "address_space"  # the picture of a beginning that nothing is marked in
# What a story is mostly about; the other pictures are taken where these show nothing of it.
MAIN = ("sharing", "address_space", "page_cache", "process_tree")

_OF_CALL = ("headline", "rest", "chapters")  # what is said of a whole call

Data = dict[str, Any]
Progress = Callable[[Sequence[int]], Iterable[int]]


def played(
    scenes: Scenes,
    *,
    pictures: Sequence[str] = (),
    pids: Collection[int] | None = None,
    by_steps: bool = True,
    title: str = "",
    progress: Progress = iter,
) -> Data:
    """Return all that a page needs to play a recording, as values of JSON.

    Args:
        scenes: the recording.
        pictures: their names; none = for each chapter the one that shows most of it.
        pids: the processes to draw; None = all.
        by_steps: False = only where chapters end.
        title: what the page is called; '' = after the calls.
        progress: is given the positions, and gives them back one by one.
    """
    return _Film(scenes, pictures, pids, by_steps=by_steps).data(title, progress)


class Texts:
    """Texts that have most lines in common, such as pictures of successive steps.

    Each line and each text is kept once. A text is the numbers of its lines, and each number the
    distance from the one that would be next: lines that follow each other as before are zeros.
    Texts of a kind are together, for what is alike packs best where it is near.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}  # of each text
        self._numbers: dict[str, int] = {}

    def number(self, text: str, kind: str = "") -> int:
        """Return the number of a text, which is kept from now on."""
        self._kinds.setdefault(text, kind)
        return self._numbers.setdefault(text, len(self._numbers))

    def kept(self) -> tuple[list[str], list[list[int]]]:
        """Return all lines, by number, and all texts, by number."""
        lines: dict[str, int] = {}
        rows: list[list[int]] = [[] for _ in self._numbers]
        for text in sorted(self._kinds, key=self._kinds.__getitem__):
            following = 0
            for line in text.split("\n"):
                number = lines.setdefault(line, len(lines))
                rows[self._numbers[text]].append(number - following)
                following = number + 1
        return list(lines), rows


class _Film:
    def __init__(
        self,
        scenes: Scenes,
        pictures: Sequence[str],
        pids: Collection[int] | None,
        *,
        by_steps: bool,
    ) -> None:
        self._scenes = scenes
        self._pictures = tuple(pictures)
        self._pids = pids
        self._by_steps = by_steps
        self._texts = Texts()
        self._stories: dict[str, tuple[int, Data]] = {}
        self._best: dict[tuple[int, int], str] = {}  # picture of a chapter
        self._kind = FIRST  # picture of the position before
        self._addr: int | None = None  # last used
        positions = range(scenes.last + 1)
        self._positions = positions if by_steps else self._ends()
        self._places = {position: place for place, position in enumerate(self._positions)}

    def _ends(self) -> Sequence[int]:
        # Where chapters end, and with the last one of a call the call.
        steps = self._scenes.recorder.steps
        ends = [0]
        for number, call in enumerate(steps.calls):
            if call.first < steps.end_of(number):
                ends += (chapter.last + 1 for chapter in self._scenes.story(number).chapters)
        return ends

    def data(self, title: str, progress: Progress) -> Data:
        shown = [self._shown(position) for position in progress(self._positions)]
        calls = self._scenes.past_calls(count=len(self._scenes.recorder.calls))["calls"]
        for call in calls:
            call["at"] = self._places[call["at"]]
        kinds = self._pictures or tuple({name: 0 for each in shown for name in each["pictures"]})
        lines, texts = self._texts.kept()
        found: Data = sendable(
            {
                "title": clean(title or self._title(), LONGEST_LINE),
                "steps": self._by_steps,
                "tabs": dict(zip(kinds, titles(kinds), strict=True)) if self._pictures else {},
                "marks": self._marks(),
                "calls": [{**call, "call": clean(call["call"], LONGEST_LINE)} for call in calls],
                "stories": [story for _, story in self._stories.values()],
                "scenes": shown,
                "lines": lines,
                "texts": texts,
            }
        )
        return found

    def _title(self) -> str:
        names = list(dict.fromkeys(call.name for call in self._scenes.recorder.calls))
        if not names:
            return say("An empty recording")
        more = " …" if len(names) > 4 else ""
        return say("Recording: {calls}", calls=", ".join(names[:4]) + more)

    def _marks(self) -> list[int]:
        if self._by_steps:
            return list(self._scenes.marks)
        # The first chapter of a call: the position after that where the call before ends.
        steps = self._scenes.recorder.steps
        firsts = [call.first for call in steps.calls]
        ends = [self._places[first] + 1 for first in firsts if first in self._places]
        return sorted({end for end in ends if end < len(self._positions)})

    # One position

    def _shown(self, position: int) -> Data:
        by_chapters = self._scenes.scene(position, by_steps=False)
        if not self._by_steps:
            return self._scene(by_chapters)
        scene = self._scenes.scene(position)
        shown = self._scene(scene)
        if by_chapters.chapter_sentence:  # the end of a chapter, which may be looked at as a whole
            whole = told(by_chapters)
            shown["whole"] = {"rest": whole["rest"], "pictures": self._drawn(by_chapters)}
        return shown

    def _scene(self, scene: Scene) -> Data:
        said = told(scene)
        story = {name: said.pop(name) for name in _OF_CALL}
        if scene.chapter_sentence:
            said["rest"] = story["rest"]
            story["rest"] = ""
        story["chapters"] = [self._chapter(chapter) for chapter in story["chapters"]]
        number, _ = self._stories.setdefault(repr(story), (len(self._stories), story))
        said["stops"] = [self._places.get(stop, 0) for stop in scene.stops]
        return {"story": number, **said, "pictures": self._drawn(scene)}

    def _chapter(self, chapter: Data) -> Data:
        last = self._places[chapter["last"]]
        return {**chapter, "last": last, "first": self._places.get(chapter["first"], last)}

    def _drawn(self, scene: Scene) -> Data:
        snap = scene.snapshot
        focus = self._focus(scene)
        self._addr = focus.addr
        names = self._pictures or (self._picture_of(scene, focus),)
        waiting = {name: PICTURES[name].begin(snap, focus) for name in names}
        return {name: self._picture(name, scene, focus, wait()) for name, wait in waiting.items()}

    def _picture(self, name: str, scene: Scene, focus: Focus, svg: str) -> Data:
        kind, snap = PICTURES[name], scene.snapshot
        drawn: Data = {
            "svg": self._texts.number(sendable(svg), name),
            "words": self._texts.number(sendable(kind.text(snap, focus)), f"{name}-words"),
            "label": kind.title(snap, focus),
            "highlight": sorted(kind.marked(focus)),
        }
        if self._pictures and kind.lacks(focus, svg):
            drawn["elsewhere"] = list(shown_in(self._pictures, snap, focus))
        return drawn

    def _focus(self, scene: Scene) -> Focus:
        focus = focus_of(scene, _mm_of_call(scene), self._addr)
        return replace(
            focus,
            mms=None if self._pids is None else mms_of(scene.snapshot, self._pids),
            recording=self._scenes.recorder.steps,
        )

    # The picture that shows most

    def _picture_of(self, scene: Scene, focus: Focus) -> str:
        story = scene.story
        found = _shown_in(scene, focus)
        if story is not None:
            # That of its chapter, unless it shows nothing of the step.
            best = self._best_of(
                story.number, scene.chapter, story.chapters[scene.chapter].last + 1
            )
            found = (best,) if best in found or not found else found
        self._kind = found[0] if found else self._kind
        return self._kind

    def _best_of(self, story: int, chapter: int, end: int) -> str:
        if (story, chapter) not in self._best:
            scene = self._scenes.scene(end, by_steps=False)
            found = _shown_in(scene, self._focus(scene))
            self._best[story, chapter] = found[0] if found else self._kind
        return self._best[story, chapter]


def _shown_in(scene: Scene, focus: Focus) -> tuple[str, ...]:
    snap = scene.snapshot
    return shown_in(MAIN, snap, focus) or shown_in(PICTURES, snap, focus)


def _mm_of_call(scene: Scene) -> MmState | None:
    # That of the process whose call it is; where it has none any more, of the one that runs.
    snap = scene.snapshot
    task = views.find_task(snap, scene.story.call.pid) if scene.story is not None else None
    found = views.find_mm(snap, task.mm) if task is not None else None
    return found or views.current_mm(snap)
