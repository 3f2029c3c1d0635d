"""The pictures that an Explorer can show, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from vmlab.diagrams.address_space import address_space_dot
from vmlab.diagrams.address_space_words import address_space_text
from vmlab.diagrams.call_path import call_path_dot, call_path_text
from vmlab.diagrams.fault_path import fault_path_dot, fault_path_end, fault_path_text
from vmlab.diagrams.frames import frames_dot, frames_text
from vmlab.diagrams.layout import begin
from vmlab.diagrams.memory_over_time import memory_over_time_svg
from vmlab.diagrams.mm_struct import mm_struct_dot
from vmlab.diagrams.mm_struct_words import mm_struct_text
from vmlab.diagrams.page_cache import page_cache_dot, page_cache_text
from vmlab.diagrams.page_table import page_table_dot
from vmlab.diagrams.page_table_words import page_table_text
from vmlab.diagrams.process_tree import process_tree_dot, process_tree_text
from vmlab.diagrams.regions import chosen_one, owner
from vmlab.diagrams.sharing import sharing_dot, sharing_text
from vmlab.diagrams.time_words import memory_over_time_text
from vmlab.diagrams.tlb import tlb_dot, tlb_text
from vmlab.diagrams.unseen import nothing_dot, why_not_drawn
from vmlab.diagrams.vma_tree import vma_tree_dot, vma_tree_text
from vmlab.errors import DiagramError
from vmlab.model.trace.event import Event
from vmlab.model.trace.events.fault import CowCopy, PageFaultUser
from vmlab.model.trace.events.page import MmPageAlloc
from vmlab.model.trace.events.process import AccessBegin, SysEnter
from vmlab.record.history import History, Steps
from vmlab.record.lifespans import NOTHING, Lifespans, lifespans
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.record.recorder import Step
from vmlab.state import ids, views
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import N_, say


@dataclass(frozen=True)
class Focus:
    """What the reader looks at, and what the step is about."""

    mm: int | None = None  # number of the mm_struct of the chosen process
    mms: tuple[int, ...] | None = None  # those of all processes to show; None = all
    addr: int | None = None  # the address last used, in bytes
    highlight: Marks = NO_MARKS  # what happened to which objects
    before: Snapshot | None = None  # the state that this one is compared with
    unfold: frozenset[str] = frozenset()  # ids of folds that were opened
    call: Sequence[Step] = ()  # all steps of the call
    now: int = -1  # number of the step that is looked at
    narrow: bool = False  # something stands beside the picture
    recording: History | None = None  # all there is; only pictures over time go through it

    @cached_property
    def _so_far(self) -> Sequence[Event]:
        """The events of the call, up to the step that is looked at."""
        first = self.call[0].number if self.call else 0
        steps = self.call[: max(self.now - first + 1, 0)]
        return steps.events if isinstance(steps, Steps) else [step.event for step in steps]

    def _since(self, *kinds: type[Event]) -> Sequence[Event]:
        """Return the events from the last one of some kinds on."""
        events = self._so_far
        found = (at for at in reversed(range(len(events))) if isinstance(events[at], kinds))
        return events[next(found, 0) :]

    @cached_property
    def _last_call(self) -> Sequence[Event]:
        return self._since(SysEnter, AccessBegin)

    @cached_property
    def copies(self) -> tuple[tuple[int, int], ...]:
        """The frames that the last call copied so far, each with its copy."""
        copied = (event for event in self._last_call if isinstance(event, CowCopy))
        return tuple((event.pfn, event.new_pfn) for event in copied)

    @cached_property
    def new_frames(self) -> frozenset[int]:
        """The frames that the last call took so far."""
        taken = (event for event in self._last_call if isinstance(event, MmPageAlloc))
        return frozenset(event.pfn for event in taken)

    @property
    def fault(self) -> Sequence[Event]:
        """What the last page fault of the call emitted so far."""
        events = self._since(PageFaultUser)
        return events if isinstance(next(iter(events), None), PageFaultUser) else ()


Sees = Callable[[Snapshot, Focus, str, Sequence[int]], bool]  # of an object: its kind, its numbers


@dataclass(frozen=True, slots=True)
class PictureKind:
    """One kind of picture."""

    tab: str  # its short name
    label: str  # its name; {owner} stands for whose address space it shows
    source: Callable[[Snapshot, Focus], str]  # DOT text, or SVG of what needs no layout
    text: Callable[[Snapshot, Focus], str]  # the same in words
    objects: str = "all"  # the kind of what is there to click, or 'none'
    marked: Callable[[Focus], Collection[str]] = lambda at: at.highlight  # what must be seen
    sees: Sees = lambda *_: False  # whether an object that is marked has its place in it

    def hint(self, does: Mapping[str, str]) -> str:
        """Say what a click does.

        Args:
            does: what a click does, by kind of object; under '' what is said of all kinds.
        """
        if self.objects == "all":
            return does[""]
        said = does.get(self.objects, "")
        return say(_HINTS[self.objects], does=said) if said else ""

    def title(self, snap: Snapshot, focus: Focus) -> str:
        """Say what it is a picture of, and whose."""
        mm = chosen_one(snap, focus.mm)
        return say(self.label, owner=owner(snap, mm) if mm is not None else say("no process"))

    def shows(self, snap: Snapshot, focus: Focus) -> int:
        """Return how many of the marked objects have their place in it."""
        whole = (key for key in focus.highlight if key == ids.object_id(key))
        found = filter(None, map(ids.parse, whole))
        return sum(self.sees(snap, focus, kind, numbers) for kind, numbers in found)

    def lacks(self, focus: Focus, svg: str) -> bool:
        """Say whether something is marked, and it shows nothing of that.

        Args:
            focus: with what is marked.
            svg: the picture as it was drawn.
        """
        if not focus.highlight or self.objects == "step":  # the steps themselves are there
            return False
        return drawn_ids(svg).isdisjoint({*focus.highlight, *self.marked(focus)})

    def begin(self, snap: Snapshot, focus: Focus) -> Callable[[], str]:
        """Begin to draw it; what it returns waits for the SVG, and is one for the same picture."""
        return _begin(self.source(snap, focus))

    def svg(self, snap: Snapshot, focus: Focus) -> str:
        """Draw it."""
        return self.begin(snap, focus)()


_DRAWN = re.compile(r' id="([^"]+)"')

_OF_SPACE = {"mm", "vma", "pte"}  # objects of which each belongs to one address space

_HINTS = {  # for pictures where only one kind of object does something
    "vma": N_("A region: {does}."),
    "pte": N_("A page: {does}."),
    "pfn": N_("A frame: {does}."),
    "ino": N_("A file: {does}."),
    "tlb": N_("An entry: {does}."),
    "task": N_("A process: {does}."),
    "step": N_("An event: {does}."),
}


@lru_cache(maxsize=48)  # many steps leave a picture as it is, and a reader goes back and forth
def _begin(source: str) -> Callable[[], str]:
    if source.startswith("<svg"):
        return lambda: source
    drawing = begin(source)

    def svg() -> str:
        try:
            return drawing()[0]
        except DiagramError:
            _begin.cache_clear()  # what failed once may be drawn the next time
            raise

    return svg


@lru_cache(maxsize=2)
def _lifespans(recording: History, _calls: int, _steps: int) -> Lifespans:
    # As long as nothing was added, a recording tells the same.
    return lifespans(recording)


def _story(focus: Focus) -> Lifespans:
    recording = focus.recording
    if recording is None:
        return NOTHING
    return _lifespans(recording, len(recording.calls), len(recording))


@lru_cache(maxsize=8)
def drawn_ids(svg: str) -> frozenset[str]:
    """Return the ids of the objects in a picture."""
    return frozenset(ids.object_id(key.removeprefix("a_")) for key in _DRAWN.findall(svg))


# Which marked objects have their place in a picture


def _all(*kinds: str) -> Sees:
    return lambda _snap, at, kind, numbers: (
        kind in kinds and (kind not in _OF_SPACE or at.mms is None or numbers[0] in at.mms)
    )


def _of_chosen(kind_: str) -> Sees:
    return lambda snap, at, kind, numbers: (
        kind == kind_ and getattr(chosen_one(snap, at.mm), "mm", None) == numbers[0]
    )


def _mapped(snap: Snapshot, at: Focus, kind: str, numbers: Sequence[int]) -> bool:
    # A page with a frame, or a frame with a page.
    if kind == "pfn":
        pages = views.owners(snap).get(numbers[0], ())
        return any(at.mms is None or page.mm in at.mms for page in pages)
    mm = views.find_mm(snap, numbers[0]) if kind == "pte" else None
    if mm is None or (at.mms is not None and mm.mm not in at.mms):
        return False
    return views.mapped(snap, mm).at(numbers[1]) is not None


PICTURES: dict[str, PictureKind] = {
    "sharing": PictureKind(
        N_("Sharing"),
        N_("Who shares which frame"),
        lambda snap, at: sharing_dot(
            snap,
            mms=at.mms,
            mm=at.mm,
            highlight=at.highlight,
            unfold=at.unfold,
            copies=at.copies,
            new=at.new_frames,
            narrow=at.narrow,
        ),
        lambda snap, at: sharing_text(
            snap, mms=at.mms, highlight=at.highlight, copies=at.copies, new=at.new_frames
        ),
        sees=_mapped,
    ),
    "address_space": PictureKind(
        N_("Address space"),
        N_("Address space"),
        lambda snap, at: address_space_dot(
            snap,
            mms=at.mms,
            mm=at.mm,
            before=at.before,
            highlight=at.highlight,
            unfold=at.unfold,
            narrow=at.narrow,
        ),
        lambda snap, at: address_space_text(
            snap, mms=at.mms, before=at.before, highlight=at.highlight
        ),
        sees=_all("mm", "vma", "pte"),
    ),
    "vma_tree": PictureKind(
        N_("VMA tree"),
        N_("VMA tree: {owner}"),
        lambda snap, at: vma_tree_dot(
            snap,
            mm=at.mm,
            before=at.before,
            highlight=at.highlight,
            unfold=at.unfold,
            narrow=at.narrow,
        ),
        lambda snap, at: vma_tree_text(snap, mm=at.mm, before=at.before, highlight=at.highlight),
        objects="vma",
        sees=_of_chosen("vma"),
    ),
    "mm_struct": PictureKind(
        N_("mm_struct"),
        N_("mm_struct: {owner}"),
        lambda snap, at: mm_struct_dot(
            snap,
            mm=at.mm,
            before=at.before,
            highlight=at.highlight,
            unfold=at.unfold,
            narrow=at.narrow,
        ),
        lambda snap, at: mm_struct_text(snap, mm=at.mm, before=at.before, highlight=at.highlight),
        objects="vma",
        sees=_of_chosen("vma"),
    ),
    "page_table": PictureKind(
        N_("Page table"),
        N_("Page table: {owner}"),
        lambda snap, at: page_table_dot(
            snap, mm=at.mm, addr=at.addr, highlight=at.highlight, unfold=at.unfold, narrow=at.narrow
        ),
        lambda snap, at: page_table_text(snap, mm=at.mm, addr=at.addr, highlight=at.highlight),
        objects="pte",
        sees=_of_chosen("pte"),
    ),
    "frames": PictureKind(
        N_("Frames"),
        N_("Frames"),
        lambda snap, at: frames_dot(
            snap, mms=at.mms, highlight=at.highlight, unfold=at.unfold, narrow=at.narrow
        ),
        lambda snap, at: frames_text(snap, mms=at.mms, highlight=at.highlight),
        objects="pfn",
        sees=_all("pfn"),
    ),
    "fault_path": PictureKind(
        N_("Fault path"),
        N_("Path of the last page fault"),
        lambda snap, at: fault_path_dot(
            at.fault, snap=snap, highlight=at.highlight, narrow=at.narrow
        ),
        lambda snap, at: fault_path_text(at.fault, snap=snap),
        objects="none",
        marked=lambda at: fault_path_end(at.fault),
    ),
    "call_path": PictureKind(
        N_("Call path"),
        N_("Functions and events of the call"),
        lambda snap, at: call_path_dot(at.call, now=at.now, unfold=at.unfold, narrow=at.narrow),
        lambda snap, at: call_path_text(at.call, now=at.now),
        objects="step",
    ),
    "memory_over_time": PictureKind(
        N_("Over time"),
        N_("Memory over time"),
        lambda snap, at: memory_over_time_svg(
            snap,
            _story(at),
            now=at.now,
            mms=at.mms,
            highlight=at.highlight,
            unfold=at.unfold,
            narrow=at.narrow,
        ),
        lambda snap, at: memory_over_time_text(snap, _story(at), mms=at.mms),
        objects="step",
    ),
    "page_cache": PictureKind(
        N_("Page cache"),
        N_("Page cache"),
        lambda snap, at: page_cache_dot(
            snap, highlight=at.highlight, unfold=at.unfold, narrow=at.narrow
        ),
        lambda snap, at: page_cache_text(snap, highlight=at.highlight),
        objects="ino",
        sees=_all("file", "ino"),
    ),
    "tlb": PictureKind(
        N_("TLB"),
        N_("TLB"),
        lambda snap, at: tlb_dot(snap, highlight=at.highlight, unfold=at.unfold, narrow=at.narrow),
        lambda snap, at: tlb_text(snap, highlight=at.highlight),
        objects="tlb",
        sees=_all("tlb"),
    ),
    "process_tree": PictureKind(
        N_("Processes"),
        N_("Processes"),
        lambda snap, at: process_tree_dot(
            snap, highlight=at.highlight, unfold=at.unfold, narrow=at.narrow
        ),
        lambda snap, at: process_tree_text(snap, highlight=at.highlight),
        objects="task",
        sees=_all("task"),
    ),
}


def _as_far_as_known(name: str, kind: PictureKind) -> PictureKind:
    # Of real processes some pictures cannot be drawn: then it says why.
    def source(snap: Snapshot, at: Focus) -> str:
        why = why_not_drawn(name, snap)
        return nothing_dot(name, why) if why else kind.source(snap, at)

    def text(snap: Snapshot, at: Focus) -> str:
        return why_not_drawn(name, snap) or kind.text(snap, at)

    return replace(kind, source=source, text=text)


PICTURES = {name: _as_far_as_known(name, kind) for name, kind in PICTURES.items()}


def shown_in(names: Collection[str], snap: Snapshot, focus: Focus) -> tuple[str, ...]:
    """Return those pictures that have a place for what is marked, those that show most first."""
    found = {name: PICTURES[name].shows(snap, focus) for name in names}
    return tuple(sorted(filter(found.__getitem__, found), key=lambda name: -found[name]))
