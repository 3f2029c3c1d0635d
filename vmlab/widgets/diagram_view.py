"""The widget that shows a picture and says which object of it was pointed at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ipywidgets.widgets.trait_types import TypedTuple
from traitlets import Int, Unicode

from vmlab.diagrams.layout import as_output
from vmlab.diagrams.palette import theme_css
from vmlab.widgets.base import View, module, styles


@dataclass(frozen=True, slots=True)
class Pick:
    """What the reader pointed at: the object's id, and whether Shift was held."""

    id: str
    shift: bool = False


class DiagramView(View):
    """An SVG picture that moves from state to state, with zoom, pan and keyboard.

    Objects of the picture are the nodes and table cells with an `id`. When `svg` changes, what
    keeps its id glides to its new place. All DiagramViews of a page light up the same object
    together. Several `tabs` make it a choice of pictures: whoever owns the view observes `tab`
    and sets `svg`.

    Args:
        svg: the picture, as Graphviz writes it. It is sanitised before it is shown.
        label: the name of the picture.
        description: the picture in words.
    """

    _esm = module("diagram_view.js")
    _css = styles("diagram_view.css") + theme_css(".vm-diagram .vm-stage")

    svg = Unicode(help="the picture").tag(sync=True)
    label = Unicode("Picture", help="its name").tag(sync=True)
    description = Unicode(help="the picture in words").tag(sync=True)
    hint = Unicode(help="what a click does, shown while nothing is pointed at").tag(sync=True)
    announcement = Unicode(help="said by screen readers when it changes").tag(sync=True)
    highlight = TypedTuple(Unicode(), help="ids of the objects to mark").tag(sync=True)
    tabs = TypedTuple(Unicode(), help="names of the pictures to choose from").tag(sync=True)
    tab = Unicode(help="the chosen one").tag(sync=True)
    duration = Int(280, help="how long things move, in milliseconds; 0 = not").tag(sync=True)

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

    def _told(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        pick = Pick(str(content.get("id", "")), bool(content.get("shift")))
        for callback in self._callbacks.get(str(content.get("type")), ()):
            callback(pick)

    def __repr__(self) -> str:
        return f"DiagramView({self.label!r})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None or not self.svg:
            return bundle
        data, metadata = bundle
        return {**data, **as_output(self.svg, self.description or self.label)}, metadata
