"""The axis of addresses: ranges that were ever mapped, as rows, those that tell little folded.

Limits of regions cut the address space into ranges within which nothing ever begins or ends. What
was never mapped is cut out.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from vmlab.diagrams.drawing import Point
from vmlab.diagrams.folds import More, fold, places
from vmlab.record.lifespans import Fault, Span

ROW = 13.0  # points
GAP = 4.0  # of what was never mapped


@dataclass(frozen=True, slots=True)
class Range:
    """Addresses within which no region ever began or ended, in bytes."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """A range, or some that are folded away, with its place."""

    ranges: tuple[Range, ...]  # by address
    top: float  # points
    more: More[Range] | None
    is_quiet: bool  # nothing happened there

    @property
    def start(self) -> int:
        """Return its first address."""
        return self.ranges[0].start

    @property
    def end(self) -> int:
        """Return the first address after it."""
        return self.ranges[-1].end

    @property
    def bottom(self) -> float:
        """Return where it ends, in points."""
        return self.top + ROW

    @property
    def middle(self) -> float:
        """Return where its middle is, in points."""
        return self.top + ROW / 2


@dataclass(frozen=True, slots=True)
class Lane:
    """The rows of one address space, from the highest addresses down."""

    rows: tuple[Row, ...]
    top: float  # points
    bottom: float

    @property
    def gaps(self) -> tuple[float, ...]:
        """Return where something that was never mapped is cut out, in points."""
        pairs = zip(self.rows, self.rows[1:], strict=False)
        return tuple(
            (upper.bottom + lower.top) / 2 for upper, lower in pairs if upper.start != lower.end
        )

    def runs(self) -> list[list[Row]]:
        """Return the rows that are no folds, those together whose addresses join."""
        found: list[list[Row]] = []
        above: Row | None = None
        for row in self.rows:
            if row.more is None:
                joins = above is not None and above.more is None and above.start == row.end
                if joins:
                    found[-1].append(row)
                else:
                    found.append([row])
            above = row
        return found

    def y(self, addr: int) -> float:
        """Return the height of an address, which need not be mapped."""
        above = self.top
        for row in self.rows:
            if addr >= row.end:
                return (above + row.top) / 2
            if addr >= row.start:
                return row.middle
            above = row.bottom
        return self.bottom


def ranges(spans: Sequence[Span]) -> list[Range]:
    """Return the ranges that were ever mapped, by address."""
    limits = sorted({limit for span in spans for limit in (span.start, span.end)})
    place = {limit: at for at, limit in enumerate(limits)}
    depth = [0] * (len(limits) + 1)
    for span in spans:
        depth[place[span.start]] += 1
        depth[place[span.end]] -= 1
    return [
        Range(limits[at], limits[at + 1])
        for at, mapped in enumerate(accumulate(depth))
        if mapped and at + 1 < len(limits)
    ]


@dataclass(frozen=True, slots=True)
class _Told:
    # How much happened in a range: regions that came, went or got other rights, and faults.
    counts: list[int]
    quiet: list[bool]  # not even the limits of a region changed


def _telling(
    found: Sequence[Range],
    spans: Sequence[Span],
    faults: Sequence[Fault],
    lifetime: tuple[int, int],
) -> _Told:
    starts = [each.start for each in found]
    ends = [each.end for each in found]
    counts, quiet = [0] * len(found), [True] * len(found)
    begun, over = lifetime
    known: dict[int, str] = {}  # region -> its rights so far
    gone = {span.region: span.last for span in spans}
    for span in spans:
        new = known.get(span.region) != span.perms and span.first >= begun
        ended = gone[span.region] == span.last < over
        known[span.region] = span.perms
        for at in {bisect_left(starts, span.start), bisect_left(ends, span.end)}:
            counts[at] += new + ended
            if span.first >= begun or span.last < over:
                quiet[at] = False
    for fault in faults:
        at = bisect_right(starts, fault.addr) - 1
        if at >= 0 and fault.addr < found[at].end:
            counts[at] += 1
            quiet[at] = False
    return _Told(counts, quiet)


def _octaves(count: int) -> int:
    return (count.bit_length() + 2) // 3


def lane(
    mm: int,
    spans: Sequence[Span],
    faults: Sequence[Fault],
    *,
    lifetime: tuple[int, int],
    top: float,
    limit: int,
    marked: frozenset[int] = frozenset(),
    unfold: frozenset[str] = frozenset(),
) -> Lane:
    """Place the rows of one address space.

    Args:
        mm: number of its mm_struct.
        spans: its regions.
        faults: its page faults.
        lifetime: the step after the call that made it, and the first one of the call that ends it:
            what happens between is a change.
        top: points, where its first row begins.
        limit: how many rows it should have.
        marked: where the regions begin that must be seen.
        unfold: ids of folds that the reader opened.
    """
    found = ranges(spans)
    told = _telling(found, spans, faults, lifetime)
    counts = told.counts
    # Only what tells far more goes before its neighbours: each row apart costs a fold.
    best = sorted(range(len(found)), key=lambda at: (-_octaves(counts[at]), at))[: limit // 2]
    wanted = {at for at in best if counts[at]}
    keep = places(at in wanted or each.start in marked for at, each in enumerate(found))
    shown = fold(
        found,
        f"ranges_{mm}",
        limit=limit if len(found) <= limit else 0,
        keep=keep,
        unfold=unfold,
    )
    quiet = {each.start for each, still in zip(found, told.quiet, strict=True) if still}
    rows: list[Row] = []
    y = top
    for thing in reversed(shown):
        inside = tuple(thing.items) if isinstance(thing, More) else (thing,)
        if rows and rows[-1].start != inside[-1].end:
            y += GAP
        is_quiet = all(each.start in quiet for each in inside)
        rows.append(Row(inside, y, thing if isinstance(thing, More) else None, is_quiet))
        y += ROW
    return Lane(tuple(rows), top, y)


def profile(
    row: Row, spans: Sequence[Span], x: Callable[[int], float]
) -> tuple[list[Point], set[str]]:
    """Return how much of a row is mapped over time, as a polygon, and with which rights.

    Args:
        row: the row.
        spans: the regions of its address space.
        x: gives the place of a step, in points.
    """
    starts = [each.start for each in row.ranges]
    changes: dict[float, int] = {}
    rights = set()
    for span in spans:
        inside = bisect_left(starts, span.end) - bisect_left(starts, span.start)
        if inside:
            rights.add(span.perms)
            changes[x(span.first)] = changes.get(x(span.first), 0) + inside
            changes[x(span.last)] = changes.get(x(span.last), 0) - inside
    if not rights:
        return [], rights
    base, unit = row.bottom - 1.5, (ROW - 3) / len(starts)
    points, mapped, height = [(min(changes), base)], 0, base
    for at, change in sorted(changes.items()):
        mapped += change
        if base - unit * mapped != height:
            points.append((at, height))
            height = base - unit * mapped
            points.append((at, height))
    points.append((max(changes), base))
    return points, rights
