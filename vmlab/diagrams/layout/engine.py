"""What every engine does: it runs Graphviz."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

Messages = list[tuple[str, str]]  # (level, text): what Graphviz complained about


class Engine:
    """Something that runs Graphviz."""

    name: str  # what it is, with its version

    def draw(self, dot: str) -> tuple[str, Messages]:
        """Return the SVG, or an empty text, and the complaints."""
        raise NotImplementedError

    def begin(self, dot: str) -> Callable[[], tuple[str, Messages]]:
        """Begin to draw, where Python can go on meanwhile; return what waits for the end."""
        return partial(self.draw, dot)
