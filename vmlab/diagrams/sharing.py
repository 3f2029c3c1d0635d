"""Who shares which frame: address spaces on both sides, physical memory between them.

A page with a lock is write-protected because its frame is shared: the next write copies it. The
copy that a call made is an arrow from the old frame to the new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vmlab.diagrams.dot import Markup, Picture, cell, clean, row, soft
from vmlab.diagrams.folds import More, fold
from vmlab.diagrams.marking import told_of
from vmlab.diagrams.physical_memory import file_words, frame_words, memory, memory_rows
from vmlab.diagrams.process_pages import (
    arrow_style,
    guard_row,
    legend,
    page_row,
    region_row,
    untouched_row,
    whose,
)
from vmlab.diagrams.regions import (
    chosen,
    few,
    inside,
    more_processes,
    next_write_copies,
    region_name,
    rights,
)
from vmlab.diagrams.rows import head, more_row
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.ids import ino_id, mm_id, parse, pfn_id, pte_id
from vmlab.state.places import page_at
from vmlab.state.snapshot import MmState, PageState, Snapshot, VmaState
from vmlab.state.views import Mapped
from vmlab.words.language import say, say_n

HEADS = 6  # processes that are named
OPEN = 3  # processes that show their pages, whatever is in focus
# Regions of one process, and pages of one region, where one, two or more stand on its side.
ROOM = ((8, 4), (3, 2), (1, 1))
ROWS = 16  # of a process that is alone on its side, with which its untouched regions have room
NAMED = 9  # regions without a frame that are named in one line
UNSEEN = 26  # letters that their names take

MEMORY = "sharing.memory"


@dataclass(frozen=True, slots=True)
class _Column:
    # One process: what of it is drawn.
    mm: MmState
    # Those that are shown, with their pages, int = a guard; none = never touched.
    regions: tuple[tuple[VmaState, list[Mapped | int | More[Mapped | int]]], ...]
    hidden: tuple[VmaState, ...]  # regions with frames that are folded away
    unseen: tuple[VmaState, ...]  # regions without any
    is_open: bool

    @property
    def pages(self) -> Iterator[Mapped]:
        for _, items in self.regions:
            yield from (item for item in items if isinstance(item, Mapped))


def sharing_dot(
    snap: Snapshot,
    *,
    mms: Sequence[int] | None = None,
    mm: int | None = None,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
    copies: Sequence[tuple[int, int]] = (),
    new: frozenset[int] = frozenset(),
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
    """
    picture = Picture("sharing", across=True, ranksep="0.85", nodesep="0.1")
    spaces, folds = few(chosen(snap, mms), highlight, unfold, HEADS)
    if not spaces:
        return picture.nothing(say("no process has an address space"))
    picture.legend(legend())
    owners = views.owners(snap)
    focus = frozenset(page.addr for page in _in_focus(owners, highlight))
    opened = _opened(owners, spaces, mm, highlight, unfold)
    per_side = (len(opened) + 1) // 2
    columns = [
        _column(snap, space, space.mm in opened, per_side, focus, highlight, unfold)
        for space in spaces
    ]
    pages = [page for column in columns for page in column.pages]
    shown = memory(snap, pages, copies=copies, new=new)
    known = views.pages(snap)
    for turn, column in enumerate(columns):
        left = turn % 2 == 0
        _process(picture, snap, column, owners, known, highlight)
        for page in column.pages:
            _arrow(picture, page, "" if left else shown.right(page.pfn), highlight)
        ends = (mm_id(column.mm.mm), MEMORY)
        picture.unseen(*(ends if left else ends[::-1]))
    picture.struct(MEMORY, memory_rows(snap, shown, highlight, unfold), tip=say("physical memory"))
    for side in (columns[::2], columns[1::2]):
        picture.same_rank([mm_id(column.mm.mm) for column in side])
    for thing in folds:
        picture.fold(thing.key, more_processes(thing))
    return picture.dot()


# What is drawn of whom


