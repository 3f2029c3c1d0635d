"""What a step is about and has no place in a picture: it stands beside it.

A frame that was given back, a page of an address without a region, a process that is no more.
"""

from __future__ import annotations

from vmlab.diagrams.dot import SMALL, Markup, Picture, cell, row, soft, struck, table, text
from vmlab.record.marks import Marks
from vmlab.state.ids import parse
from vmlab.words.language import N_, say, say_n

LIMIT = 12  # objects
ACROSS = 4  # of them in a row

# What to call an object of each kind; its last number is the one that people know.
NAMES = {
    "mm": N_("address space {number}"),
    "vma": N_("region at {number:#x}"),
    "pte": N_("page {number:#x}"),
    "pfn": N_("frame {number}"),
    "task": N_("process {number}"),
    "file": N_("open file {number}"),
    "ino": N_("inode {number}"),
    "tlb": N_("entry of page {number:#x}"),
}


def loose(
    picture: Picture, highlight: Marks, *kinds: str, mm: int | None = None, pos: str = ""
) -> None:
    """Add the marked objects of some kinds that the picture does not show, as the last of it.

    Args:
        picture: to which they are added.
        highlight: the marked objects.
        kinds: as the ids begin.
        mm: number of the mm_struct whose objects they are; None = of any.
        pos: their place, in a picture where every node is given one.
    """
    found = [
        (key, numbers)
        for key in sorted(highlight)
        for kind, numbers in (parse(key) or ("", ()),)
        if kind in kinds and mm in (None, *numbers[:1]) and not picture.draws(key)
    ]
    if not found:
        return
    cells = [_cell(key, numbers[-1], highlight) for key, numbers in found[:LIMIT]]
    rows = [row(*cells[at : at + ACROSS]) for at in range(0, len(cells), ACROSS)]
    hidden = len(found) - len(cells)
    if hidden:
        rows.append(row(cell(soft(say_n(hidden, "{n} more", "{n} more")), border=0)))
    tip = say("what has no place in the picture")
    picture.node("loose", table(rows, spacing=4), tip=tip, **({"pos": pos} if pos else {}))


def _cell(key: str, number: int, highlight: Marks) -> Markup:
    kind = (parse(key) or ("", ()))[0]
    words = say(NAMES[kind], number=number)
    mark = highlight[key]
    said = struck(words) if mark == "gone" else text(words, size=SMALL)
    return cell(said, key=key, tip=words, tone="struct", mark=mark, padding=4)
