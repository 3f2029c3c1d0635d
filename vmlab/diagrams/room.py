"""The room of a picture beside which a source stands: half a page.

There a picture shows what is marked first, and less of all else: each says how much it folds away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from vmlab.diagrams.folds import More, T, fold
from vmlab.words.columns import columns

# Points, where the smallest letters have nine of them and ten pixels on a small laptop.
WIDTH, HEIGHT = 480, 372
LETTERS = 77  # of the smallest ones, side by side


class Shorten(Protocol):
    """Cuts a list to fit: `fold`, or where it is narrow `squeezed`."""

    def __call__(
        self,
        items: Sequence[T],
        what: str,
        *,
        limit: int,
        keep: Iterable[int] = (),
        unfold: frozenset[str] = frozenset(),
    ) -> list[T | More[T]]:
        """Return the list with folds."""
        ...


def squeezed(
    items: Sequence[T],
    what: str,
    *,
    limit: int,
    keep: Iterable[int] = (),
    unfold: frozenset[str] = frozenset(),
    rows: bool = True,
) -> list[T | More[T]]:
    """Return so many members of a list at most, and one fold of all others, which comes last.

    Args:
        items: the whole list.
        what: its name; the fold gets the id `more_<what>`, and once it is open the list is as
            long as elsewhere.
        limit: how many are shown.
        keep: places of the members that come first where not all have room, in this order.
        unfold: ids of folds that the reader opened.
        rows: whether each is as low as a fold, so that a fold of one is worth nothing.
    """
    key = f"more_{what}"
    if key in unfold:
        return fold(items, what, limit=limit, keep=keep, unfold=unfold)
    if len(items) <= limit + rows:
        return list(items)
    shown = set([*dict.fromkeys((*keep, *range(len(items))))][:limit])
    hidden = [item for place, item in enumerate(items) if place not in shown]
    return [*(items[place] for place in sorted(shown)), More(key, hidden)]


def wrapped(*said: str, letters: int = LETTERS) -> Iterator[str]:
    """Break lines that are too long where their parts stand apart, so that they have room.

    Args:
        said: the lines.
        letters: how many have room side by side.
    """
    for words in said:
        line = ""
        for part in re.split(r" {2,}", words):
            if line and columns(line) + 3 + columns(part) > letters:
                yield line
                line = part
            else:
                line = f"{line}   {part}" if line else part
        yield line
