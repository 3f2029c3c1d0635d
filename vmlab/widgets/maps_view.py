"""The widget that shows the text of /proc/PID/maps, line by line."""

from __future__ import annotations

from collections.abc import Sequence

from ipywidgets.widgets.trait_types import TypedTuple
from traitlets import Dict, Unicode

from vmlab.widgets.clickable_view import PointedView


class MapsView(PointedView, script="maps_view"):
    """A text whose lines are objects: they light up with the same objects in the pictures.

    Args:
        title: the name of the file.
        lines: one dict a line: `id` of the object, `text`, and `change`: '' or 'new',
            'changed', 'gone' against the step before, or 'differs' from another text beside it.
    """

    title = Unicode(help="the name of the file").tag(sync=True)
    lines = TypedTuple(Dict(), help="id, text and change of each line").tag(sync=True)

    def __repr__(self) -> str:
        return f"MapsView({self.title!r})"


def compare(
    before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]
) -> tuple[dict[str, str], ...]:
    """Lay two texts over each other: the lines of `after` with what changed, and what is gone.

    Args:
        before: id and text of each line, ids unique, in the order of the text.
        after: the same of the later text.

    >>> compare([("a", "1"), ("b", "2")], [("b", "3"), ("c", "4")])[0]
    {'id': 'a', 'text': '1', 'change': 'gone'}
    """
    old, new = dict(before), dict(after)
    gone: dict[str, list[tuple[str, str]]] = {}  # what is gone, by the kept line it stood before
    waiting: list[tuple[str, str]] = []
    for line in before:
        if line[0] in new:
            gone[line[0]] = waiting
            waiting = []
        else:
            waiting.append(line)
    lines = []
    for name, text in after:
        lines += [(*line, "gone") for line in gone.get(name, [])]
        change = "new" if name not in old else "changed" if old[name] != text else ""
        lines.append((name, text, change))
    lines += [(*line, "gone") for line in waiting]
    return tuple({"id": name, "text": text, "change": change} for name, text, change in lines)