def _opened(
    owners: Mapping[int, tuple[Mapped, ...]],
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
    wanted |= {page.mm for page in _in_focus(owners, highlight)}
    for kind, values in (parse(key) or ("", ()) for key in highlight):
        if kind in ("pte", "vma", "mm"):
            wanted.add(values[0])
    if mm is not None:
        wanted.add(mm)
    found = wanted & set(numbers)
    # Whoever is alone has others beside it to share with.
    return found if len(found) > 1 else found | set(numbers[:2])


def _in_focus(owners: Mapping[int, tuple[Mapped, ...]], highlight: Marks) -> Iterator[Mapped]:
    # The pages that show a frame which is in focus, or of which a page is.
    for pfn, pages in owners.items():
        if pfn_id(pfn) in highlight or any(pte_id(p.mm, p.addr) in highlight for p in pages):
            yield from pages


def _space_fold(mm: int) -> str:
    return f"more_sharing_{mm}"


def _unseen_fold(mm: int) -> str:
    return f"more_unseen_{mm}"


def _column(
    snap: Snapshot,
    mm: MmState,
    is_open: bool,
    per_side: int,
    focus: frozenset[int],
    highlight: Marks,
    unfold: frozenset[str],
) -> _Column:
    by_vma: dict[int, list[Mapped | int]] = {}
    entries: list[Mapped | int] = [*views.mapped(snap, mm), *views.guards(snap, mm)]
    for entry in sorted(entries, key=_addr):
        vma = views.find_vma(mm, _addr(entry))
        if vma is not None:
            by_vma.setdefault(vma.vm_start, []).append(entry)
    downward = mm.mmap[::-1]
    touched = [vma for vma in downward if vma.vm_start in by_vma]
    untouched = [vma for vma in downward if vma.vm_start not in by_vma]
    if not is_open:
        return _Column(mm, (), tuple(touched), tuple(untouched), False)
    limit, nr_pages = ROOM[min(per_side, len(ROOM)) - 1]
    must = [vma for vma in touched if _must(mm, vma, focus, highlight)]
    room = max(limit - len(must), 0)
    kept = {vma.vm_start for vma in must}
    kept |= {vma.vm_start for vma in [vma for vma in touched if vma not in must][:room]}
    if _space_fold(mm.mm) in unfold:
        kept = set(by_vma)
    pages_of = {}
    for start in kept:
        keep = [_is_marked(mm, page, highlight) for page in by_vma[start]]
        what = f"pages_{mm.mm}_{start:x}"
        pages_of[start] = fold(by_vma[start], what, limit=nr_pages, keep=keep, unfold=unfold)
    rows = len(untouched) + sum(1 + len(pages) for pages in pages_of.values())
    if _unseen_fold(mm.mm) in unfold or (per_side == 1 and rows <= ROWS):
        kept |= {vma.vm_start for vma in untouched}
    else:
        kept |= {vma.vm_start for vma in untouched if inside(mm, vma, highlight)}
    return _Column(
        mm,
        regions=tuple(
            (vma, pages_of.get(vma.vm_start, [])) for vma in downward if vma.vm_start in kept
        ),
        hidden=tuple(vma for vma in touched if vma.vm_start not in kept),
        unseen=tuple(vma for vma in untouched if vma.vm_start not in kept),
        is_open=True,
    )


def _addr(entry: Mapped | int) -> int:
    return entry if isinstance(entry, int) else entry.addr


def _is_marked(mm: MmState, entry: Mapped | int, highlight: Marks) -> bool:
    frame = isinstance(entry, Mapped) and pfn_id(entry.pfn) in highlight
    return frame or pte_id(mm.mm, _addr(entry)) in highlight


def _must(mm: MmState, vma: VmaState, focus: frozenset[int], highlight: Marks) -> bool:
    # What is in focus is shown in every process, whoever it belongs to.
    return inside(mm, vma, highlight) or any(vma.vm_start <= addr < vma.vm_end for addr in focus)


# Drawing


def _process(
    picture: Picture,
    snap: Snapshot,
    column: _Column,
    owners: Mapping[int, tuple[Mapped, ...]],
    known: Mapping[int, PageState],
    highlight: Marks,
) -> None:
    mm = column.mm
    key = mm_id(mm.mm)
    name, note = whose(snap, mm)
    rows = [head(name, note=note)]
    for vma, entries in column.regions:
        row_of = region_row if entries else untouched_row
        rows.append(row_of(mm, vma, highlight))
        for entry in reversed(entries):
            if isinstance(entry, More):
                rows.append(more_row(entry, say_n(entry.count, "{n} more page", "{n} more pages")))
            elif isinstance(entry, Mapped):
                rows.append(page_row(snap, mm, vma, entry, known.get(entry.pfn), highlight))
            else:
                rows.append(guard_row(snap, mm, entry, highlight))
    rows.extend(_folded(owners, column))
    whole = say("address space of {name}", name=name)
    picture.struct(key, rows, tip=whole, mark=highlight.get(key))


def _folded(owners: Mapping[int, tuple[Mapped, ...]], column: _Column) -> Iterator[Markup]:
    # What of a process is folded away, a thin line each.
    number = column.mm.mm
    if not column.is_open:
        whose_frames = [{page.mm for page in pages} for pages in owners.values()]
        shared = sum(number in mms and len(mms) > 1 for mms in whose_frames)
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
    if len(words) > UNSEEN or len(vmas) > NAMED:
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


# In words


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
    owners = views.owners(snap)
    known = views.pages(snap)
    pages = [page for found in owners.values() for page in found if page.mm in wanted]
    shown = memory(snap, pages, copies=copies, new=new)
    said = [say("Physical memory:")]
    for inode, frames in ((None, shown.frames), *shown.files):
        if inode is not None:
            line = say("Page cache of {file}:", file=file_words(inode))
            said.append(told_of(line, ino_id(inode.ino), highlight))
        for frame in frames:
            said.append(f"  {told_of(frame_words(frame), pfn_id(frame.pfn), highlight)}")
            for page in owners.get(frame.pfn, ()):
                mm = wanted.get(page.mm)
                vma = views.find_vma(mm, page.addr) if mm is not None else None
                if mm is not None and vma is not None:
                    line = _sharer(snap, mm, vma, page, known.get(page.pfn))
                    said.append(f"    {told_of(line, pte_id(page.mm, page.addr), highlight)}")
    return "\n".join(said)


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
