"""The frames that pages show, with what is in them, and the files that own some of them.

A file is an object of its own: its pages in the page cache stand together under its name, so a
private copy of one of them, which is no page of the file any more, stands apart from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from vmlab.diagrams.contents import contents
from vmlab.diagrams.dot import (
    SHOW_THEM,
    SMALL,
    Markup,
    cell,
    clean,
    level,
    lines,
    row,
    soft,
    table,
    text,
)
from vmlab.diagrams.folds import More, fold
from vmlab.diagrams.palette import HOT
from vmlab.diagrams.regions import frame_kind, frame_number, frame_tone, region_name, table_names
from vmlab.diagrams.rows import head, more_row
from vmlab.record.marks import Marks
from vmlab.state import views
from vmlab.state.entries import Mapped
from vmlab.state.ids import ino_id, pfn_id
from vmlab.state.observed import FIRST_UNNUMBERED, UNKNOWN
from vmlab.state.places import page_at
from vmlab.state.remembered import remembered
from vmlab.state.rows import chunks
from vmlab.state.snapshot import InodeState, MmState, PageState, Snapshot, VmaState
from vmlab.words.columns import columns
from vmlab.words.language import N_, say, say_n

CHUNKS = 1024  # chunks of frames of which it is remembered which have no page
LETTER = 5.5  # points that a letter takes in its column
NAME_ROOM = 18  # letters of what a frame holds
COPIED = N_("copied ◄")  # where the line from the old frame ends
UNMAPPED = 60  # frames that no page shows, as of a call that is about to give them a page
LANE = 10  # points from a frame to that line
SUMMARY = 44  # letters of a line about frames that are folded away, where it is narrow
_LANE_LINE = 2  # points: how thick it is
_LANE_HALF = 8  # points of a row above and below it
MAPS = " " * 10  # the least room for the number of maps: nothing moves where a frame is new
FILE_ROOM = 28  # letters of the name of a file


@dataclass(frozen=True, slots=True)
class Frame:
    """One row: a frame and what is said of it."""

    pfn: int
    page: PageState | None  # None = the kernel's own, such as what [vdso] shows
    holds: str
    bytes: str
    maps: int  # entries of page tables that lead to it
    is_new: bool
    is_dirty: bool  # newer than its file on the disk
    original: int | None = None  # the frame that the call copied it from

    @property
    def counted(self) -> str:
        """Say how many entries map it; of a real frame, how many of those in the picture."""
        if self.page is not None and self.page.mapcount == UNKNOWN:
            if self.pfn >= FIRST_UNNUMBERED and self.page.kind == "anon":
                return "?"  # another page may show it
            return say_n(self.maps, "{n} page here", "{n} pages here")
        return say_n(self.maps, "{n} map", "{n} maps")

    @property
    def used(self) -> str:
        """Say how many entries map it, and whether it must still be written to the disk."""
        if self.page is not None and "swapcache" in self.page.flags:
            return say("{maps}, in swap too", maps=self.counted)
        return say("{maps}, dirty", maps=self.counted) if self.is_dirty else self.counted


@dataclass(frozen=True, slots=True)
class Memory:
    """What the middle of the picture shows."""

    frames: tuple[Frame, ...]  # of no file, by number
    files: tuple[tuple[InodeState, tuple[Frame, ...]], ...]  # with their cached pages, by index
    wanted: frozenset[int]  # the frames in use that are among them

    @property
    def rows(self) -> tuple[Frame, ...]:
        """Return all frames, from top to bottom."""
        return (*self.frames, *(frame for _, frames in self.files for frame in frames))

    def right(self, pfn: int) -> str:
        """Return the port where an arrow from the right ends: outside of what stands there."""
        lanes = any(frame.original is not None for frame in self.rows)
        return f"r{pfn}" if lanes else f"f{pfn}"


def memory(
    snap: Snapshot,
    pages: Iterable[Mapped],
    *,
    copies: Sequence[tuple[int, int]] = (),
    new: frozenset[int] = frozenset(),
) -> Memory:
    """Choose the frames to show: nothing but the state and the call decides, no highlight.

    Args:
        snap: the machine.
        pages: the pages in the picture.
        copies: frames that the call copied, each with its copy.
        new: frames that the call took.
    """
    known = views.pages(snap)
    wanted = {page.pfn for page in pages} | {pfn for pair in copies for pfn in pair if pfn in known}
    originals = {new: old for old, new in copies if {old, new} <= wanted}
    unmapped = [pfn for chunk in chunks(snap.pages) for pfn in _unmapped(chunk)]
    wanted |= {*unmapped[:UNMAPPED], *islice(filter(new.__contains__, unmapped), UNMAPPED)}
    wanted |= set(_originals(snap, pages, known))
    owners = views.owners(snap).of(wanted)
    frames = []
    cached: dict[int, list[Frame]] = {}
    for pfn in sorted(wanted):
        page = known.get(pfn)
        holds = _holds(snap, pfn, page, owners.get(pfn, ()))
        maps = len(owners.get(pfn, ()))
        said = contents(snap, pfn)
        dirty = page is not None and views.awaits_writing(snap, page)
        frame = Frame(pfn, page, holds, said, maps, pfn in new, dirty, originals.get(pfn))
        if page is not None and page.kind == "file":
            cached.setdefault(page.mapping, []).append(frame)
        else:
            frames.append(frame)
    files = []
    for ino in sorted(cached):
        inode = views.find_inode(snap, ino)
        if inode is None:
            continue
        found = ((views.cached_index(inode, frame.page), frame) for frame in cached[ino])
        places = {index: frame for index, frame in found if index is not None}
        if places:
            files.append((inode, tuple(places[index] for index in sorted(places))))
    return Memory(tuple(frames), tuple(files), frozenset(wanted))


@remembered(CHUNKS)
def _unmapped(pages: Sequence[PageState]) -> tuple[int, ...]:
    # Anonymous frames that no page shows.
    return tuple(page.pfn for page in pages if page.kind == "anon" and not page.mapcount)


def file_page(
    snap: Snapshot, mm: MmState, vma: VmaState, addr: int
) -> tuple[InodeState, int] | None:
    """Return the file and the number of its page that an address of a file's region stands for."""
    file = views.find_file(snap, vma.vm_file)
    inode = views.find_inode(snap, file.ino) if file is not None else None
    if inode is None:
        return None
    return inode, vma.vm_pgoff + ((addr - vma.vm_start) >> snap.geometry.page_shift)


