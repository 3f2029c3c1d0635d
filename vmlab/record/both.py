"""Two listeners to one machine, as where a `watch` stands within a recording."""

from __future__ import annotations

from collections.abc import Iterator

from vmlab.model.trace.event import Event
from vmlab.model.trace.hook import Sink
from vmlab.record.recording import Recording


class Both(Sink):
    """Two listeners in one.

    Args:
        first: is told first.
        second: is told then, whatever the first one makes of it.
    """

    def __init__(self, first: Sink, second: Sink) -> None:
        self.sinks = first, second

    def __repr__(self) -> str:
        return f"<Both {self.sinks!r}>"

    def begin(self, pid: int, call: str, args: tuple[object, ...]) -> None:
        """Tell both that a call begins."""
        self._tell("begin", pid, call, args)

    def end(self) -> None:
        """Tell both that the call is over."""
        self._tell("end")

    def emit(self, event: Event) -> None:
        """Give both an event."""
        self._tell("emit", event)

    def enter(self, function: str, source: str) -> None:
        """Tell both that a function begins."""
        self._tell("enter", function, source)

    def leave(self, function: str, error: str) -> None:
        """Tell both that a function ends."""
        self._tell("leave", function, error)

    def _tell(self, name: str, *what: object) -> None:
        first, second = self.sinks
        try:
            getattr(first, name)(*what)
        finally:
            getattr(second, name)(*what)


def recordings(sink: Sink | None) -> Iterator[Recording]:
    """Return the recordings among the listeners of a machine."""
    if isinstance(sink, Recording):
        yield sink
    elif isinstance(sink, Both):
        for each in sink.sinks:
            yield from recordings(each)
