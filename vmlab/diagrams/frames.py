"""Physical memory in the middle, the present pages of several processes on both sides.

A solid arrow may write, a dashed one may only read: a frame that several pages show by dashed
arrows alone is shared until somebody writes to it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence

from vmlab.diagrams.dot import SMALL, Markup, Picture, apart, cell, row, soft, text
from vmlab.diagrams.folds import LINES, Backwards, More, fold, places
from vmlab.diagrams.loose import loose, loose_words
from vmlab.diagrams.marking import told_of
from vmlab.diagrams.process_pages import (
    arrow_style,
    legend,
    marked_places,
    page_row,
    region_row,
    regions_by_use,
)
from vmlab.diagrams.regions import (
    FRAME_KINDS,
    SPACES,
    chosen,
    few,
    frame_kind,
    frame_number,
    frame_tone,
    meant,
    more_processes,
    owner,
    rights,
    table_names,
)
from vmlab.diagrams.room import Shorten, squeezed
from vmlab.diagrams.rows import folded_words, head, more_row, remark
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.entries import Mapped
from vmlab.state.ids import mm_id, pfn_id, pte_id
from vmlab.state.observed import UNKNOWN, Observed
from vmlab.state.snapshot import MmState, PageState, Snapshot
from vmlab.words.columns import padded
from vmlab.words.language import say, say_n

# Regions of one process that have pages, and pages of one of them, where one, two or more processes
# stand on its side.
ROOM = ((7, 4), (5, 4), (1, 1))
# The same where all stand on one side, for something stands beside the picture.
NARROW = ((4, 2), (2, 1), (1, 1))
NARROW_SPACES, NARROW_MARKED = 3, 4  # processes, and frames besides those that they show

MEMORY = "frames.memory"


def frames_dot(
    snap: Snapshot,
    *,
    mms: Sequence[int] | None = None,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
    narrow: bool = False,
) -> str:
    """Draw which frames the pages of some processes show.

    Args:
        snap: the machine.
        mms: numbers of mm_structs; None = all that a task uses.
        highlight: ids of the objects this step is about.
        unfold: ids of folds that the reader opened.
        narrow: whether something stands beside it.
    """
    ranks = "0.35" if narrow else "1.1"
    picture = Picture("frames", across=True, ranksep=ranks, nodesep="0.08")
    picture.legend(legend(snap, narrow=narrow))
    shorten = squeezed if narrow else fold
    spaces, folds = few(
        chosen(snap, mms), highlight, unfold, NARROW_SPACES if narrow else SPACES, shorten=shorten
    )
    for thing in folds:
        picture.fold(thing.key, more_processes(thing))
    shown: dict[int, Mapped] = {}
    per_side = len(spaces) if narrow else (len(spaces) + 1) // 2
    room = (NARROW if narrow else ROOM)[min(per_side, len(ROOM)) - 1]
    for turn, mm in enumerate(spaces):
        for page in _process(picture, snap, mm, room, highlight, unfold, shorten):
            shown[page.pfn] = page
            _arrow(picture, page, left=narrow or turn % 2 == 0, highlight=highlight)
    for side in (spaces,) if narrow else (spaces[::2], spaces[1::2]):
        picture.same_rank([mm_id(mm.mm) for mm in side])
    rows = _memory(snap, frozenset(shown), highlight, unfold, narrow=narrow)
    picture.struct(MEMORY, rows, tip=say("physical memory"))
    loose(picture, highlight, "pfn", snap=snap if narrow else None)
    return picture.dot()


def _process(
    picture: Picture,
    snap: Snapshot,
    mm: MmState,
    room: tuple[int, int],
    highlight: Marks,
    unfold: frozenset[str],
    shorten: Shorten,
) -> list[Mapped]:
    # Draw the present pages of one process, high addresses on top; return those with a row.
    present = views.mapped(snap, mm)
    vmas, _ = regions_by_use(mm, present)
    starts = meant(mm, highlight)
    keep = places(vma.vm_start in starts for vma in vmas)
    known = views.pages(snap)
    nr_regions, nr_pages = room
    rows = [head(owner(snap, mm), note=f"mm {mm.mm}")]
    drawn: list[Mapped] = []
    for region in shorten(vmas, f"frames_{mm.mm}", limit=nr_regions, keep=keep, unfold=unfold):
        if isinstance(region, More):
            rows.append(
                more_row(region, say_n(region.count, "{n} more region", "{n} more regions"))
            )
            continue
        rows.append(region_row(mm, region, highlight))
        own = present.between(region.vm_start, region.vm_end)
        pages = Backwards(own)
        marked = [len(own) - 1 - place for place in marked_places(own, mm, highlight)]
        what = f"pages_{mm.mm}_{region.vm_start:x}"
        for item in shorten(pages, what, limit=nr_pages, keep=marked, unfold=unfold):
            if isinstance(item, More):
                rows.append(more_row(item, say_n(item.count, "{n} more page", "{n} more pages")))
            else:
                drawn.append(item)
                frame = known.get(item.pfn)
                rows.append(page_row(snap, mm, region, item, frame, highlight))
    if not vmas:
        rows.append(remark(say("no page present")))
    key = mm_id(mm.mm)
    picture.struct(key, rows, tip=say("pages of mm {mm}", mm=mm.mm), mark=highlight.get(key))
    return drawn


def _arrow(picture: Picture, page: Mapped, *, left: bool, highlight: Marks) -> None:
    key = pte_id(page.mm, page.addr)
    style = arrow_style(page)
    mark = highlight.get(key)
    edge = f"edge_{key}"
    here = f"{mm_id(page.mm)}:p{page.addr:x}"
    there = f"{MEMORY}:f{page.pfn}"
    if left:
        picture.edge(f"{here}:e", f"{there}:w", key=edge, mark=mark, style=style)
    else:
        picture.edge(f"{there}:e", f"{here}:w", key=edge, mark=mark, style=style, dir="back")


def _memory(
    snap: Snapshot,
    shown: frozenset[int],
    highlight: Marks,
    unfold: frozenset[str],
    *,
    narrow: bool,
) -> list[Markup]:
    # The frames: all that a page in the picture shows, and some of the others.
    levels = table_names(snap)
    held = f"{padded(say('frame'), 5, left=True)}  {padded(say('holds'), 16)} "
    counted = "" if isinstance(snap, Observed) else say("refs maps")
    titles = apart(soft(held), soft(counted))
    rows = [head(say("physical memory")), row(cell(titles, border=0, padding=2))]
    frames = Backwards(snap.pages)
    marked = sorted({numbers[0] for numbers in highlight.numbers("pfn")} - shown)
    pfns = {*shown, *(marked[:NARROW_MARKED] if narrow else marked)}
    found = map(views.pages(snap).place, pfns)
    keep = [len(frames) - 1 - place for place in found if place is not None]
    shorten, limit = (squeezed, len(keep)) if narrow else (fold, 0)
    for page in shorten(frames, "frames", limit=limit, keep=keep, unfold=unfold):
        if isinstance(page, More):
            rows.append(more_row(page, _summary(page.items)))
            continue
        if page.kind == "file":
            inode = views.find_inode(snap, page.mapping)
            name = inode.name.rpartition("/")[2] if inode is not None else "?"
            what = f"{name} [{page.index}]"
        else:
            what = _holds(page, levels)
        rows.append(_frame(snap, page, what, highlight))
    return rows


def _holds(page: PageState, levels: Mapping[int, str]) -> str:
    # What is in a frame that no file owns.
    if page.kind == "table":
        return levels.get(page.pfn) or say("page table")
    return say("zero page") if page.kind == "zero" else frame_kind(page)


def _summary(pages: Sequence[PageState]) -> str:
    kinds = Counter(page.kind for page in pages)
    numbers = ", ".join(
        say("{number} {kind}", number=n, kind=say(FRAME_KINDS.get(kind, kind)))
        for kind, n in kinds.items()
    )
    return say_n(len(pages), "{numbers} frames", "{numbers} frames", numbers=numbers)


def _frame(snap: Snapshot, page: PageState, what: str, highlight: Marks) -> Markup:
    key = pfn_id(page.pfn)
    counted = page.kind in ("anon", "file") and page.refcount != UNKNOWN
    counts = f"{page.refcount:>4} {page.mapcount:>4}" if counted else " " * 9
    number = text(f"{frame_number(page.pfn):>5}", bold=True, size=SMALL)
    name = text(f"  {what}", size=SMALL, limit=18)
    blank = text(" ", bold=True, size=SMALL)  # as on the left: else the counts would stand lower
    tip = say("frame {pfn}: {what}", pfn=frame_number(page.pfn), what=what)
    if counted:
        tip = say(
            "frame {pfn}: {what}, refcount {refs}, mapcount {maps}",
            pfn=page.pfn,
            what=what,
            refs=page.refcount,
            maps=page.mapcount,
        )
    return row(
        cell(
            apart(Markup(f"{number}{name}"), Markup(f"{blank}{soft(counts)}")),
            key=key,
            tip=", ".join((tip, *page.flags)),
            port=f"f{page.pfn}",
            tone=frame_tone(snap, page),
            mark=highlight.get(key),
            padding=2,
        )
    )


def frames_text(
    snap: Snapshot, *, mms: Sequence[int] | None = None, highlight: Marks = NO_MARKS
) -> str:
    """Say the picture in words: each mapped frame with the pages that show it."""
    wanted = {mm.mm for mm in chosen(snap, mms)}
    pages = views.pages(snap)
    owners = views.owners(snap)
    pfns = sorted(set().union(*(views.mapped(snap, mm).frames() for mm in chosen(snap, mms))))
    marked = sorted(numbers[0] for numbers in highlight.numbers("pfn"))
    keep = [at for at in (bisect_left(pfns, pfn) for pfn in marked) if at < len(pfns)]
    shown = fold(pfns, "", limit=LINES, keep=keep)
    found = owners.of([pfn for pfn in shown if not isinstance(pfn, More)])
    listed: set[str] = set()
    said = [say("Frames that are mapped:")]
    for pfn in shown:
        if isinstance(pfn, More):
            said.append(f"  {folded_words(pfn.count)}")
            continue
        here = [page for page in found[pfn] if page.mm in wanted]
        if here:
            page = pages.get(pfn)
            known = say("frame {pfn} (?):", pfn=frame_number(pfn))
            if page is not None and page.refcount == UNKNOWN:
                known = say("frame {pfn} ({kind}):", pfn=frame_number(pfn), kind=frame_kind(page))
            elif page is not None:
                known = say(
                    "frame {pfn} ({kind}, refcount {refs}):",
                    pfn=pfn,
                    kind=frame_kind(page),
                    refs=page.refcount,
                )
            listed.add(pfn_id(pfn))
            said.append(f"  {told_of(known, pfn_id(pfn), highlight)}")
            keep = places(pte_id(each.mm, each.addr) in highlight for each in here)
            for each in fold(here, "", limit=LINES, keep=keep):
                if isinstance(each, More):
                    said.append(f"    {folded_words(each.count)}")
                    continue
                line = say(
                    "mm {mm}, page {addr:#x}, {rights}",
                    mm=each.mm,
                    addr=each.addr,
                    rights=rights(each.pte)[1],
                )
                said.append(f"    {told_of(line, pte_id(each.mm, each.addr), highlight)}")
    said += (f"  {line}" for line in loose_words(highlight, listed, "pfn"))
    return "\n".join(said)
