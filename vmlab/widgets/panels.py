"""The places of an Explorer: each shows a picture, or one of several with tabs."""

from __future__ import annotations

from collections.abc import Sequence

from vmlab.errors import UsageError
from vmlab.widgets.diagram_view import DiagramView
from vmlab.widgets.pictures import PICTURES
from vmlab.words.language import say

# All pictures; the place that is there on a wide page only begins with another one.
FIRST = tuple(PICTURES)
SECOND = (*FIRST[1:], FIRST[0])


def panel(item: str | Sequence[str]) -> tuple[DiagramView, tuple[str, ...]]:
    """Make the place of one picture, or of several with tabs."""
    names = named(item)
    if not names:
        raise UsageError(say("show: a place has no picture"))
    tabs = titles(names)
    return DiagramView(tabs=tabs, tab=tabs[0]), names


def named(item: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of pictures that somebody gave, one or several.

    Raises:
        UsageError: there is no such picture.
    """
    names = (item,) if isinstance(item, str) else tuple(item)
    for name in names:
        if name not in PICTURES:
            known = ", ".join(PICTURES)
            problem = say("no picture is named {name!r}; there are {known}", name=name, known=known)
            raise UsageError(problem)
    return names


def titles(names: Sequence[str]) -> tuple[str, ...]:
    """Return what stands on the tabs of some pictures."""
    return tuple(say(PICTURES[name].tab) for name in names)