def _originals(
    snap: Snapshot, pages: Iterable[Mapped], known: Mapping[int, PageState]
) -> Iterable[int]:
    # The frames of pages of files that private copies in the picture were made of.
    for page in pages:
        frame = known.get(page.pfn)
        mm = views.find_mm(snap, page.mm)
        vma = views.find_vma(mm, page.addr) if mm is not None else None
        if frame is None or frame.kind != "anon" or mm is None or vma is None:
            continue
        if views.kind(mm, vma) not in ("file", "library"):
            continue  # nobody asks where the data of the program came from
        found = file_page(snap, mm, vma, page.addr)
        if found is not None:
            inode, index = found
            original = views.cached_page(inode, index)
            yield from () if original is None else (original,)


def _holds(snap: Snapshot, pfn: int, page: PageState | None, owners: Iterable[Mapped]) -> str:
    # What is in a frame, by the place of the first page that shows it.
    if pfn == snap.zero_pfn:
        return say("zero page")
    if page is not None and page.kind == "file":
        return say("page {page}", page=page.index)
    for owner in owners:
        mm = views.find_mm(snap, owner.mm)
        vma = views.find_vma(mm, owner.addr) if mm is not None else None
        if mm is not None and vma is not None:
            place = page_at(snap, mm, owner.addr)
            return say("{region} page {page}", region=region_name(mm, vma), page=place.page)
    return frame_kind(page) if page is not None else say("kernel")


