"""Dicts that may have many entries, and tell of their changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Registry(dict[K, V]):
    """A dict of which there may be many entries. The name is vmlab's.

    Who wants to be told of its changes sets `tell`, and its class to one that calls it.
    """

    __slots__ = ("tell",)

    tell: Callable[[K], object]  # takes the key that came, went or got another value
