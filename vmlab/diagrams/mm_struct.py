"""The classic figure: task_struct, its mm_struct, the VMA list, and the region each VMA is."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import Any

from vmlab.diagrams.dot import (
    SHOW_THEM,
    SMALL,
    Markup,
    Picture,
    cell,
    clean,
    lines,
    row,
    soft,
    struck,
    table,
    text,
)
from vmlab.diagrams.folds import More, fold, places
from vmlab.diagrams.ghosts import Ghost, gone, limits_of
from vmlab.diagrams.loose import loose
from vmlab.diagrams.marking import LEGEND as MARKS_LEGEND
from vmlab.diagrams.mm_struct_words import COUNTS, MARKS
from vmlab.diagrams.palette import SOFT
from vmlab.diagrams.regions import (
    chosen_one,
    describe,
    meant,
    page_count,
    region_name,
    region_tone,
    size,
)
from vmlab.diagrams.room import wrapped
from vmlab.diagrams.rows import elided, fields, foot, head
from vmlab.model.mmu.pte import Pte
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.ids import mm_id, part, pfn_id, task_id, vma_id
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.words.language import N_, say, say_n

MANY = 64  # VMAs; of no more, most may be what the kernel lends
WHOLE = 9  # VMAs that are shown without a fold
LIMIT = 7  # VMAs that are shown beside folds
HIGH = 28  # points of a VMA, and of its region
THIN = 14  # points of what is folded away, or gone
ARROW = 6  # points of the arrow to the next
FIRST = 13  # points of the line above the list
WIDTH = 78  # points of a region
BESIDE = 27  # characters of a line of places beside a region
NAMES = 11  # characters that the names of fields take
# Where it is narrow: the letters beside a region, VMAs, and marked ones among them.
NARROW_BESIDE, NARROW_LIMIT, NARROW_MARKED = 11, 6, 2

LEGEND = (
    N_("vm_area_struct: vm_flags beside vm_end, vm_page_prot beside vm_start"),
    MARKS_LEGEND,
)
LETTERS = (N_("P present  RW writable"), N_("US user  A accessed"), N_("NX no execute"))

Shown = VmaState | Ghost | More[VmaState | Ghost]


def mm_struct_dot(
    snap: Snapshot,
    *,
    mm: int | None = None,
    before: Snapshot | None = None,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
    narrow: bool = False,
) -> str:
    """Draw one mm_struct with its list of VMAs.

    Args:
        snap: the machine.
        mm: number of the mm_struct; None = that of the running task.
        before: the machine before; a VMA that is gone since stands where it was.
        highlight: ids of the objects this step is about.
        unfold: ids of folds that the reader opened.
        narrow: whether something stands beside it.
    """
    picture = Picture("mm_struct", across=True, ranksep="0.14" if narrow else "0.36")
    space = chosen_one(snap, mm)
    if space is None:
        return picture.nothing(say("no process"))
    if narrow:
        picture.legend(*wrapped(say(MARKS_LEGEND)))
    else:
        picture.legend("    ".join(map(say, LEGEND)))
        picture.node("mm_struct.letters", lines(*(soft(say(line)) for line in LETTERS)))
        picture.same_rank([mm_id(space.mm), "mm_struct.letters"])
    went = [each for each in gone(space, before) if vma_id(space.mm, each.start) in highlight]
    shown = _shown(space, went, highlight, unfold, narrow=narrow)
    _tasks(picture, snap, space, highlight, narrow=narrow)
    _struct(picture, space, highlight)
    if shown:
        vmas, memory = "mm_struct.mmap", "mm_struct.memory"
        picture.node(
            vmas, _list(space, shown, highlight, narrow=narrow), tip=say("the list mm->mmap")
        )
        beside = _memory(space, shown, highlight, narrow=narrow)
        picture.node(memory, beside, tip=say("the memory of the process"))
        # The mmap pointer leads to the bottom of the list, but must not pull its owner there.
        picture.edge(
            f"{mm_id(space.mm)}:mmap:e", f"{vmas}:row0:w", key="edge_mmap", weight="0", minlen="2"
        )
        picture.unseen(mm_id(space.mm), vmas, weight="9", minlen="2")
        for turn, thing in enumerate(shown):
            if isinstance(thing, VmaState):
                key = vma_id(space.mm, thing.vm_start)
                picture.edge(
                    f"{vmas}:row{turn}:e",
                    f"{memory}:row{turn}:w",
                    key=f"edge_{key}",
                    mark=highlight.get(key),
                )
    loose(picture, highlight, "vma", mm=space.mm, snap=snap if narrow else None)
    return picture.dot()


def _shown(
    mm: MmState,
    went: Sequence[Ghost],
    highlight: Marks,
    unfold: frozenset[str],
    *,
    narrow: bool,
) -> list[Shown]:
    # Where room is short, what the kernel lends is folded away before the process's own.
    things: list[VmaState | Ghost] = [*mm.mmap]
    for ghost in went:
        insort(things, ghost, key=_start)
    starts = meant(mm, highlight) | {ghost.start for ghost in went}
    keep = [bisect_left(things, start, key=_start) for start in starts]
    if narrow:
        keep, limit = sorted(keep)[:NARROW_MARKED], NARROW_LIMIT
        return fold(things, "vmas", limit=limit - len(keep), keep=keep, unfold=unfold)
    limit = LIMIT if len(things) > WHOLE else WHOLE
    if WHOLE < len(things) <= MANY:
        own = places(isinstance(each, Ghost) or views.kind(mm, each) != "vdso" for each in things)
        if len(own) <= LIMIT + 1:
            limit, keep = 0, keep + own
    return fold(things, "vmas", limit=limit, keep=keep, unfold=unfold)


def _start(thing: VmaState | Ghost) -> int:
    return limits_of(thing)[0]


def _flags(vma: VmaState) -> str:
    names = views.flags(vma).split("|")
    letters = "|".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")
    return f"{letters:<19}"


def _tasks(
    picture: Picture, snap: Snapshot, mm: MmState, highlight: Marks, *, narrow: bool
) -> None:
    # The tasks that point to the mm_struct; above it where it is narrow, and one of them.
    key = mm_id(mm.mm)
    tasks = sorted(views.users(snap, mm.mm), key=lambda task: task_id(task.pid) not in highlight)
    for task in tasks[:1] if narrow else views.users(snap, mm.mm):
        name = task_id(task.pid)
        picture.struct(
            name,
            [
                head("task_struct"),
                fields(("pid", str(task.pid)), ("comm", clean(task.comm)), width=4),
                fields(("mm", f"mm {mm.mm}"), width=4, port="mm"),
                foot(),
            ],
            tip=say("task {pid}", pid=task.pid),
            mark=highlight.get(name),
        )
        if narrow:
            picture.level(name, key)
            picture.edge(name, key, key=f"edge_{name}_mm")
        else:
            picture.edge(f"{name}:mm:e", f"{key}:head:w", key=f"edge_{name}_mm")
    if narrow and len(tasks) > 1:
        more = say_n(len(tasks) - 1, "{n} more task", "{n} more tasks")
        picture.node("mm_struct.tasks", soft(more))
        picture.same_rank([key, "mm_struct.tasks"])


def _struct(picture: Picture, mm: MmState, highlight: Marks) -> None:
    key = mm_id(mm.mm)
    first = f"{mm.mmap[0].vm_start:#x}" if mm.mmap else "NULL"
    root = f"{mm.mm_rb:#x}" if mm.mm_rb is not None else "NULL"
    counts = [(name, str(getattr(mm, name))) for name in COUNTS]
    pages = ("total_vm", page_count(mm.total_vm))
    marks = [(name, f"{getattr(mm, name):#x}") for name in ("mmap_base", *MARKS)]
    picture.struct(
        key,
        [
            head("mm_struct", port="head"),
            fields(("mmap", first), width=NAMES, port="mmap"),
            fields(("mm_rb", root), width=NAMES),
            fields(
                ("pgd", say("frame {pfn}", pfn=mm.pgd)),
                width=NAMES,
                key=part(pfn_id(mm.pgd), "pgd"),
            ),
            fields(*counts, pages, *marks, width=NAMES),
            foot(),
        ],
        tip=f"mm_struct {mm.mm}",
        mark=highlight.get(key),
    )


def _list(mm: MmState, shown: Sequence[Shown], highlight: Marks, *, narrow: bool) -> Markup:
    # The VMAs, lowest at the bottom, each pointing up to the next.
    rows = [row(cell(soft("vm_next = NULL"), border=0, padding=0, height=FIRST, valign="TOP"))]
    for turn, thing in reversed(list(enumerate(shown))):
        port = f"row{turn}"
        if isinstance(thing, More):
            rows.append(row(_fold(thing, key=thing.key, port=port, height=THIN)))
        elif isinstance(thing, Ghost):
            key = vma_id(mm.mm, thing.start)
            rows.append(row(_gone(thing, key=key, port=port, height=THIN)))
        else:
            rows.append(row(_vma(mm, thing, port, highlight, narrow=narrow)))
        rows.append(row(cell(_arrow() if turn else "", border=0, padding=0, height=ARROW)))
    return table(rows)


def _arrow() -> Markup:
    # A triangle out of cells, lower than a letter can be.
    def block(width: int, ink: str) -> Markup:
        return cell(border=0, padding=0, width=width, height=2, ink=ink)

    def line(width: int) -> Markup:
        aside = (10 - width) // 2
        sides = block(aside, "") if aside else ""
        return cell(table([row(sides, block(width, SOFT.light), sides)]), border=0, padding=0)

    return table([row(line(width)) for width in (2, 6, 10)], fixed=(10, ARROW))


def _vma(mm: MmState, vma: VmaState, port: str, highlight: Marks, *, narrow: bool) -> Markup:
    key = vma_id(mm.mm, vma.vm_start)
    prot = Pte(vma.vm_page_prot).name or "0"
    flags, prot = ("", "") if narrow else (f" {_flags(vma)}", f" {prot}")
    inner = fields(
        ("vm_end", f"{vma.vm_end:#x}".ljust(14) + flags),
        ("vm_start", f"{vma.vm_start:#x}".ljust(14) + prot),
        width=8,
    )
    return cell(
        table([inner]),
        key=key,
        tip=describe(mm, vma),
        port=port,
        tone="struct",
        mark=highlight.get(key),
        padding=2,
        height=HIGH,
    )


def _fold(more: More[VmaState | Ghost], **attributes: Any) -> Markup:
    words = text(elided(say_n(more.count, "{n} more", "{n} more")), italic=True, size=SMALL)
    return cell(words, tip=say(SHOW_THEM), dashed=True, padding=0, **attributes)


def _gone(ghost: Ghost, **attributes: Any) -> Markup:
    words = struck(say("was {name}", name=region_name(ghost.mm, ghost.vma)))
    return cell(words, tip=describe(ghost.mm, ghost.vma), mark="gone", padding=1, **attributes)


def _memory(mm: MmState, shown: Sequence[Shown], highlight: Marks, *, narrow: bool) -> Markup:
    # The regions beside their VMAs, and what mm_struct remembers beside the regions. A column
    # without width takes the edges, so that they end level with the VMA they come from.
    top = max(_range(thing)[1] for thing in shown)
    above = _free(FIRST) if top < mm.task_size else cell(border=0, height=FIRST, padding=0)
    rows = [row(_end(height=FIRST), above, _places([] if narrow else [f"{top:#x}"]))]
    for turn, thing in reversed(list(enumerate(shown))):
        start, end = _range(thing)
        below = shown[turn - 1] if turn else None
        touches = below is not None and _touch(below, thing)
        region = _region(mm, thing, highlight, rows=2 if touches else 1)
        said = [] if isinstance(thing, Ghost) else _remembered(mm, start, end)
        beside = NARROW_BESIDE if narrow else BESIDE
        said += [] if narrow else [f"{start:#x}"]
        places = _places(said, rows=2, letters=beside)
        height = HIGH if isinstance(thing, VmaState) else THIN
        rows.append(row(_end(f"row{turn}", height), region, places))
        rows.append(row(_end(height=ARROW), *(() if touches else (_free(ARROW),))))
    return table(rows)


def _touch(below: Shown, above: Shown) -> bool:
    # Whether no memory is free between two things; where a VMA is gone, some may be.
    if isinstance(below, Ghost) or isinstance(above, Ghost):
        return False
    return _range(below)[1] == _range(above)[0]


def _end(port: str = "", height: int = 0) -> Markup:
    return cell(border=0, padding=0, width=1, height=height, port=port)


def _region(mm: MmState, thing: Shown, highlight: Marks, *, rows: int) -> Markup:
    if isinstance(thing, More):
        return _fold(thing, key=part(thing.key, "region"), width=WIDTH, rows=rows)
    if isinstance(thing, Ghost):
        key = part(vma_id(mm.mm, thing.start), "region")
        return _gone(thing, key=key, width=WIDTH)
    key = vma_id(mm.mm, thing.vm_start)
    words = lines(
        text(region_name(mm, thing), bold=True, limit=16, size=SMALL),
        soft(f"{views.perms(thing)} {size(thing.vm_end - thing.vm_start)}"),
    )
    return cell(
        words,
        key=part(key, "region"),
        tip=describe(mm, thing),
        tone=region_tone(mm, thing),
        mark=highlight.get(key),
        padding=2,
        width=WIDTH,
        rows=rows,
    )


def _range(thing: Shown) -> tuple[int, int]:
    if isinstance(thing, More):
        return limits_of(thing.items[0])[0], limits_of(thing.items[-1])[1]
    return limits_of(thing)


def _free(height: int) -> Markup:
    return cell(sides="LR", dashed=True, padding=0, height=height)


def _remembered(mm: MmState, start: int, end: int) -> list[str]:
    # The heap ends at brk, so brk belongs to it although it is the first byte after. Before there
    # is a heap, the place where it will begin is the end of something too.
    ends = ("brk",) if mm.start_brk < mm.brk else ("start_brk", "brk")
    places = [(getattr(mm, name), name) for name in MARKS]
    inside = [
        (addr, name)
        for addr, name in places
        if start <= addr < end or (addr == end and name in ends)
    ]
    # Of two at one address the later field is the upper one: an end stands above its start.
    return [name for _, name in sorted(inside, key=lambda place: place[0])][::-1]


def _places(said: Sequence[str], rows: int = 1, letters: int = BESIDE) -> Markup:
    # As many side by side as there is room for; the address stands last and lowest.
    whole: list[str] = []
    for name in said:
        if whole and len(whole[-1]) + len(name) < letters:
            whole[-1] += f" {name}"
        else:
            whole.append(name)
    words = lines(*(soft(f" {line}") for line in whole), align="LEFT")
    return cell(words, border=0, align="LEFT", valign="BOTTOM", padding=0, rows=rows)
