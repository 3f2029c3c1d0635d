"""The last-level entries of an address space: a sequence that makes them when they are asked for.

How many there are, and where, is known of a page table as long as it does not change.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal, overload

from vmlab.model.linux.mm.pgtable import MARKER_GUARD, PRESENT
from vmlab.model.mmu.pte import GEOMETRIES, PFN_MASK, PFN_SHIFT, P
from vmlab.state.observed import Observed
from vmlab.state.remembered import remembered
from vmlab.state.snapshot import MmState, Snapshot

TABLES = 4096  # page tables of which it is remembered what is in them, about 1 KiB each


@dataclass(frozen=True, slots=True)
class Mapped:
    """One last-level entry: a page with a frame behind it, a guard, or a page in swap."""

    mm: int  # number of the mm_struct
    addr: int  # bytes, start of the page
    pte: int  # the entry
    table: int  # frame of the table it stands in
    index: int  # its place there

    @property
    def pfn(self) -> int:
        """Return the frame behind the page."""
        return (self.pte & PFN_MASK) >> PFN_SHIFT


@dataclass(frozen=True, slots=True)
class _Leaf:
    # What is in the table of a last level.
    frames: Sequence[int]  # indexes of the entries with a frame
    guards: Sequence[int]  # indexes of the guards
    swapped: Sequence[int]  # indexes of the entries that tell where in swap their page lies
    lowest: int  # of those frames
    highest: int


@dataclass(frozen=True, slots=True)
class _Run:
    # Some entries of one table, and where that stands in an address space.
    base: int  # address of its first entry
    table: int  # its frame
    data: bytes
    indexes: Sequence[int]
    leaf: _Leaf


def format_of(snap: Snapshot) -> Literal["I", "Q"]:
    """Return the format of an entry, as the modules array and struct name it."""
    return "I" if snap.geometry.entry_bytes == 4 else "Q"


@remembered(TABLES)
def _leaf(data: bytes, form: str) -> _Leaf:
    entries = array(form, data)
    there = [index for index, entry in enumerate(entries) if entry & PRESENT]
    others = [index for index, entry in enumerate(entries) if entry and not entry & PRESENT]
    guards = [index for index in others if entries[index] == MARKER_GUARD]
    swapped = [index for index in others if entries[index] != MARKER_GUARD]
    pfns = [(entries[index] & PFN_MASK) >> PFN_SHIFT for index in there]
    whole = len(there) == len(entries)
    frames = range(len(entries)) if whole else array("H", there)
    lowest, highest = min(pfns, default=0), max(pfns, default=-1)
    return _Leaf(frames, array("H", guards), array("H", swapped), lowest, highest)


@remembered(TABLES)
def _below(data: bytes, form: str) -> tuple[tuple[int, int], ...]:
    # The tables that the entries of a table of a higher level lead to, by index.
    return tuple(
        (index, (entry & PFN_MASK) >> PFN_SHIFT)
        for index, entry in enumerate(array(form, data))
        if entry & P
    )


def walk_tables(snap: Snapshot, mm: MmState) -> Iterator[tuple[int, int, tuple[int, int] | None]]:
    """Go through the page tables of an address space, a table before those that it leads to.

    Yields the frame of each, its level from 0 on, and what leads to it: a table, an index there.
    """
    if isinstance(snap, Observed):  # the kernel does not show them
        return iter(())
    shape, form, ram = GEOMETRIES[snap.geometry.name], format_of(snap), snap.ram

    def descend(pfn: int, level: int, above: tuple[int, int] | None) -> Iterator[Any]:
        yield pfn, level, above
        if level + 1 < shape.levels and (data := ram.get(pfn)) is not None:
            for index, below in _below(data, form):
                yield from descend(below, level + 1, (pfn, index))

    return descend(mm.pgd, 0, None)


def _leaves(snap: Snapshot, mm: MmState) -> Iterator[tuple[int, int, bytes]]:
    # The tables of the last level that were written: address of the first entry, frame, bytes.
    if isinstance(snap, Observed):
        yield from ((base, 0, data) for base, data in snap.seen[mm.mm].entries)
        return
    shape, ram = GEOMETRIES[snap.geometry.name], snap.ram
    bases = {mm.pgd: 0}
    for pfn, level, above in walk_tables(snap, mm):
        if above is not None:
            table, index = above
            bases[pfn] = bases[table] | index << shape.shifts[level - 1]
        if level + 1 == shape.levels and (data := ram.get(pfn)) is not None:
            yield bases[pfn], pfn, data


class Entries(Sequence[Mapped]):
    """Entries of an address space, in address order: it compares as the tuple of them.

    Args:
        snap: the machine.
        mm: the address space.
        guards: guards are among them, besides pages with a frame, and pages in swap.
        frames: guards are not all there is.
    """

    def __init__(
        self, snap: Snapshot, mm: MmState, *, frames: bool = True, guards: bool = False
    ) -> None:
        self._mm = mm.mm
        self._geometry = snap.geometry
        self._form = format_of(snap)
        self._shift = snap.geometry.page_shift
        self._runs: list[_Run] = []
        for base, table, data in _leaves(snap, mm):
            leaf = _leaf(data, self._form)
            indexes = leaf.frames if frames else leaf.guards
            if frames and guards and (leaf.guards or leaf.swapped):
                indexes = sorted((*leaf.frames, *leaf.guards, *leaf.swapped))
            if indexes:
                self._runs.append(_Run(base, table, data, indexes, leaf))
        self._ends = list(accumulate(len(run.indexes) for run in self._runs))
        self._first, self._last = 0, self._ends[-1] if self._ends else 0

    def _part(self, first: int, last: int) -> Entries:
        new = Entries.__new__(Entries)
        new.__dict__.update(self.__dict__)
        new._first, new._last = first, max(first, last)
        return new

    def __len__(self) -> int:
        return self._last - self._first

    @overload
    def __getitem__(self, place: int) -> Mapped: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Mapped]: ...
    def __getitem__(self, place: int | slice) -> Mapped | Sequence[Mapped]:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            if step == 1:
                return self._part(self._first + start, self._first + stop)
            return tuple(self[at] for at in range(start, stop, step))
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        at = self._first + place % len(self)
        number = bisect_right(self._ends, at)
        run = self._runs[number]
        return self._entry(run, run.indexes[at - self._ends[number]])  # counted from its end

    def __iter__(self) -> Iterator[Mapped]:
        for run, indexes in self._whole_runs():
            values = memoryview(run.data).cast(self._form)
            for index in indexes:
                addr = run.base + (index << self._shift)
                yield Mapped(self._mm, addr, values[index], run.table, index)

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Entries | tuple) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} entries>"

    def _entry(self, run: _Run, index: int) -> Mapped:
        value = memoryview(run.data).cast(self._form)[index]
        return Mapped(self._mm, run.base + (index << self._shift), value, run.table, index)

    def _whole_runs(self) -> Iterator[tuple[_Run, Sequence[int]]]:
        number = bisect_right(self._ends, self._first)
        while number < len(self._runs) and len(self):
            run = self._runs[number]
            begin = self._ends[number] - len(run.indexes)
            if begin >= self._last:
                return
            low, high = max(self._first - begin, 0), min(self._last - begin, len(run.indexes))
            yield run, run.indexes if high - low == len(run.indexes) else run.indexes[low:high]
            number += 1

    def since(self, before: Entries) -> Iterator[tuple[Mapped | None, Mapped | None]]:
        """Return what is another one than before, page by page: what was and what is.

        Tables that have the same bytes are not looked through.
        """
        for ones, others in self._beside(before):
            was = {page.addr: page for run in ones for page in before._of(run)}
            now = {page.addr: page for run in others for page in self._of(run)}
            for addr in sorted(was.keys() | now.keys()):
                yield was.get(addr), now.get(addr)

    def _of(self, run: _Run) -> Iterator[Mapped]:
        return (self._entry(run, index) for index in run.indexes)

    def _beside(self, before: Entries) -> Iterator[tuple[list[_Run], list[_Run]]]:
        # The tables of both that have not the same bytes, those beside each other that stand for
        # the same addresses: all of them, if it is another kind of table.
        if self._geometry != before._geometry:
            yield before._runs, self._runs
            return
        old, new = ({run.base: run for run in each._runs} for each in (before, self))
        for base in sorted(old.keys() | new.keys()):
            pair = [[runs[base]] if base in runs else [] for runs in (old, new)]
            if not all(pair) or pair[0][0].data != pair[1][0].data:
                yield pair[0], pair[1]

    def place(self, addr: int) -> int:
        """Return how many of them are below an address."""
        number = bisect_right(self._runs, addr, key=lambda run: run.base) - 1
        if number < 0:
            return 0
        run = self._runs[number]
        inside = bisect_left(run.indexes, (addr - run.base + (1 << self._shift) - 1) >> self._shift)
        at = self._ends[number] - len(run.indexes) + inside
        return min(max(at, self._first), self._last) - self._first

    def between(self, start: int, end: int) -> Entries:
        """Return those from one address up to another, in bytes."""
        return self._part(self._first + self.place(start), self._first + self.place(end))

    def at(self, addr: int) -> Mapped | None:
        """Return the entry of a page; None = it has none of these."""
        place = self.place(addr)
        found = self[place] if place < len(self) else None
        return found if found is not None and found.addr == addr else None

    def addrs(self) -> array[int]:
        """Return the addresses of their pages."""
        found = array("Q")
        for run, indexes in self._whole_runs():
            if isinstance(indexes, range):  # all of the table, or a part without a hole
                first, size = run.base + (indexes[0] << self._shift), 1 << self._shift
                found.extend(range(first, first + len(indexes) * size, size))
            else:
                found.extend([run.base + (index << self._shift) for index in indexes])
        return found

    def frames(self) -> set[int]:
        """Return the frames behind them."""
        found: set[int] = set()
        for run, indexes in self._whole_runs():
            values = memoryview(run.data).cast(self._form)
            found.update([(values[index] & PFN_MASK) >> PFN_SHIFT for index in indexes])
        return found

    def showing(self, pfns: Collection[int]) -> Iterator[Mapped]:
        """Return those with one of some frames behind them."""
        wanted = set(pfns)
        order = sorted(wanted)
        for run, indexes in self._whole_runs():
            place = bisect_left(order, run.leaf.lowest)
            if place == len(order) or order[place] > run.leaf.highest:
                continue
            values = memoryview(run.data).cast(self._form)
            for index in indexes:
                if (values[index] & PFN_MASK) >> PFN_SHIFT in wanted:
                    yield self._entry(run, index)
