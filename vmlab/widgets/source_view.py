"""The widget that shows the source of a program that runs, and the buttons that run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ipywidgets.widgets.trait_types import TypedTuple
from traitlets import Bool, Dict, Int, Unicode

from vmlab.widgets.base import View

LINE, SYSCALL, FAULT, END, ALL = "line", "syscall", "fault", "end", "all"
HOW = (LINE, SYSCALL, FAULT, END, ALL)  # how far a program runs


class SourceView(View, script="source_view"):
    """C text with line numbers: the line that runs is marked, and in the margin what each one cost.

    It only asks: `on_run` tells how far the program is to run, `on_stop` that it is to stop.

    Args:
        file: the name of the source.
        lines: its lines.
        with_code: the numbers of those where a program can stop; a click on one runs to it.
        line: the number of the one that runs; 0 = none.
        at: whether the program is on that line, and not in what was called from there.
        counts: number of a line -> its page faults, its system calls, the bytes that it loaded and
            stored, and whether those are all of them.
        status: where the program is, and why it does not run on.
        tone: how it is said: 'good', 'bad', 'none'.
        lacking: why there is no source, or why nothing runs here.
        can: the ways of `HOW` that are open now, 'to' for a line, 'stop' while it runs.
    """

    file = Unicode(help="the name of the source").tag(sync=True)
    lines = TypedTuple(Unicode(), help="its lines").tag(sync=True)
    with_code = TypedTuple(Int(), help="lines where a program can stop").tag(sync=True)
    line = Int(0, help="the line that runs").tag(sync=True)
    at = Bool(True, help="whether the program is on that line itself").tag(sync=True)
    counts = Dict(help="line -> page faults, system calls, bytes").tag(sync=True)
    status = Unicode(help="where the program is, and why it stopped").tag(sync=True)
    tone = Unicode("none", help="how it is said").tag(sync=True)
    lacking = Unicode(help="what is not there to see, or to run").tag(sync=True)
    can = TypedTuple(Unicode(), help="what the buttons can do now").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._run: list[Callable[[str | int], None]] = []
        self._stop: list[Callable[[], None]] = []
        self.on_msg(self._told)

    def on_run(self, callback: Callable[[str | int], None]) -> None:
        """Call `callback` with how far the program is to run: one of `HOW`, or a line's number."""
        self._run.append(callback)

    def on_stop(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the program is to stop."""
        self._stop.append(callback)

    def _told(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        kind, how = content.get("type"), content.get("how")
        if kind == "run" and (how in HOW or (type(how) is int and how in self.with_code)):
            for run in self._run:
                run(how)
        elif kind == "stop":
            for stop in self._stop:
                stop()

    def __repr__(self) -> str:
        return f"SourceView({self.file!r}, line {self.line})"
