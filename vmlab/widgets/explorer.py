"""The laboratory bench: calls to make, pictures to see, steps to go through."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from ipywidgets import Box, Output, VBox

from vmlab.errors import ProcessError
from vmlab.model.process import Process
from vmlab.model.trace.hook import turns
from vmlab.record.related import related
from vmlab.state import views
from vmlab.state.machine import Machine
from vmlab.state.places import first_by_name
from vmlab.state.snapshot import MmState, Snapshot
from vmlab.widgets.batching import Batching
from vmlab.widgets.call_buttons import CallButtons
from vmlab.widgets.call_field import Meaning
from vmlab.widgets.call_forms import CallForm
from vmlab.widgets.chosen_processes import mms_of, offered, pids_of
from vmlab.widgets.click_meaning import Wish, hints
from vmlab.widgets.clickable_view import Pick, PointedView
from vmlab.widgets.controls import Controls
from vmlab.widgets.diagram_view import DiagramView
from vmlab.widgets.focus import focus_of
from vmlab.widgets.following import add_follower, tell_others
from vmlab.widgets.maps_lines import maps_lines
from vmlab.widgets.maps_view import MapsView
from vmlab.widgets.object_choices import MENUS, choices, meaning, without_menu
from vmlab.widgets.panels import FIRST, SECOND, panel
from vmlab.widgets.pictures import PICTURES, Focus, PictureKind, drawn_ids, shown_in
from vmlab.widgets.real_kernel import BesideRealKernel
from vmlab.widgets.run_buttons import RunButtons
from vmlab.widgets.scenes import Scene
from vmlab.widgets.speaking import Speaking
from vmlab.widgets.stored_picture import StoredPicture
from vmlab.widgets.story_strip import StoryStrip
from vmlab.widgets.timeline import Timeline
from vmlab.widgets.toolbar import Toolbar
from vmlab.widgets.undo_and_files import UndoAndFiles
from vmlab.words.language import say

SHARING = "sharing"  # the picture that is shown after a fork

OFFERED = 3  # pictures that are offered where one does not show the step


class Explorer(
    CallButtons, RunButtons, BesideRealKernel, UndoAndFiles, Speaking, StoredPicture, VBox
):
    """A machine to play with: make calls, click in pictures, go through what happened.

    Data flows one way: a button makes a call on the machine, the timeline grows, the player
    goes to its end, the pictures of that position are drawn. Explorers of one machine share its
    recording and follow each other; each follows what cells do, too. `refresh` does it at once.

    Where a process more comes, the place that offers it shows the picture of what is shared, as
    long as the reader has chosen no picture there.

    Args:
        machine: the machine; calls go to the process that is chosen.
        show: the pictures, side by side; a sequence in it is one place with tabs. Or one picture.
            None = all in one place, and in a second one beside it where the page is wide.
        calls: the calls and accesses that get a button, by the names that strace has for them:
            'mmap', 'store', 'exit_group'. A subclass may name a method of its own, or give a
            `CallForm` for it. None = all, the rarer ones behind "more".
        processes: those to choose from and to draw, or their pids, also of processes to come; None
            = all there are.
        source: whether the source of a program stands beside the pictures, with the buttons that
            run it, its variables and the console. None = where the chosen process runs a program
            with debug information, as `vmlab.build` makes it.

    Raises:
        UsageError: no picture, or no call, has one of these names.
    """

    def __init__(
        self,
        machine: Machine,
        *,
        show: str | Iterable[str | Sequence[str]] | None = None,
        calls: Iterable[str | CallForm] | None = None,
        processes: Iterable[Process | int] | Process | int | None = None,
        source: bool | None = None,
    ) -> None:
        self.machine = machine
        self._pids = pids_of(machine, processes)
        self.timeline = Timeline(machine)
        self._drawn = self.timeline.recorder
        self._scene = self.timeline.scene(0)  # what is shown
        self._addr: int | None = None  # last used, in bytes
        self._alive: tuple[Process, ...] = ()  # those to choose from
        self._unfold: frozenset[str] = frozenset()
        self._drawing = True
        self._drawings: dict[DiagramView, Callable[[], str]] = {}  # what the pictures show
        self._batching = Batching()
        self.controls = Controls(None if calls is None else map(self._with_form, calls))
        self.toolbar = Toolbar()
        self.player = StoryStrip()
        places = (FIRST, SECOND) if show is None else (show,) if isinstance(show, str) else show
        self.pictures = dict(map(panel, places))
        self._if_wide: DiagramView | None = None  # the place that is seen on a wide page only
        if show is None:
            self._if_wide = list(self.pictures)[1].add_class("vm-second")
        self._chosen: set[DiagramView] = set()  # places where the reader chose a picture
        self.maps = MapsView()
        self.output = Output()  # what went wrong in vmlab itself
        bench = Box((self.controls, self.toolbar)).add_class("vm-bench")
        panels = Box(tuple(self.pictures)).add_class("vm-panels")
        self._make_program(source)
        shown = (panels,) if self.program is None else (self.program.box, panels)
        work = Box(shown).add_class("vm-work")
        super().__init__((bench, self.output, self.player, work, self._make_beside()))
        self.add_class("vm-explorer")
        for view in self.pictures:
            view.hints = hints(self.controls.calls)
        self.refresh()
        self._listen()
        add_follower(self)

    def _listen(self) -> None:
        self.controls.on_call(lambda name: self._react(self.call, name))
        self.toolbar.on_press(lambda name, view: self._react(self.press, name, view))
        self.toolbar.on_load(lambda name, text: self._react(self.load_file, text, name))
        self.toolbar.on_seen(lambda: self._react(self.follow))
        self.toolbar.observe(lambda _: self.draw(), "wide")
        self.controls.observe(lambda _: self.draw(), "pid")
        self.player.observe(lambda _: self.draw(), ["step", "by_steps"])
        self.player.on_ask(lambda pid, count: self._react(self._list_calls, pid, count))
        for view in (*self.pictures, self.maps):
            view.on_click(lambda pick: self._react(self.point, pick))
        for view in (*self.pictures, self.maps, *self._program_objects):
            view.on_hover(partial(self._react, self._relate, view))
        for view in self.pictures:
            for asks in (view.on_click, view.on_menu):
                asks(partial(self._react, self._offer, view))
            view.on_choose(partial(self._choose, view))
            view.menus = MENUS
            view.observe(self._choose_picture, "tab")

    def __repr__(self) -> str:
        places = (
            names[0] + (f" and {len(names) - 1} more" if names[1:] else "")
            for view, names in self.pictures.items()
            if view is not self._if_wide
        )
        return f"Explorer({', '.join(places)})"

    # What the reader does

    def _react(self, handler: Any, *arguments: Any) -> None:
        """Do what a button or a click asks for; what nobody expected is shown, not lost."""
        try:
            with self._at_once():
                handler(*arguments)
        except Exception:
            self.output.append_stderr(traceback.format_exc())

    def point(self, pick: Pick) -> None:
        """Do what a click on an object means: choose, fill fields, open a fold, make a call."""
        asked = self._meaning(pick)
        with self._one_drawing():
            self._choose_object(pick.id)
            self.controls.pid = asked.pid or self.controls.pid
            self.controls.fill(asked.texts)
            self._unfold |= {asked.unfold} if asked.unfold else set()
            self._addr = asked.addr if asked.addr is not None else self._addr
            if asked.step is not None:
                self.player.step = asked.step + 1
            if asked.call in self.controls.calls and self._present:
                self.call(asked.call)

    def _meaning(self, pick: Pick) -> Wish:
        return meaning(pick, self._scene.snapshot, self.controls.pid, self.controls.texts)

    def _choose(self, view: PointedView, pick: Pick) -> None:
        """Do what was chosen in the menu of an object, and then look where it leads."""
        asked = self._meaning(pick)
        self._react(self.point, pick)
        view.go_to(asked.goes_to)

    @property
    def _present(self) -> bool:
        return self.player.step == self.player.count - 1  # what is seen is still there

    def _offer(self, view: PointedView, pick: Pick) -> None:
        """Open the menu of an object, if it has one and it is asked for."""
        calls = self.controls.calls if self._present else ()
        texts = self.controls.texts
        found = choices(pick, self._scene.snapshot, self.controls.pid, calls, texts)
        view.offer(pick.id, [(each.name, each.words) for each in found])

    def _relate(self, view: PointedView, pick: Pick) -> None:
        if pick.id:
            view.relate(pick.id, related(self._scene.snapshot, pick.id))

    def _choose_picture(self, change: Any) -> None:
        self._chosen.add(change.owner)
        self.draw()

    def _list_calls(self, pid: int, count: int) -> None:
        self.player.history = self.timeline.past_calls(pid, count)

    @property
    def process(self) -> Process:
        """The chosen process.

        Raises:
            ProcessError: there is none.
        """
        found = self.machine.processes.get(self.controls.pid)
        if found is None:
            raise ProcessError("no_process")
        return found

    @property
    def _own_methods(self) -> Mapping[str, Callable[..., Any]]:
        kind = type(self)
        names = sorted(set(dir(kind)) - set(dir(Explorer)))
        public = (name for name in names if not name.startswith("_"))
        return {name: getattr(self, name) for name in public if callable(getattr(kind, name))}

    def arguments(self, name: str) -> Mapping[str, Any]:
        """Read the fields of a call.

        Raises:
            FieldError: a text cannot be read.
        """
        snap = self.timeline.now
        mm = self._mm(snap)
        names = first_by_name(mm) | {"brk": mm.brk} if mm is not None else {}
        meaning = Meaning(views.page_size(snap), names, mm.brk if mm is not None else 0)
        values = self.controls.arguments(name, meaning)
        self._addr = values.get("addr") or self._addr
        return values

    # What is shown

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        """Let the page hear of all changes together, so that it is painted once."""
        program = self.program.views if self.program is not None else ()
        parts = (self.controls, self.toolbar, self.player, self.maps, *program)
        with turns.undivided(), self._batching.together((*parts, *self.pictures)):
            yield

    def _mm(self, snap: Snapshot) -> MmState | None:
        task = views.find_task(snap, self.controls.pid)
        return views.find_mm(snap, task.mm) if task is not None else None

    @contextmanager
    def _one_drawing(self) -> Iterator[None]:
        """Draw once at the end, however many things change."""
        with self._at_once():
            before, self._drawing = self._drawing, False
            try:
                yield
            finally:
                self._drawing = before
                self.draw()

    def show_act(self) -> None:
        """Show what was done, here and in the other Explorers of the machine."""
        self.refresh()
        tell_others(self)

    def follow(self) -> None:
        """Show what was done elsewhere; nothing happens if nothing was, or nobody sees it."""
        if self.comm is None or self.toolbar.is_hidden:
            return
        timeline = self.timeline
        if timeline.recorder is not self._drawn or timeline.last + 1 != self.player.count:
            self.refresh()

    def refresh(self) -> None:
        """Show the present state of the machine, whoever changed it."""
        alive = {
            pid: process
            for pid, process in self.machine.processes.items()
            if self._pids is None or pid in self._pids
        }
        with self._one_drawing():
            self._drawn = self.timeline.recorder
            if len(alive) > len(self._alive) > 0:
                self._show_sharing()
            self._alive = tuple(alive.values())
            if self.controls.pid not in alive:
                self.controls.pid = next(iter(alive), 0)
            self.player.extend(self.timeline.last + 1, self.timeline.marks)

    def _show_sharing(self) -> None:
        for view, names in self.pictures.items():
            if SHARING in names:
                if view not in self._chosen:
                    view.tab = view.tabs[names.index(SHARING)]
                    self._chosen.discard(view)
                return

    def draw(self) -> None:
        """Draw what the player's position shows."""
        if not self._drawing:
            return
        if self._drawn is not self.timeline.recorder:  # another Explorer undid or loaded
            self.refresh()
            return
        by_steps = self.player.by_steps
        scene = self._scene = self.timeline.scene(self.player.step, by_steps=by_steps)
        with self._at_once():
            self._show_program(scene, self.player.step, present=self._present)
            (self.add_class if self._is_beside else self.remove_class)("vm-has-program")
            focus = self._focus(scene)
            chosen = {
                view: PICTURES[names[view.tabs.index(view.tab)]]
                for view, names in self.pictures.items()
                if view is not self._if_wide or (self.toolbar.wide and not self._is_beside)
            }
            # To lay them out takes longest, and the words can be found meanwhile.
            drawings = {view: kind.begin(scene.snapshot, focus) for view, kind in chosen.items()}
            for view, kind in chosen.items():
                if drawings[view] is not self._drawings.get(view):
                    view.description = kind.text(scene.snapshot, focus)
                view.label = kind.title(scene.snapshot, focus)
                view.hint = kind.hint(view.hints)
                view.highlight = tuple(sorted(kind.marked(focus)))
            self.player.tell(scene)
            for view in self.pictures:
                view.headline = self.player.headline
            self._write(scene)
            for view, svg in drawings.items():
                view.svg = svg()
                view.without_menu = without_menu(scene.snapshot, drawn_ids(view.svg))
                self._offer_others(view, chosen[view], focus)
        self._drawings |= drawings

    def _offer_others(self, view: DiagramView, kind: PictureKind, focus: Focus) -> None:
        """Offer pictures that show what the step is about, where the chosen one does not."""
        view.lacking = kind.lacks(focus, view.svg)
        tabs = dict(zip(self.pictures[view], view.tabs, strict=True))
        found = shown_in(tabs, self._scene.snapshot, focus) if view.lacking else ()
        view.elsewhere = tuple(tabs[name] for name in found[:OFFERED])

    def _write(self, scene: Scene) -> None:
        """Say in words and texts what a scene shows."""
        self.toolbar.does = self._able()
        pid = self.controls.pid
        self.controls.processes = offered(self._alive, pid)
        self.controls.note = self._note()
        self.maps.title = f"/proc/{pid}/maps" if pid else say("No process")
        before, after = ((snap, self._mm(snap)) for snap in (scene.before, scene.snapshot))
        self.maps.lines = maps_lines(
            before,
            after,
            addr=self._addr,
            highlight=scene.highlight | self._marks,
            unfold=self._unfold,
        )
        self._write_beside(after[1])

    def _note(self) -> str:
        said = []
        if self.player.step < self.timeline.last:
            said.append(say("This is the past: calls act on the latest state."))
        if self.timeline.recorder.steps.dropped:
            said.append(say("Some states were dropped: to go back may take longer."))
        return " ".join(said)

    def _focus(self, scene: Scene) -> Focus:
        focus = focus_of(scene, self._mm(scene.snapshot), self._addr, self._marks)
        return replace(
            focus,
            mms=None if self._pids is None else mms_of(scene.snapshot, self._pids),
            unfold=self._unfold,
            narrow=self._is_beside,
            recording=self.timeline.recorder.steps,
        )

    def _exported(self) -> tuple[str, ...]:
        asked = [names for names in self.pictures.values() if self._if_wide is None]
        return tuple(dict.fromkeys(name for names in asked for name in names))

    def _stored(self) -> tuple[str, str]:
        for view in self.pictures:
            return view.svg, view.description
        return "", ""
