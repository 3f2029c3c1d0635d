"""Long lists, folded: their beginning, their end, what must be seen, and how many are hidden."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar, overload

from vmlab.state.ids import part

T = TypeVar("T")
LINES = 200  # of a list in words


class More(Generic[T]):
    """Members of a long list that are folded away.

    A list may have several folds: the first has the id `more_<what>`, the others are parts of
    it. The id goes into the picture's `unfold` to see more of the list.
    """

    def __init__(self, key: str, items: Sequence[T]) -> None:
        self.key = key
        self.items = items

    @property
    def count(self) -> int:
        """Return how many they are."""
        return len(self.items)


class Backwards(Sequence[T]):
    """A sequence from its last member on, without a copy of it."""

    def __init__(self, items: Sequence[T]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, int):
            return self._items[-1 - place]
        start, stop, _ = place.indices(len(self))
        return Backwards(self._items[len(self) - stop : len(self) - start])


def places(musts: Iterable[object]) -> list[int]:
    """Return the places where something is true."""
    return [place for place, must in enumerate(musts) if must]


def fold(
    items: Sequence[T],
    what: str,
    *,
    limit: int,
    keep: Iterable[int] = (),
    unfold: frozenset[str] = frozenset(),
) -> list[T | More[T]]:
    """Return a list cut to about `limit` members: its beginning, its end, and what must be seen.

    Args:
        items: the whole list.
        what: its name; the fold gets the id `more_<what>`.
        limit: how many are shown; ten times as many for each of its ids in `unfold`.
        keep: places of the members that must be seen.
        unfold: ids of folds that the reader opened.
    """
    key = f"more_{what}"
    stage = 1
    while key in unfold:
        limit = max(limit, 3) * 10
        stage += 1
        key = f"more_{what}_{stage}"
    if len(items) <= limit + 1:
        return list(items)
    wanted = set(range(limit - limit // 3)) | set(range(len(items) - limit // 3, len(items)))
    wanted |= set(keep)
    shown: list[T | More[T]] = []
    turn = last = 0
    for place in (*sorted(wanted), len(items)):
        if place - last == 1:  # a fold of one would be as long as what it hides
            shown.append(items[last])
        elif place > last:
            shown.append(More(part(key, str(turn)) if turn else key, items[last:place]))
            turn += 1
        if place < len(items):
            shown.append(items[place])
        last = place + 1
    return shown
