"""The signs of memory over time, for rights and for kinds of page faults, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence

from vmlab.diagrams.drawing import Drawing, Point, width_of
from vmlab.diagrams.palette import HOT, INK, SOFT, TONES, Tone
from vmlab.record.lifespans import Fault
from vmlab.words.language import N_, say, say_n

FAULTS = {  # what each kind of fault is called
    "new_frame": N_("new frame"),
    "zero_page": N_("zero page"),
    "object": N_("page of a file"),
    "copy": N_("private copy"),
    "reuse": N_("same frame, writable now"),
    "stack": N_("the stack grows"),
    "spurious": N_("nothing to do"),
    "signal": N_("a signal"),
    "refused": N_("the call fails"),
}
RIGHTS = (  # letters of a region that has such a mark, and what it means
    ("r--p", N_("read")),
    ("rw-p", N_("write: heavy below")),
    ("r-xp", N_("execute: ticks above")),
    ("---p", N_("no access")),
    ("r--s", N_("shared: two lines")),
)


def rights_tone(perms: str) -> Tone:
    """Return what a region with these rights wears."""
    if "w" in perms:
        return TONES["writable_code" if "x" in perms else "writable"]
    return TONES["executable" if "x" in perms else "readable" if "r" in perms else "paper"]


def band(
    drawing: Drawing, place: tuple[float, float, float, float], perms: str, *, hot: bool = False
) -> None:
    """Draw a region for as long as it is as it is.

    Args:
        drawing: where.
        place: left, top, right, bottom.
        perms: its rights.
        hot: it is what this step is about.
    """
    left, top, right, bottom = place
    tone = rights_tone(perms)
    line = tone.line.light
    dashes = "" if set(perms) & set("rwx") else "3,2"
    drawing.box(
        *place,
        fill=tone.fill.light,
        line=HOT.light if hot else line,
        width=2.5 if hot else 1,
        dashes="" if hot else dashes,
    )
    if "w" in perms:
        drawing.line(((left, bottom - 1), (right, bottom - 1)), line, 2.5)
    if "x" in perms and right - left > 3:
        drawing.line(((left + 1.5, top + 1.5), (right, top + 1.5)), line, 2.5, "1,3")
    if "s" in perms and right - left > 5:
        inner = (left + 2, top + 2, right - 2, bottom - 2)
        drawing.box(*inner, fill="none", line=line, width=0.75)


def _around(x: float, y: float, *points: Point) -> list[Point]:
    return [(x + dx, y + dy) for dx, dy in points]


def fault_sign(drawing: Drawing, kind: str, x: float, y: float, *, hot: bool = False) -> None:
    """Draw the sign of a page fault around a point; filled where a frame was taken for it."""
    ink = HOT.light if hot else INK.light
    paper = TONES["paper"].fill.light
    if kind in ("new_frame", "zero_page"):
        drawing.circle(x, y, 3.2, ink if kind == "new_frame" else paper, ink, 1.5)
    elif kind == "object":
        drawing.box(x - 3, y - 3, x + 3, y + 3, fill=paper, line=ink, width=1.5)
    elif kind in ("copy", "reuse"):
        points = _around(x, y, (0, -4.5), (4.5, 0), (0, 4.5), (-4.5, 0))
        drawing.area(points, ink if kind == "copy" else paper, ink, 1.5)
    elif kind == "stack":
        drawing.area(_around(x, y, (-4, -3), (4, -3), (0, 4)), ink, ink, 1.5)
    elif kind == "signal":
        a, b = 2.0, 4.8
        points = _around(
            *(x, y, (-a, -b), (a, -b), (b, -a), (b, a), (a, b), (-a, b), (-b, a), (-b, -a))
        )
        drawing.area(points, paper, ink, 1.5)
        drawing.line(_around(x, y, (-2, -2), (2, 2)), ink, 1.5)
        drawing.line(_around(x, y, (-2, 2), (2, -2)), ink, 1.5)
    elif kind == "refused":
        drawing.line(_around(x, y, (-3, -3), (3, 3)), ink, 2)
        drawing.line(_around(x, y, (-3, 3), (3, -3)), ink, 2)
    else:
        drawing.line(_around(x, y, (-3.5, 0), (3.5, 0)), ink, 2)


def fault_words(faults: Sequence[Fault]) -> str:
    """Say what one sign stands for: faults of one kind that are close to each other."""
    fault = faults[0]
    kind = fault.signal or say(FAULTS[fault.kind])
    if len(faults) == 1:
        return say(
            "page fault at {addr:#x} in step {step}: {kind}",
            addr=fault.addr,
            step=fault.first + 1,
            kind=kind,
        )
    return say_n(
        len(faults),
        "{n} page fault: {kind}",
        "{n} page faults: {kind}; the first at {addr:#x} in step {step}",
        kind=kind,
        addr=fault.addr,
        step=fault.first + 1,
    )


def legend_of_rights(drawing: Drawing, y: float, width: float) -> float:
    """Say from the line `y` on what the marks of bands mean; return the next line."""
    x = 4.0
    for perms, words in RIGHTS:
        if x > 4 and x + 20 + width_of(say(words)) > width:
            x, y = 4.0, y + 15
        band(drawing, (x, y - 6, x + 16, y + 5), perms)
        drawing.text(x + 20, y + 3.5, say(words), colour=SOFT.light)
        x += 20 + width_of(say(words)) + 8
    return y + 15


def legend_of_faults(drawing: Drawing, y: float, kinds: Sequence[str], width: float) -> float:
    """Say from the line `y` on what the signs of faults mean; return where the legend ends."""
    x = 4.0
    for kind in kinds:
        words = say(FAULTS[kind])
        if x > 4 and x + 14 + width_of(words) > width:
            x, y = 4.0, y + 14
        fault_sign(drawing, kind, x + 5, y)
        drawing.text(x + 14, y + 3.5, words, colour=SOFT.light)
        x += 14 + width_of(words) + 10
    return y + 10 if kinds else y - 4
