"""Sequences and frames that are cheap to change: what a snapshot keeps its many values in.

Both hold their values in chunks. A copy with a few changes makes anew the chunks they fall into,
and has all others in common with the one it was made of.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from typing import Any, TypeVar, overload

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Key = Callable[[Any], Any]  # what the values of rows are in order of
CHUNK = 512  # values

Chunks = tuple[tuple[T, ...], ...]


def _cut(values: Sequence[T]) -> Chunks[T]:
    return tuple(tuple(values[i : i + CHUNK]) for i in range(0, len(values), CHUNK))


class Rows(Sequence[T_co]):
    """A tuple in chunks: it compares, hashes and reads as the tuple of its values.

    >>> Rows(range(3)) == (0, 1, 2)
    True
    """

    __slots__ = ("_ends", "_hash", "chunks")

    def __init__(self, values: Iterable[T_co] = ()) -> None:
        self._set(_cut(tuple(values)))

    def _set(self, chunks: Chunks[T_co]) -> None:
        self.chunks = chunks
        self._ends: list[int] | None = None  # of each chunk, once somebody asked
        self._hash: int | None = None

    @classmethod
    def _of(cls, chunks: Chunks[Any]) -> Rows[Any]:
        new = cls.__new__(cls)
        new._set(chunks)
        return new

    def _places(self) -> list[int]:
        if self._ends is None:
            self._ends = list(accumulate(map(len, self.chunks)))
        return self._ends

    def __len__(self) -> int:
        ends = self._places()
        return ends[-1] if ends else 0

    @overload
    def __getitem__(self, place: int) -> T_co: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[T_co, ...]: ...
    def __getitem__(self, place: int | slice) -> T_co | tuple[T_co, ...]:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            return self._part(start, stop) if step == 1 else tuple(self)[place]
        ends = self._places()
        size = ends[-1] if ends else 0
        if place < 0:
            place += size
        if not 0 <= place < size:
            raise IndexError(place)
        number = bisect_right(ends, place)
        return self.chunks[number][place - ends[number]]  # counted from its end

    def _part(self, start: int, stop: int) -> tuple[T_co, ...]:
        ends = self._places()
        first, last = bisect_right(ends, start), bisect_left(ends, stop)
        before = ends[first - 1] if first else 0
        values = tuple(chain.from_iterable(self.chunks[first : last + 1]))
        return values[start - before : max(stop - before, 0)]

    def __iter__(self) -> Iterator[T_co]:
        return chain.from_iterable(self.chunks)

    def __reversed__(self) -> Iterator[T_co]:
        return chain.from_iterable(map(reversed, reversed(self.chunks)))

    def __contains__(self, value: object) -> bool:
        return any(value in chunk for chunk in self.chunks)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Rows):
            # What two rows have in common is one object, which need not be looked into.
            if self.chunks == other.chunks or len(self) != len(other):
                return len(self) == len(other)
            return self._places() != other._places() and tuple(self) == tuple(other)
        return tuple(self) == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(tuple(self))
        return self._hash

    def __repr__(self) -> str:
        return repr(tuple(self))

    # Rows that are in order

    def find(self, wanted: Any, key: Key) -> T_co | None:
        """Return the value with a key, None if there is none."""
        place = bisect_left(self.chunks, wanted, key=lambda chunk: key(chunk[-1]))
        if place == len(self.chunks):
            return None
        chunk = self.chunks[place]
        value = chunk[bisect_left(chunk, wanted, key=key)]
        return value if key(value) == wanted else None

    def place(self, wanted: Any, key: Key) -> int:
        """Return how many values have a key below a wanted one."""
        number = bisect_left(self.chunks, wanted, key=lambda chunk: key(chunk[-1]))
        before = self._places()[number - 1] if number else 0
        if number == len(self.chunks):
            return before
        return before + bisect_left(self.chunks[number], wanted, key=key)

    def between(self, low: Any, high: Any, key: Key) -> Iterator[T_co]:
        """Return the values whose key is above `low` and below `high`, in order."""
        first = bisect_right(self.chunks, low, key=lambda chunk: key(chunk[-1]))
        for chunk in self.chunks[first:]:
            start = bisect_right(chunk, low, key=key)
            end = bisect_left(chunk, high, key=key)
            yield from chunk[start:end]
            if end < len(chunk):
                return

    def edited(self, changes: Mapping[Any, Any], key: Key) -> Rows[T_co]:
        """Return rows with some values put in, put in the place of others, or left out.

        Args:
            changes: the new value by its key; None = there is none any more.
            key: gives the key of a value; all are different, and the rows are in their order.

        Values that are equal to those before stay the same objects; if all do, so do the rows.
        """
        if not changes:
            return self
        chunks = list(self.chunks) or [()]
        groups: dict[int, list[Any]] = {}
        for wanted in sorted(changes):
            # What follows the last value goes to the last chunk.
            place = bisect_left(chunks, wanted, 0, len(chunks) - 1, key=lambda c: key(c[-1]))
            groups.setdefault(place, []).append(wanted)
        edited = False
        for number in reversed(groups):
            values = _edit(chunks[number], groups[number], changes, key)
            if values is not None:
                edited = True
                chunks[number : number + 1] = self._fitted(values)
        return self._of(tuple(chunks)) if edited else self

    @staticmethod
    def _fitted(values: list[Any]) -> Chunks[Any]:
        return (tuple(values),) if 0 < len(values) <= 2 * CHUNK else _cut(values)

    def replaced(self, values: Sequence[Any]) -> Rows[T_co]:
        """Return rows of other values, with what they begin and end with the same in common."""
        values = tuple(values)
        front, back, chunks = 0, len(self.chunks), self.chunks
        start, end = 0, len(values)
        while front < back and chunks[front] == values[start : start + len(chunks[front])]:
            start += len(chunks[front])
            front += 1
        while front < back and end - start >= len(chunks[back - 1]):
            if chunks[back - 1] != values[end - len(chunks[back - 1]) : end]:
                break
            back -= 1
            end -= len(chunks[back])
        if front == back and start == end:
            return self
        known = {value: value for chunk in chunks[front:back] for value in chunk}
        rest = [known.get(value, value) for value in values[start:end]]
        return self._of((*chunks[:front], *_cut(rest), *chunks[back:]))


def _edit(
    chunk: Sequence[Any], keys: Iterable[Any], changes: Mapping[Any, Any], key: Key
) -> list[Any] | None:
    # The values of one chunk after the changes of those keys; None if nothing is different.
    values = list(chunk)
    edited = False
    for wanted in keys:
        new = changes[wanted]
        place = bisect_left(values, wanted, key=key)
        if place < len(values) and key(values[place]) == wanted:
            if new is None:
                del values[place]
            elif new == values[place]:
                continue
            else:
                values[place] = new
        elif new is not None:
            values.insert(place, new)
        else:
            continue
        edited = True
    return values if edited else None


def rows(values: Iterable[T]) -> Rows[T]:
    """Return values as rows: themselves, if they are."""
    return values if isinstance(values, Rows) else Rows(values)


def place_of(values: Sequence[T], wanted: Any, key: Key) -> int:
    """Return how many of some values in order have a key below a wanted one."""
    if isinstance(values, Rows):
        return values.place(wanted, key)
    return bisect_left(values, wanted, key=key)


def find(values: Sequence[T], wanted: Any, key: Key) -> T | None:
    """Return the value with a key out of some in order, None if there is none."""
    place = place_of(values, wanted, key)
    value = values[place] if place < len(values) else None
    return value if value is not None and key(value) == wanted else None


def chunks(values: Sequence[T]) -> Sequence[Sequence[T]]:
    """Return the chunks of rows; values that are no rows are one chunk."""
    return values.chunks if isinstance(values, Rows) else (values,)


def differences(
    old: Sequence[T], new: Sequence[T], key: Callable[[T], Any]
) -> Iterator[tuple[T | None, T | None]]:
    """Return what is another in one sequence than in another, by key: what was and what is.

    Args:
        old: values in the order of their keys, which are all different.
        new: the same later; what both have in common is not looked through.
        key: gives the key of a value.
    """
    if old is new:
        return
    common = {id(chunk) for chunk in chunks(old)} & {id(chunk) for chunk in chunks(new)}
    was, now = (
        {
            key(value): value
            for chunk in chunks(values)
            if id(chunk) not in common
            for value in chunk
        }
        for values in (old, new)
    )
    for wanted in sorted(was.keys() | now.keys()):
        before, after = was.get(wanted), now.get(wanted)
        if before is not after and before != after:
            yield before, after


class Frames(Mapping[int, bytes]):
    """The bytes of frames by number, in order.

    >>> Frames({7: b"x", 2: b"y"}) == {2: b"y", 7: b"x"}
    True
    """

    __slots__ = ("_len", "chunks")

    def __init__(self, frames: Mapping[int, bytes] | None = None) -> None:
        self.chunks: dict[int, tuple[bytes | None, ...]] = {}  # by number // CHUNK
        self._len = 0
        if frames:
            self._change(frames)

    def _change(self, changes: Mapping[int, bytes | None]) -> bool:
        groups: dict[int, dict[int, bytes | None]] = {}
        for pfn, data in changes.items():
            groups.setdefault(pfn // CHUNK, {})[pfn % CHUNK] = data
        edited = False
        for number, group in groups.items():
            old = self.chunks.get(number, _NO_FRAMES)
            chunk = list(old)
            for place, data in group.items():
                if chunk[place] != data:
                    self._len += (data is not None) - (chunk[place] is not None)
                    chunk[place] = data
                    edited = True
            if chunk.count(None) < CHUNK:
                self.chunks[number] = tuple(chunk)
            else:
                self.chunks.pop(number, None)
        numbers = list(self.chunks)
        if numbers != sorted(numbers):
            self.chunks = dict(sorted(self.chunks.items()))
        return edited

    def edited(self, changes: Mapping[int, bytes | None]) -> Frames:
        """Return frames with other bytes in some of them; None = it is left out."""
        new = Frames()
        new.chunks, new._len = dict(self.chunks), self._len
        return new if changes and new._change(changes) else self

    def __getitem__(self, pfn: int) -> bytes:
        data = self.chunks[pfn // CHUNK][pfn % CHUNK]
        if data is None:
            raise KeyError(pfn)
        return data

    def get(self, pfn: int, default: Any = None) -> Any:
        """Return the bytes of a frame, or something else if it is not there."""
        chunk = self.chunks.get(pfn // CHUNK)
        data = chunk[pfn % CHUNK] if chunk is not None else None
        return default if data is None else data

    def __contains__(self, pfn: object) -> bool:
        return isinstance(pfn, int) and self.get(pfn) is not None

    def __iter__(self) -> Iterator[int]:
        for number, chunk in self.chunks.items():
            for pfn, data in enumerate(chunk, number * CHUNK):
                if data is not None:
                    yield pfn

    def __len__(self) -> int:
        return self._len

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Frames):
            return self.chunks == other.chunks
        return dict(self) == other if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        return hash((self._len, tuple(self.chunks)))

    def __repr__(self) -> str:
        return f"<Frames, {len(self)} of them>"


_NO_FRAMES: tuple[None, ...] = (None,) * CHUNK


def other_frames(old: Frames, new: Frames) -> Iterator[int]:
    """Return the numbers of the frames whose bytes are others in one than in another, in order."""
    for number in sorted(old.chunks.keys() | new.chunks.keys()):
        one, other = (each.chunks.get(number, _NO_FRAMES) for each in (old, new))
        if one is not other:
            for place in range(CHUNK):
                if one[place] is not other[place] and one[place] != other[place]:
                    yield number * CHUNK + place


def frames(found: Mapping[int, bytes]) -> Frames:
    """Return frames as `Frames`: themselves, if they are."""
    return found if isinstance(found, Frames) else Frames(found)
