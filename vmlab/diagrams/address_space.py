"""The address space as a tall column: 0 at the bottom, regions, gaps, and what is present.

Several processes stand side by side on one axis, so the same address has the same height. A region
takes one line: its name and rights, then its pages. Where a region was, the gap says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vmlab.diagrams.address_space_words import present_count, present_pages, vma_count
from vmlab.diagrams.dot import (
    NAME_LIMIT,
    SHOW_THEM,
    SMALL,
    Markup,
    Picture,
    apart,
    cell,
    clean,
    row,
    soft,
    struck,
    table,
    text,
)
from vmlab.diagrams.folds import More, fold
from vmlab.diagrams.ghosts import (
    Ghost,
    Thing,
    gone_spaces,
    limits_of,
    things,
    to_be_seen,
    was,
)
from vmlab.diagrams.loose import loose
from vmlab.diagrams.marking import LEGEND as MARKS_LEGEND
from vmlab.diagrams.regions import (
    chosen,
    describe,
    foremost,
    frame_number,
    more_processes,
    owner,
    page_count,
    page_tip,
    region_name,
    region_tone,
    rights,
    scaled,
    size,
)
from vmlab.diagrams.room import wrapped
from vmlab.diagrams.rows import elided, head, more_row
from vmlab.diagrams.wide import is_measured
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.entries import Entries, Mapped
from vmlab.state.ids import gap_id, mm_id, part, pte_id, vma_id
from vmlab.state.observed import Observed
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.state.views import Gap
from vmlab.words.language import N_, say, say_n

WHOLE = 14  # regions and gaps of one process that are shown whole
LIMIT = 10  # of those of more, besides what must be seen
OPEN, BESIDE = 3, 2  # address spaces drawn whole: if they are all there are, and beside heads
HEADS = 5  # of further ones
# Where it is narrow there is one, with so many heads beside it, and regions and gaps.
NARROW_HEADS, NARROW_WHOLE, NARROW_LIMIT = 4, 11, 6
OWNER = 16  # letters of a head there
PAGES = 12  # pages of a region that is drawn page by page
PRESENT = 2  # pages of a larger region: those that are present
NUMBERED = 4  # up to so many, they say their frame
TITLE, BOXES = 120, 104  # points: of the name of a region, and of its pages
THIN, LINE = 12, 20  # points, of a gap and of a region

LEGEND = (
    N_("w 9: writable, in frame 9   r 9: read-only   - 9: no access   faint: not present"),
    MARKS_LEGEND,
)
# Of a real process it is not known what may be written, nor, of a text, which pages are there.
OBSERVED_LEGEND = (
    N_("p 9: present, in frame 9   faint: not present, or not known"),
    MARKS_LEGEND,
)


SWAP_LEGEND = (N_("s 3: in swap, in slot 3"), *LEGEND)


@dataclass(frozen=True, slots=True)
class Band:
    """A range of one process's addresses, drawn as one cell."""

    start: int
    end: int
    markup: Markup
    height: int  # least height in points


def _legend(snap: Snapshot) -> tuple[str, ...]:
    if isinstance(snap, Observed):
        return OBSERVED_LEGEND
    return SWAP_LEGEND if snap.system.swap else LEGEND


def address_space_dot(
    snap: Snapshot,
    *,
    mms: Sequence[int] | None = None,
    mm: int | None = None,
    before: Snapshot | None = None,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
    narrow: bool = False,
) -> str:
    """Draw the address spaces of some processes side by side.

    Those that the step is about, or that share a frame it is about, are drawn whole.

    Args:
        snap: the machine.
        mms: numbers of mm_structs; None = all there are.
        mm: the one that the reader looks at.
        before: the machine before; what went since then is drawn as a ghost.
        highlight: what happened to the objects this step is about.
        unfold: ids of folds that the reader opened.
        narrow: whether something stands beside it.
    """
    picture = Picture("address_space")
    spaces = chosen(snap, mms)
    count = len(spaces) if len(spaces) <= OPEN else BESIDE
    shown = foremost(snap, spaces, mm, highlight, count=count)
    if narrow:
        shown = [space for space in shown if space.mm == mm][:1] or shown[:1]
    heads = [space for space in spaces if space not in shown]
    gone = gone_spaces(snap, before, mms)
    if not spaces and not gone:
        loose(picture, highlight, "mm", "vma", "pte", snap=snap if narrow else None)
        return picture.nothing(say("no process"))
    legend = map(say, _legend(snap))
    picture.legend(*wrapped(*legend) if narrow else legend)
    columns = [_bands(snap, space, before, highlight, unfold, narrow=narrow) for space in shown]
    limits = sorted({band.start for bands in columns for band in bands}, reverse=True)
    heights = _heights(columns, limits)
    upper = max((bands[-1].end for bands in columns), default=0)
    rows = [row(cell(border=0), *_titles(snap, shown, highlight)), row(_address(upper, 0))]
    by_end = [{band.end: band for band in bands} for bands in columns]
    for limit in limits:
        cells = [_address(limit, heights[limit])]
        for bands in by_end:
            if upper in bands:
                band = bands[upper]
                span = sum(band.start <= other < band.end for other in limits)
                cells.append(Markup(band.markup.replace("<TD", f'<TD ROWSPAN="{span}"', 1)))
                cells.append(cell(border=0, width=6, padding=0, rows=span))
        rows.append(row(*cells))
        upper = limit
    column, others = "address_space.column", "address_space.others"
    picture.node(column, table(rows), tip=say("address spaces"))
    if heads or gone:
        folded = fold(heads, "spaces", limit=NARROW_HEADS if narrow else HEADS, unfold=unfold)
        letters = OWNER if narrow else NAME_LIMIT
        label = _others(snap, folded, before, gone, highlight, letters)
        picture.node(others, label, tip=say("other processes"))
        picture.same_rank([column, others])
    if mms is None:
        loose(
            picture,
            highlight,
            "mm",
            "vma",
            "pte",
            below=column if narrow else "",
            snap=snap if narrow else None,
        )
    return picture.dot()


