"""Marks: what happened to the objects that a step or a call is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, get_args

from vmlab.state.ids import object_id, parse

Mark = Literal["new", "changed", "looked", "gone"]
MARKS: tuple[Mark, ...] = get_args(Mark)


class Marks(Mapping[str, Mark]):
    """The marked objects by their ids, each with what happened to it.

    Args:
        kinds: 'new', 'changed', 'looked' (it was looked at) or 'gone', by id.
        turns: by id, the how-manieth object it is that a search looked at, from 1.
    """

    __slots__ = ("_kinds", "_turns")

    def __init__(
        self,
        kinds: Mapping[str, Mark] = MappingProxyType({}),
        turns: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._kinds = MappingProxyType(dict(kinds))
        self._turns = MappingProxyType(dict(turns))

    def __getitem__(self, key: str) -> Mark:
        return self._kinds[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Marks):
            return NotImplemented
        return (self._kinds, self._turns) == (other._kinds, other._turns)

    def __hash__(self) -> int:
        return hash(frozenset(self._kinds.items()))

    def __repr__(self) -> str:
        return f"<Marks {', '.join(f'{key}: {kind}' for key, kind in sorted(self.items()))}>"

    def __or__(self, other: Marks) -> Marks:
        """Return the marks of both; what both mark has the mark of the other."""
        return Marks({**self, **other}, {**self._turns, **other._turns})

    def turn(self, key: str) -> int:
        """Return the how-manieth object it is that a search looked at; 0 = none of them."""
        return self._turns.get(key, 0)

    def of(self, mark: Mark) -> frozenset[str]:
        """Return the ids of all objects with one mark."""
        return frozenset(key for key, kind in self._kinds.items() if kind == mark)

    def numbers(self, kind: str) -> set[tuple[int, ...]]:
        """Return the numbers of all marked objects of a kind, but of none that only has a part."""
        whole = (key for key in self._kinds if key == object_id(key))
        found = (parse(key) or ("", ()) for key in whole)
        return {numbers for name, numbers in found if name == kind}


NO_MARKS = Marks()


def mark_all(*keys: str, mark: Mark = "changed") -> Marks:
    """Return the same mark for some objects.

    >>> mark_all("vma_1_401000", mark="new")
    <Marks vma_1_401000: new>
    """
    return Marks(dict.fromkeys(keys, mark))
