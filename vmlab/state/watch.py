"""Being told which of a kernel's objects change, at no cost to a kernel that nobody watches.

As fork protects a page to learn of the first write to it, an object that is watched has a class
of its own, whose first assignment to a field tells and gives the object its plain class back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from vmlab.model.linux.lib.registry import Registry

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
_set = object.__setattr__


def watched(kind: type[T], told: set[T]) -> type[T]:
    """Return the class that an object of a kind has while it is watched.

    Args:
        kind: its plain class.
        told: gets each object whose field is set; it is not watched any more then.
    """

    def tell(self: T, name: str, value: Any) -> None:
        _set(self, "__class__", kind)
        told.add(self)
        setattr(self, name, value)

    made: type[T] = type(kind.__name__, (kind,), {"__slots__": (), "__setattr__": tell})
    return made


class WatchedRegistry(Registry[K, V]):
    """The class of a registry that is watched."""

    __slots__ = ()

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.tell(key)

    def __delitem__(self, key: K) -> None:
        super().__delitem__(key)
        self.tell(key)

    def pop(self, key: K, *default: Any) -> Any:
        """Take an entry out."""
        self.tell(key)
        return super().pop(key, *default)

    def clear(self) -> None:
        """Take all entries out."""
        for key in self:
            self.tell(key)
        super().clear()


def watch(registry: Registry[K, V], tell: Callable[[K], object]) -> None:
    """Let a registry tell the key of each entry that changes."""
    registry.tell = tell
    registry.__class__ = WatchedRegistry
