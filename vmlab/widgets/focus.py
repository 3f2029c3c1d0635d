"""What pictures look at in a scene of a recording."""

from __future__ import annotations

from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import ids, views
from vmlab.state.snapshot import MmState
from vmlab.widgets.pictures import Focus
from vmlab.widgets.scenes import Scene


def focus_of(scene: Scene, mm: MmState | None, addr: int | None, marks: Marks = NO_MARKS) -> Focus:
    """Return what is looked at in a scene.

    Args:
        scene: what happened.
        mm: the address space of the chosen process, unless the step speaks of another one.
        addr: the address last used, unless the step is about another page of that one.
        marks: what is marked besides.
    """
    followed = views.find_mm(scene.snapshot, scene.mm) if scene.mm is not None else None
    mm = followed or mm
    highlight = scene.highlight | marks
    for key in sorted(highlight):
        kind, numbers = ids.parse(key) or ("", ())
        if kind == "pte" and mm is not None and numbers[0] == mm.mm:
            addr = numbers[1]
    return Focus(
        mm=mm.mm if mm is not None else None,
        addr=addr,
        highlight=highlight,
        before=scene.before,
        call=scene.call,
        now=scene.number,
    )
