"""The page tables of one address space, each level a column, and the walk of one address.

Entries that say nothing are left out, unless a table is small enough to be shown whole. When an
address is walked, the tables off its way are folded, and so are entries that are not beside it.
"""

from __future__ import annotations

from collections.abc import Iterable

from vmlab.diagrams.dot import SMALL, Markup, Picture, cell, lines, row, soft, table, text
from vmlab.diagrams.folds import More, fold, places
from vmlab.diagrams.loose import loose
from vmlab.diagrams.marking import HERE
from vmlab.diagrams.marking import LEGEND as MARKS_LEGEND
from vmlab.diagrams.palette import HOT
from vmlab.diagrams.regions import chosen_one, frame_kind, frame_tone, owner, where
from vmlab.diagrams.room import squeezed, wrapped
from vmlab.diagrams.rows import head, more_row
from vmlab.model.mmu.pte import NX, RW, US, A, D, Geometry, P, pte_pfn
from vmlab.model.mmu.walk import WalkStep
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.ids import entry_id, pfn_id, pte_id
from vmlab.state.snapshot import MmState, Snapshot
from vmlab.words.columns import padded
from vmlab.words.language import N_, say, say_n

ROWS = 6  # entries of one table that are shown
TABLES = 12  # tables that are shown
NARROW_ROWS, NARROW_TABLES = 2, 8
WHOLE = 8  # a table of so few entries is shown with its empty ones
TITLE_LIMIT, NARROW_TITLE = 90, 70
MARKS = N_("line: heavy new, thick changed or on the walk, dashed looked at, dotted gone")
ORDER = N_("1 2 3: read in this order")

BITS = (
    (P, "P", N_("P present")),
    (RW, "W", N_("W writable")),
    (US, "U", N_("U user")),
    (A, "A", N_("A accessed")),
    (D, "D", N_("D dirty")),
    (NX, "N", N_("N no execute")),
)


def page_table_dot(
    snap: Snapshot,
    *,
    mm: int | None = None,
    addr: int | None = None,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
    narrow: bool = False,
) -> str:
    """Draw the page tables of one address space.

    Args:
        snap: the machine.
        mm: number of the mm_struct; None = that of the running task.
        addr: virtual address in bytes whose walk is shown; None = no walk.
        highlight: ids of the objects this step is about.
        unfold: ids of folds that the reader opened.
        narrow: whether something stands beside it.
    """
    space = chosen_one(snap, mm)
    if space is None:
        return Picture("page_table").nothing(say("no process"))
    shape = views.geometry(snap)
    steps = views.walk(snap, space, addr) if addr is not None else ()
    title = _title(snap, space, addr, NARROW_TITLE if narrow else TITLE_LIMIT)
    legend = _legend(shape, *((MARKS_LEGEND,) if addr is None else (MARKS, ORDER)), narrow=narrow)
    above = lines(title, legend) if addr is None else _address(shape, addr, steps, title, legend)
    ranks, apart = ("0.18", "0.04") if narrow else ("0.35", "0.1")
    picture = Picture(
        "page_table", across=True, label=f"<{above}>", labelloc="t", ranksep=ranks, nodesep=apart
    )
    _Drawing(picture, snap, space, steps, highlight, unfold, narrow=narrow).draw()
    if addr is not None and len(steps) == shape.levels and steps[-1].entry & P:
        _target(picture, snap, space, steps[-1].entry, addr, highlight)
        if narrow:
            picture.level(pfn_id(steps[-1].table), pfn_id(pte_pfn(steps[-1].entry)))
    loose(picture, highlight, "pte", mm=space.mm, snap=snap if narrow else None)
    return picture.dot()


def _bits(shape: Geometry) -> list[tuple[int, str, str]]:
    return [bit for bit in BITS if bit[0] != NX or shape.nx]


def _title(snap: Snapshot, mm: MmState, addr: int | None, letters: int) -> Markup:
    # Whose tables they are, and which place is walked.
    said = say("Page tables of {owner}", owner=owner(snap, mm))
    if addr is not None:
        place = where(snap, mm, addr)
        said = say("{owner}: walk of {place}", owner=owner(snap, mm), place=place)
    return text(said, bold=True, limit=letters)


def _legend(shape: Geometry, *marks: str, narrow: bool) -> Markup:
    bits = "  ".join(say(words) for _, _, words in _bits(shape))
    said = (bits, "    ".join(map(say, marks)))
    return lines(*map(soft, wrapped(*said) if narrow else said))


