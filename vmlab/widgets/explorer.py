"""The whole laboratory bench: calls to make, pictures to see, steps to go through."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ipywidgets import Box, Output, VBox

from vmlab.errors import ProcessError
from vmlab.record import views
from vmlab.record.ids import vma_id
from vmlab.widgets.calls import DEFAULT, Call, Meaning
from vmlab.widgets.controls import Controls
from vmlab.widgets.diagram_view import DiagramView, Pick
from vmlab.widgets.handlers import Handlers
from vmlab.widgets.maps_view import MapsView, compare
from vmlab.widgets.narration import Narration
from vmlab.widgets.pictures import PICTURES, Focus
from vmlab.widgets.player import Player
from vmlab.widgets.pointing import HINT, wish
from vmlab.widgets.recording import Recording

SHOW: tuple[str | Sequence[str], ...] = (
    "address_space",
    ("vma_tree", "mm_struct"),
)


class Explorer(Handlers, VBox):  # type: ignore[misc]
    """A machine to play with: make calls, click in pictures, go through what happened.

    Every call on the machine is recorded, those made outside the Explorer too (after
    `refresh()`).

    Args:
        machine: the machine; calls go to the process that is chosen.
        show: the pictures, side by side; a sequence in it is one picture with tabs.
        calls: the calls that get a button.
        processes: pids to choose from and to draw; None = all there are.
    """

    def __init__(
        self,
        machine: Any,
        *,
        show: Iterable[str | Sequence[str]] = SHOW,
        calls: Iterable[str | Call] = DEFAULT,
        processes: Iterable[int] | None = None,
    ) -> None:
        self.machine = machine
        self._pids = None if processes is None else tuple(processes)
        self._recording = Recording(machine)
        self._addr: int | None = None
        self._unfold: frozenset[str] = frozenset()
        self.controls = Controls(calls)
        for name in self.controls.calls:
            if not hasattr(self, name):
                raise ValueError(f"{type(self).__name__} has no method {name!r} for its button")
        self.player = Player()
        self.narration = Narration()
        self.pictures = [self._panel(item) for item in show]
        self.maps = MapsView()
        self.output = Output()
        self.controls.on_call(self._press)
        self.controls.observe(lambda _: self.draw(), "pid")
        self.player.observe(lambda _: self.draw(), "step")
        self.maps.on_click(self._click)
        self.refresh()
        panels = Box(self.pictures)
        panels.add_class("vm-panels")
        super().__init__(
            [self.controls, self.output, self.player, self.narration, panels, self.maps]
        )
        self.add_class("vm-explorer")

    def _panel(self, item: str | Sequence[str]) -> DiagramView:
        names = (item,) if isinstance(item, str) else tuple(item)
        for name in names:
            if name not in PICTURES:
                raise ValueError(f"no picture is named {name!r}; there are {', '.join(PICTURES)}")
        titles = tuple(PICTURES[name].title for name in names)
        view = DiagramView(tabs=titles, tab=titles[0], hint=HINT)
        if len(names) == 1 and PICTURES[names[0]].tall:
            view.add_class("vm-tall")
        view.on_click(self._click)
        view.observe(lambda _: self.draw(), "tab")
        return view

    # What is looked at

    @property
    def process(self) -> Any:
        """The chosen process.

        Raises:
            ProcessError: there is none.
        """
        found = self.machine.processes.get(self.controls.pid)
        if found is None:
            raise ProcessError("there is no process: make one with machine.spawn()")
        return found

    def arguments(self, name: str) -> Mapping[str, Any]:
        """Read the fields of a call.

        Raises:
            FieldError: a text cannot be read.
        """
        return self.controls.arguments(name, self._meaning())

    def _meaning(self) -> Meaning:
        snap = self._recording.scene(self._recording.count - 1).snapshot
        task = views.find_task(snap, self.controls.pid)
        mm = views.find_mm(snap, task.mm) if task else None
        names: dict[str, int] = {}
        if mm is not None:
            for vma in mm.mmap:
                names.setdefault(views.short_name(mm, vma).strip("[]").lower(), vma.vm_start)
            names["brk"] = mm.brk
        return Meaning(views.page_size(snap), names, mm.brk if mm else 0)

    # What is shown

    def refresh(self) -> None:
        """Show what has happened to the machine, and its present state."""
        self.player.marks = self._recording.marks
        tasks = self._recording.scene(self._recording.count - 1).snapshot.tasks
        listed = [task for task in tasks if self._pids is None or task.pid in self._pids]
        with self.controls.hold_sync():
            self.controls.processes = tuple(
                {
                    "pid": task.pid,
                    "label": f"{task.pid} {task.comm}" + (" (ended)" if task.state == "Z" else ""),
                }
                for task in listed
            )
            pids = [task.pid for task in listed]
            if self.controls.pid not in pids:
                alive = [task.pid for task in listed if task.mm]
                self.controls.pid = next(iter(alive or pids), 0)
        self.player.extend(self._recording.count)
        self.draw()
