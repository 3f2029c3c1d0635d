"""Who shares which frame: address spaces on both sides, physical memory between them.

A page with a lock is write-protected because its frame is shared: the next write copies it. The
copy that a call made is an arrow from the old frame to the new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from vmlab.diagrams.dot import Markup, Picture, cell, clean, row, soft
from vmlab.diagrams.folds import LINES, More, fold, places
from vmlab.diagrams.marking import told_of
from vmlab.diagrams.physical_memory import file_words, frame_words, memory, memory_rows
from vmlab.diagrams.process_pages import (
    arrow_style,
    frameless_row,
    in_swap_words,
    legend,
    marked_places,
    page_row,
    region_row,
    regions_by_use,
    turn_of,
    untouched_row,
    whose,
)
from vmlab.diagrams.regions import (
    chosen,
    few,
    meant,
    more_processes,
    next_write_copies,
    region_name,
    rights,
)
from vmlab.diagrams.rows import elided, folded_words, head, more_row
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.entries import Entries, Mapped
from vmlab.state.ids import ino_id, mm_id, parse, pfn_id, pte_id
from vmlab.state.places import page_at
from vmlab.state.snapshot import MmState, PageState, Snapshot, VmaState
from vmlab.words.columns import columns as width
from vmlab.words.language import say, say_n

HEADS = 6  # processes that are named
OPEN = 3  # processes that show their pages, whatever is in focus
# Regions of one process, and pages of one region, where one, two or more stand on its side.
ROOM = ((8, 4), (3, 2), (1, 1))
# The same where all stand on one side, for the picture has half a page. That room is all there is:
# what is marked comes first in it, and what is left of that is folded away like the rest.
NARROW = ((4, 2), (2, 1), (1, 1))
NARROW_HEADS, NARROW_OPEN = 3, 2  # processes that are named there, and that show their pages
HEAD_ROOM = 26  # letters of the name of a process and of whose child it is
ROWS = 16  # of a process that is alone on its side, with which its untouched regions have room
UNFOLDED = 60  # regions that opening a fold shows at most
NAMED = 9  # regions without a frame that are named in one line
UNSEEN = 26  # letters that their names take

MEMORY = "sharing.memory"


@dataclass(frozen=True, slots=True)
class _Room:
    # How much of an open process is drawn.
    regions: int
    pages: int  # of each region
    is_alone: bool  # on its side
    is_all: bool  # what is marked has no other room


@dataclass(frozen=True, slots=True)
class _Column:
    # One process: what of it is drawn.
    mm: MmState
    # Those that are shown, with their pages and guards; none = never touched.
    regions: tuple[tuple[VmaState, Sequence[Mapped | More[Any]]], ...]
    hidden: Sequence[VmaState]  # regions with frames that are folded away
    unseen: Sequence[VmaState]  # regions without any
    is_open: bool

    @property
    def pages(self) -> Iterator[Mapped]:
        for _, items in self.regions:
            for item in items:
                if isinstance(item, Mapped) and views.has_frame(item.pte):
                    yield item


def sharing_dot(
    snap: Snapshot,
    *,
    mms: Sequence[int] | None = None,
    mm: int | None = None,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
    copies: Sequence[tuple[int, int]] = (),
    new: frozenset[int] = frozenset(),
    narrow: bool = False,
) -> str:
    """Draw which frames the pages of processes share.

    Args:
        snap: the machine.
        mms: numbers of mm_structs; None = all that a task uses.
        mm: that of the chosen process, which is open whatever else is.
        highlight: ids of the objects this step is about.
        unfold: ids of folds that the reader opened.
        copies: frames that the call copied so far, each with its copy.
        new: frames that the call took so far.
        narrow: whether it is to be half as wide: all processes on one side, and fewer pages.
    """
    apart, heads = ("0.1", NARROW_HEADS) if narrow else ("0.85", HEADS)
    picture = Picture("sharing", across=True, ranksep=apart, nodesep="0.1")
    spaces, folds = few(chosen(snap, mms), highlight, unfold, heads)
    if narrow and len(spaces) > heads and not unfold:
        spaces, folds = few(chosen(snap, mms), NO_MARKS, unfold, heads)
    if not spaces:
        return picture.nothing(say("no process has an address space"))
    picture.legend(legend(snap, narrow=narrow))
    seen = list(_in_focus(snap, highlight))
    focus = frozenset(page.addr for page in seen)
    opened = _opened(seen, spaces, mm, highlight, unfold)
    if narrow and len(spaces) > OPEN:
        opened = set(sorted(opened, key=lambda number: (number != mm, number))[:NARROW_OPEN])
    # Those that show no pages take room too, where there is little of it.
    rooms, per_side = (NARROW, len(spaces)) if narrow else (ROOM, (len(opened) + 1) // 2)
    nr_regions, nr_pages = rooms[min(max(per_side, 1), len(rooms)) - 1]
    room = _Room(nr_regions, nr_pages, is_alone=per_side == 1, is_all=narrow)
    columns = [
        _column(snap, space, room if space.mm in opened else None, focus, highlight, unfold)
        for space in spaces
    ]
    pages = [page for column in columns for page in column.pages]
    shown = memory(snap, pages, copies=copies, new=new)
    known = views.pages(snap)
    for turn, column in enumerate(columns):
        left = narrow or turn % 2 == 0
        _process(picture, snap, column, known, highlight, HEAD_ROOM if narrow else 0)
        for page in column.pages:
            _arrow(picture, page, "" if left else shown.right(page.pfn), highlight)
        ends = (mm_id(column.mm.mm), MEMORY)
        picture.unseen(*(ends if left else ends[::-1]))
    rows = memory_rows(snap, shown, highlight, unfold, narrow=narrow)
    picture.struct(MEMORY, rows, tip=say("physical memory"))
    for side in (columns,) if narrow else (columns[::2], columns[1::2]):
        picture.same_rank([mm_id(column.mm.mm) for column in side])
    for thing in folds:
        picture.fold(thing.key, more_processes(thing))
    return picture.dot()


# What is drawn of whom


def _opened(
    seen: Sequence[Mapped],
    spaces: Sequence[MmState],
    mm: int | None,
    highlight: Marks,
    unfold: frozenset[str],
) -> set[int]:
    # The address spaces that show their pages: those that share what is in focus, if not all can.
    numbers = [space.mm for space in spaces]
    if len(numbers) <= OPEN:
        return set(numbers)
    wanted = {number for number in numbers if _space_fold(number) in unfold}
    wanted |= {page.mm for page in seen}
    for kind, values in (parse(key) or ("", ()) for key in highlight):
        if kind in ("pte", "vma", "mm"):
            wanted.add(values[0])
    if mm is not None:
        wanted.add(mm)
    found = wanted & set(numbers)
    # Whoever is alone has others beside it to share with.
    return found if len(found) > 1 else found | set(numbers[:2])


def _in_focus(snap: Snapshot, highlight: Marks) -> Iterator[Mapped]:
    # The pages that show a frame which is in focus, or of which a page is.
    pfns = {numbers[0] for numbers in highlight.numbers("pfn")}
    for number, addr in highlight.numbers("pte"):
        mm = views.find_mm(snap, number)
        page = views.mapped(snap, mm).at(addr) if mm is not None else None
        pfns |= {page.pfn} if page is not None else set()
    for pages in views.owners(snap).of(pfns).values():
        yield from pages


def _space_fold(mm: int) -> str:
    return f"more_sharing_{mm}"


def _unseen_fold(mm: int) -> str:
    return f"more_unseen_{mm}"


def _column(
    snap: Snapshot,
    mm: MmState,
    room: _Room | None,
    focus: frozenset[int],
    highlight: Marks,
    unfold: frozenset[str],
) -> _Column:
    entries = Entries(snap, mm, guards=True)
    touched, untouched = regions_by_use(mm, entries)
    if room is None:
        return _Column(mm, (), tuple(touched), tuple(untouched), False)
    own_marks = meant(mm, highlight)
    pointed = own_marks | {
        vma.vm_start for vma in (views.find_vma(mm, addr) for addr in focus) if vma is not None
    }
    must = [vma for vma in touched if vma.vm_start in pointed]
    in_turn = touched
    if room.is_all:
        in_turn = sorted(touched, key=lambda vma: turn_of(mm, vma))
        must = [vma for vma in in_turn if vma.vm_start in pointed][: room.regions]
    kept = {vma.vm_start: vma for vma in must}
    others = (vma for vma in in_turn if vma.vm_start not in kept)
    kept |= {vma.vm_start: vma for vma in islice(others, max(room.regions - len(must), 0))}
    if _space_fold(mm.mm) in unfold:
        kept |= {vma.vm_start: vma for vma in touched[:UNFOLDED]}
    pages_of = {
        start: _pages(entries.between(start, vma.vm_end), mm, vma, room, focus, highlight, unfold)
        for start, vma in kept.items()
    }
    rows = len(untouched) + sum(1 + len(pages) for pages in pages_of.values())
    if _unseen_fold(mm.mm) in unfold or (room.is_alone and rows <= ROWS):
        kept |= {vma.vm_start: vma for vma in untouched[:UNFOLDED]}
    else:
        kept |= {vma.vm_start: vma for vma in untouched if vma.vm_start in own_marks}
    return _Column(
        mm,
        regions=tuple((kept[start], pages_of.get(start, [])) for start in sorted(kept)[::-1]),
        hidden=[vma for vma in touched if vma.vm_start not in kept],
        unseen=[vma for vma in untouched if vma.vm_start not in kept],
        is_open=True,
    )


def _pages(
    own: Entries,
    mm: MmState,
    vma: VmaState,
    room: _Room,
    focus: frozenset[int],
    highlight: Marks,
    unfold: frozenset[str],
) -> list[Mapped | More[Any]]:
    # Of a region: its first and last ones and those that are marked; or of those as many as fit.
    what = f"pages_{mm.mm}_{vma.vm_start:x}"
    marked = marked_places(own, mm, highlight)
    if not room.is_all or f"more_{what}" in unfold:
        return fold(own, what, limit=room.pages, keep=marked, unfold=unfold)
    if len(own) <= room.pages + 1:
        return list(own)
    marked |= {own.place(addr) for addr in focus if own.at(addr) is not None}
    first = (*sorted(marked), *(place for place in range(room.pages) if place not in marked))
    shown = sorted(first[: room.pages])
    return [More(f"more_{what}", range(len(own) - len(shown))), *(own[place] for place in shown)]


# Drawing


def _process(
    picture: Picture,
    snap: Snapshot,
    column: _Column,
    known: Mapping[int, PageState],
    highlight: Marks,
    head_room: int,
) -> None:
    mm = column.mm
    key = mm_id(mm.mm)
    name, note = whose(snap, mm)
    rows = [head(name, note=note if not head_room or len(name + note) <= head_room else "")]
    for vma, entries in column.regions:
        row_of = region_row if entries else untouched_row
        rows.append(row_of(mm, vma, highlight))
        for entry in reversed(entries):
            if isinstance(entry, More):
                rows.append(more_row(entry, say_n(entry.count, "{n} more page", "{n} more pages")))
            elif views.has_frame(entry.pte):
                rows.append(page_row(snap, mm, vma, entry, known.get(entry.pfn), highlight))
            else:
                rows.append(frameless_row(snap, mm, entry, highlight))
    rows.extend(_folded(snap, column))
    whole = say("address space of {name}", name=name)
    picture.struct(key, rows, tip=whole, mark=highlight.get(key))


def _folded(snap: Snapshot, column: _Column) -> Iterator[Markup]:
    # What of a process is folded away, a thin line each.
    number = column.mm.mm
    if not column.is_open:
        others = (views.mapped(snap, mm).frames() for mm in snap.mms if mm.mm != number)
        shared = len(views.mapped(snap, column.mm).frames().intersection(set().union(*others)))
        more = More(_space_fold(number), column.hidden)
        yield more_row(more, say_n(shared, "shares {n} frame", "shares {n} frames"))
        return
    if column.hidden:
        words = say_n(len(column.hidden), "{n} more region", "{n} more regions")
        yield more_row(More(_space_fold(number), column.hidden), words)
    if column.unseen:
        yield _unseen(column.mm, column.unseen)


def _unseen(mm: MmState, vmas: Sequence[VmaState]) -> Markup:
    # One thin line for all regions of which nothing is in memory.
    names = ", ".join(region_name(mm, vma) for vma in vmas[:NAMED])
    words = say("no frame: {regions}", regions=names)
    if width(words) > UNSEEN or len(vmas) > NAMED:
        words = say_n(len(vmas), "{n} region has no frame", "{n} regions have no frame")
    return row(
        cell(
            soft(words),
            key=_unseen_fold(mm.mm),
            tip=say("no frame yet: {regions}", regions=names),
            border=0,
            padding=2,
        )
    )


def _arrow(picture: Picture, page: Mapped, right: str, highlight: Marks) -> None:
    # An arrow from a page to its frame, from the left unless there is a port on the right.
    key = pte_id(page.mm, page.addr)
    here = f"{mm_id(page.mm)}:p{page.addr:x}"
    edge = {"key": f"edge_{key}", "style": arrow_style(page)}
    mark = highlight.get(key)
    if right:
        picture.edge(f"{MEMORY}:{right}:e", f"{here}:w", mark=mark, dir="back", **edge)
    else:
        picture.edge(f"{here}:e", f"{MEMORY}:f{page.pfn}:w", mark=mark, **edge)


def sharing_text(
    snap: Snapshot,
    *,
    mms: Sequence[int] | None = None,
    highlight: Marks = NO_MARKS,
    copies: Sequence[tuple[int, int]] = (),
    new: frozenset[int] = frozenset(),
) -> str:
    """Say the picture in words: each frame, what is in it, and who may do what with it."""
    wanted = {mm.mm: mm for mm in chosen(snap, mms)}
    known = views.pages(snap)
    pages: list[Mapped] = []
    hidden = 0
    for mm in wanted.values():
        own = views.mapped(snap, mm)
        for each in fold(own, "", limit=LINES, keep=marked_places(own, mm, highlight)):
            if isinstance(each, More):
                hidden += each.count
            else:
                pages.append(each)
    shown = memory(snap, pages, copies=copies, new=new)
    owners = views.owners(snap).of([frame.pfn for frame in shown.rows])
    said = [say("Physical memory:")]
    for inode, frames in ((None, shown.frames), *shown.files):
        if inode is not None:
            line = say("Page cache of {file}:", file=file_words(inode))
            said.append(told_of(line, ino_id(inode.ino), highlight))
        for frame in frames:
            said.append(f"  {told_of(frame_words(frame), pfn_id(frame.pfn), highlight)}")
            sharers = [page for page in owners.get(frame.pfn, ()) if page.mm in wanted]
            keep = places(pte_id(page.mm, page.addr) in highlight for page in sharers)
            for page in fold(sharers, "", limit=LINES, keep=keep):
                if isinstance(page, More):
                    said.append(f"    {folded_words(page.count)}")
                    continue
                mm = wanted[page.mm]
                vma = views.find_vma(mm, page.addr)
                if vma is not None:
                    line = _sharer(snap, mm, vma, page, known.get(page.pfn))
                    said.append(f"    {told_of(line, pte_id(page.mm, page.addr), highlight)}")
    if hidden:
        said.append(elided(say_n(hidden, "{n} more page", "{n} more pages")))
    return "\n".join((*said, *in_swap_words(snap, tuple(wanted.values()), highlight)))


def _sharer(
    snap: Snapshot, mm: MmState, vma: VmaState, page: Mapped, frame: PageState | None
) -> str:
    values = {
        "process": whose(snap, mm)[0],
        "place": clean(str(page_at(snap, mm, page.addr)), 60),
        "rights": rights(page.pte)[1],
    }
    if next_write_copies(vma, page, frame):
        return say("{process}: {place}, {rights}, the next write copies", **values)
    return say("{process}: {place}, {rights}", **values)
