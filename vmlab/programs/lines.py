"""Stopping a program at the start of a line of its source."""

from __future__ import annotations

from collections.abc import Collection

from vmlab.errors import ProgramError
from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.programs.debug import Loaded, if_legible, of
from vmlab.record.site import Line

LINE = "line"


class LineStops:
    """Where a task is to stop.

    From one line to the next it goes by the statements of all other lines, so calls to functions
    without lines, and loops that stay on one line, run at full speed.

    Left out: that a function which stands on the line of its call is another place than that line.

    Args:
        task: the task.
        until: 'line' = the start of another line; a number = that line of the main source.

    Raises:
        ProgramError: its program has no debug information, or no code from that line on.
    """

    def __init__(self, task: TaskStruct, until: Collection[str | int]) -> None:
        self._task = task
        self._any = LINE in until
        self._numbers = [each for each in until if isinstance(each, int)]
        self._mm: MmStruct | None = None
        self._addresses: frozenset[int] = frozenset()
        if task.mm is not None and (self._any or self._numbers):
            self._set(task.mm, of(task.mm))

    def __repr__(self) -> str:
        return f"<LineStops of {self._task!r}: {len(self._addresses)}>"

    def addresses(self) -> frozenset[int]:
        """Return where it is to stop, bytes; the task may have executed another program."""
        mm = self._task.mm
        if self._mm is not None and mm is not None and mm is not self._mm:
            try:
                self._set(mm, of(mm))
            except ProgramError:
                self._mm, self._addresses = mm, frozenset()
        return self._addresses

    def _set(self, mm: MmStruct, loaded: Loaded) -> None:
        self._mm = mm
        debug, bias = loaded
        found = {addr for number in self._numbers for addr in debug.starts_of(number)}
        if self._any:
            here = loaded.line_at(self._task.rip)
            found.update(addr for addr, line in debug.starts.items() if line != here)
        self._addresses = frozenset(addr + bias for addr in found)


def line_of(task: TaskStruct) -> Line | None:
    """Return the line that a task is on, None if nothing says so."""
    mm = task.mm
    return if_legible(lambda: of(mm).line_at(task.rip)) if mm is not None else None
