"""What the views have in common that tell which object the reader points at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ipywidgets.widgets.trait_types import TypedTuple
from traitlets import Unicode

from vmlab.widgets.base import View


@dataclass(frozen=True, slots=True)
class Pick:
    """What the reader pointed at: the object's id, and how."""

    id: str
    shift: bool = False  # whether Shift was held
    choice: str = ""  # what was chosen in the menu of the object
    asked: bool = False  # whether the reader asked for its menu


class PointedView(View):
    """A view whose objects can be clicked and pointed at."""

    menus = TypedTuple(
        Unicode(), help="first words of the ids of the objects that have a menu"
    ).tag(sync=True)
    without_menu = TypedTuple(Unicode(), help="ids of such objects that have none").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._callbacks: dict[str, list[Callable[[Pick], None]]] = {
            "click": [],
            "double_click": [],
            "hover": [],
            "menu": [],
            "choose": [],
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

    def on_menu(self, callback: Callable[[Pick], None]) -> None:
        """Call `callback` with the object whose menu the reader asks for."""
        self._callbacks["menu"].append(callback)

    def on_choose(self, callback: Callable[[Pick], None]) -> None:
        """Call `callback` with the object of the menu, and what was chosen there."""
        self._callbacks["choose"].append(callback)

    def offer(self, id_: str, items: Iterable[tuple[str, str]]) -> None:
        """Open the menu of the object that was just clicked, or whose menu was asked for.

        Args:
            id_: the object.
            items: what can be chosen, each with the words for it; without any nothing opens.
        """
        if offered := list(items):
            self.send({"type": "menu", "id": id_, "items": offered})

    def go_to(self, ids: Iterable[str]) -> None:
        """Move the focus, and the eye of the reader, to an object.

        Args:
            ids: objects: the first of them that is in the picture is meant.
        """
        if wanted := list(ids):
            self.send({"type": "focus", "ids": wanted})

    def relate(self, id_: str, ids: Iterable[str]) -> None:
        """Light up, in all views of the page, what belongs to an object.

        Args:
            id_: the object that is pointed at; if it no longer is, nothing happens.
            ids: those of the objects that belong to it.
        """
        self.send({"type": "related", "id": id_, "ids": sorted(ids)})

    def _told(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        kind = str(content.get("type"))
        pick = Pick(
            str(content.get("id", "")),
            shift=bool(content.get("shift")),
            choice=str(content.get("choice", "")),
            asked=kind == "menu",
        )
        for callback in self._callbacks.get(kind, ()):
            callback(pick)
