"""The widget that shows the call stack of a program and its variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ipywidgets.widgets.trait_types import TypedTuple
from traitlets import Dict, Int, Unicode

from vmlab.widgets.clickable_view import PointedView


class VariablesView(PointedView, script="variables_view"):
    """A table of variables. Each is the object of its page: both light up together.

    Args:
        stack: the functions that were called, the innermost first, each with its line.
        depth: the one whose variables are shown.
        rows: one dict a variable: `id` of the object, `ids` of all of its pages and its region,
            and `name`, `type`, `value`, `addr`, `region`, `frame`, `scope` as they are written.
        chosen: the object that was clicked, here or in a picture: the variables on it are marked.
        note: what else there is to say, such as what is missing.
    """

    stack = TypedTuple(Unicode(), help="the functions, the innermost first").tag(sync=True)
    depth = Int(0, help="the one whose variables are shown").tag(sync=True)
    rows = TypedTuple(Dict(), help="the variables").tag(sync=True)
    chosen = Unicode(help="the object that was clicked").tag(sync=True)
    note = Unicode(help="what else there is to say").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._frame: list[Callable[[int], None]] = []

    def on_frame(self, callback: Callable[[int], None]) -> None:
        """Call `callback` with the function whose variables are asked for."""
        self._frame.append(callback)

    def _told(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        depth = content.get("depth")
        if content.get("type") != "frame":
            super()._told(_widget, content, _buffers)
        elif type(depth) is int and 0 <= depth < len(self.stack):
            for callback in self._frame:
                callback(depth)

    def __repr__(self) -> str:
        return f"VariablesView({len(self.rows)} variables)"
