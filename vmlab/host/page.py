"""Real processes as one page: pictures, what they say in words, all regions, and a search."""

from __future__ import annotations

import html
from functools import cache

from vmlab.diagrams.dot import clean
from vmlab.diagrams.regions import owner
from vmlab.diagrams.unseen import why_not_drawn
from vmlab.host.pictures import NAMES, drawn, title
from vmlab.host.reading import Reading
from vmlab.model.abi.maps import escape, perms
from vmlab.model.abi.mman import VM_MAYSHARE
from vmlab.model.mmu.page import KiB
from vmlab.state.ids import vma_id
from vmlab.state.observed import Observed
from vmlab.widgets.base import bundle, sendable, styles
from vmlab.widgets.page import Data, head, stand_alone
from vmlab.words.language import say, say_n

FORMAT, VERSION = "vmlab-seen", 1
NOTES = 5  # of each kind
_NAME = 200  # letters of the name of a region
_TITLE = 120
_PRIVATE = ("Private_Clean", "Private_Dirty", "Private_Hugetlb")


@cache
def code() -> str:
    """Return the script of every page."""
    return bundle("seen.js", ("diagram_view",), "showProcesses(views);\n")


@cache
def style() -> str:
    """Return the stylesheet of every page."""
    return styles("diagram_view.css", "played.css", "seen.css")


def page(snap: Observed, readings: tuple[Reading, ...] = ()) -> str:
    """Return a page that shows processes, as HTML; it speaks the present language.

    Args:
        snap: what is known of them.
        readings: what it was made of, for the notes on what could not be read.
    """
    names = [name for name in NAMES if not why_not_drawn(name, snap)]
    waiting = [(name, *drawn(snap, name)) for name in names]
    whose = clean(", ".join(owner(snap, mm) for mm in snap.mms), _TITLE)
    pictures = [
        {"tab": title(name), "label": title(name), "svg": svg(), "words": words}
        for name, svg, words in waiting
    ]
    columns, sizes, rows = _table(snap)
    data: Data = sendable(
        {
            **head(FORMAT, VERSION, code()),
            "title": whose,
            "notes": [*notes(snap, readings)],
            "pictures": pictures,
            "columns": columns,
            "sizes": sizes,
            "rows": rows,
        }
    )
    said = "\n".join(f"<pre>{html.escape(each['words'])}</pre>" for each in data["pictures"])
    return stand_alone(data, title=data["title"], words=said, script=code(), style=style())


def notes(snap: Observed, readings: tuple[Reading, ...]) -> list[str]:
    """Say what could not be read, and what cannot be drawn without it."""
    said: list[str] = []
    for reading in readings:
        lines = reading.unread
        said += [clean(str(each), _NAME) for each in lines[:NOTES]]
        if more := len(lines[NOTES:]):
            said.append(say_n(more, "{n} more line was not read", "{n} more lines were not read"))
        said += reading.refused.values()
    for name in NAMES:
        if why := why_not_drawn(name, snap):
            said.append(why)
    if any(seen.knows_pages and not seen.knows_frames for seen in snap.seen.values()):
        said.append(
            say("The kernel shows the numbers of frames only to who has CAP_SYS_ADMIN (sudo).")
        )
    return [*dict.fromkeys(said)]


def _table(snap: Observed) -> tuple[list[str], list[bool], list[list[str | int]]]:
    # The titles of the columns, which of them are sizes in KiB, and the rows.
    counted = any(seen.counts for seen in snap.seen.values())
    swaps = any(each.get("Swap") for seen in snap.seen.values() for each in seen.counts.values())
    several = len(snap.mms) > 1
    sizes = [say("size"), *(("RSS", "PSS", say("private")) if counted else ())]
    sizes += [say("swapped")] if swaps else []
    columns = [*([say("process")] if several else []), say("addresses"), say("rights")]
    places = [False] * len(columns) + [True] * len(sizes) + [False]
    rows: list[list[str | int]] = []
    for number, seen in snap.seen.items():
        for line in seen.lines:
            counts = seen.counts.get(line.start, {})
            row: list[str | int] = [vma_id(number, line.start)]
            row += [str(number)] if several else []
            row += [
                f"{line.start:08x}-{line.end:08x}",
                perms(line.access | (VM_MAYSHARE if line.shared else 0)),
                (line.end - line.start) // KiB,
            ]
            if counted:
                private = sum(counts.get(name, 0) for name in _PRIVATE) if counts else -1
                row += [counts.get("Rss", -1), counts.get("Pss", -1), private]
            row += [counts.get("Swap", -1)] if swaps else []
            row.append(clean(escape(line.name), _NAME))
            rows.append(row)
    return [*columns, *sizes, say("name")], places, rows
