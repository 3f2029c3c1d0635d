"""Ranges of addresses that lie apart, in order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

Range = tuple[int, int]  # bytes: from the first to behind the last


class Ranges:
    """What is covered of an address space.

    >>> ranges = Ranges()
    >>> ranges.add(1, 5); ranges.remove(2, 3); ranges.missing(0, 6)
    [(0, 1), (2, 3), (5, 6)]
    """

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def __iter__(self) -> zip[Range]:
        return zip(self._starts, self._ends, strict=True)

    def copy(self) -> Ranges:
        """Return one of its own."""
        other = Ranges()
        other._starts, other._ends = [*self._starts], [*self._ends]
        return other

    def add(self, start: int, end: int) -> None:
        """Cover a range; what touches it becomes one with it."""
        if start >= end:
            return
        first = bisect_left(self._ends, start)
        last = bisect_right(self._starts, end)
        if first < last:
            start = min(start, self._starts[first])
            end = max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def remove(self, start: int, end: int) -> None:
        """Cover a range no longer."""
        first = bisect_right(self._ends, start)
        last = bisect_left(self._starts, end)
        if start >= end or first >= last:
            return
        left, right = self._starts[first], self._ends[last - 1]
        kept = [each for each in ((left, start), (end, right)) if each[0] < each[1]]
        self._starts[first:last] = [each[0] for each in kept]
        self._ends[first:last] = [each[1] for each in kept]

    def missing(self, start: int, end: int) -> list[Range]:
        """Return what of a range is not covered."""
        found = []
        for place in range(bisect_right(self._ends, start), len(self._starts)):
            if self._starts[place] >= end:
                break
            if self._starts[place] > start:
                found.append((start, self._starts[place]))
            start = self._ends[place]
        if start < end:
            found.append((start, end))
        return found
