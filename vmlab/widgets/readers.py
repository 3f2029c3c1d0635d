"""How what is typed into a field is read: a number, bits by name, one of some names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vmlab.widgets.call_field import CallField, Meaning
from vmlab.widgets.typed_values import parse_flags, parse_number


def number(text: str, _: Meaning) -> int:
    """Read a number."""
    return parse_number(text)


def flags(family: Any) -> Callable[[str, Meaning], int]:
    """Return how bits of a family are read, by their names."""
    return lambda text, _: parse_flags(text, family) if text.strip() else 0


def choice(family: Any, first: str, width: int) -> CallField:
    """Return a field for one of the names of a family, without what they begin with."""
    names = tuple(name.partition("_")[2].lower() for name in family.__members__)
    return CallField("", lambda text, _: parse_flags(text, family), first, first, width, names)
