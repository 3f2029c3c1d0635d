"""The pictures of real processes, by name: as an SVG, as a page, as the output of a cell."""

from __future__ import annotations

import os
from collections.abc import Callable

from vmlab.diagrams.memory_use import memory_use_svg, memory_use_text
from vmlab.diagrams.unseen import why_not_drawn
from vmlab.errors import HostError, UsageError
from vmlab.host.observed import snapshot
from vmlab.host.reading import Reading
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state.observed import Observed
from vmlab.widgets.pictures import PICTURES, Focus
from vmlab.widgets.static_picture import StaticPicture
from vmlab.words.language import N_, say

MEMORY_USE = "memory_use"
USE_TAB = N_("Where the memory is")
# Those that there are of real processes.
NAMES = (MEMORY_USE, "address_space", "sharing", "frames")


def draw(
    what: int | str | os.PathLike[str] | Reading | Observed,
    *more: int | str | os.PathLike[str] | Reading,
    picture: str = "",
) -> StaticPicture:
    """Draw real processes.

    Args:
        what: the number of a living process, a file that `save` wrote or that holds the text of
            maps or smaps, such a text, or what `read` or `snapshot` returned.
        more: further processes beside it, which it may share frames with.
        picture: 'memory_use' (what takes the memory), 'address_space', 'sharing' or 'frames'; '' =
            the first of them for which enough is known.

    Raises:
        UsageError: there is no such picture.
        HostError: of a real process it cannot be drawn, or a process cannot be read.
        StateError: a file or a text is damaged.
        OSError: a file cannot be read.
    """
    snap = what if isinstance(what, Observed) else snapshot(what, *more)
    name = picture or next(name for name in NAMES if not why_not_drawn(name, snap))
    svg, words = drawn(snap, name)
    return StaticPicture(name, svg(), words)


def drawn(
    snap: Observed, name: str, *, before: Observed | None = None, marks: Marks = NO_MARKS
) -> tuple[Callable[[], str], str]:
    """Begin to draw a picture; return what waits for its SVG, and the same in words.

    Args:
        snap: what is known of the processes.
        name: of the picture.
        before: what was known before.
        marks: what happened to which objects since.

    Raises:
        UsageError: there is no such picture.
        HostError: it cannot be drawn of what is known.
    """
    if name != MEMORY_USE and name not in PICTURES:
        names = ", ".join((MEMORY_USE, *PICTURES))
        raise UsageError(
            say("no picture is named {name!r}; there are {names}", name=name, names=names)
        )
    if why := why_not_drawn(name, snap):
        raise HostError(why)
    if name == MEMORY_USE:
        svg = memory_use_svg(snap)
        return lambda: svg, memory_use_text(snap)
    mms = tuple(mm.mm for mm in snap.mms)
    at = Focus(mms=mms, before=before, highlight=marks)
    return PICTURES[name].begin(snap, at), PICTURES[name].text(snap, at)


def title(name: str) -> str:
    """Return what stands on the tab of a picture."""
    return say(USE_TAB if name == MEMORY_USE else PICTURES[name].tab)