def _titles(snap: Snapshot, spaces: Sequence[MmState], highlight: Marks) -> Iterator[Markup]:
    for mm in spaces:
        note = say("{vmas}, {pages}", vmas=vma_count(mm), pages=page_count(mm.total_vm))
        inner = table([head(owner(snap, mm), note=note)])
        key = mm_id(mm.mm)
        tip = f"mm_struct {mm.mm}"
        yield cell(inner, key=key, tip=tip, border=0, padding=4, mark=highlight.get(key))
        yield cell(border=0, width=6, padding=0)


def _others(
    snap: Snapshot,
    folded: Sequence[MmState | More[MmState]],
    before: Snapshot | None,
    gone: Sequence[MmState],
    highlight: Marks,
    letters: int,
) -> Markup:
    # The heads of the address spaces that are not drawn whole.
    lines = []
    for thing in folded:
        if isinstance(thing, More):
            few = say_n(thing.count, "{n} more", "{n} more")
            lines.append(more_row(thing, few if letters == OWNER else more_processes(thing)))
            continue
        key = mm_id(thing.mm)
        words = text(owner(snap, thing), bold=True, size=SMALL, limit=letters)
        tip = f"mm_struct {thing.mm}"
        lines.append(row(cell(words, key=key, tip=tip, tone="struct", mark=highlight.get(key))))
    for mm in gone:
        key = mm_id(mm.mm)
        words = struck(clean(owner(before, mm), letters) if before is not None else "")
        lines.append(row(cell(words, key=key, tip=f"mm_struct {mm.mm}", mark="gone")))
    return table(lines, spacing=4)


def _address(addr: int, height: int) -> Markup:
    words = soft(f"{addr:#x} ")
    return cell(words, border=0, padding=0, align="RIGHT", valign="BOTTOM", height=height)


