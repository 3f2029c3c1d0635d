"""What a snapshot takes in memory beside another one, with which it has parts in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from sys import getsizeof
from typing import Any

from vmlab.state.capture import EMPTY
from vmlab.state.rows import Frames, Rows
from vmlab.state.snapshot import Snapshot

_NUMBER = 32  # bytes of a number, or of a short name


def weight(snap: Snapshot, beside: Snapshot) -> int:
    """Return about how many bytes a snapshot takes that another one does not take already."""
    return _weight(snap, beside)


def _weight(new: Any, old: Any) -> int:
    if new is old or new is EMPTY:
        return 0
    if isinstance(new, Frames):
        return _of_frames(new, old)
    if isinstance(new, Rows | tuple):
        return _of_values(new, old)
    if is_dataclass(new):
        return getsizeof(new) + sum(
            _weight(getattr(new, field.name), getattr(old, field.name, None))
            for field in fields(new)
        )
    return getsizeof(new) if isinstance(new, bytes) else _NUMBER


def _of_values(new: Sequence[Any], old: Any) -> int:
    # A value that is new has the place of an old one, if there is one of its number.
    new_chunks, old_chunks = _chunks(new), _chunks(old)
    common = {id(chunk) for chunk in old_chunks} & {id(chunk) for chunk in new_chunks}
    olds = [value for chunk in old_chunks if id(chunk) not in common for value in chunk]
    known = {id(value) for value in olds}
    by_number = {_number(value): value for value in olds}
    total = getsizeof(new_chunks)
    for chunk in new_chunks:
        if id(chunk) not in common:
            total += getsizeof(chunk)
            for value in chunk:
                if id(value) not in known:
                    total += _weight(value, by_number.get(_number(value)))
    return total


def _chunks(values: Any) -> Sequence[Sequence[Any]]:
    if isinstance(values, Rows):
        return values.chunks
    return (values,) if isinstance(values, tuple) else ()


def _number(value: Any) -> Any:
    # What tells an object from others of its kind: its first field.
    return getattr(value, fields(value)[0].name) if is_dataclass(value) else None


def _of_frames(new: Frames, old: Any) -> int:
    total = getsizeof(new.chunks)
    before = old.chunks if isinstance(old, Frames) else {}
    for number, chunk in new.chunks.items():
        other = before.get(number)
        if chunk is not other:
            total += getsizeof(chunk)
            for data, known in zip(chunk, other or (None,) * len(chunk), strict=True):
                if data is not None and data is not known:
                    total += _weight(data, None)
    return total
