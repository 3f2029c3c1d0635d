"""The address space as a tall column: 0 at the bottom, regions, gaps, and what is present.

Several processes stand side by side on one axis, so the same address has the same height.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vmlab.diagrams.dot import (
    SHOW_THEM,
    SMALL,
    Markup,
    Picture,
    apart,
    cell,
    elided,
    head,
    lines,
    row,
    soft,
    table,
    text,
)
from vmlab.diagrams.folds import More, fold
from vmlab.diagrams.regions import (
    chosen,
    describe,
    few,
    inside,
    more_processes,
    owner,
    page_count,
    page_tip,
    region_tone,
    rights,
    size,
)
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.ids import gap_id, mm_id, parse, pte_id, vma_id
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.state.views import Gap, Mapped
from vmlab.words.language import N_, say, say_n

LIMIT = 24  # regions and gaps of one process that are shown
PAGES = 12  # pages of a region that is drawn page by page
PRESENT = 4  # pages of a larger region: those that are present
NUMBERED = 4  # up to so many, they say their frame
WIDTH = 152  # points, of what is inside a region

LEGEND = (
    N_("w 9: writable, in frame 9"),
    N_("r 9: read-only"),
    N_("- 9: no access"),
    N_("dashed: not present"),
)


@dataclass(frozen=True, slots=True)
class Band:
    """A range of one process's addresses, drawn as one cell."""

    start: int
    end: int
    markup: Markup
    height: int  # least height in points


def address_space_dot(
    snap: Snapshot,
    *,
    mms: Sequence[int] | None = None,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
) -> str:
    """Draw the address spaces of some processes side by side.

    Args:
        snap: the machine.
        mms: numbers of mm_structs; None = all that a task uses.
        highlight: ids of the objects this step is about.
        unfold: ids of folds that the reader opened.
    """
    picture = Picture("address_space")
    spaces, folds = few(chosen(snap, mms), highlight, unfold)
    if not spaces:
        return picture.nothing(say("no process"))
    columns = [_bands(snap, mm, highlight, unfold) for mm in spaces]
    limits = sorted({band.start for bands in columns for band in bands}, reverse=True)
    heights = _heights(columns, limits)
    upper = max(bands[-1].end for bands in columns)
    rows = [_titles(snap, spaces, folds, highlight), row(_address(upper, 0))]
    by_end = [{band.end: band for band in bands} for bands in columns]
    for limit in limits:
        cells = [_address(limit, heights[limit])]
        for bands in by_end:
            if upper in bands:
                band = bands[upper]
                span = sum(band.start <= other < band.end for other in limits)
                cells.append(Markup(band.markup.replace("<TD", f'<TD ROWSPAN="{span}"', 1)))
                cells.append(cell(border=0, width=10, padding=0, rows=span))
        rows.append(row(*cells))
        upper = limit
    legend = lines(*(soft(say(line)) for line in LEGEND), align="LEFT")
    rows.append(row(cell(border=0), cell(legend, border=0, columns=2 * len(spaces), height=44)))
    picture.node("address_space.column", table(rows), tip=say("address spaces"))
    return picture.dot()


def _titles(
    snap: Snapshot,
    spaces: Sequence[MmState],
    folds: Sequence[More[MmState]],
    highlight: Marks,
) -> Markup:
    cells = [cell(border=0)]
    for mm in spaces:
        note = soft(
            say("mm {mm}, {vmas}, {pages}", mm=mm.mm, vmas=_vmas(mm), pages=page_count(mm.total_vm))
        )
        inner = table([head(owner(snap, mm)), row(cell(note, border=0, padding=2))])
        key = mm_id(mm.mm)
        cells.append(
            cell(
                inner,
                key=key,
                tip=f"mm_struct {mm.mm}",
                border=0,
                padding=2,
                mark=highlight.get(key),
            )
        )
        cells.append(cell(border=0, width=10, padding=0))
    for thing in folds:
        words = text(more_processes(thing), italic=True)
        cells.append(cell(words, key=thing.key, tip=say(SHOW_THEM), dashed=True))
    return row(*cells)


def _vmas(mm: MmState) -> str:
    return say_n(mm.map_count, "{n} VMA", "{n} VMAs")


def _address(addr: int, height: int) -> Markup:
    words = soft(f"{addr:#x} ")
    return cell(words, border=0, padding=0, align="RIGHT", valign="BOTTOM", height=height)