def _address(
    shape: Geometry, addr: int, steps: tuple[WalkStep, ...], title: Markup, legend: Markup
) -> Markup:
    # The address cut into what each level uses.
    names, binary, values = [], [], []
    fields = [
        (name, shift, bits)
        for name, shift, bits in zip(shape.level_names, shape.shifts, shape.level_bits, strict=True)
    ]
    for name, shift, bits in (*fields, ("offset", 0, shape.page_shift)):
        value = addr >> shift & (1 << bits) - 1
        reached = name == "offset" or any(step.level == name for step in steps)
        tone = "hot" if reached else "struct"
        called = say("offset") if name == "offset" else name
        said = Markup(f"{text(called, bold=True)} {soft(f'{shift + bits - 1}..{shift}')}")
        names.append(cell(said, tone=tone, padding=2, sides="LTR"))
        binary.append(cell(f"{value:0{bits}b}", tone=tone, padding=1, sides="LR"))
        shown = f"{value:#x}" if name == "offset" else f"{value}"
        values.append(cell(text(shown, bold=True), tone=tone, padding=1, sides="LBR"))
    wide = len(fields) + 1
    above, below = (cell(words, border=0, padding=0, columns=wide) for words in (title, legend))
    return table([row(above), row(*names), row(*binary), row(*values), row(below)])


