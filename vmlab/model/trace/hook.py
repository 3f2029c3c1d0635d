"""The hook through which the model says what it does.

Kernel and hardware call `emit`; whoever listens sets `Trace.sink`. When nobody listens, no event
is built.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
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


class Locks:
    """How a machine is kept to one thread at a time: a hook that `vmlab.threads` fills."""

    make: Callable[[], AbstractContextManager[Any]] = nullcontext


locks = Locks()


class Trace:
    """Where one machine's events go: nowhere while `sink` is None.

    Whoever makes a call holds the `lock`: of two threads, one waits until the other's is over.
    """

    __slots__ = ("lock", "sink")

    def __init__(self) -> None:
        self.sink: Sink | None = None
        self.lock = locks.make()

    def __repr__(self) -> str:
        return "<Trace to nobody>" if self.sink is None else f"<Trace to {self.sink!r}>"


class HasTrace(Protocol):
    """Anything that belongs to one machine and so can emit."""

    @property
    def trace(self) -> Trace:
        """The machine's trace."""


def emit(where: HasTrace, event: type[Event], *values: Any) -> None:
    """Report one change to whoever listens to the machine of `where`."""
    sink = where.trace.sink
    if sink is not None:
        sink.emit(event(*values))
