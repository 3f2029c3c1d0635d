"""The processes that map a file, for the picture of the page cache.

Only an entry that holds the frame of a cached page has an arrow to that page: a private copy has
nothing to do with the file any more, and stands apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmlab.diagrams.dot import SMALL, Markup, Picture, apart, cell, level, row, soft, text
from vmlab.diagrams.folds import LINES, More, fold
from vmlab.diagrams.folds import places as places_of
from vmlab.diagrams.marking import told_of
from vmlab.diagrams.process_pages import arrow_style, marked_places, page_row, whose
from vmlab.diagrams.regions import (
    describe,
    meant,
    more_processes,
    page_tip,
    region_name,
    region_tone,
)
from vmlab.diagrams.room import Shorten, squeezed
from vmlab.diagrams.rows import folded_words, head, more_row
from vmlab.record.marks import Marks
from vmlab.state import views
from vmlab.state.entries import Mapped
from vmlab.state.ids import ino_id, mm_id, part, pte_id, vma_id
from vmlab.state.places import page_at
from vmlab.state.snapshot import InodeState, MmState, Snapshot, VmaState
from vmlab.words.language import say, say_n

MAPPERS = 4  # processes that map one inode
MAPPED = 3  # pages of one VMA
# Where it is narrow, of one inode, of each of two, and of each of more: processes, and of each of
# them VMAs and pages of one.
NARROW = ((2, 2, 1), (1, 1, 1), (1, 1, 0))


def draw_mappers(
    picture: Picture,
    snap: Snapshot,
    inode: InodeState,
    places: Sequence[tuple[int, str]],
    highlight: Marks,
    unfold: frozenset[str],
    beside: int = 0,
) -> None:
    """Draw the processes that map an inode, with the pages of it that they have in memory.

    Args:
        picture: where to.
        snap: the machine.
        inode: the inode, which is drawn already.
        places: the ports of its rows, each with the last page that the row shows.
        highlight: ids of the objects this step is about.
        unfold: ids of folds that the reader opened.
        beside: how many inodes there are where it is narrow; 0 = it is not.
    """
    by_mm: dict[int, list[VmaState]] = {}
    for mapper in inode.i_mmap:
        mm, vma = mapper_vma(snap, mapper)
        if mm is not None and vma is not None:
            by_mm.setdefault(mm.mm, []).append(vma)
    spaces = [mm for mm in snap.mms if mm.mm in by_mm]
    keep = places_of(
        not meant(mm, highlight).isdisjoint(vma.vm_start for vma in by_mm[mm.mm]) for mm in spaces
    )
    what = f"mappers_{inode.ino}"
    order = []
    nr_spaces, *room = NARROW[beside - 1] if beside else (MAPPERS,)
    if beside:
        shown = squeezed(spaces, what, limit=nr_spaces, keep=keep, unfold=unfold, rows=False)
    else:
        shown = fold(spaces, what, limit=MAPPERS, keep=keep, unfold=unfold)
    for space in shown:
        if isinstance(space, More):
            key = space.key
            picture.fold(key, more_processes(space))
            target = f"{ino_id(inode.ino)}:head:w"
            picture.edge(key, target, key=f"edge_{key}", style="dotted")
        else:
            key = part(mm_id(space.mm), f"ino{inode.ino}")
            _mapper(picture, snap, inode, space, by_mm[space.mm], places, highlight, unfold, room)
        order.append(key)
    picture.same_rank(order)


def _mapper(
    picture: Picture,
    snap: Snapshot,
    inode: InodeState,
    mm: MmState,
    vmas: Sequence[VmaState],
    places: Sequence[tuple[int, str]],
    highlight: Marks,
    unfold: frozenset[str],
    room: Sequence[int],
) -> None:
    # One process: its regions of the inode, and which pages of them are in memory.
    key = part(mm_id(mm.mm), f"ino{inode.ino}")
    here = ino_id(inode.ino)
    known = views.pages(snap)
    name, note = whose(snap, mm)
    rows = [head(name, note=note, port="head")]
    drawn: list[tuple[Mapped, int]] = []
    mapped, starts = views.mapped(snap, mm), meant(mm, highlight)
    present = [mapped.between(vma.vm_start, vma.vm_end) for vma in vmas]
    keep = places_of(own or vma.vm_start in starts for vma, own in zip(vmas, present, strict=True))
    what = f"regions_{mm.mm}_{inode.ino}"
    limit = 0 if len(vmas) > 1 else 1  # a region alone is as short as the words for it
    shorten: Shorten = squeezed if room else fold
    if room:
        limit = room[0]
        keep = [*places_of(vma.vm_start in starts for vma in vmas), *keep]
    for vma in shorten(vmas, what, limit=limit, keep=keep, unfold=unfold):
        if isinstance(vma, More):
            words = say_n(vma.count, "{n} region has no frame", "{n} regions have no frame")
            if room:
                words = say_n(vma.count, "{n} more region", "{n} more regions")
            rows.append(more_row(vma, words))
            continue
        rows.append(_region(snap, mm, vma, highlight))
        own = present[vmas.index(vma)]
        addrs = {addr for number, addr in highlight.numbers("pte") if number == mm.mm}
        marked = [own.place(addr) for addr in addrs if own.at(addr) is not None]
        what = f"pages_{mm.mm}_{vma.vm_start:x}"
        nr_pages = room[1] if room else MAPPED
        for page in shorten(own, what, limit=nr_pages, keep=marked, unfold=unfold):
            if isinstance(page, More):
                rows.append(more_row(page, say_n(page.count, "{n} more page", "{n} more pages")))
                continue
            index = views.cached_index(inode, known.get(page.pfn))
            if index is not None:
                rows.append(page_row(snap, mm, vma, page, known.get(page.pfn), highlight))
                drawn.append((page, index))
            else:
                rows.append(_copy(snap, mm, page, highlight))
    picture.struct(key, rows, tip=say("{process} maps it", process=name))
    picture.edge(f"{key}:head:e", f"{here}:head:w", key=f"edge_{key}", style="dotted")
    for page, index in drawn:
        port = next((port for end, port in places if end >= index), "head")
        page_key = pte_id(page.mm, page.addr)
        picture.edge(
            f"{key}:p{page.addr:x}:e",
            f"{here}:{port}:w",
            key=f"edge_{page_key}",
            mark=highlight.get(page_key),
            style=arrow_style(page),
        )


def _region(snap: Snapshot, mm: MmState, vma: VmaState, highlight: Marks) -> Markup:
    key = vma_id(mm.mm, vma.vm_start)
    first = vma.vm_pgoff
    last = first + (vma.vm_end - vma.vm_start) // views.page_size(snap) - 1
    name = text(region_name(mm, vma), bold=True, limit=18, size=SMALL)
    rights = level(soft(f"  {views.perms(vma)}  {_pages(first, last)}"))
    return row(
        cell(
            apart(name, rights),
            key=key,
            tip=describe(mm, vma),
            tone=region_tone(mm, vma),
            mark=highlight.get(key),
            padding=2,
        )
    )


def _copy(snap: Snapshot, mm: MmState, page: Mapped, highlight: Marks) -> Markup:
    key = pte_id(mm.mm, page.addr)
    number = page_at(snap, mm, page.addr).page
    return row(
        cell(
            apart(
                text(say("page {page}  ", page=number), size=SMALL),
                text(say("own copy, frame {pfn}", pfn=page.pfn), size=SMALL),
            ),
            key=key,
            tip=say("{page}: a private copy, no page of the file any more", page=page_tip(page)),
            tone="anon",
            mark=highlight.get(key),
            padding=2,
        )
    )


def _pages(first: int, last: int) -> str:
    if first == last:
        return say("page {page}", page=first)
    return say("pages {first}..{last}", first=first, last=last)


def mapper_vma(snap: Snapshot, mapper: tuple[int, int]) -> tuple[MmState | None, VmaState | None]:
    """Return the address space and the region of a mapper."""
    mm = views.find_mm(snap, mapper[0])
    return mm, views.find_vma(mm, mapper[1]) if mm is not None else None


def shown_pages(
    snap: Snapshot, inode: InodeState, mm: MmState, vma: VmaState, highlight: Marks
) -> Iterator[str]:
    """Say what the present pages of a region show: the file, or a copy of their own."""
    known = views.pages(snap)
    own = views.mapped(snap, mm).between(vma.vm_start, vma.vm_end)
    for page in fold(own, "", limit=LINES, keep=marked_places(own, mm, highlight)):
        if isinstance(page, More):
            yield folded_words(page.count)
            continue
        values = {"page": page_at(snap, mm, page.addr).page, "pfn": page.pfn}
        line = say("page {page}: a private copy in frame {pfn}", **values)
        if views.cached_index(inode, known.get(page.pfn)) is not None:
            line = say("page {page}: frame {pfn} of the file", **values)
        yield told_of(line, pte_id(mm.mm, page.addr), highlight)
