"""The page tables of one address space, each level a column, and the walk of one address.

Entries that say nothing are left out, unless a table is small enough to be shown whole. When an
address is walked, the tables off its way are folded, and so are entries that are not beside it.
"""

from __future__ import annotations

from collections.abc import Iterable

from vmlab.diagrams.dot import SMALL, Markup, Picture, cell, lines, row, soft, table, text
from vmlab.diagrams.folds import LINES, More, fold, places
from vmlab.diagrams.loose import loose, loose_words
from vmlab.diagrams.marking import HERE, told_of
from vmlab.diagrams.marking import LEGEND as MARKS_LEGEND
from vmlab.diagrams.palette import HOT
from vmlab.diagrams.regions import chosen_one, frame_kind, frame_tone, owner, where
from vmlab.diagrams.rows import folded_words, head, more_row, remark
from vmlab.model.mmu.pte import NX, RW, US, A, D, Geometry, P, pte_pfn
from vmlab.model.mmu.walk import WalkStep
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.entries import Mapped
from vmlab.state.ids import entry_id, pfn_id, pte_id
from vmlab.state.snapshot import MmState, Snapshot
from vmlab.words.columns import padded
from vmlab.words.language import N_, say, say_n

ROWS = 6  # entries of one table that are shown
TABLES = 12  # tables that are shown
WHOLE = 8  # a table of so few entries is shown with its empty ones
TITLE_LIMIT = 90
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
) -> str:
    """Draw the page tables of one address space.

    Args:
        snap: the machine.
        mm: number of the mm_struct; None = that of the running task.
        addr: virtual address in bytes whose walk is shown; None = no walk.
        highlight: ids of the objects this step is about.
        unfold: ids of folds that the reader opened.
    """
    space = chosen_one(snap, mm)
    if space is None:
        return Picture("page_table").nothing(say("no process"))
    shape = views.geometry(snap)
    steps = views.walk(snap, space, addr) if addr is not None else ()
    title = _title(snap, space, addr)
    above = lines(title, _legend(shape, MARKS_LEGEND))
    if addr is not None:
        above = _address(shape, addr, steps, title)
    picture = Picture(
        "page_table", across=True, label=f"<{above}>", labelloc="t", ranksep="0.35", nodesep="0.1"
    )
    _Drawing(picture, snap, space, steps, highlight, unfold).draw()
    if addr is not None and len(steps) == shape.levels and steps[-1].entry & P:
        _target(picture, snap, space, steps[-1].entry, addr, highlight)
    loose(picture, highlight, "pte", mm=space.mm)
    return picture.dot()


def _bits(shape: Geometry) -> list[tuple[int, str, str]]:
    return [bit for bit in BITS if bit[0] != NX or shape.nx]


def _title(snap: Snapshot, mm: MmState, addr: int | None) -> Markup:
    # Whose tables they are, and which place is walked.
    said = say("Page tables of {owner}", owner=owner(snap, mm))
    if addr is not None:
        place = where(snap, mm, addr)
        said = say("{owner}: walk of {place}", owner=owner(snap, mm), place=place)
    return text(said, bold=True, limit=TITLE_LIMIT)


def _legend(shape: Geometry, *marks: str) -> Markup:
    bits = "  ".join(say(words) for _, _, words in _bits(shape))
    return lines(soft(bits), soft("    ".join(map(say, marks))))