def _heights(columns: Sequence[Sequence[Band]], limits: Sequence[int]) -> dict[int, int]:
    # The height of each step of the axis, so that every band gets at least its own.
    heights = dict.fromkeys(limits, THIN)
    for bands in columns:
        for band in bands:
            steps = [limit for limit in limits if band.start <= limit < band.end]
            missing = band.height - sum(heights[limit] for limit in steps)
            if missing > 0:
                for limit in steps:
                    heights[limit] += -(-missing // len(steps))
    return heights


def _bands(
    snap: Snapshot,
    mm: MmState,
    before: Snapshot | None,
    highlight: Marks,
    unfold: frozenset[str],
    *,
    narrow: bool,
) -> list[Band]:
    # From address 0 upwards, without holes.
    present = views.mapped(snap, mm)
    everything = things(mm, before)
    keep = to_be_seen(mm, everything, highlight)
    limit = WHOLE if len(everything) <= WHOLE else LIMIT
    if narrow:
        limit = NARROW_WHOLE if len(everything) <= NARROW_WHOLE else 0
        ends = (0, len(everything) - 1, *range(1, len(everything)))
        keep = {*[*dict.fromkeys((*sorted(keep), *ends))][:NARROW_LIMIT]}
    bands = []
    for thing in fold(everything, f"regions_{mm.mm}", limit=limit, keep=keep, unfold=unfold):
        if isinstance(thing, More):
            bands.append(_more(thing))
        elif isinstance(thing, Gap):
            bands.append(_gap(mm, thing, highlight))
        elif isinstance(thing, Ghost):
            bands.append(_ghost(snap, mm, thing))
        else:
            bands.append(_region(snap, mm, thing, present, highlight))
    return bands


def _more(thing: More[Thing]) -> Band:
    regions = sum(not isinstance(item, Gap) for item in thing.items)
    words = text(elided(say_n(regions, "{n} more", "{n} more")), italic=True, size=SMALL)
    markup = cell(words, key=thing.key, tip=say(SHOW_THEM), dashed=True, padding=2)
    return Band(limits_of(thing.items[0])[0], limits_of(thing.items[-1])[1], markup, LINE)


def _gap(mm: MmState, gap: Gap, highlight: Marks) -> Band:
    key = gap_id(mm.mm, gap.start)
    length = gap.end - gap.start
    markup = cell(
        soft(say("free {size}", size=size(length))),
        key=key,
        tip=say(
            "{start:#x}-{end:#x} free, {size}", start=gap.start, end=gap.end, size=size(length)
        ),
        mark=highlight.get(key),
        dashed=True,
        sides="" if key in highlight else "LR",
        padding=1,
    )
    return Band(gap.start, gap.end, markup, THIN)


def _ghost(snap: Snapshot, mm: MmState, ghost: Ghost) -> Band:
    key = vma_id(mm.mm, ghost.vma.vm_start)
    markup = cell(
        struck(was(snap, ghost)),
        key=key
        if ghost.whole and ghost.start == ghost.vma.vm_start
        else part(key, f"{ghost.start:x}"),
        tip=describe(ghost.mm, ghost.vma),
        mark="gone",
        padding=2,
    )
    return Band(ghost.start, ghost.end, markup, LINE)


def _region(
    snap: Snapshot,
    mm: MmState,
    vma: VmaState,
    present: Entries,
    highlight: Marks,
) -> Band:
    addrs = range(vma.vm_start, vma.vm_end, views.page_size(snap))
    whole = len(addrs) <= PAGES
    own = present.between(vma.vm_start, vma.vm_end)
    shown = addrs if whole else _worth_seeing(mm, addrs, own, highlight)
    count = len(addrs) if whole else NUMBERED
    boxes = [_page(snap, mm, addr, own.at(addr), count, highlight) for addr in shown]
    there = present_pages(snap, mm, vma, own)
    short = region_name(mm, vma)
    name = text(short, bold=True, size=SMALL, limit=11 if is_measured(short) else 7)
    title = apart(name, soft(f" {views.perms(vma)} {_brief(vma.vm_end - vma.vm_start)} "))
    if not whole:
        boxes += [cell(border=0, padding=0, width=BOXES // NUMBERED)] * (PRESENT - len(boxes))
        said = "" if there is None else say("{there} of {n}", there=there, n=len(addrs))
        boxes.append(cell(soft(said), border=0, padding=0, width=BOXES // 2, height=16))
    markup = cell(
        table([row(cell(title, border=0, padding=0, width=TITLE), *boxes)], spacing=1),
        key=vma_id(mm.mm, vma.vm_start),
        tip=f"{describe(mm, vma)}, {present_count(there, len(addrs))}",
        tone=region_tone(mm, vma),
        mark=highlight.get(vma_id(mm.mm, vma.vm_start)),
        padding=2,
    )
    return Band(vma.vm_start, vma.vm_end, markup, LINE)


def _brief(length: int) -> str:
    # A size in the room that all sizes take.
    number, unit = scaled(length)
    return f"{number + unit[:1]:>4}"


def _worth_seeing(mm: MmState, addrs: range, present: Entries, highlight: Marks) -> list[int]:
    # Of a large region, the pages that are marked, then those that are present.
    marked = sorted(addr for number, addr in highlight.numbers("pte") if number == mm.mm)
    first = (page.addr for page in present[: PRESENT + len(marked)])
    wanted = dict.fromkeys(addr for addr in (*marked, *first) if addr in addrs)
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
        frame = say("zero") if page.pfn == snap.zero_pfn else frame_number(page.pfn)
        words = f"{letter} {frame}" if count <= NUMBERED else letter
        tip = page_tip(page)
    slot = views.swapped_to(snap, mm, addr) if page is None else None
    if slot is not None:
        words = f"s {slot}" if count <= NUMBERED else "s"
        tip = say("page {addr:#x}: in swap, slot {slot}", addr=addr, slot=slot)
    return cell(
        text(words, size=SMALL),
        key=key,
        tip=tip,
        tone="paper" if page is not None else "lent" if slot is not None else "",
        dashed=page is None,
        mark=highlight.get(key),
        padding=1,
        width=BOXES // count - 1,
        height=12,
    )
