"""The Explorer's view of a recording: positions from 0 to the last, each with what it shows.

Position 0 is the state in which the recording began, position n the state after its n-th step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmlab.model.machine import Machine
from vmlab.record.recorder import Recorder, Step
from vmlab.record.snapshot import Snapshot

MANY = 24  # objects; a call that touched more of them changed everything


@dataclass(frozen=True, slots=True)
class Scene:
    """What one position of a recording shows."""

    snapshot: Snapshot
    before: Snapshot  # what it is compared with
    highlight: frozenset[str] = frozenset()  # ids of the objects the step is about
    path: tuple[str, ...] = ()  # the running functions, outermost first
    event: str = ""
    sentence: str = "This is where the recording begins."
    call: Sequence[Step] = ()  # all steps of the call it belongs to
    number: int = -1  # of its step in the recorder


class Recording:
    """A recorder as positions: the one that listens to the machine already, or a new one."""

    def __init__(self, machine: Machine) -> None:
        sink = machine.system.trace.sink
        self._recorder = sink if isinstance(sink, Recorder) else Recorder(machine)
        self._marks: list[int] = []
        self._seen = 0  # steps that were looked through for marks

    @property
    def last(self) -> int:
        """The position of the present state."""
        return len(self._recorder)

    @property
    def now(self) -> Snapshot:
        """The present state."""
        return self._recorder.snapshot(self.last - 1)

    @property
    def marks(self) -> tuple[int, ...]:
        """Positions where a system call or a memory access begins."""
        for step in self._recorder.steps[self._seen :]:
            if step.event.name == "sys_enter":
                self._marks.append(step.number + 1)
        self._seen = len(self._recorder)
        return tuple(self._marks)

    def scene(self, position: int) -> Scene:
        """Return what a position shows: one step, or where a call ends the whole call."""
        if position == 0:
            return Scene(self._recorder.start, self._recorder.start)
        number = position - 1
        steps = self._recorder.steps
        step = steps[number]
        marks = self.marks
        call = max((mark - 1 for mark in marks if mark <= position), default=0)
        end = min((mark - 1 for mark in marks if mark > position), default=self.last)
        first = call if step.event.name == "sys_exit" or position == self.last else number
        return Scene(
            snapshot=self._recorder.snapshot(number),
            before=self._recorder.snapshot(first - 1),
            highlight=self._highlight(range(first, position)),
            path=tuple(frame.function for frame in self._recorder.call_path(number)),
            event=step.event.name,
            sentence=step.sentence,
            call=steps[call:end],
            number=number,
        )

    def _highlight(self, numbers: range) -> frozenset[str]:
        found: frozenset[str] = frozenset().union(*map(self._recorder.highlight, numbers))
        return found if len(found) <= MANY or len(numbers) == 1 else frozenset()