def memory_rows(
    snap: Snapshot,
    shown: Memory,
    highlight: Marks,
    unfold: frozenset[str],
    *,
    narrow: bool = False,
) -> Iterator[Markup]:
    """Return the rows of the middle: frames, files, and how many frames are not shown.

    Args:
        snap: the machine.
        shown: what is shown of its memory.
        highlight: ids of the objects this step is about.
        unfold: ids of folds that the reader opened.
        narrow: whether the columns are to stand closer together.
    """
    widths = _Widths(shown.rows, 3 if narrow else 8)
    body = [(_frame(snap, frame, widths, highlight), frame.pfn) for frame in shown.frames]
    for inode, frames in shown.files:
        body.append((cell(border=0, padding=0, height=5), -1))
        body.append((_file(inode, highlight), -1))
        body += [(_frame(snap, frame, widths, highlight), frame.pfn) for frame in frames]
    lanes = _lanes([pfn for _, pfn in body], shown.rows)
    rows = [row(said, *lane) for (said, _), lane in zip(body, lanes, strict=True)]
    yield head(say("physical memory"))
    if rows:
        yield row(cell(table(rows), border=0, padding=0))
    yield row(cell(border=0, padding=0, height=2))
    tables = table_names(snap)
    others = [page for page in snap.pages if page.pfn not in shown.wanted]
    for item in fold(others, "frames", limit=0, unfold=unfold):
        if isinstance(item, More):
            said = _summary(item)
            if narrow and columns(", ".join(said)) > SUMMARY:
                words = lines(*map(soft, said))
                yield row(cell(words, key=item.key, tip=say(SHOW_THEM), border=0, padding=2))
            else:
                yield more_row(item, ", ".join(said))
        else:
            what = tables.get(item.pfn) or frame_kind(item)
            yield _other(snap, item, what, highlight)


def _lanes(pfns: Sequence[int], frames: Iterable[Frame]) -> list[list[Markup]]:
    # Beside the rows, a lane for each copy: a line from the old frame to the new one. It is made
    # of cells, as Graphviz leads an edge from a table to itself through its neighbours.
    lanes: list[list[Markup]] = [[] for _ in pfns]
    pairs = [(frame.original, frame.pfn) for frame in frames if frame.original is not None]
    ends = [sorted(map(pfns.index, pair)) for pair in pairs]
    for turn, (top, bottom) in enumerate(ends):
        # The lines to the lanes further out go through this one.
        further = {at for pair in ends[turn + 1 :] for at in pair}
        for at, lane in enumerate(lanes):
            turns = _LANE_HALF if at in (top, bottom) or at in further else 0
            parts = [_lane(False, top < at <= bottom, turns)]
            if turns:
                parts.append(_lane(True, top <= at <= bottom or at in further, _LANE_LINE))
                parts.append(_lane(False, top <= at < bottom, turns))
            lane.append(cell(table(parts), border=0, padding=0))
    if ends:
        for pfn, lane in zip(pfns, lanes, strict=True):
            lane.append(cell(border=0, padding=0, width=4, port=f"r{pfn}" if pfn >= 0 else ""))
    return lanes


def _lane(across: bool, down: bool, height: int) -> Markup:
    # A part of a lane: the way to its line, and the line.
    parts = ((across, LANE), (down, _LANE_LINE))
    return row(
        *(
            cell(border=0, padding=0, width=width, height=height, ink=HOT.light if drawn else "")
            for drawn, width in parts
        )
    )


class _Widths:
    # How wide the columns of frames are, in points: as their longest words want.
    def __init__(self, frames: Sequence[Frame], gap: int) -> None:
        self.gap = gap
        self.pfn = self._of(frame_number(frame.pfn) for frame in frames)
        self.holds = self._of(clean(f" {frame.holds}", NAME_ROOM) for frame in frames)
        self.bytes = self._of(frame.bytes for frame in frames)
        self.maps = self._of((MAPS, *(_maps(frame) for frame in frames)))

    @staticmethod
    def _of(words: Iterable[str]) -> int:
        return int(LETTER * max(map(len, words), default=1))


