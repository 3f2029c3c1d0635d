"""Memory over time: each region a band from where it came to where it went, each fault a sign.

Steps go from left to right, addresses upwards. Every address space has its own lane; a fork splits
one off. Rights are told apart by letters and by marks at the edges of a band, not by colour alone.

Two address spaces of ten regions fit one screen. More of them, or those that are busier, make it
higher than that: time and addresses keep their scale, and the reader moves over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vmlab.diagrams.drawing import LETTER, Drawing, Point, width_of
from vmlab.diagrams.folds import More, fold, places
from vmlab.diagrams.palette import FAINT, HOT, LINE, SOFT, TONES
from vmlab.diagrams.regions import SPACES
from vmlab.diagrams.room import squeezed
from vmlab.diagrams.time_marks import (
    FAULTS,
    band,
    fault_sign,
    fault_words,
    legend_of_faults,
    legend_of_rights,
    rights_tone,
)
from vmlab.diagrams.time_rows import ROW, Lane, Row, lane, profile
from vmlab.diagrams.time_words import called, chosen, describe_span, fork_words, owners, short
from vmlab.diagrams.timescale import Timescale
from vmlab.record.lifespans import BEGINNING, Fault, Lifespans, Space, Span
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state.ids import mm_id, parse, part, step_id, vma_id
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import say, say_n

WIDTH, NARROW = 560, 532  # points: of the picture, and beside a source
LEFT, MARGIN = 148, 8  # where steps begin, and how far from the edge they end
HEAD = 17  # points, of what stands above a lane
ROWS, NARROW_ROWS = 24, 16  # of all lanes together
NARROW_SPACES = 3
LEVELS = 2  # lines of names above the columns
LINE_HEIGHT = 13
GUIDED = 40  # so many columns have a line through the picture
NEAR = 0.75  # points between which nothing is seen
SIGN = 7.0  # points that a fault takes


@dataclass(slots=True)
class _Band:
    # What is drawn of a region in some rows that join; later spans that look alike prolong it.
    span: Span
    left: float
    right: float
    first: int
    last: int


def memory_over_time_svg(
    snap: Snapshot,
    story: Lifespans,
    *,
    now: int = BEGINNING,
    mms: Sequence[int] | None = None,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
    narrow: bool = False,
) -> str:
    """Draw the regions, faults and forks of a recording.

    Args:
        snap: the machine at some step; what it calls its regions is what they are called.
        story: the recording.
        now: number of the step that is looked at.
        mms: numbers of mm_structs; None = all that a task used.
        highlight: ids of the objects this step is about.
        unfold: ids of folds that the reader opened.
        narrow: whether something stands beside it.
    """
    picture = _Picture(snap, story, now, highlight, unfold, narrow=narrow)
    return picture.svg(chosen(story, mms))


class _Picture:
    def __init__(
        self,
        snap: Snapshot,
        story: Lifespans,
        now: int,
        highlight: Marks,
        unfold: frozenset[str],
        *,
        narrow: bool,
    ) -> None:
        self._story, self._now = story, now
        self._is_narrow = narrow
        self._width = NARROW if narrow else WIDTH
        self._right = self._width - MARGIN
        self._highlight, self._unfold = highlight, unfold
        self._names = called(story, snap)
        self._drawing = Drawing("memory_over_time", self._width)
        self._scale = Timescale(story, LEFT, self._right)
        self._signs: dict[int, list[Point]] = {}  # where the faults are, by mm_struct

    def svg(self, spaces: Sequence[Space]) -> str:
        drawing = self._drawing
        if not spaces or not self._story.nr_steps:
            words = say("nothing was recorded")
            drawing.box(1, 1, self._width - 1, 29, fill="none", line=FAINT.light, dashes="5,2")
            drawing.text(self._width / 2, 19, words, anchor="middle", colour=SOFT.light)
            return drawing.svg(30)
        shown = (squeezed if self._is_narrow else fold)(
            spaces,
            "spaces",
            limit=NARROW_SPACES if self._is_narrow else SPACES,
            keep=places(map(self._is_marked, spaces)),
            unfold=self._unfold,
        )
        nr_lanes = sum(not isinstance(thing, More) for thing in shown)
        rows = NARROW_ROWS if self._is_narrow else ROWS
        axis = LEVELS * LINE_HEIGHT + 4.0
        top = axis + 6
        lanes: dict[int, Lane] = {}
        folds: list[tuple[More[Space], float]] = []
        for thing in shown:
            if isinstance(thing, More):
                folds.append((thing, top))
                top += HEAD
                continue
            lanes[thing.mm] = self._lane(thing, top + HEAD, max(4, rows // nr_lanes))
            top = lanes[thing.mm].bottom + 5
        self._signs = {
            mm: [(self._scale.x(each.last), at.y(each.addr)) for each in self._faults_of(mm)]
            for mm, at in lanes.items()
        }
        self._guides(axis, top)
        for more, at in folds:
            self._more_spaces(more, at)
        for space in spaces:
            if space.mm in lanes:
                self._space(space, lanes[space.mm])
        self._forks(lanes)
        self._cursor(axis, top)
        for mm, each in lanes.items():
            self._faults(mm, each)
        self._axis(axis)
        return drawing.svg(self._legend(top + LINE_HEIGHT))

    def _spans(self, mm: int) -> list[Span]:
        return [span for span in self._story.spans if span.mm == mm]

    def _faults_of(self, mm: int) -> list[Fault]:
        return [fault for fault in self._story.faults if fault.mm == mm]

    def _is_marked(self, space: Space) -> bool:
        found = (parse(key) or ("", ()) for key in self._highlight)
        return any(
            kind in ("mm", "vma", "pte", "gap") and numbers[0] == space.mm
            for kind, numbers in found
        )

    def _lane(self, space: Space, top: float, limit: int) -> Lane:
        found = (parse(key) or ("", ()) for key in self._highlight)
        return lane(
            space.mm,
            self._spans(space.mm),
            self._faults_of(space.mm),
            lifetime=self._scale.lifetime(space.first, space.last),
            top=top,
            limit=limit,
            marked=frozenset(
                values[1] for kind, values in found if kind == "vma" and values[0] == space.mm
            ),
            unfold=self._unfold,
        )

    # The axes

    def _guides(self, top: float, bottom: float) -> None:
        if len(self._scale.columns) <= GUIDED:
            for column in self._scale.columns:
                place = ((column.left, top), (column.left, bottom))
                self._drawing.line(place, FAINT.light, 0.5, "1,3")

    def _axis(self, y: float) -> None:
        drawing, said = self._drawing, self._placed()
        drawing.text(4, LINE_HEIGHT - 3, say("calls"), colour=SOFT.light)
        if self._scale.words:
            drawing.text(4, 2 * LINE_HEIGHT - 3, self._scale.words, colour=SOFT.light)
        drawing.line(((LEFT, y), (self._right, y)), LINE.light)
        for column in self._scale.columns:
            here = column.first <= self._now < column.end
            ink = HOT.light if here else LINE.light
            with drawing.object(part(step_id(column.first), "call"), column.words):
                room = (column.left, y - 4, column.right, y + 3)
                drawing.box(*room, fill=TONES["hot" if here else "lent"].fill.light, line=ink)
                if column.first in said:
                    words, left, level = said[column.first]
                    top, lower = LINE_HEIGHT * (level + 1.0), said.values()
                    if not any(
                        below > level and x <= column.left + 1 < x + width_of(other) + 2
                        for other, x, below in lower
                    ):
                        drawing.line(((column.left, top), (column.left, y)), ink)
                    drawing.text(left, top - 3, words, bold=here)

    def _placed(self) -> dict[int, tuple[str, float, int]]:
        # What is written above the columns, by first step: words, where, on which line.
        taken = [0.0] * LEVELS
        said = {}
        for column, words in self._scale.labels():
            left = min(column.left, self._width - 2 - width_of(words))
            level = next((at for at, end in enumerate(taken) if end + 2 * LETTER <= left), None)
            if level is not None:
                taken[level] = left + width_of(words)
                said[column.first] = (words, left, level)
        return said

    def _cursor(self, top: float, bottom: float) -> None:
        x = self._scale.x(self._now)
        self._drawing.line(((x, top), (x, bottom)), HOT.light, 1.5)
        tip = ((x - 4, bottom), (x + 4, bottom), (x, bottom - 6))
        self._drawing.area(tip, HOT.light, HOT.light)

    # One address space

    def _more_spaces(self, more: More[Space], top: float) -> None:
        words = say_n(more.count, "{n} more process", "{n} more processes")
        with self._drawing.object(more.key, words):
            place = (2, top + 1, self._width - 2, top + HEAD - 2)
            self._drawing.box(*place, fill="none", line=FAINT.light, dashes="5,2")
            self._drawing.text(8, top + 12, words, italic=True, colour=SOFT.light)

    def _space(self, space: Space, at: Lane) -> None:
        drawing, top = self._drawing, at.top - HEAD
        tone = TONES["struct"]
        hot = mm_id(space.mm) in self._highlight
        with drawing.object(mm_id(space.mm), owners(space)):
            place = (2, top + 1, self._width - 2, top + HEAD - 2)
            colour = HOT.light if hot else tone.line.light
            drawing.box(*place, fill=tone.fill.light, line=colour, width=2 if hot else 1)
            drawing.text(8, top + 12, owners(space), bold=True)
            x, words = 20 + width_of(owners(space)), say("mm {number}", number=space.mm)
            drawing.text(x, top + 12, words, colour=SOFT.light)
        for y in at.gaps:
            drawing.line(((LEFT - 20, y), (self._right, y)), FAINT.light, 0.75, "2,3")
        spans = self._spans(space.mm)
        names_of = self._names_of(at, spans)
        for row in at.rows:
            self._label(row, names_of)
            if row.more is not None:
                self._folded(row, spans)
        for turn, run in enumerate(at.runs()):
            for found in self._bands(run, spans):
                self._band(found, run, turn)

    def _names_of(self, at: Lane, spans: Sequence[Span]) -> dict[int, str]:
        # What the rows are called, by address: as the last region there is.
        found: dict[int, str] = {}
        for span in sorted(spans, key=lambda span: span.last):
            name = self._name(span)
            if name:
                for row in at.rows:
                    if row.start < span.end and span.start < row.end:
                        found[row.start] = name
        for upper, lower in zip(at.rows, at.rows[1:], strict=False):
            if upper.start == lower.end and found.get(upper.start) == found.get(lower.start):
                found.pop(upper.start, None)
        return found

    def _name(self, span: Span) -> str:
        return self._names.get((span.mm, span.start), "")

    def _label(self, row: Row, names_of: dict[int, str]) -> None:
        drawing, y = self._drawing, row.middle + 3.5
        if row.more is not None:
            words = (
                say_n(row.more.count, "{n} more, unchanged", "{n} more, unchanged")
                if row.is_quiet
                else say_n(row.more.count, "{n} more range", "{n} more ranges")
            )
            with drawing.object(row.more.key, words):
                place = (4, row.top + 1, LEFT - 8, row.bottom - 1)
                drawing.box(*place, fill="none", line=FAINT.light, dashes="4,2")
                drawing.text(8, y, words, italic=True, colour=SOFT.light)
            return
        name = names_of.get(row.start, "")
        if name:
            drawing.text(4, y, short(name))
        drawing.text(LEFT - 6, y, f"{row.start:x}", anchor="end", colour=SOFT.light)

    def _bands(self, run: Sequence[Row], spans: Sequence[Span]) -> list[_Band]:
        # Spans that differ by less than can be seen, or only in rows elsewhere, are one band.
        found: list[_Band] = []
        open_ones: dict[tuple[int, int, str], _Band] = {}
        for span in spans:
            touched = [
                at for at, row in enumerate(run) if row.start < span.end and span.start < row.end
            ]
            if not touched:
                continue
            left, right = self._scale.x(span.first), self._scale.x(span.last)
            key = (touched[0], touched[-1], span.perms)
            before = open_ones.get(key)
            same = before is not None and before.span.region == span.region
            short = right - left < NEAR
            if before is not None and (same or short) and left - before.right < NEAR:
                before.span, before.right = span, max(right, before.right)
            elif not (short and span.last < self._story.nr_steps and self._passes(span)):
                open_ones[key] = _Band(span, left, right, *key[:2])
                found.append(open_ones[key])
        return found

    def _passes(self, span: Span) -> bool:
        # Whether it is but a moment within one call, as when two regions become one.
        calls = self._scale.columns
        return self._scale.per_column == 1 and any(
            column.first <= span.first and span.last < column.end for column in calls
        )

    def _band(self, found: _Band, run: Sequence[Row], turn: int) -> None:
        span, story = found.span, self._story
        top, bottom = run[found.first].top + 1.5, run[found.last].bottom - 1.5
        here = span.first <= self._now < span.last
        key = vma_id(span.mm, span.start)
        name = f"t{span.first + 1}" + (f".{turn}" if turn else "")
        tip = say(
            "{region}; steps {first} to {last}",
            region=describe_span(span, self._names),
            first=span.first + 1,
            last=min(span.last + 1, story.nr_steps),
        )
        right = max(found.right, found.left + 2)
        with self._drawing.object(part(key, name), tip):
            hot = here and key in self._highlight
            band(self._drawing, (found.left, top, right, bottom), span.perms, hot=hot)
            y = (top + bottom) / 2
            x = self._free(span, found.left + 4, y)
            if x + width_of(span.perms) + 2 <= right:
                self._drawing.text(x, y + 3, span.perms)

    def _free(self, span: Span, x: float, y: float) -> float:
        # Where the letters of a region hide no sign.
        room = width_of(span.perms) + SIGN
        for sign, height in sorted(self._signs[span.mm]):
            if abs(height - y) < ROW / 2 and x - SIGN < sign < x + room:
                x = sign + SIGN
        return x

    def _folded(self, row: Row, spans: Sequence[Span]) -> None:
        points, rights = profile(row, spans, self._scale.x)
        if points:
            tone = rights_tone(rights.pop()) if len(rights) == 1 else TONES["lent"]
            self._drawing.area(points, tone.fill.light, tone.line.light)

    # What happened

    def _forks(self, lanes: dict[int, Lane]) -> None:
        drawing = self._drawing
        for fork in self._story.forks:
            if fork.mm in lanes and fork.child_mm in lanes:
                x = self._scale.x(fork.step)
                top = lanes[fork.mm].top - HEAD / 2
                bottom = lanes[fork.child_mm].top - HEAD
                with drawing.object(part(step_id(fork.step), "fork"), fork_words(fork)):
                    drawing.line(((x, top), (x, bottom - 4)), LINE.light, 2)
                    drawing.circle(x, top, 4, TONES["paper"].fill.light, LINE.light, 2)
                    tip = ((x - 4, bottom - 6), (x + 4, bottom - 6), (x, bottom + 1))
                    drawing.area(tip, LINE.light, LINE.light)

    def _faults(self, mm: int, at: Lane) -> None:
        # Signs that would lie one on the other are one sign with a number.
        found: dict[tuple[int, float], dict[str, list[Fault]]] = {}
        for fault in self._faults_of(mm):
            place = (int(self._scale.x(fault.last) / SIGN), at.y(fault.addr))
            found.setdefault(place, {}).setdefault(fault.kind, []).append(fault)
        taken = set(found)
        for (column, y), kinds in found.items():
            for turn, (kind, faults) in enumerate(kinds.items()):
                x = sum(self._scale.x(fault.last) for fault in faults) / len(faults)
                hot = any(fault.first <= self._now <= fault.last for fault in faults)
                height = y if len(kinds) == 1 else y - 4 + 8 * turn / (len(kinds) - 1)
                with self._drawing.object(step_id(faults[0].last), fault_words(faults)):
                    fault_sign(self._drawing, kind, x, height, hot=hot)
                    count = f"x{len(faults)}"
                    free = x + 6 + width_of(count) <= self._width and all(
                        (column + 1 + more, y) not in taken for more in range(len(count))
                    )
                    if len(faults) > 1 and len(kinds) == 1 and free:
                        self._drawing.text(x + 6, height + 3.5, count)

    def _legend(self, y: float) -> float:
        drawing = self._drawing
        y = legend_of_rights(drawing, y, self._width)
        kinds = {fault.kind for fault in self._story.faults}
        return legend_of_faults(drawing, y, [kind for kind in FAULTS if kind in kinds], self._width)
