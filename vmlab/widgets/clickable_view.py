"""What the views have in common that tell which object the reader points at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vmlab.widgets.base import View


@dataclass(frozen=True, slots=True)
class Pick:
    """What the reader pointed at: the object's id, and whether Shift was held."""

    id: str
    shift: bool = False


class PointedView(View):
    """A view whose objects can be clicked and pointed at."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._callbacks: dict[str, list[Callable[[Pick], None]]] = {
            "click": [],
            "double_click": [],
            "hover": [],
        }
        self.on_msg(self._told)

    def on_click(self, callback: Callable[[Pick], None]) -> None:
        """Call `callback` with the object that was clicked (or chosen with Enter or Space)."""
        self._callbacks["click"].append(callback)

    def on_double_click(self, callback: Callable[[Pick], None]) -> None:
        """Call `callback` with the object that was clicked twice."""
        self._callbacks["double_click"].append(callback)

    def on_hover(self, callback: Callable[[Pick], None]) -> None:
        """Call `callback` with the object pointed at; its id is empty when none is."""
        self._callbacks["hover"].append(callback)

    def relate(self, id_: str, ids: Iterable[str]) -> None:
        """Light up, in all views of the page, what belongs to an object.

        Args:
            id_: the object that is pointed at; if it no longer is, nothing happens.
            ids: those of the objects that belong to it.
        """
        self.send({"type": "related", "id": id_, "ids": sorted(ids)})

    def _told(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        pick = Pick(str(content.get("id", "")), bool(content.get("shift")))
        for callback in self._callbacks.get(str(content.get("type")), ()):
            callback(pick)