def _maps(frame: Frame) -> str:
    if frame.original is not None:
        return say(COPIED)
    return say("{maps}, new", maps=frame.counted) if frame.is_new else frame.counted


def _frame(snap: Snapshot, frame: Frame, widths: _Widths, highlight: Marks) -> Markup:
    key = pfn_id(frame.pfn)
    maps = level(soft(frame.counted))
    if frame.is_new or frame.original is not None:
        maps = text(_maps(frame), size=SMALL, bold=True, colour=HOT.light)
    columns = (
        (text(frame_number(frame.pfn), bold=True, size=SMALL), widths.pfn, "RIGHT"),
        (Markup(""), 0, "LEFT"),
        (level(text(frame.holds, size=SMALL, limit=NAME_ROOM)), widths.holds, "LEFT"),
        (text(frame.bytes, size=SMALL, bold=True, limit=2 * NAME_ROOM), widths.bytes, "LEFT"),
        (maps, widths.maps, "RIGHT"),
    )
    inner = table(
        [
            row(
                *(
                    cell(said, border=0, padding=0, width=wide + widths.gap, align=side)
                    for said, wide, side in columns
                )
            )
        ]
    )
    return cell(
        inner,
        key=key,
        tip=frame_words(frame),
        port=f"f{frame.pfn}",
        tone=frame_tone(snap, frame.page) if frame.page is not None else "lent",
        mark=highlight.get(key),
        padding=3,
    )


def frame_words(frame: Frame) -> str:
    """Say all that a row says of a frame."""
    values: dict[str, str | int] = {
        "pfn": frame_number(frame.pfn),
        "holds": clean(frame.holds),
        "bytes": frame.bytes,
        "maps": frame.used,
    }
    if frame.original is not None:
        values["original"] = frame.original
        return say(
            "frame {pfn}: {holds}, contents: {bytes}, {maps}, copied from frame {original}",
            **values,
        )
    if frame.is_new:
        return say("frame {pfn}: {holds}, contents: {bytes}, {maps}, new", **values)
    if not frame.bytes:
        return say("frame {pfn}: {holds}, {maps}", **values)
    return say("frame {pfn}: {holds}, contents: {bytes}, {maps}", **values)


def file_words(inode: InodeState) -> str:
    """Say which file it is."""
    if inode.name == "/dev/zero":
        return say("shared memory")
    return say("file {name}", name=clean(inode.name, FILE_ROOM))


def _file(inode: InodeState, highlight: Marks) -> Markup:
    key = ino_id(inode.ino)
    tone = "shared" if inode.name == "/dev/zero" else "file"
    return cell(
        text(file_words(inode), size=SMALL, bold=True, limit=2 * FILE_ROOM),
        key=key,
        tip=say("inode {ino} {name}", ino=inode.ino, name=inode.name),
        tone=tone,
        mark=highlight.get(key),
        padding=3,
        align="LEFT",
    )


def _summary(more: More[PageState]) -> list[str]:
    tables = sum(page.kind == "table" for page in more.items)
    others = more.count - tables
    said = [
        say_n(tables, "{n} frame holds a page table", "{n} frames hold page tables"),
        say_n(others, "{n} other frame", "{n} other frames"),
    ]
    return [words for words, count in zip(said, (tables, others), strict=True) if count]


def _other(snap: Snapshot, page: PageState, what: str, highlight: Marks) -> Markup:
    key = pfn_id(page.pfn)
    words = Markup(f"{text(frame_number(page.pfn), bold=True, size=SMALL)}  {soft(what)}")
    return row(
        cell(
            words,
            key=key,
            tip=say("frame {pfn}: {what}", pfn=frame_number(page.pfn), what=what),
            tone=frame_tone(snap, page),
            mark=highlight.get(key),
            padding=2,
            align="LEFT",
        )
    )
