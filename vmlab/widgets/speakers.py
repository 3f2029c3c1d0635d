"""What is shown already is said anew when another language is chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from weakref import WeakSet

from ipywidgets import HTML

from vmlab.words.language import on_language


class Speaker(Protocol):
    """Something on a page that says something."""

    comm: object  # None = it was closed

    def speak(self) -> None:
        """Say everything in the present language."""


_SPEAKERS: WeakSet[Speaker] = WeakSet()


def add_speaker(view: Speaker) -> None:
    """Let a view hear of another language, as long as anybody holds the view."""
    _SPEAKERS.add(view)


def _speak() -> None:
    for view in tuple(_SPEAKERS):
        if view.comm is not None:
            view.speak()


on_language(_speak)


class SaidHTML(HTML):
    """HTML that is made anew when another language is chosen.

    Args:
        make: makes it, in the present language.
    """

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make
        super().__init__(make())
        add_speaker(self)

    def __repr__(self) -> str:
        return "SaidHTML()"

    def speak(self) -> None:
        """Make it anew."""
        self.value = self._make()
