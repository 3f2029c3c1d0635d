"""How marked objects look: four lines, told apart by their weight and style, and the same in words.

A line grows into the room that its object has anyway, so that a mark moves nothing.
"""

from __future__ import annotations

from vmlab.diagrams.palette import HOT
from vmlab.record.marks import Mark, Marks
from vmlab.words.language import N_, say

# How the line of a marked object looks: its width in points, and its style.
LINES: dict[Mark, tuple[int, str]] = {
    "new": (4, ""),
    "changed": (2, ""),
    "looked": (2, "dashed"),
    "gone": (2, "dotted"),
}
HERE: Mark = "changed"  # what wears the line of the place where the step is, or of its way
WHAT: dict[Mark, str] = {
    "new": N_("new: {object}"),
    "changed": N_("changed: {object}"),
    "looked": N_("looked at: {object}"),
    "gone": N_("gone: {object}"),
}
LEGEND = N_("line: heavy new, thick changed, dashed looked at, dotted gone")


def told(words: str, mark: Mark | None) -> str:
    """Return words about an object, with what happened to it before them."""
    return words if mark is None else say(WHAT[mark], object=words)


def told_of(words: str, key: str, marks: Marks) -> str:
    """Return a line about an object: what happened to it, and its turn in a search."""
    turn = marks.turn(key)
    words = told(words, marks.get(key))
    return say("{turn}. {words}", turn=turn, words=words) if turn else words


def outline(
    mark: Mark | None, colour: str, *, style: str = "", width: str = "1", half: bool = False
) -> dict[str, str]:
    """Return the attributes of a filled node that give it its line.

    Args:
        mark: what the step did to the object.
        colour: of the line of one that is not marked.
        style: of that line; what is rounded stays so.
        width: of that line, in points.
        half: only the outer half of the line is seen.
    """
    points = width
    if mark is not None:
        thick, own = LINES[mark]
        style = ",".join(filter(None, ("rounded" if "rounded" in style else "", own)))
        points, colour = str(thick * 2 if half else thick), HOT.light
    return {
        "style": ",".join(filter(None, (style, "filled"))),
        "color": colour,
        "penwidth": points,
    }
