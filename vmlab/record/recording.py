"""Listening to a machine: what it does is added to a history."""

from __future__ import annotations

from dataclasses import replace

from vmlab.model.abi.calls import ACTIONS
from vmlab.model.abi.kinds import Kind
from vmlab.model.machine_code import SYSCALL
from vmlab.model.trace.event import Event
from vmlab.model.trace.hook import Sink
from vmlab.record.history import CallPathEntry, History
from vmlab.record.logged import Logged
from vmlab.record.replay import BY_HAND, RecordedCall
from vmlab.record.site import Site
from vmlab.state.capture import capture, share
from vmlab.state.follow import Follower, following
from vmlab.state.machine import Machine
from vmlab.state.snapshot import Snapshot

KEEP_EVERY = 400  # steps and calls after which a state is kept; it is found again in milliseconds
_WITH_DATA = {"fs.write"} | {
    action.name
    for action in ACTIONS.values()
    if any(parameter.kind is Kind.DATA for parameter in action.parameters)
}


class Recording(Sink):
    """A history that grows.

    Args:
        machine: the machine to listen to, from `listen` on.
        history: what it adds to; the machine is in the state at its end.
        owner: the recorder it belongs to.
    """

    def __init__(self, machine: Machine, history: History, owner: object) -> None:
        self.owner = owner
        self._machine = machine
        self._history = history
        self._events, self._paths = history.events, history.paths
        self._functions: dict[tuple[str, str], CallPathEntry] = {}
        self._path: tuple[CallPathEntry, ...] = ()
        self._depth = 0  # calls that are under way, one inside the other
        self._keep_at = self._size() + KEEP_EVERY
        self._follower: Follower | None = None

    def __repr__(self) -> str:
        return f"<Recording of {len(self._events)} steps>"

    @property
    def listening(self) -> bool:
        """Say whether what the machine does now is added."""
        return self._machine.system.trace.sink is self

    def listen(self, state: Snapshot | None = None) -> None:
        """Listen from now on, in the place of any other recording.

        Args:
            state: the one the machine is in, if it is known.
        """
        silence(self._machine)
        system = self._machine.system
        if state is not None:
            self._follower = Follower(system, state)
        system.trace.sink = self

    def close(self) -> None:
        """Listen no more; the state at the end is kept."""
        if self.listening:
            self.keep()
            self._machine.system.trace.sink = None
            if self._follower is not None:
                self._follower.stop()
                self._follower = None

    def keep(self) -> None:
        """Keep the state of the machine, which is between two calls."""
        history = self._history
        calls = len(history.calls)
        by_hand = calls and history.calls[-1].name == BY_HAND
        if calls not in history.kept or by_hand:
            history.keep(calls, self._state())
            self._keep_at = self._size() + KEEP_EVERY

    def _size(self) -> int:
        # A run of a program is a call that may have no step.
        return len(self._events) + len(self._history.calls)

    def _state(self) -> Snapshot:
        system = self._machine.system
        if self._follower is None:
            last = self._history.kept[max(self._history.kept)]
            self._follower = Follower(system, share(capture(system), last))
        self._follower = following(system, self._follower)
        return self._follower.take()

    def add_by_hand(self) -> None:
        """Begin a call that stands for what was done without one."""
        self._history.calls.append(RecordedCall(0, BY_HAND, (), len(self._events)))

    @property
    def nr_calls(self) -> int:
        """Return how many calls there are."""
        return len(self._history.calls)

    def tell(self, number: int, site: Site) -> None:
        """Be told where in its sources the program was that made a call, if there is that call."""
        calls = self._history.calls
        if number < len(calls):
            calls[number] = replace(calls[number], site=site)

    def ran(self, first: int, pid: int | None, *, asked: bool) -> None:
        """Be told that a program was run once; see `History.ran`."""
        self._history.ran(first, pid, asked=asked)

    def tell_logged(self, number: int, logged: Logged) -> None:
        """Be told what a log says of a call."""
        self._history.calls[number] = replace(self._history.calls[number], logged=logged)

    # What the model calls

    def begin(self, pid: int, call: str, args: tuple[object, ...]) -> None:
        self._depth += 1
        if self._depth > 1:
            self._tell_call(call, args)
            return
        calls = self._history.calls
        if self._size() >= self._keep_at or (calls and calls[-1].name == BY_HAND):
            self.keep()
        self._path = ()
        if call in _WITH_DATA:  # the bytes may be the caller's, who goes on with them
            args = tuple(bytes(a) if isinstance(a, bytearray | memoryview) else a for a in args)
        calls.append(RecordedCall(pid, call, args, len(self._events)))

    def _tell_call(self, call: str, args: tuple[object, ...]) -> None:
        # Which call it is that machine code makes.
        calls = self._history.calls
        if self._depth == 2 and calls[-1].name == SYSCALL:
            calls[-1] = replace(calls[-1], name=call, args=args, registers=calls[-1].args)

    def end(self) -> None:
        self._depth -= 1
        cut = self._machine.system.trace.turn.cut
        if cut and not self._depth:
            calls = self._history.calls
            calls[-1] = replace(calls[-1], cut=cut)

    def emit(self, event: Event) -> None:
        if not self._depth:
            self.add_by_hand()
        self._events.append(event)
        self._paths.append(self._path)
        if not self._depth:
            self.keep()

    def enter(self, function: str, source: str) -> None:
        entry = self._functions.get((function, source))
        if entry is None:
            entry = self._functions[function, source] = CallPathEntry(function, source)
        self._path += (entry,)

    def leave(self, function: str, error: str) -> None:
        self._path = self._path[:-1]


def silence(machine: Machine) -> None:
    """Close the recording that listens to a machine: before the machine gets another state."""
    sink = machine.system.trace.sink
    if isinstance(sink, Recording):
        sink.close()