def _address(shape: Geometry, addr: int, steps: tuple[WalkStep, ...], title: Markup) -> Markup:
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
    above, below = (
        cell(words, border=0, padding=0, columns=wide)
        for words in (title, _legend(shape, MARKS, ORDER))
    )
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
    ) -> None:
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
        limit = 0 if steps else TABLES
        shown = fold(order, f"tables_{mm.mm}", limit=limit, keep=keep, unfold=unfold)
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
        note = say("frame {pfn}", pfn=pfn)
        rows = [head(self.shape.level_names[level], note=note, port="head")]
        rows.append(row(cell(soft(self._titles(level)), border=0, align="LEFT", padding=3)))
        entries = views.table_entries(self.snap, pfn)
        indexes = self._indexes(pfn, level, entries)
        keys = {index: self._key(pfn, level, base, index) for index in indexes}
        kept = self.kept.get(pfn, set())
        limit = ROWS
        if pfn in self.walked and len(indexes) > WHOLE:
            # Around the walk its neighbours are enough.
            at, limit = indexes.index(self.walked[pfn]), 0
            kept = kept | set(indexes[max(at - 1, 0) : at + 2])
        keep = places(index in kept for index in indexes)
        for index in fold(indexes, f"entries_{pfn}", limit=limit, keep=keep, unfold=self.unfold):
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
            rows.append(remark(say_n(hidden, "{n} empty", "{n} empty")))
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
        return f"{index} {page}{frame} {say('bits')}"

    def _row(
        self, level: int, base: int, index: int, entry: int, key: str, *, walked: bool
    ) -> Markup:
        bits = "".join(letter if entry & bit else "-" for bit, letter, _ in self.bits)
        leaf = level + 1 == self.shape.levels
        addr = base | index << self.shape.shifts[level]
        frame = say("guard") if leaf and entry else "-"
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
                tone="paper" if entry & P else "",
                mark=self.highlight.get(key) or (HERE if walked else None),
                padding=3,
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


def page_table_text(
    snap: Snapshot,
    *,
    mm: int | None = None,
    addr: int | None = None,
    highlight: Marks = NO_MARKS,
) -> str:
    """Say the picture in words: the walk of `addr` level by level, then every mapped page."""
    space = chosen_one(snap, mm)
    if space is None:
        return say("No process.")
    said = [
        say(
            "Page tables of mm {mm} ({owner}), top table in frame {pfn}.",
            mm=space.mm,
            owner=owner(snap, space),
            pfn=space.pgd,
        )
    ]
    if addr is not None:
        said.append(say("Walk of {place}:", place=where(snap, space, addr)))
        for step in views.walk(snap, space, addr):
            leaf = step.level == views.geometry(snap).level_names[-1]
            start = addr & -views.page_size(snap)
            key = pte_id(space.mm, start) if leaf else entry_id(step.table, step.index)
            said.append(f"  {told_of(_step_text(step), key, highlight)}")
    said.append(say("Mapped pages:"))
    pages = views.mapped(snap, space)
    addrs = {at for number, at in highlight.numbers("pte") if number == space.mm}
    keep = [pages.place(at) for at in addrs if pages.at(at) is not None]
    listed = set()
    for page in fold(pages, "", limit=LINES, keep=keep):
        if isinstance(page, More):
            said.append(f"  {folded_words(page.count)}")
            continue
        listed.add(pte_id(space.mm, page.addr))
        line = say(
            "{place}: frame {pfn}, {bits}",
            place=where(snap, space, page.addr),
            pfn=page.pfn,
            bits=_page_text(snap, page),
        )
        said.append(f"  {told_of(line, pte_id(space.mm, page.addr), highlight)}")
    said += (f"  {line}" for line in loose_words(highlight, listed, "pte", mm=space.mm))
    return "\n".join(said)


def _step_text(step: WalkStep) -> str:
    if not step.entry & P:
        return say(
            "{level} in frame {table}, entry {index}: not present",
            level=step.level,
            table=step.table,
            index=step.index,
        )
    return say(
        "{level} in frame {table}, entry {index}: frame {pfn}, {bits}",
        level=step.level,
        table=step.table,
        index=step.index,
        pfn=pte_pfn(step.entry),
        bits=_bits_text(step.entry),
    )


def _page_text(snap: Snapshot, mapped: Mapped) -> str:
    # The bits of an entry, and whether its page must still be written to the disk.
    page, bits = views.pages(snap).get(mapped.pfn), _bits_text(mapped.pte)
    if page is None or not views.awaits_writing(snap, page):
        return bits
    return say("{bits}; the page is not written to the disk yet", bits=bits)


def _bits_text(entry: int) -> str:
    words = [say("writable") if entry & RW else say("read-only")]
    words += [say("executable")] if not entry & NX else []
    words += [say("accessed")] if entry & A else []
    words += [say("dirty")] if entry & D else []
    return ", ".join(words)
