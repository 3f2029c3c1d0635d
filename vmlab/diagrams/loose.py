"""What a step is about and has no place in a picture: it stands beside it.

A frame that was given back, a page of an address without a region, a process that is no more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Sequence

from vmlab.diagrams.dot import SMALL, Markup, Picture, cell, row, soft, struck, table, text
from vmlab.diagrams.marking import told
from vmlab.record.marks import Marks
from vmlab.state import views
from vmlab.state.ids import object_id, parse, tlb_id
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import N_, say, say_n

LIMIT = 16  # objects: as many pages as a fault maps in one go
ACROSS = 4  # of them in a row
NARROW = 2  # of them where it is narrow, in one row

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
    picture: Picture,
    highlight: Marks,
    *kinds: str,
    mm: int | None = None,
    pos: str = "",
    below: str = "",
    snap: Snapshot | None = None,
) -> None:
    """Add the marked objects of some kinds that the picture does not show, as the last of it.

    Args:
        picture: to which they are added.
        highlight: the marked objects.
        kinds: as the ids begin.
        mm: number of the mm_struct whose objects they are; None = of any.
        pos: their place, in a picture where every node is given one.
        below: the node under which they stand.
        snap: the machine, where it is narrow: what is there is folded away, and of what is not
            few have room.
    """
    found = [each for each in _found(highlight, kinds, mm) if not picture.draws(each[0])]
    if snap is not None:
        found = [each for each in found if not _is_there(snap, each[0], each[1])]
    if not found:
        return
    limit, across = (LIMIT, ACROSS) if snap is None else (NARROW, NARROW)
    cells = [_cell(key, numbers[-1], highlight) for key, numbers in found[:limit]]
    rows = [row(*cells[at : at + across]) for at in range(0, len(cells), across)]
    hidden = len(found) - len(cells)
    if hidden:
        rows.append(row(cell(soft(say_n(hidden, "{n} more", "{n} more")), border=0)))
    tip = say("what has no place in the picture")
    picture.node("loose", table(rows, spacing=4), tip=tip, **({"pos": pos} if pos else {}))
    if below:
        picture.unseen(below, "loose")


def loose_words(
    highlight: Marks, listed: Container[str], *kinds: str, mm: int | None = None
) -> Iterator[str]:
    """Say the marked objects of some kinds that the words of a picture do not list.

    Args:
        highlight: the marked objects.
        listed: ids of those that have a line of their own.
        kinds: as the ids begin.
        mm: number of the mm_struct whose objects they are; None = of any.
    """
    for key, numbers in _found(highlight, kinds, mm):
        if key not in listed:
            yield told(_called(key, numbers[-1]), highlight[key])


def _found(
    highlight: Marks, kinds: Collection[str], mm: int | None
) -> Iterator[tuple[str, Sequence[int]]]:
    # The marked objects of some kinds, with their numbers.
    for key in sorted(highlight):
        kind, numbers = parse(key) or ("", ())
        if kind in kinds and mm in (None, *numbers[:1]) and key == object_id(key):
            yield key, numbers


def _is_there(snap: Snapshot, key: str, numbers: Sequence[int]) -> bool:
    kind = (parse(key) or ("", ()))[0]
    number = numbers[-1]
    if kind in ("vma", "pte"):
        mm = views.find_mm(snap, numbers[0])
        find = views.vma_from if kind == "vma" else views.find_vma
        return mm is not None and find(mm, number) is not None
    if kind == "tlb":
        return any(tlb_id(entry.asid, entry.vpn) == key for entry in snap.tlb.entries)
    if kind == "pfn":
        return views.pages(snap).get(number) is not None
    finders: dict[str, Callable[[Snapshot, int], object | None]] = {
        "mm": views.find_mm,
        "task": views.find_task,
        "file": views.find_file,
        "ino": views.find_inode,
    }
    return finders[kind](snap, number) is not None


def _called(key: str, number: int) -> str:
    return say(NAMES[(parse(key) or ("", ()))[0]], number=number)


def _cell(key: str, number: int, highlight: Marks) -> Markup:
    words = _called(key, number)
    mark = highlight[key]
    said = struck(words) if mark == "gone" else text(words, size=SMALL)
    return cell(said, key=key, tip=words, tone="struct", mark=mark, padding=4)
