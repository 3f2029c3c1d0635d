"""The pages of a process, as the pictures with physical memory show them: a row for each.

A page with a lock is write-protected because its frame is shared: the next write copies it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from vmlab.diagrams.dot import (
    SMALL,
    Markup,
    apart,
    cell,
    clean,
    level,
    row,
    soft,
    table,
    text,
)
from vmlab.diagrams.folds import LINES, More, fold
from vmlab.diagrams.marking import LEGEND as MARKS_LEGEND
from vmlab.diagrams.marking import told_of
from vmlab.diagrams.palette import SOFT
from vmlab.diagrams.regions import (
    describe,
    next_write_copies,
    page_tip,
    region_name,
    region_tone,
    rights,
    to_be,
)
from vmlab.diagrams.rows import folded_words
from vmlab.record.marks import Marks
from vmlab.state import views
from vmlab.state.entries import Entries, Mapped
from vmlab.state.ids import pte_id, vma_id
from vmlab.state.observed import Observed
from vmlab.state.places import page_at
from vmlab.state.snapshot import MmState, PageState, Snapshot, VmaState
from vmlab.words.language import N_, say

LOCK = N_("the next write copies")
ARROWS = N_("solid: may write, dashed: read-only")
PAGES = N_("arrow: this page shows that frame")
TONES_SAID = (
    ("anon", N_("anonymous")),
    ("file", N_("file")),
    ("code", N_("code")),
    ("shared", N_("shared")),
)
_IN_SWAP = ("lent", N_("in swap"))
_FIRST = ("data", "stack", "heap", "bss")
ARROW_STYLES = {"w": "solid", "p": "solid", "r": "dashed", "-": "dotted"}


def arrow_style(page: Mapped) -> str:
    """Return the style of the arrow from a page to its frame: it says what may be done."""
    return ARROW_STYLES[rights(page.pte)[0]]


def regions_by_use(mm: MmState, pages: Entries) -> tuple[list[VmaState], list[VmaState]]:
    """Return the regions with some of the pages, and those without, the highest first."""
    vmas, addrs = tuple(mm.mmap), pages.addrs()
    starts = [vma.vm_start for vma in vmas]
    touched: list[VmaState] = []
    untouched: list[VmaState] = []
    at = place = 0
    while at < len(addrs):
        found = bisect_right(starts, addrs[at], place) - 1
        untouched += vmas[place : max(found, place)]
        place = max(found, place)
        if found >= 0 and addrs[at] < vmas[found].vm_end:
            touched.append(vmas[found])
            at = bisect_left(addrs, vmas[found].vm_end, at)
            place = found + 1
        else:  # its region went before it
            at = (
                bisect_left(addrs, starts[found + 1], at) if found + 1 < len(starts) else len(addrs)
            )
    untouched += vmas[place:]
    return touched[::-1], untouched[::-1]


def turn_of(mm: MmState, vma: VmaState) -> int:
    """Return which turn a region has where there is room for few: the most telling ones first."""
    kind = views.kind(mm, vma)
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


def marked_places(pages: Entries, mm: MmState, highlight: Marks) -> set[int]:
    """Return the places of the marked pages of a process, and of those that show a marked frame."""
    addrs = {addr for number, addr in highlight.numbers("pte") if number == mm.mm}
    frames = {numbers[0] for numbers in highlight.numbers("pfn")}
    addrs |= {page.addr for page in pages.showing(frames)}
    return {pages.place(addr) for addr in addrs if pages.at(addr) is not None}


def region_row(mm: MmState, vma: VmaState, highlight: Marks) -> Markup:
    """Return the row of a region: its name and its rights."""
    key = vma_id(mm.mm, vma.vm_start)
    name = text(region_name(mm, vma), bold=True, limit=18, size=SMALL)
    return row(
        cell(
            apart(name, level(soft(views.perms(vma)))),
            key=key,
            tip=describe(mm, vma),
            tone=region_tone(mm, vma),
            mark=highlight.get(key),
            padding=2,
        )
    )


def untouched_row(mm: MmState, vma: VmaState, highlight: Marks) -> Markup:
    """Return the thin row of a region of which nothing is in memory."""
    key = vma_id(mm.mm, vma.vm_start)
    name = text(f"{clean(region_name(mm, vma), 12)}  ", size=SMALL)
    return row(
        cell(
            apart(name, soft(say("no frame yet"))),
            key=key,
            tip=say("{region}, no frame yet", region=describe(mm, vma)),
            tone=region_tone(mm, vma),
            mark=highlight.get(key),
            padding=2,
        )
    )


def page_row(
    snap: Snapshot,
    mm: MmState,
    vma: VmaState,
    page: Mapped,
    frame: PageState | None,
    highlight: Marks,
) -> Markup:
    """Return the row of a present page: its number, what the process may do, perhaps a lock."""
    key = pte_id(mm.mm, page.addr)
    locked = next_write_copies(vma, page, frame)
    may = text(rights(page.pte)[1], size=SMALL, bold=True) if _writes(page) else _reads(page)
    tip = page_tip(page)
    if locked:
        tip = say("{page}; shared: the next write copies it", page=tip)
        may = table([row(lock_cell(), cell(may, border=0, padding=0))])
    number = page_at(snap, mm, page.addr).page
    return row(
        cell(
            apart(level(text(say("page {page}  ", page=number), size=SMALL)), may),
            key=key,
            tip=tip,
            port=f"p{page.addr:x}",
            tone="paper",
            mark=highlight.get(key),
            padding=2,
        )
    )


def _writes(page: Mapped) -> bool:
    return rights(page.pte)[0] == "w"


def _reads(page: Mapped) -> Markup:
    return level(soft(say("no access") if rights(page.pte)[0] == "-" else rights(page.pte)[1]))


def frameless_row(snap: Snapshot, mm: MmState, page: Mapped, highlight: Marks) -> Markup:
    """Return the row of a page that has an entry and no frame: it is in swap, or a guard."""
    if views.is_swapped(page.pte):
        return _swap_row(snap, mm, page, highlight)
    return _guard_row(snap, mm, page.addr, highlight)


def _guard_row(snap: Snapshot, mm: MmState, addr: int, highlight: Marks) -> Markup:
    key = pte_id(mm.mm, addr)
    number = page_at(snap, mm, addr).page
    return row(
        cell(
            apart(text(say("page {page}  ", page=number), size=SMALL), soft(say("guard"))),
            key=key,
            tip=say("page {addr:#x}: guard, any access is an error", addr=addr),
            dashed=True,
            mark=highlight.get(key),
            padding=2,
        )
    )


def _swap_row(snap: Snapshot, mm: MmState, page: Mapped, highlight: Marks) -> Markup:
    key = pte_id(mm.mm, page.addr)
    number = page_at(snap, mm, page.addr).page
    slot = views.swap_slot(page.pte)
    return row(
        cell(
            apart(
                text(say("page {page}  ", page=number), size=SMALL),
                soft(say("swap {slot}", slot=slot)),
            ),
            key=key,
            tip=say("page {addr:#x}: in swap, slot {slot}", addr=page.addr, slot=slot),
            tone="lent",
            dashed=True,
            mark=highlight.get(key),
            padding=2,
        )
    )


def lock_cell() -> Markup:
    """Return a cell with a padlock."""
    return cell(_lock(), border=0, padding=0, width=14, align="LEFT")


def _lock() -> Markup:
    # A padlock out of cells: no font has to know the letter.
    gap = cell(border=0, padding=0, width=2, height=4)
    shackle = cell(border=1, padding=0, width=5, height=4, sides="LTR", tone="paper")
    body = cell(border=0, padding=0, width=9, height=5, columns=3, ink=SOFT.light)
    return table([row(gap, shackle, gap), row(body)], fixed=(9, 9))


def whose(snap: Snapshot, mm: MmState) -> tuple[str, str]:
    """Return the name of a process, and whose child it is, for the head of its column."""
    tasks = views.users(snap, mm.mm)
    if not tasks:
        name = to_be(snap, mm)
        return (name, say("not ready yet")) if name else (say("no task any more"), "")
    name = f"{', '.join(str(task.pid) for task in tasks)} {clean(tasks[0].comm, 16)}"
    parent = views.find_task(snap, tasks[0].ppid)
    if parent is None or not parent.mm or parent.mm == mm.mm:
        return name, ""
    return name, say("child of {pid}", pid=parent.pid)


def legend(snap: Snapshot, *, narrow: bool = False) -> Markup:
    """Return two lines that explain the lock, the arrows and the colours, and the marks.

    Args:
        snap: the machine; of a real one it is not known what may be written.
        narrow: in three lines.
    """
    space = cell(border=0, padding=0, width=6)
    first, cells = [lock_cell(), _said(say(LOCK)), space, _said(say(ARROWS))], list[Markup]()
    if isinstance(snap, Observed):
        first = [_said(say(PAGES))]
    tones = (*TONES_SAID, _IN_SWAP) if snap.system.swap else TONES_SAID
    for tone, words in tones:
        swatch = table([row(cell(tone=tone, padding=0, width=9, height=9))], fixed=(9, 9))
        cells += [space, cell(swatch, border=0, padding=0)]
        cells.append(_said(say(words)))
    marks = soft(say(MARKS_LEGEND))
    if narrow:
        lines = (table([row(*first)], spacing=1), table([row(*cells[1:])], spacing=1), marks)
        return table([row(cell(line, border=0, padding=0)) for line in lines], spacing=1)
    columns = len(first) + len(cells)
    rows = [row(*first, *cells), row(cell(marks, border=0, padding=0, columns=columns))]
    return table(rows, spacing=1)


def _said(words: str) -> Markup:
    return cell(soft(words), border=0, padding=0)


def in_swap_words(snap: Snapshot, mms: Sequence[MmState], highlight: Marks) -> Iterator[str]:
    """Say which pages have no frame, for they are in swap, a line each; nothing if none has."""
    pages = [(mm, page) for mm in mms for page in views.swapped(snap, mm)]
    if pages:
        yield say("In swap:")
    for each in fold(pages, "", limit=LINES):
        if isinstance(each, More):
            yield f"  {folded_words(each.count)}"
            continue
        mm, page = each
        line = say(
            "slot {slot}: {process}, {place}",
            slot=views.swap_slot(page.pte),
            process=whose(snap, mm)[0],
            place=clean(str(page_at(snap, mm, page.addr)), 60),
        )
        yield f"  {told_of(line, pte_id(mm.mm, page.addr), highlight)}"
