"""The part of an Explorer that shows a program: source, variables, console, as of one state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ipywidgets import Box

from vmlab.diagrams.dot import clean
from vmlab.diagrams.rows import folded_words
from vmlab.errors import ProgramError
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.programs.seen import Called, Seen, is_built_with_it, see
from vmlab.programs.variables import Place
from vmlab.record.line_counts import Counts
from vmlab.record.site import Line
from vmlab.state import ids, views
from vmlab.state.places import region_at
from vmlab.state.snapshot import MmState, Snapshot
from vmlab.widgets.console_view import ConsoleView
from vmlab.widgets.source_view import SourceView
from vmlab.widgets.variables_view import VariablesView
from vmlab.words.language import say

_LINES = 20_000  # of a source that are shown
_LONGEST_LINE = 400  # characters of it
_ROWS = 200  # variables that are shown
_PAGES = 64  # of a variable that are marked
_VALUE, _NAME = 120, 60  # characters

LineCounts = Mapping[Line, Counts]


class ProgramPanel:
    """Three views of one program.

    Attributes:
        box: the widget with all three.
        is_shown: whether there is a program to show.
    """

    def __init__(self) -> None:
        self.source, self.variables, self.console = SourceView(), VariablesView(), ConsoleView()
        self.views = (self.source, self.variables, self.console)
        self.box = Box(self.views).add_class("vm-program")
        self.is_shown = False
        self._program: tuple[str, str | None] | None = None  # the source that is shown

    def __repr__(self) -> str:
        return f"<ProgramPanel {self.source.file}>"

    @property
    def has_source(self) -> bool:
        """Whether it shows the source of a program, though that may have ended."""
        return self._program is not None

    def take_source(self, task: TaskStruct | None) -> None:
        """Show the source of a program as it was before it ended."""
        try:
            seen = see(task) if task is not None else None
        except ProgramError:
            return
        if seen is not None:
            self._take_source(seen)
            self.is_shown = True

    def show(self, snap: Snapshot, task: TaskStruct | None, depth: int, counts: LineCounts) -> None:
        """Show what there is to see of a task.

        What has ended leaves its source here.

        Args:
            snap: the state that it is in.
            task: the task there; None = there is none.
            depth: which function's variables.
            counts: what each line came to so far.
        """
        seen, lacking = None, ""
        if task is not None:
            try:
                seen = see(task, depth)
            except ProgramError as failure:
                self.is_shown = is_built_with_it(task)
                lacking = str(failure)
            else:
                self.is_shown = self.is_shown or seen is not None
        self.source.lacking = lacking
        self._show_source(seen, counts)
        self._show_variables(snap, task, seen, depth, lacking)

    def _show_source(self, seen: Seen | None, counts: LineCounts) -> None:
        view = self.source
        if seen is not None:
            self._take_source(seen)
        view.line = seen.line.number if seen is not None and seen.line is not None else 0
        view.at = seen is None or seen.at
        view.counts = {
            str(line.number): [each.faults, each.calls, each.bytes, each.all_bytes]
            for line, each in counts.items()
            if line.file == view.file
        }

    def _take_source(self, seen: Seen) -> None:
        view = self.source
        if seen.source is None:
            view.lacking = say("The machine has no {path}, the source.", path=seen.path)
        if (seen.path, seen.source) != self._program:
            self._program = seen.path, seen.source
            view.file = seen.path.rpartition("/")[2]
            lines = (seen.source or "").splitlines()[:_LINES]
            view.lines = tuple(clean(line.expandtabs(4), _LONGEST_LINE) for line in lines)
            view.with_code = seen.with_code

    def _show_variables(
        self, snap: Snapshot, task: TaskStruct | None, seen: Seen | None, depth: int, lacking: str
    ) -> None:
        view = self.variables
        view.stack = tuple(map(_called, seen.stack)) if seen is not None else ()
        view.depth = depth if depth < len(view.stack) else 0
        variables = seen.variables if seen is not None else ()
        found = views.find_task(snap, task.pid) if task is not None else None
        mm = views.find_mm(snap, found.mm) if found is not None else None
        view.rows = tuple(_row(snap, mm, each) for each in variables[:_ROWS])
        more = len(variables) - _ROWS
        view.note = lacking or (folded_words(more) if more > 0 else "")


def _called(called: Called) -> str:
    where = f" {called.line}" if called.line is not None else ""
    return clean(called.function, _NAME) + where


def _row(snap: Snapshot, mm: MmState | None, place: Place) -> dict[str, Any]:
    objects = list(_objects(snap, mm, place))
    region = str(region_at(mm, place.addr)) if objects and place.addr is not None else ""
    return {
        "id": objects[0] if objects else "",
        "ids": objects,
        "name": clean(place.name, _NAME),
        "type": clean(place.type, _NAME),
        "scope": clean(place.scope, _NAME),
        "value": clean(place.value, _VALUE),
        "addr": f"{place.addr:#x}" if place.addr is not None else say("in a register"),
        "region": region,
        "frame": _frames(place),
    }


def _objects(snap: Snapshot, mm: MmState | None, place: Place) -> Iterator[str]:
    # Its pages, their region, their frames; a page that is not present is in no picture.
    if mm is None or place.addr is None or place.vm_start is None:
        return
    size = views.page_size(snap)
    for number, frame in enumerate(place.frames[:_PAGES]):
        if frame is not None:
            yield ids.pte_id(mm.mm, (place.addr // size + number) * size)
    yield ids.vma_id(mm.mm, place.vm_start)
    yield from (ids.pfn_id(frame) for frame in place.frames[:_PAGES] if frame is not None)


def _frames(place: Place) -> str:
    if not place.frames:
        return ""
    present = [frame for frame in place.frames if frame is not None]
    if len(place.frames) == 1:
        return str(present[0]) if present else say("not present")
    said = ", ".join(map(str, present[:3])) + (", …" if present[3:] else "")
    return say(
        "{present} of {pages}: {frames}",
        present=len(present),
        pages=len(place.frames),
        frames=said,
    )