class _Drawing:
    # The tables of one address space.
    def __init__(
        self,
        picture: Picture,
        snap: Snapshot,
        mm: MmState,
        steps: tuple[WalkStep, ...],
        highlight: Marks,
        unfold: frozenset[str],
        *,
        narrow: bool,
    ) -> None:
        self.is_narrow = narrow
        self.shorten = squeezed if narrow else fold
        self.picture = picture
        self.snap = snap
        self.mm = mm
        self.shape = views.geometry(snap)
        self.bits = _bits(self.shape)
        self.walked = {step.table: step.index for step in steps}
        self.highlight = highlight
        self.unfold = unfold
        self.above = views.tables_above(snap, mm)
        self.kept = self._kept(snap, steps)
        order = list(self.above)
        keep = places(pfn in self.kept for pfn in order)
        limit = 0 if steps else NARROW_TABLES if narrow else TABLES
        if narrow and steps:  # the tables on the way alone
            keep = places(pfn in self.walked for pfn in order)
            limit = len(keep)
        shown = self.shorten(order, f"tables_{mm.mm}", limit=limit, keep=keep, unfold=unfold)
        self.folds = {
            pfn: thing for thing in shown if isinstance(thing, More) for pfn in thing.items
        }
        self.drawn: set[str] = set()

    def draw(self) -> None:
        self._table(self.mm.pgd, 0, 0)

    def _kept(self, snap: Snapshot, steps: tuple[WalkStep, ...]) -> dict[int, set[int]]:
        # The entries on the way to what must be seen, by table.
        kept: dict[int, set[int]] = {}
        found = list(steps)
        for number, addr in self.highlight.numbers("pte"):
            if number == self.mm.mm:
                found += views.walk(snap, self.mm, addr)
        for step in found:
            kept.setdefault(step.table, set()).add(step.index)
        for (number,) in self.highlight.numbers("pfn"):
            pfn = number
            if pfn in self.above:
                kept.setdefault(pfn, set())
            while above := self.above.get(pfn):
                pfn, index = above
                kept.setdefault(pfn, set()).add(index)
        return kept

    def _table(self, pfn: int, level: int, base: int) -> None:
        # One table, then those it points to.
        key = pfn_id(pfn)
        note = str(pfn) if self.is_narrow else say("frame {pfn}", pfn=pfn)
        rows = [head(self.shape.level_names[level], note=note, port="head")]
        rows.append(
            row(
                cell(
                    soft(self._titles(level)),
                    border=0,
                    align="LEFT",
                    padding=0 if self.is_narrow else 3,
                )
            )
        )
        entries = views.table_entries(self.snap, pfn)
        indexes = self._indexes(pfn, level, entries)
        keys = {index: self._key(pfn, level, base, index) for index in indexes}
        kept = self.kept.get(pfn, set())
        limit = NARROW_ROWS if self.is_narrow else ROWS
        if pfn in self.walked and len(indexes) > WHOLE:
            # Around the walk its neighbours are enough.
            at, limit = indexes.index(self.walked[pfn]), 0
            kept = kept | set(indexes[max(at - 1, 0) : at + 2])
        keep = places(index in kept for index in indexes)
        what = f"entries_{pfn}"
        if self.is_narrow:
            way = [place for place in keep if indexes[place] == self.walked.get(pfn)]
            keep, limit = way or keep, NARROW_ROWS
        for index in self.shorten(indexes, what, limit=limit, keep=keep, unfold=self.unfold):
            if isinstance(index, More):
                rows.append(more_row(index, say_n(index.count, "{n} more", "{n} more")))
                continue
            entry = entries.get(index, 0)
            walked = index == self.walked.get(pfn)
            rows.append(self._row(level, base, index, entry, keys[index], walked=walked))
            if level + 1 < self.shape.levels and entry & P:
                self._child(key, keys[index], level, base, index, entry, walked=walked)
        hidden = (1 << self.shape.level_bits[level]) - len(indexes)
        if hidden:
            said = soft(say_n(hidden, "{n} empty", "{n} empty"))
            rows.append(row(cell(said, border=0, padding=0 if self.is_narrow else 4)))
        tip = say("page table in frame {pfn}", pfn=pfn)
        self.picture.struct(key, rows, tone="table", mark=self.highlight.get(key), tip=tip)

    def _child(
        self, key: str, row_key: str, level: int, base: int, index: int, entry: int, *, walked: bool
    ) -> None:
        child = pte_pfn(entry)
        if child in self.folds:
            thing = self.folds[child]
            if thing.key not in self.drawn:
                self.drawn.add(thing.key)
                words = say_n(thing.count, "{n} more table", "{n} more tables")
                self.picture.fold(thing.key, words)
                self.picture.edge(
                    f"{key}:i{index}:e", thing.key, key=f"edge_{thing.key}", style="dashed"
                )
            return
        edge = f"edge_{row_key}"
        self.picture.edge(
            f"{key}:i{index}:e", f"{pfn_id(child)}:head:w", key=edge, mark=HERE if walked else None
        )
        self._table(child, level + 1, base | index << self.shape.shifts[level])

    def _indexes(self, pfn: int, level: int, entries: Iterable[int]) -> list[int]:
        # The entries worth a row.
        if 1 << self.shape.level_bits[level] <= WHOLE:
            return list(range(1 << self.shape.level_bits[level]))
        return sorted({*entries, *self.kept.get(pfn, ())})

    def _key(self, pfn: int, level: int, base: int, index: int) -> str:
        if level + 1 == self.shape.levels:
            return pte_id(self.mm.mm, base | index << self.shape.shifts[level])
        return entry_id(pfn, index)

    def _titles(self, level: int) -> str:
        # Titles stand over their columns, however long another language makes them.
        page = f"{padded(say('page'), 14)} " if level + 1 == self.shape.levels else ""
        index, frame = (padded(word, 5, left=True) for word in (say("index"), say("frame")))
        bits = f" {say('bits')}" if page or not self.is_narrow else ""
        return f"{index} {page}{frame}{bits}"

    def _row(
        self, level: int, base: int, index: int, entry: int, key: str, *, walked: bool
    ) -> Markup:
        leaf = level + 1 == self.shape.levels
        bits = "".join(letter if entry & bit else "-" for bit, letter, _ in self.bits)
        if self.is_narrow and not leaf:
            bits = ""
        addr = base | index << self.shape.shifts[level]
        frame = say("guard") if leaf and entry else "-"
        if leaf and views.is_swapped(entry):
            frame = say("swap {slot}", slot=views.swap_slot(entry))
        if entry & P or (leaf and views.has_frame(entry)):
            frame = str(pte_pfn(entry))
        frame = padded(frame, 5, left=True)
        middle = f"{addr:<#14x} {frame}" if leaf else frame
        last = addr + (1 << self.shape.shifts[level]) - 1
        tip = say(
            "entry {index}, {start:#x} to {last:#x}: {entry:#x}",
            index=index,
            start=addr,
            last=last,
            entry=entry,
        )
        if leaf:
            tip = say("{place}: {words}", place=where(self.snap, self.mm, addr), words=tip)
        turn = self.highlight.turn(key)
        words = text(f"{index:>5} {middle} {bits}", size=SMALL)
        if turn:  # it stands in the room that no index takes
            order = text(str(turn), bold=True, colour=HOT.light, size=SMALL)
            words = Markup(f"{order}{text(f'{index:>4} {middle} {bits}', size=SMALL)}")
        return row(
            cell(
                words,
                key=key,
                port=f"i{index}",
                tip=tip,
                tone="paper" if entry & P else "lent" if leaf and views.is_swapped(entry) else "",
                mark=self.highlight.get(key) or (HERE if walked else None),
                padding=1 if self.is_narrow else 3,
                align="LEFT",
            )
        )


def _target(
    picture: Picture, snap: Snapshot, mm: MmState, entry: int, addr: int, highlight: Marks
) -> None:
    # The frame at the end of the walk.
    pfn = pte_pfn(entry)
    step = views.page_size(snap)
    key = pfn_id(pfn)
    page = views.pages(snap).get(pfn)
    title = say("frame {pfn}", pfn=pfn)
    said = [text(title, bold=True), soft(frame_kind(page) if page is not None else "?")]
    if page is not None:
        said += [soft(f"refcount {page.refcount}"), soft(f"mapcount {page.mapcount}")]
    said.append(soft(say("physical {addr:#x}", addr=pfn * step + addr % step)))
    tone = frame_tone(snap, page) if page is not None else "lent"
    label = table([row(cell(lines(*said), tone=tone, mark=highlight.get(key), padding=6))])
    picture.node(key, label, tip=title)
    leaf = views.walk(snap, mm, addr)[-1]
    edge = f"edge_{pte_id(mm.mm, addr - addr % step)}"
    picture.edge(f"{pfn_id(leaf.table)}:i{leaf.index}:e", key, key=edge, mark=HERE)
