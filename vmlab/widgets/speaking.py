"""An Explorer says everything again when another language is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from ipywidgets import Box

from vmlab.widgets.base import View
from vmlab.widgets.click_meaning import hints
from vmlab.widgets.controls import Controls
from vmlab.widgets.diagram_view import DiagramView
from vmlab.widgets.panels import titles
from vmlab.widgets.story_strip import StoryStrip


class Speaking:
    """What an Explorer does when the language changes."""

    controls: Controls
    player: StoryStrip
    pictures: dict[DiagramView, tuple[str, ...]]
    _drawings: dict[DiagramView, Callable[[], str]]
    _chosen: set[DiagramView]
    _one_drawing: Callable[[], AbstractContextManager[None]]
    _list_calls: Callable[[int, int], None]

    def speak(self) -> None:
        """Say everything in the present language; what stands in fields stays as it is."""
        with self._one_drawing():
            for view in _views(self):
                view.speak()
            chosen = set(self._chosen)  # a tab gets another name: nobody chose it
            for view, names in self.pictures.items():
                place = view.tabs.index(view.tab)
                view.tabs = titles(names)
                view.tab = view.tabs[place]
                view.hints = hints(self.controls.calls)
            self._chosen = chosen
            self._drawings.clear()
            if listed := self.player.history:
                self._list_calls(listed["pid"], len(listed["calls"]))


def _views(widget: object) -> Iterator[View]:
    if isinstance(widget, View):
        yield widget
    if isinstance(widget, Box):
        for child in widget.children:
            yield from _views(child)
