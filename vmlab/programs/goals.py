"""Up to where a program is to run."""

from __future__ import annotations

from collections.abc import Collection

from vmlab.model.linux.include.structs import TaskStruct
from vmlab.programs.lines import LINE, LineStops

EXIT, SIGNAL, SYSCALL, FAULT = "exit", "signal", "syscall", "fault"
TRAP, INTERRUPT = "trap", "interrupt"
SLEEPS, LIMIT = "sleeps", "limit"
ASKED = (SYSCALL, FAULT, SIGNAL, EXIT)  # stops after what a program was run for


class Goal:
    """Up to where a task, or all, are to run; see `Programs.run`.

    Args:
        task: the task; None = all.
        until: what it is to come to.
        most: instructions; None = without end.
    """

    def __init__(
        self, task: TaskStruct | None, until: Collection[str | int], most: int | None
    ) -> None:
        self.task = task
        self.most = most
        self._until = until
        numbers = tuple(each for each in until if isinstance(each, int))
        self._lines = LineStops(task, until) if task is not None else None
        self._breakpoints = LineStops(task, numbers) if task is not None else None

    def __repr__(self) -> str:
        return f"<Goal of {self.task!r}: {self._until!r}, {self.most}>"

    def stops(self, task: TaskStruct) -> LineStops | None:
        """Return where some task is to stop."""
        if task is self.task:
            return self._lines
        same = self.task is not None and task.tgid == self.task.tgid
        return self._breakpoints if same else None

    def count(self, count: int | None) -> int | None:
        """Return how many instructions a task may run of so many; None = without end."""
        counts = [each for each in (count, self.most) if each is not None]
        return min(counts, default=None)

    def end(self, task: TaskStruct, why: str, signal: int, ran: int) -> str:
        """Return why nobody runs on now that a task came to something; empty if they do.

        Args:
            task: the task.
            why: what it came to.
            signal: whose handler runs now, 0 if there is none.
            ran: instructions that this counts as.
        """
        if self.most is not None:
            self.most -= ran
            if self.most <= 0:
                return LIMIT
        mine = task is self.task
        if mine and signal and SIGNAL in self._until:
            return SIGNAL
        is_end = mine and (why in self._until or why in (EXIT, SIGNAL))
        return why if is_end or why == LINE else ""
