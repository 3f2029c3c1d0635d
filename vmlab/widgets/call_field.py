"""One field: how what is typed into it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the text of a field may refer to."""

    page: int = 4096  # bytes
    names: Mapping[str, int] | None = None  # addresses by name
    brk: int = 0  # what `+1 page` counts from


@dataclass(frozen=True, slots=True)
class CallField:
    """One argument of a call."""

    name: str  # of the parameter
    read: Callable[[str, Meaning], Any]  # turns what was typed into the argument
    text: str = ""  # what stands in it at first
    hint: str = ""  # what may be typed, shown while it is empty
    width: int = 10  # characters
    options: tuple[str, ...] = ()  # what is offered
    optional: bool = False  # empty means None
