"""What was recorded: calls and their steps, and the state after any of them.

States are not kept. A call does the same whenever it begins in the same state, so the state after
a step is found by restoring an earlier one and doing the calls between once more. A state is kept
now and then, where that takes less time than recording did. States have most of their parts in
common, and what they take is bounded: the state that is missed least is dropped for a new one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import overload

from vmlab.errors import HistoryError
from vmlab.model import arguments
from vmlab.model.trace.event import Event
from vmlab.record.replay import BY_HAND, RecordedCall, Replica
from vmlab.state.snapshot import Snapshot
from vmlab.state.weight import weight
from vmlab.words.sentences import sentence

AROUND = 32  # states on either side that are found along with one
MEMORY = 256 << 20  # bytes that all states may take beside the first one


@dataclass(frozen=True, slots=True)
class CallPathEntry:
    """One function on the call path."""

    function: str
    source: str  # Linux's file, '' = vmlab's own


@dataclass(frozen=True, slots=True)
class Step:
    """One event with where it happened."""

    number: int
    event: Event
    pid: int  # the process whose call it belongs to, 0 = the owner of the machine
    path: tuple[CallPathEntry, ...]  # functions entered and not left, outermost first

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
        return sentence(self.event)


class Steps(Sequence[Step]):
    """The steps of one call, each made when it is asked for: it compares as the tuple of them.

    Args:
        first: number of the first one.
        pid: the process whose call it is.
        events: what each of them was.
        paths: where each of them happened.
    """

    def __init__(
        self,
        first: int,
        pid: int,
        events: Sequence[Event],
        paths: Sequence[tuple[CallPathEntry, ...]],
    ) -> None:
        self.first = first
        self.pid = pid
        self.events = events
        self.paths = paths

    def __len__(self) -> int:
        return len(self.events)

    @overload
    def __getitem__(self, place: int) -> Step: ...
    @overload
    def __getitem__(self, place: slice) -> Steps: ...
    def __getitem__(self, place: int | slice) -> Step | Steps:
        if isinstance(place, slice):
            begin = place.indices(len(self))[0]
            return Steps(self.first + begin, self.pid, self.events[place], self.paths[place])
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        place %= len(self)
        return Step(self.first + place, self.events[place], self.pid, self.paths[place])

    def __iter__(self) -> Iterator[Step]:
        pairs = zip(self.events, self.paths, strict=True)
        for number, (event, path) in enumerate(pairs, self.first):
            yield Step(number, event, self.pid, path)

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Steps | tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.first, len(self)))

    def __repr__(self) -> str:
        return repr(tuple(self))


@dataclass(frozen=True, slots=True)
class Run:
    """Calls that a program came to when it was run once."""

    first: int  # number of a call
    last: int
    pid: int | None  # the process that was run; None = all
    asked: bool  # the last one is what it was run for


def _before(call: int) -> int:
    # Under which key the state before a call is remembered: those of steps are their numbers. A
    # call may have no steps, and yet change registers.
    return -1 - call


class History(Sequence[Step]):
    """The steps of a recording, and the state after each.

    Args:
        start: the state before the first step.
    """

    def __init__(self, start: Snapshot) -> None:
        self.start = start
        self.calls: list[RecordedCall] = []
        self.runs: list[Run] = []  # those of several calls
        self.events: list[Event] = []
        self.paths: list[tuple[CallPathEntry, ...]] = []
        self.kept: dict[int, Snapshot] = {0: start}  # number of a call -> the state before it
        self.dropped = 0  # states that were kept once, and had to go because all took too much
        self._found: OrderedDict[int, Snapshot] = OrderedDict()
        self._weights = {0: 0}  # of the states in `kept`, in bytes, each beside the one before
        self._weights_found: dict[int, int] = {}

    def __repr__(self) -> str:
        return f"<History {len(self)} steps>"

    def __getstate__(self) -> dict[str, object]:
        # Of the states in a copy or pickle, those that were found are found again.
        return {**self.__dict__, "_found": OrderedDict(), "_weights_found": {}}

    def __len__(self) -> int:
        return len(self.events)

    @overload
    def __getitem__(self, number: int) -> Step: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Step, ...]: ...
    def __getitem__(self, number: int | slice) -> Step | tuple[Step, ...]:
        if isinstance(number, slice):
            return tuple(self._step(i) for i in range(*number.indices(len(self))))
        arguments.number(number, "step")
        if not -len(self) <= number < len(self):
            raise HistoryError("no_such_step", step=number, nr_steps=len(self))
        return self._step(number % len(self))

    def __iter__(self) -> Iterator[Step]:
        for call in range(len(self.calls)):
            yield from self.steps_of(call)

    def _step(self, number: int) -> Step:
        call = self.call_of(number)
        return Step(number, self.events[number], self.calls[call].pid, self.paths[number])

    def steps_of(self, call: int) -> Steps:
        """Return the steps of a call."""
        first, end = self.calls[call].first, self.end_of(call)
        return Steps(first, self.calls[call].pid, self.events[first:end], self.paths[first:end])

    def call_of(self, number: int) -> int:
        """Return the number of the call that a step belongs to."""
        return bisect_right(self.calls, number, key=lambda call: call.first) - 1

    def end_of(self, call: int) -> int:
        """Return the number of the step after the last one of a call."""
        return self.calls[call + 1].first if call + 1 < len(self.calls) else len(self.events)

    def ran(self, first: int, pid: int | None, *, asked: bool) -> None:
        """Note that a program was run once, up to now.

        Args:
            first: the number of the first call that it came to, if it came to any.
            pid: the process that was run; None = all.
            asked: whether the last call is what it was run for.
        """
        last = self.call_of(len(self) - 1)  # that has a step: nobody sees those after it
        if last > first:
            self.runs.append(Run(first, last, pid, asked))

    def until(self, calls: int) -> History:
        """Return a copy that ends before a call."""
        steps = self.calls[calls].first if calls < len(self.calls) else len(self.events)
        copy = History(self.start)
        copy.calls = self.calls[:calls]
        copy.runs = [run for run in self.runs if run.last < calls]
        copy.events = self.events[:steps]
        copy.paths = self.paths[:steps]
        copy.kept = {number: snap for number, snap in self.kept.items() if number <= calls}
        copy.dropped = self.dropped
        copy._weights = {number: self._weights[number] for number in copy.kept}
        return copy

    def part(self, first: int, end: int) -> History:
        """Return a copy that begins with a call, and ends before another one."""
        until = self.until(end)
        copy = History(self.before(first))
        begin = self.calls[first].first if first < len(self.calls) else len(self.events)
        copy.calls = [replace(call, first=call.first - begin) for call in until.calls[first:]]
        copy.runs = [
            replace(run, first=run.first - first, last=run.last - first)
            for run in until.runs
            if run.first >= first
        ]
        copy.events, copy.paths = until.events[begin:], until.paths[begin:]
        return copy

    def check(self, number: int) -> None:
        """Check that there is a step of that number, or that it is -1, the beginning.

        Raises:
            HistoryError: there is no such step; it is an IndexError.
        """
        arguments.number(number, "step")
        if not -1 <= number < len(self):
            raise HistoryError("no_such_step", step=number, nr_steps=len(self))

    def state(self, number: int) -> Snapshot:
        """Return the state after a step; after the last step of a call, the call is over.

        Raises:
            HistoryError: there is no such step; it is an IndexError.
            KernelBug: the machine was changed by hand while it was recorded.
        """
        self.check(number)
        if number < 0:
            return self.start
        call = self.call_of(number)
        first, end = self.calls[call].first, self.end_of(call)
        if number == end - 1:
            return self.before(call + 1)
        if number in self._found:
            return self._found[number]
        wanted = range(max(first, number - AROUND), min(end - 1, number + AROUND))
        before = self.before(call)
        found = Replica(before, self.events).states(self.calls[call], wanted)
        self._remember(found, before)
        return found[number]

    def before(self, call: int) -> Snapshot:
        """Return the state in which a call began; for the number of calls, the last state."""
        if call in self.kept:
            return self.kept[call]
        if (found := self._found.get(_before(call))) is not None:
            return found
        known = max(number for number in self.kept if number < call)
        snap = self.kept[known]
        replica = Replica(snap, self.events)
        for number in range(known, call):
            replica.run(self.calls[number], self.end_of(number))
            before, snap = snap, replica.state()
            if _before(number + 1) not in self._found:
                self._remember({_before(number + 1): snap}, before)
        return snap

    def keep(self, call: int, snap: Snapshot) -> None:
        """Keep the state in which a call begins, so that those after it are found from there."""
        self.kept[call] = snap
        self._weigh(call)
        self._fit()

    def _weigh(self, call: int) -> None:
        before = max((number for number in self.kept if number < call), default=call)
        self._weights[call] = weight(self.kept[call], self.kept[before])

    def _remember(self, states: dict[int, Snapshot], before: Snapshot) -> None:
        for number, snap in states.items():
            self._found[number] = snap
            self._weights_found[number] = weight(snap, before)
            before = snap
        self._fit()

    def _fit(self) -> None:
        # Those that were found go first, then one that is kept near another one. What happened by
        # hand cannot be done again, so that the state after it stays.
        total = sum(self._weights.values()) + sum(self._weights_found.values())
        while total > MEMORY and self._found:
            number, _ = self._found.popitem(last=False)
            total -= self._weights_found.pop(number)
        while total > MEMORY:
            numbers = sorted(self.kept)
            steps = [self.calls[n].first if n < len(self.calls) else len(self) for n in numbers]
            gaps = {
                number: steps[place + 2] - steps[place]
                for place, number in enumerate(numbers[1:-1])
                if self.calls[number - 1].name != BY_HAND
            }
            if not gaps:
                return
            dropped = min(gaps, key=lambda number: gaps[number])
            del self.kept[dropped], self._weights[dropped]
            self.dropped += 1
            self._weigh(numbers[numbers.index(dropped) + 1])
            total = sum(self._weights.values())
