"""The widget that shows what programs wrote to the terminal, with a line to type to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from traitlets import Int, Unicode

from vmlab.diagrams.dot import clean
from vmlab.widgets.base import View

LINES = 200  # at the end of what was written that are shown
_LONGEST = 400  # characters of a line


class ConsoleView(View, script="console_view"):
    """The end of what programs wrote, and a field for a line that they can read.

    Args:
        text: the last lines.
        before: how many lines there were before these.
    """

    text = Unicode(help="the last lines").tag(sync=True)
    before = Int(0, help="how many lines there were before").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._type: list[Callable[[str], None]] = []
        self.on_msg(self._told)

    def show(self, console: str) -> None:
        """Show what was written; of very much only the end."""
        end = _end_of(console, LINES)
        with self.hold_sync():
            self.before = console.count("\n", 0, len(console) - len(end))
            self.text = "\n".join(clean(line.expandtabs(), _LONGEST) for line in end.split("\n"))

    def on_type(self, callback: Callable[[str], None]) -> None:
        """Call `callback` with the line that was typed, its end included."""
        self._type.append(callback)

    def _told(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        if content.get("type") == "line":
            for callback in self._type:
                callback(f"{content.get('text', '')}\n")

    def __repr__(self) -> str:
        return f"ConsoleView({self.before + self.text.count(chr(10))} lines)"


def _end_of(text: str, lines: int) -> str:
    at = len(text.removesuffix("\n"))
    for _ in range(lines):
        at = text.rfind("\n", 0, at)
        if at < 0:
            return text
    return text[at + 1 :]
