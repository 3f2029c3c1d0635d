"""What the buttons beside a source do: run the chosen process, or all, up to somewhere."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from functools import partial
from time import monotonic

from ipywidgets import Output

from vmlab.errors import ProcessError, ProgramError
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.machine_code import Stop
from vmlab.model.process import Process
from vmlab.programs.goals import ASKED
from vmlab.programs.seen import task_then, where_of
from vmlab.record.history import History
from vmlab.record.line_counts import line_counts
from vmlab.record.marks import NO_MARKS, Marks, mark_all
from vmlab.record.recorder import Recorder
from vmlab.state import ids
from vmlab.state.machine import Machine
from vmlab.state.snapshot import Snapshot
from vmlab.widgets.clickable_view import Pick
from vmlab.widgets.controls import Controls
from vmlab.widgets.program_panel import LineCounts, ProgramPanel
from vmlab.widgets.running import Running
from vmlab.widgets.scenes import Scene
from vmlab.widgets.source_view import ALL, END, HOW
from vmlab.widgets.stop_words import stop_words
from vmlab.widgets.timeline import Timeline
from vmlab.widgets.toolbar import Toolbar
from vmlab.widgets.variables_view import VariablesView
from vmlab.words.language import say

_EVERY = 0.25  # seconds after which a program that runs is looked at


class RunButtons:
    """The program of an Explorer: `explorer.run("line")` does what the button does."""

    machine: Machine
    controls: Controls
    timeline: Timeline
    output: Output
    toolbar: Toolbar
    program: ProgramPanel | None

    @property
    def process(self) -> Process:
        """The chosen process."""
        raise NotImplementedError

    def show_act(self) -> None:
        """Show what was done, here and in the other Explorers of the machine."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw what the player's position shows."""
        raise NotImplementedError

    def _react(self, handler: Callable[..., object], *arguments: object) -> None:
        raise NotImplementedError

    def _make_program(self, wanted: bool | None) -> None:
        # None = when there is one to show.
        self.program = ProgramPanel() if wanted is not False else None
        self._always = wanted is True
        self._running = Running(self._show_running, self._ran, self._failed)
        self._looked = 0.0  # when a program that runs was looked at
        self._process_run: Process | None = None  # None = all are run
        self._since: tuple[Recorder, int] | None = None  # the first call of the run
        # What the last run came to: after how many steps, of whom, in words, how it is shown.
        self._said: tuple[int, int, Callable[[], str], str] | None = None
        self._pid = 0  # of the process whose program is shown
        self._position = 0  # that is shown
        self._depth = (0, 0)  # a position, and which function's variables are shown there
        self._marked: tuple[str, ...] = ()  # the objects of the variable that was clicked
        self._counted: tuple[History | None, int, LineCounts] = (None, -1, {})  # counted last
        self._is_beside = False  # whether it stands beside the pictures
        if self.program is None:
            return
        source, variables, console = self.program.views
        source.on_run(lambda how: self._react(self.run, how))
        source.on_stop(self._press_stop)
        variables.on_frame(lambda depth: self._react(self._show_frame, depth))
        variables.on_click(lambda pick: self._react(self._mark_variable, pick))
        console.on_type(lambda text: self._react(self.type, text))

    # Running

    def run(self, until: str | int = "line") -> None:
        """Run the chosen process, and others while it sleeps.

        In a notebook a program that takes long runs on behind the cell, until `stop`; meanwhile
        this does nothing.

        Args:
            until: 'line' = the next line, 'syscall' = after the next system call, 'fault' = after
                the next page fault; a number = that line; 'end' = as far as it goes. 'all' = all
                processes, as far as they go.
        """
        if self._running.is_on:
            return
        self._process_run, self._looked = None, monotonic()
        try:
            process = self._process_run = None if until == ALL else self.process
            wanted = () if until in (END, ALL) else (until,)
            recorder = self.timeline.recorder
            self._since = recorder, len(recorder.steps.calls)
            self._running.start(self._pieces(process, wanted))
        except (ProgramError, ProcessError) as failure:
            self.controls.tell(str(failure), is_problem=True)
            self.show_act()

    def stop(self) -> None:
        """Stop the program that runs, if one does."""
        self._running.stop()

    def _press_stop(self) -> None:
        # That it is heard is said at once: to draw where it stopped takes longer.
        if self._running.is_on and self.program is not None:
            self.program.source.status = say("Stopped by you.")
        self._react(self.stop)

    def type(self, text: str) -> None:
        """Give programs something to read from the terminal, as `Machine.type` does."""
        self.machine.type(text)
        self.show_act()

    def _pieces(
        self, process: Process | None, until: tuple[str | int, ...]
    ) -> Iterator[Stop | None]:
        system = self.machine.system
        for stop in self.machine._engine().running(process, until, None):
            if self.machine.system is not system:  # another state was brought back meanwhile
                return
            yield stop

    def _show_running(self) -> None:
        if self.toolbar.is_hidden:  # nobody could stop it any more
            self.stop()
            return
        now = monotonic()
        if self.program is not None and now - self._looked > _EVERY:
            self._looked = now
            self._show_buttons()
            self.program.console.show(self.machine.system.console.decode(errors="replace"))

    def _ran(self, stop: Stop | None) -> None:
        process = self._process_run
        task = process.task if process is not None else None
        system = self.machine.system
        pid = task.pid if task is not None else self.controls.pid
        shown = task if task is not None else system.tasks.get(pid)
        words = partial(stop_words, stop, task, self._where(shown))
        killed = task is not None and task.mm is None and task.exit_code & 0x7F
        self._tell_run(stop)
        self._said = len(self.timeline.recorder), pid, words, "bad" if killed else "good"
        self._marked = ()
        self.controls.tell("")
        self.show_act()

    def _tell_run(self, stop: Stop | None) -> None:
        recorder, since = self._since or (None, 0)
        if (
            recorder is not None and self.timeline.recorder is recorder
        ):  # or else another state was brought back meanwhile
            pid = self._process_run.pid if self._process_run is not None else None
            asked = stop is not None and stop.why in ASKED
            recorder.steps.ran(since, pid, asked=asked)

    def _failed(self, failure: BaseException) -> None:
        self.output.append_stderr("".join(traceback.format_exception(failure)))
        self.show_act()

    def _where(self, task: TaskStruct | None) -> str:
        # The line a task is on; of one that has ended, the one where it did.
        if task is not None and task.mm is None:
            task = self._before_end(task.pid)
        return where_of(task)

    def _before_end(self, pid: int) -> TaskStruct | None:
        # A task as it was before its last call.
        recorder = self.timeline.recorder
        last = next((call for call in reversed(recorder.calls) if call.pid == pid), None)
        return task_then(recorder.snapshot(last.first - 1), pid) if last is not None else None

    @property
    def _last_pid(self) -> int:
        # Of the process that did something last.
        return next((call.pid for call in reversed(self.timeline.recorder.calls) if call.pid), 0)

    # What is shown

    def _show_program(self, scene: Scene, position: int, *, present: bool) -> None:
        panel = self.program
        if panel is None:
            return
        self._position = position
        pid = self._pid = self.controls.pid or self._pid or self._last_pid
        depth = self._depth[1] if self._depth[0] == position else 0
        state = scene.snapshot
        if present:
            task = self.machine.system.tasks.get(pid)
        else:
            state = self._whole_state(scene)
            task = task_then(state, pid)
        if not panel.has_source and (task is None or task.mm is None):
            panel.take_source(self._before_end(pid))
        panel.show(state, task, depth, self._counts(scene))
        self._is_beside = panel.is_shown or self._always
        panel.console.show(scene.snapshot.system.console)
        self._show_buttons()
        self._show_status(present=present)

    def _whole_state(self, scene: Scene) -> Snapshot:
        # In the middle of a call the program is where it made it.
        steps = self.timeline.recorder.steps
        if scene.number < 0:
            return scene.snapshot
        call = steps.call_of(scene.number)
        if scene.number == steps.end_of(call) - 1:
            return scene.snapshot
        return self.timeline.recorder.snapshot(steps.calls[call].first - 1)

    def _counts(self, scene: Scene) -> LineCounts:
        steps = self.timeline.recorder.steps
        call = steps.call_of(scene.number) if scene.number >= 0 else -1
        if self._counted[:2] != (steps, call):
            self._counted = steps, call, line_counts(steps, call)
        return self._counted[2]

    def _show_buttons(self) -> None:
        assert self.program is not None
        source = self.program.source
        if self._running.is_on:
            source.can, source.status, source.tone = ("stop",), say("It runs ..."), "none"
            return
        try:
            self.machine._engine()
        except ProgramError as failure:
            source.can, source.lacking = (), source.lacking or str(failure)
            return
        process = self.machine.processes.get(self.controls.pid)
        alive = process is not None and process.state not in ("Z", "X")
        source.can = (*HOW, "to") if alive else (ALL,)

    def _show_status(self, *, present: bool) -> None:
        assert self.program is not None
        source = self.program.source
        if self._running.is_on:
            return
        where = f"{source.file}:{source.line}" if source.line else ""
        words, tone = "", "none"
        said = self._said
        if present and said is not None and said[:2] == (len(self.timeline.recorder), self._pid):
            words, tone = said[2](), said[3]
        if not words and where:
            words = say("It is at {where}.", where=where)
            if not present:
                words = say("It was at {where} then.", where=where)
            elif not source.at:
                words = say("It is in what {where} called.", where=where)
        source.status, source.tone = words, tone

    def _show_frame(self, depth: int) -> None:
        self._depth = self._position, depth
        self.draw()

    # Variables and pictures

    @property
    def _program_objects(self) -> tuple[VariablesView, ...]:
        return (self.program.variables,) if self.program is not None else ()

    def _choose_object(self, key: str) -> None:
        # What is clicked in a picture marks the variables there.
        self._marked = ()
        for view in self._program_objects:
            view.chosen = key

    @property
    def _marks(self) -> Marks:
        return mark_all(*self._marked, mark="looked") if self._marked else NO_MARKS

    def _mark_variable(self, pick: Pick) -> None:
        """Mark the pages of a variable in the pictures; of the same once more, no longer."""
        assert self.program is not None
        view = self.program.variables
        row = next((row for row in view.rows if row["id"] == pick.id), None)
        kinds = ("pte",) if pick.id.startswith("pte_") else ("vma",)
        objects = row["ids"] if row is not None else ()
        found = [each for each in objects if (ids.parse(each) or ("",))[0] in kinds]
        self._marked = () if tuple(found) == self._marked else tuple(found)
        view.chosen = pick.id if self._marked else ""
        self.draw()