def _heights(columns: Sequence[Sequence[Band]], limits: Sequence[int]) -> dict[int, int]:
    # The height of each step of the axis, so that every band gets at least its own.
    heights = dict.fromkeys(limits, 13)
    for bands in columns:
        for band in bands:
            steps = [limit for limit in limits if band.start <= limit < band.end]
            missing = band.height - sum(heights[limit] for limit in steps)
            if missing > 0:
                for limit in steps:
                    heights[limit] += -(-missing // len(steps))
    return heights


def _bands(snap: Snapshot, mm: MmState, highlight: Marks, unfold: frozenset[str]) -> list[Band]:
    # From address 0 upwards, without holes.
    present = {page.addr: page for page in views.mapped(snap, mm)}
    everything = list(views.gaps(mm))
    keep = (
        gap_id(mm.mm, thing.start) in highlight
        if isinstance(thing, Gap)
        else inside(mm, thing, highlight)
        for thing in everything
    )
    bands = []
    for thing in fold(everything, f"regions_{mm.mm}", limit=LIMIT, keep=keep, unfold=unfold):
        if isinstance(thing, More):
            bands.append(_more(thing))
        elif isinstance(thing, Gap):
            bands.append(_gap(mm, thing, highlight))
        else:
            bands.append(_region(snap, mm, thing, present, highlight))
    return bands


def _more(thing: More[VmaState | Gap]) -> Band:
    first, last = thing.items[0], thing.items[-1]
    start = first.start if isinstance(first, Gap) else first.vm_start
    end = last.end if isinstance(last, Gap) else last.vm_end
    regions = sum(not isinstance(item, Gap) for item in thing.items)
    words = text(elided(say_n(regions, "{n} more", "{n} more")), italic=True)
    return Band(start, end, cell(words, key=thing.key, tip=say(SHOW_THEM), dashed=True), 30)


def _gap(mm: MmState, gap: Gap, highlight: Marks) -> Band:
    length = gap.end - gap.start
    key = gap_id(mm.mm, gap.start)
    markup = cell(
        soft(say("free {size}", size=size(length))),
        key=key,
        tip=say(
            "{start:#x}-{end:#x} free, {size}", start=gap.start, end=gap.end, size=size(length)
        ),
        mark=highlight.get(key),
        dashed=True,
        sides="" if key in highlight else "LR",
        padding=3,
    )
    return Band(gap.start, gap.end, markup, 18 + 3 * max(0, (length.bit_length() - 20) // 4))


def _region(
    snap: Snapshot,
    mm: MmState,
    vma: VmaState,
    present: Mapping[int, Mapped],
    highlight: Marks,
) -> Band:
    addrs = range(vma.vm_start, vma.vm_end, views.page_size(snap))
    whole = len(addrs) <= PAGES
    shown = addrs if whole else _worth_seeing(mm, addrs, present, highlight)
    columns = len(addrs) if whole else PRESENT
    boxes = [_page(snap, mm, addr, present.get(addr), columns, highlight) for addr in shown]
    boxes += [cell(border=0, height=14)] * (columns - len(boxes))
    key = vma_id(mm.mm, vma.vm_start)
    short = views.short_name(mm, vma)
    name = text(short, bold=True, limit=12 if short.isascii() else 9)
    length = size(vma.vm_end - vma.vm_start)
    # The space is as large as the name, so that both stand on one line.
    title = apart(name, Markup(f" {text(f'{views.perms(vma)} {length:>7}', size=SMALL)}"))
    rows = [
        row(cell(title, border=0, padding=0, width=WIDTH, columns=columns, align="LEFT")),
        row(*boxes),
    ]
    if not whole:
        there = sum(addr in addrs for addr in present)
        said = soft(_present(there, len(addrs)))
        rows.append(row(cell(said, border=0, padding=0, columns=columns)))
    markup = cell(
        table(rows, spacing=2),
        key=key,
        tip=describe(mm, vma),
        tone=region_tone(mm, vma),
        mark=highlight.get(key),
        padding=3,
    )
    height = (38 if whole else 48) + 2 * min(len(addrs).bit_length(), 12)
    return Band(vma.vm_start, vma.vm_end, markup, height)


def _present(there: int, nr_pages: int) -> str:
    return say_n(
        nr_pages, "{there} of {n} pages present", "{there} of {n} pages present", there=there
    )


def _worth_seeing(
    mm: MmState, addrs: range, present: Mapping[int, Mapped], highlight: Marks
) -> list[int]:
    # Of a large region, the pages that are marked, then those that are present.
    found = (parse(key) or ("", ()) for key in sorted(highlight))
    marked = [numbers[1] for kind, numbers in found if kind == "pte" and numbers[0] == mm.mm]
    wanted = dict.fromkeys(addr for addr in (*marked, *present) if addr in addrs)
    return sorted(list(wanted)[:PRESENT])


def _page(
    snap: Snapshot,
    mm: MmState,
    addr: int,
    page: Mapped | None,
    count: int,
    highlight: Marks,
) -> Markup:
    key = pte_id(mm.mm, addr)
    words, tip = " ", say("page {addr:#x}: not present", addr=addr)
    if page is not None:
        letter, _ = rights(page.pte)
        frame = say("zero") if page.pfn == snap.zero_pfn else str(page.pfn)
        words = f"{letter} {frame}" if count <= NUMBERED else letter
        tip = page_tip(page)
    return cell(
        text(words, size=SMALL),
        key=key,
        tip=tip,
        tone="paper" if page is not None else "",
        dashed=page is None,
        mark=highlight.get(key),
        padding=2,
        width=WIDTH // count - 2,
        height=14,
    )


def address_space_text(snap: Snapshot, *, mms: Sequence[int] | None = None) -> str:
    """Say the picture in words: every region and gap from the top down."""
    said = []
    for mm in chosen(snap, mms):
        present = views.mapped(snap, mm)
        said.append(
            say(
                "Address space of {owner} (mm {mm}): {vmas}, {pages}. From the top:",
                owner=owner(snap, mm),
                mm=mm.mm,
                vmas=_vmas(mm),
                pages=page_count(mm.total_vm),
            )
        )
        for thing in reversed(list(views.gaps(mm))):
            if isinstance(thing, Gap):
                free = say("free {size}", size=size(thing.end - thing.start))
                said.append(f"  {free}")
                continue
            nr_pages = (thing.vm_end - thing.vm_start) // views.page_size(snap)
            there = sum(thing.vm_start <= page.addr < thing.vm_end for page in present)
            said.append(f"  {describe(mm, thing)}, {_present(there, nr_pages)}")
    return "\n".join(said) or say("No process.")
