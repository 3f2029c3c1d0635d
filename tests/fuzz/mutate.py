"""Mutants: JSON data with a few values changed, text with a few pieces changed."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

Place = tuple[str | int, ...]
Change = tuple[Place, Any]

GONE = "(gone)"  # as a value: what stood there is taken away
_ODD: tuple[Any, ...] = (
    *(None, True, False, "", "x", "\ud800", "\0", [], {}, [[]], {"a": 1}, 1.5),
    *(0, 1, 2, 3, 4, 7, 63, 64, 4095, 4096, 0x1000000, -1, -2, 1 << 31, 1 << 32),
    *((1 << 47) - 4096, 1 << 47, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, 1 << 80),
)


def places(data: Any, above: Place = ()) -> list[Place]:
    """Return every place in JSON data."""
    found: list[Place] = []
    for name, value in data.items() if isinstance(data, dict) else enumerate(data):
        found.append((*above, name))
        if isinstance(value, dict | list):
            found += places(value, (*above, name))
    return found


def changed(data: Any, changes: Sequence[Change]) -> Any:
    """Return JSON data with other values; what is not there cannot be changed."""
    for place, value in changes:
        data = _with(data, place, value)
    return data


def _with(data: Any, place: Place, value: Any) -> Any:
    # Only what leads to the place is copied.
    if not place:
        return value
    copy = data.copy() if isinstance(data, dict | list) else None
    try:
        if len(place) == 1 and value == GONE:
            del copy[place[0]]
        else:
            copy[place[0]] = _with(copy[place[0]] if len(place) > 1 else None, place[1:], value)
    except (LookupError, TypeError):
        return data
    return copy


class Mutator:
    """Chooses changes of JSON data.

    Args:
        data: the data.
    """

    def __init__(self, data: Any) -> None:
        self._data = data
        self._places: dict[Place, list[Place]] = {}
        for place in places(data):
            self._places.setdefault(_kind(place), []).append(place)
        self._kinds = list(self._places)

    def changes(self, chance: random.Random) -> list[Change]:
        """Choose one to three changes."""
        return [self._change(chance) for _ in range(chance.choice((1, 1, 1, 2, 3)))]

    def _change(self, chance: random.Random) -> Change:
        # Mostly what could stand there: what is nearly right passes the first checks. By kind of
        # place: a field of which there are many is not chosen more often.
        alike = self._places[chance.choice(self._kinds)]
        place = chance.choice(alike)
        value = self._at(place)
        number = _number(value)
        way = chance.randrange(10)
        if number is not None and way < 3:
            return place, number + chance.choice((-2, -1, 1, 2, 4096, -4096))
        if number is not None and way == 3:
            return place, number ^ 1 << chance.randrange(64)
        if way < 7:
            return place, self._at(chance.choice(alike))
        if isinstance(value, list) and value and way == 7:
            items = list(value)
            spot = chance.randrange(len(items))
            if chance.random() < 0.5:
                del items[spot]
            else:
                items.insert(chance.randrange(len(items) + 1), items[spot])
            return place, items
        if way == 8 and isinstance(place[-1], str):
            return place, GONE
        return place, chance.choice(_ODD)

    def _at(self, place: Place) -> Any:
        data = self._data
        for name in place:
            data = data[name]
        return data


def _kind(place: Place) -> Place:
    # Places of the same kind hold the same: numbers and names that are chosen do not count.
    return tuple("" if isinstance(n, int) or n[:1].isdigit() or n[:1] == "/" else n for n in place)


def _number(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch("0x[0-9a-f]+", value):
        return int(value, 16)
    return None


def mutated(chance: random.Random, text: str, pieces: Sequence[str]) -> str:
    """Return text of which one to four pieces were cut out, put in, doubled or replaced.

    Args:
        chance: chooses.
        text: the text.
        pieces: what is put in.
    """
    for _ in range(chance.randrange(1, 5)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.randrange(20))
        way = chance.randrange(6)
        piece = chance.choice(pieces)
        if way == 0:
            text = text[:start] + text[end:]
        elif way == 1:
            text = text[:end] + text[start:]  # doubled
        elif way == 2:
            text = text[:start]  # cut short
        else:
            text = text[:start] + piece + text[end:]
    return text
