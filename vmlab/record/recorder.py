"""Recording what a machine does: every event, and the state after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from vmlab.model.machine import Machine
from vmlab.model.trace import Event
from vmlab.record.capture import capture
from vmlab.record.highlight import event_ids
from vmlab.record.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Frame:
    """One function on the call path."""

    function: str
    source: str  # Linux's file, '' = vmlab's own


@dataclass(frozen=True, slots=True)
class Step:
    """One event with where it happened."""

    number: int
    event: Event
    pid: int  # the process that ran
    path: tuple[Frame, ...]  # functions entered and not left, outermost first

    @property
    def function(self) -> str:
        """Return the innermost function."""
        return self.path[-1].function if self.path else ""

    @property
    def depth(self) -> int:
        """Return how many functions deep it happened."""
        return len(self.path)

    @property
    def sentence(self) -> str:
        """Return what happened, in words."""
        return self.event.sentence()


class Recorder:
    """Keeps the events of a machine with the state after each.

    Use it as a context manager, or call `close` when nothing more shall be recorded.

    >>> from vmlab.model.machine import Machine
    >>> machine = Machine()
    >>> with Recorder(machine) as recorder:
    ...     machine.fs.write("/a", b"x")
    >>> recorder.steps[0].sentence
    'Frame 2 is taken for the page cache.'
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.start = capture(machine.system)
        self._steps: list[Step] = []
        self._snapshots: list[Snapshot] = []
        self._path: tuple[Frame, ...] = ()
        machine.system.trace.sink = self

    def __repr__(self) -> str:
        return f"<Recorder {len(self._steps)} steps>"

    def __len__(self) -> int:
        return len(self._steps)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop recording; what was recorded stays."""
        if self.machine.system.trace.sink is self:
            self.machine.system.trace.sink = None

    @property
    def steps(self) -> Sequence[Step]:
        """Return the steps so far."""
        return tuple(self._steps)

    def snapshot(self, step: int) -> Snapshot:
        """Return the state after a step; -1 is the state before the first one."""
        if not -1 <= step < len(self._steps):
            raise IndexError(f"there is no step {step}: the recording has {len(self._steps)}")
        return self._snapshots[step] if step >= 0 else self.start

    def highlight(self, step: int) -> frozenset[str]:
        """Return the ids of the objects that a step is about."""
        return event_ids(self._steps[step].event, self.snapshot(step)) if step >= 0 else frozenset()

    def call_path(self, step: int) -> tuple[Frame, ...]:
        """Return the functions a step happened in, outermost first."""
        return self._steps[step].path if step >= 0 else ()

    # What the model calls

    def emit(self, event: Event) -> None:
        """Take one event."""
        system = self.machine.system
        pid = system.current.pid if system.current is not None else 0
        self._steps.append(Step(len(self._steps), event, pid, self._path))
        last = self._snapshots[-1] if self._snapshots else self.start
        self._snapshots.append(capture(system, last))

    def enter(self, function: str, source: str) -> None:
        """A traced function begins."""
        self._path += (Frame(function, source),)

    def leave(self, function: str, error: str) -> None:
        """A traced function ends."""
        self._path = self._path[:-1]
