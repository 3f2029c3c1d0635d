"""The widget that shows a picture and says which object of it was pointed at."""

from __future__ import annotations

from typing import Any

from ipywidgets.widgets.trait_types import TypedTuple
from traitlets import Bool, Dict, Int, TraitError, Unicode, default, validate

from vmlab.widgets.clickable_view import PointedView
from vmlab.widgets.stored_picture import StoredPicture
from vmlab.words.language import say


class DiagramView(StoredPicture, PointedView, script="diagram_view"):
    """An SVG picture that moves from state to state, with zoom, pan and keyboard.

    Objects of the picture are the nodes and table cells with an `id`. When `svg` changes, what
    keeps its id glides to its new place. All DiagramViews of a page light up the same object
    together. Several `tabs` make it a choice of pictures: whoever owns the view observes `tab`
    and sets `svg`.

    Args:
        svg: the picture, as Graphviz writes it. It is sanitised before it is shown.
        label: the name of the picture.
        headline: what happened, in a sentence: it stands above a picture that fills the window.
        description: the picture in words.
        highlight: ids of the objects that the picture marks as what the step is about; one of
            them is brought into view, and screen readers are told.
        lacking: the step is about something, and nothing of it is in the picture.
        elsewhere: names of the `tabs` that show it; they are offered.
    """

    from_page = frozenset(("tab",))

    svg = Unicode(help="the picture").tag(sync=True)
    label = Unicode(help="its name").tag(sync=True)
    description = Unicode(help="the picture in words").tag(sync=True)
    headline = Unicode(help="what it is about, shown while it fills the window").tag(sync=True)
    hint = Unicode(help="what a click does, shown while nothing is pointed at").tag(sync=True)
    announcement = Unicode(help="said by screen readers when it changes").tag(sync=True)
    hints = Dict(help="what a click does, by the first word of the object's id").tag(sync=True)
    highlight = TypedTuple(Unicode(), help="ids of the marked objects").tag(sync=True)
    lacking = Bool(False, help="nothing of what is marked is in it").tag(sync=True)
    elsewhere = TypedTuple(Unicode(), help="names of tabs that show it").tag(sync=True)
    tabs = TypedTuple(Unicode(), help="names of the pictures to choose from").tag(sync=True)
    tab = Unicode(help="the chosen one").tag(sync=True)
    duration = Int(280, help="how long things move, in milliseconds; 0 = not").tag(sync=True)

    @validate("tab")
    def _known_tab(self, proposal: Any) -> str:
        if self.tabs and proposal["value"] not in self.tabs:
            raise TraitError(say("there is no such picture to choose"))
        return str(proposal["value"])

    @default("label")
    def _default_label(self) -> str:
        return say("Picture")

    def speak(self) -> None:
        """Speak the present language; whoever draws the picture gives it another name."""
        super().speak()
        self.label = self._default_label()

    def __repr__(self) -> str:
        return f"DiagramView({self.label!r})"

    def _stored(self) -> tuple[str, str]:
        return self.svg, self.description or self.label
