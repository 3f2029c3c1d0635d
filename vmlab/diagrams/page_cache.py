"""The page cache: each inode with the frames that hold it, its mappers and its open files."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from operator import itemgetter

from vmlab.diagrams.dot import SMALL, Markup, Picture, cell, clean, lines, row, soft, table, text
from vmlab.diagrams.file_mappers import draw_mappers, mapper_vma, shown_pages
from vmlab.diagrams.folds import LINES, More, fold, places
from vmlab.diagrams.loose import loose, loose_words
from vmlab.diagrams.marking import LEGEND as MARKS_LEGEND
from vmlab.diagrams.marking import told_of
from vmlab.diagrams.process_pages import ARROWS
from vmlab.diagrams.regions import (
    describe,
    frame_tone,
    size,
)
from vmlab.diagrams.room import squeezed, wrapped
from vmlab.diagrams.rows import folded_words, head, more_row, remark
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.ids import file_id, ino_id, part, pfn_id, vma_id
from vmlab.state.snapshot import InodeState, PageState, Snapshot
from vmlab.words.language import N_, say, say_n

INODES = 6  # inodes that are shown
PAGES = 8  # pages of one inode
# The same where it is narrow, of one inode, of each of two, and of each of more.
NARROW_INODES, NARROW_PAGES = 3, (6, 3, 0)
# Marked pages, and open files, of one inode there.
NARROW_MARKED, NARROW_FILES = 1, 2

LEGEND = N_("left: who maps the file (dotted)    right: open files")


def page_cache_dot(
    snap: Snapshot,
    *,
    inodes: Sequence[int] | None = None,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
    narrow: bool = False,
) -> str:
    """Draw inodes with their cached pages, who maps or has opened them, and who has a copy.

    Args:
        snap: the machine.
        inodes: inode numbers; None = all with a cached page, a mapper or an open file.
        highlight: ids of the objects this step is about.
        unfold: ids of folds that the reader opened.
        narrow: whether something stands beside it.
    """
    ranks = "0.06" if narrow else "0.7"
    picture = Picture("page_cache", across=True, ranksep=ranks, nodesep="0.09")
    found = _chosen(snap, inodes)
    if not found:
        loose(picture, highlight, "file", "ino", snap=snap if narrow else None)
        return picture.nothing(say("no file is cached"))
    legend = (f"{say(ARROWS)}    {say(LEGEND)}", say(MARKS_LEGEND))
    picture.legend(*wrapped(*legend) if narrow else legend)
    inos = _marked(snap, highlight)
    keep = places(inode.ino in inos for inode in found)
    if narrow:
        limit = NARROW_INODES
        shown = squeezed(found, "inodes", limit=limit, keep=keep, unfold=unfold, rows=False)
    else:
        shown = fold(found, "inodes", limit=INODES, keep=keep, unfold=unfold)
    beside = min(len(shown), len(NARROW_PAGES)) if narrow else 0
    picture.same_rank([ino_id(inode.ino) for inode in shown if not isinstance(inode, More)])
    for inode in shown:
        if isinstance(inode, More):
            picture.fold(inode.key, say_n(inode.count, "{n} more inode", "{n} more inodes"))
        else:
            ports = _inode(picture, snap, inode, highlight, unfold, beside)
            draw_mappers(picture, snap, inode, ports, highlight, unfold, beside)
            _files(picture, snap, inode, highlight, NARROW_FILES if narrow else None)
    if inodes is None:
        loose(picture, highlight, "file", "ino", snap=snap if narrow else None)
    return picture.dot()


def _chosen(snap: Snapshot, inodes: Sequence[int] | None) -> list[InodeState]:
    if inodes is not None:
        return [inode for inode in snap.inodes if inode.ino in inodes]
    open_ = {file.ino for file in snap.files}
    return [
        inode
        for inode in snap.inodes
        if inode.kind == "reg" and (inode.i_pages or inode.i_mmap or inode.ino in open_)
    ]


def _marked(snap: Snapshot, highlight: Marks) -> set[int]:
    # The inodes that are marked, or of which a page, a mapper or an open file is.
    inos = {numbers[0] for numbers in highlight.numbers("ino")}
    files = {numbers[0] for numbers in highlight.numbers("file")}
    for number, start in highlight.numbers("vma"):
        mm = views.find_mm(snap, number)
        vma = views.vma_from(mm, start) if mm is not None else None
        files |= {vma.vm_file} if vma is not None else set()
    found = (views.find_file(snap, number) for number in files)
    inos |= {file.ino for file in found if file is not None}
    frames = map(views.pages(snap).get, (numbers[0] for numbers in highlight.numbers("pfn")))
    return inos | {page.mapping for page in frames if page is not None and page.kind == "file"}


def _inode(
    picture: Picture,
    snap: Snapshot,
    inode: InodeState,
    highlight: Marks,
    unfold: frozenset[str],
    beside: int,
) -> list[tuple[int, str]]:
    # Draw one inode, beside so many where it is narrow; return the ports of its rows, each with
    # the last page that the row shows.
    key = ino_id(inode.ino)
    pages = views.pages(snap)
    cached = say_n(len(inode.i_pages), "{n} cached", "{n} cached")
    rows = [head(inode.name, note=say("inode {ino}", ino=inode.ino), port="head")]
    rows.append(remark(f"{size(inode.i_size)}, {cached}"))
    marked = _marked_places(inode, pages, highlight)
    ports: list[tuple[int, str]] = []
    last = -1
    what = f"cached_{inode.ino}"
    limit = NARROW_PAGES[beside - 1] if beside else PAGES
    if beside:
        marked = sorted(marked)[:NARROW_MARKED]
    for place in fold(inode.i_pages, what, limit=limit, keep=marked, unfold=unfold):
        port = f"row{len(ports)}"
        if isinstance(place, More):
            rows.append(
                more_row(place, say_n(place.count, "{n} more cached", "{n} more cached"), port)
            )
            last = place.items[-1][0]
        else:
            index, pfn = place
            if index > last + 1 and not beside:
                rows.append(_hole(key, last + 1, index))
            padding = 1 if beside else 3
            rows.append(_page(snap, index, pfn, pages.get(pfn), port, highlight, padding))
            last = index
        ports.append((last, port))
    tip = say("inode {ino} {name}", ino=inode.ino, name=inode.name)
    picture.struct(key, rows, tip=tip, mark=highlight.get(key))
    return ports


def _marked_places(
    inode: InodeState, pages: Mapping[int, PageState], highlight: Marks
) -> list[int]:
    # The places of the marked frames among its cached pages.
    frames = map(pages.get, (numbers[0] for numbers in highlight.numbers("pfn")))
    found = (views.cached_index(inode, page) for page in frames)
    keys = [index for index in found if index is not None]
    return [bisect_left(inode.i_pages, index, key=itemgetter(0)) for index in keys]


def _hole(key: str, start: int, end: int) -> Markup:
    words = f"[{start}]" if end - start == 1 else f"[{start}..{end - 1}]"
    return row(
        cell(
            soft(say("{pages} not cached", pages=words)),
            key=part(key, f"hole{start}"),
            tip=say("no frame holds this part of the file"),
            dashed=True,
            padding=3,
        )
    )


def _page(
    snap: Snapshot,
    index: int,
    pfn: int,
    page: PageState | None,
    port: str,
    highlight: Marks,
    padding: int,
) -> Markup:
    key = pfn_id(pfn)
    place = text(say("[{index}] frame {pfn:<5}", index=index, pfn=pfn), size=SMALL)
    counts = _counts(page) if page is not None else ""
    return row(
        cell(
            Markup(f"{place} {soft(counts)}"),
            key=key,
            tip=say("page {index} of the file is in frame {pfn}", index=index, pfn=pfn),
            port=port,
            tone=frame_tone(snap, page) if page is not None else "file",
            mark=highlight.get(key),
            padding=padding,
            align="LEFT",
        )
    )


def _counts(page: PageState) -> str:
    refs, maps = page.refcount, page.mapcount
    if "dirty" in page.flags:
        return say("refs {refs} maps {maps} dirty", refs=refs, maps=maps)
    return say("refs {refs} maps {maps}", refs=refs, maps=maps)


def _files(
    picture: Picture, snap: Snapshot, inode: InodeState, highlight: Marks, limit: int | None
) -> None:
    # The open files of the inode, with the descriptors that lead to them.
    owners: dict[int, list[str]] = {}
    for task in snap.tasks:
        owners.setdefault(task.files, []).append(str(task.pid))
    own = [file for file in snap.files if file.ino == inode.ino]
    if limit is not None:
        own = sorted(own, key=lambda file: file_id(file.file) not in highlight)
    drawn = hidden = 0
    for file in own:
        key = file_id(file.file)
        fds = [
            say("pid {pids} fd {fd}", pids=", ".join(owners.get(table_.files, [])), fd=fd)
            for table_ in snap.fds
            for fd, number, _ in table_.fd
            if number == file.file
        ]
        if not fds and key not in highlight:
            continue
        if drawn == limit:
            hidden += 1
            continue
        drawn += 1
        counts = (f"f_pos {file.f_pos}", f"f_count {file.f_count}")
        words = lines(
            text(f"struct file {file.file}", size=SMALL, bold=True),
            *map(soft, fds),
            *map(soft, counts if limit is not None else (", ".join(counts),)),
        )
        label = table([row(cell(words, tone="struct", mark=highlight.get(key)))])
        picture.node(key, label, tip=say("open file {path}", path=file.path))
        edge = f"edge_{key}"
        picture.edge(
            f"{ino_id(inode.ino)}:head:e", key, key=edge, mark=highlight.get(key), dir="back"
        )
    if hidden:
        said = soft(say_n(hidden, "{n} more open file", "{n} more open files"))
        key = part(ino_id(inode.ino), "files")
        picture.node(key, said)
        picture.unseen(ino_id(inode.ino), key)


def page_cache_text(
    snap: Snapshot, *, inodes: Sequence[int] | None = None, highlight: Marks = NO_MARKS
) -> str:
    """Say the picture in words: each inode, its cached pages, its mappers."""
    said = []
    pages = views.pages(snap)
    listed: set[str] = set()
    for inode in _chosen(snap, inodes):
        line = say(
            "inode {ino} {name}, {size}:",
            ino=inode.ino,
            name=clean(inode.name),
            size=size(inode.i_size),
        )
        listed.add(ino_id(inode.ino))
        said.append(told_of(line, ino_id(inode.ino), highlight))
        keep = _marked_places(inode, pages, highlight)
        for place in fold(inode.i_pages, "", limit=LINES, keep=keep):
            if isinstance(place, More):
                said.append(f"  {folded_words(place.count)}")
                continue
            index, pfn = place
            page = pages.get(pfn)
            line = say("page {index} in frame {pfn}", index=index, pfn=pfn)
            if page is not None:
                line = say(
                    "page {index} in frame {pfn}, refcount {refs}, mapcount {maps}",
                    index=index,
                    pfn=pfn,
                    refs=page.refcount,
                    maps=page.mapcount,
                )
            said.append(f"  {told_of(line, pfn_id(pfn), highlight)}")
        keep = places(vma_id(*mapper) in highlight for mapper in inode.i_mmap)
        for mapper in fold(inode.i_mmap, "", limit=LINES, keep=keep):
            if isinstance(mapper, More):
                said.append(f"  {folded_words(mapper.count)}")
                continue
            mm, vma = mapper_vma(snap, mapper)
            if mm is not None and vma is not None:
                line = say("mapped by mm {mm}: {region}", mm=mm.mm, region=describe(mm, vma))
                said.append(f"  {told_of(line, vma_id(mm.mm, vma.vm_start), highlight)}")
                said.extend(
                    f"    {words}" for words in shown_pages(snap, inode, mm, vma, highlight)
                )
    if inodes is None:
        said += loose_words(highlight, listed, "file", "ino")
    return "\n".join(said) or say("No file is cached.")
