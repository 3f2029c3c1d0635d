"""The widget, never shown, that carries the changes of several views to the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from vmlab.widgets.base import View


class Batching(View, script="batching"):
    """Sends what changes in several views in one message, so that the page is painted once.

    Each message takes milliseconds on its way through Jupyter. Where the page has not said that
    it can take them together, every view sends its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ready = False
        self.on_msg(self._told)

    @contextmanager
    def together(self, views: Iterable[View]) -> Iterator[None]:
        """Tell the page at the end of a block what changed in the views meanwhile."""
        states: dict[str, dict[str, Any]] = {}
        with ExitStack() as block:
            if self._ready:
                block.callback(self._send_states, states)
            for view in views:
                block.enter_context(view.held(states if self._ready else None))
            yield

    def _send_states(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        if states:
            self.send({"type": "states", "states": states})

    def _told(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        self._ready = self._ready or content.get("type") == "ready"
