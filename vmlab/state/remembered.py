"""What was found out about parts of snapshots: one after another has most of its parts in common.

A part is a chunk of rows or the bytes of a frame. It never changes, so that what follows from it
alone need not be found again for the next snapshot that has it too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

R = TypeVar("R")


class _Same:
    # A part as a key: equal to itself only, without a look into it.
    __slots__ = ("part",)

    def __init__(self, part: object) -> None:
        self.part = part

    def __hash__(self) -> int:
        return id(self.part)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.part is other.part


def remembered(most: int) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Let a function remember what it returned for a part, and whatever else it was given.

    Args:
        most: how many results are kept, those that were asked for last.
    """

    def remember(function: Callable[..., R]) -> Callable[..., R]:
        @lru_cache(maxsize=most)
        def found(same: _Same, *more: Any) -> R:
            return function(same.part, *more)

        @wraps(function)
        def ask(part: object, *more: Any) -> R:
            return found(_Same(part), *more)

        return ask

    return remember
