"""The hook through which the model says what it does.

Kernel and hardware call `emit`; whoever listens sets `Trace.sink`. When nobody listens, no event
is built.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any, Protocol

from vmlab.model.trace.event import Event


class Sink:
    """A listener to the model. This one does nothing: each does what it is there for."""

    def begin(self, pid: int, call: str, args: tuple[object, ...]) -> None:
        """A process (or, pid 0, the owner of the machine) begins a call; what follows is its doing.

        Calls within a call are part of it.
        """

    def end(self) -> None:
        """The call is over, whatever came of it."""

    def emit(self, event: Event) -> None:
        """Take one event."""

    def enter(self, function: str, source: str) -> None:
        """A traced function begins."""

    def leave(self, function: str, error: str) -> None:
        """A traced function ends; `error` is an errno name, or empty."""


class Abandon(BaseException):
    """What a listener raises to leave a call in the middle; it throws the machine away."""


class Turn:
    """Held while something is done to a machine, so that it is done wholly.

    What a listener raises meanwhile is raised when it is over.

    Attributes:
        alone: held for what nothing can divide but another thread.
        cut: which `interrupted` said yes first; 0 = none did.
    """

    __slots__ = ("_asked", "_depth", "_failure", "alone", "cut")

    def __init__(self) -> None:
        self.alone: AbstractContextManager[Any] = nullcontext()
        self._depth = 0
        self._asked = 0
        self._failure: BaseException | None = None
        self.cut = 0

    def __enter__(self) -> None:
        if not self._depth:
            self._asked = self.cut = 0
        self._depth += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if not self._depth and self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def interrupted(self) -> bool:
        """Say whether what is done is to end here, as in a task that Linux kills."""
        self._asked += 1
        if not self.cut and self._cut_here(self._asked):
            self.cut = self._asked
        return self.cut > 0

    def _cut_here(self, asked: int) -> bool:
        return False

    def is_waited_for(self) -> bool:
        """Say whether an interrupt waits until what is done is over."""
        return False

    def tell(self, hear: Callable[..., None], *what: object) -> None:
        """Tell a listener something; keep what it raises."""
        try:
            hear(*what)
        except BaseException as failure:
            self.keep(failure)

    def keep(self, failure: BaseException) -> None:
        """Keep what a listener raised until it is over; raise it at once if nothing is done."""
        if isinstance(failure, Abandon) or not self._depth:
            raise failure
        if self._failure is None:
            self._failure = failure


class Turns:
    """How turns are made, and blocks that no interrupt divides: `vmlab.threads` fills it."""

    make: Callable[[], Turn] = Turn
    undivided: Callable[[], AbstractContextManager[None]] = nullcontext


turns = Turns()


class Trace:
    """Where one machine's events go: nowhere while `sink` is None."""

    __slots__ = ("sink", "turn")

    def __init__(self) -> None:
        self.sink: Sink | None = None
        self.turn = turns.make()

    def __repr__(self) -> str:
        return "<Trace to nobody>" if self.sink is None else f"<Trace to {self.sink!r}>"


class HasTrace(Protocol):
    """Anything that belongs to one machine and so can emit."""

    @property
    def trace(self) -> Trace:
        """The machine's trace."""


def emit(where: HasTrace, event: type[Event], *values: Any) -> None:
    """Report one change to whoever listens to the machine of `where`."""
    trace = where.trace
    sink = trace.sink
    if sink is not None:
        happened = event(*values)
        try:
            sink.emit(happened)
        except BaseException as failure:
            trace.turn.keep(failure)
