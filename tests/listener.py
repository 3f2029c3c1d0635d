"""A listener to a machine that tests fill in."""

from vmlab.model.trace.event import Event


class Listener:
    """Hears everything and keeps nothing."""

    def begin(self, pid: int, call: str, args: tuple[object, ...]) -> None:
        """A call begins."""

    def end(self) -> None:
        """A call ends."""

    def emit(self, event: Event) -> None:
        """One event."""

    def enter(self, function: str, source: str) -> None:
        """A function begins."""

    def leave(self, function: str, error: str) -> None:
        """A function ends."""
