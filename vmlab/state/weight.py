"""What a snapshot takes in memory beside another one, with which it has parts in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from sys import getsizeof
from typing import Any

from vmlab.state.capture_hardware import EMPTY
from vmlab.state.rows import Frames, Rows, frames
from vmlab.state.snapshot import AnonVmaState, InodeState, MmState, Snapshot

_PLACE = 400  # bytes: a place in swap, about
_WITH_FIELDS = 3  # times what an object takes itself: its numbers are objects too
_MANY = {  # of what may hold many values: its number, and those fields
    MmState: ("mm", ("mmap",)),
    InodeState: ("ino", ("i_pages", "i_mmap")),
    AnonVmaState: ("anon_vma", ("vmas",)),
}
_LISTS = ("tasks", "mms", "pages", "files", "inodes", "anon_vmas", "fds")


def weight(snap: Snapshot, beside: Snapshot) -> int:
    """Return about how many bytes a snapshot takes that another one does not take already."""
    system, old = snap.system, beside.system
    return (
        getsizeof(snap)
        + sum(_values(getattr(snap, name), getattr(beside, name)) for name in _LISTS)
        + _values(snap.tlb.entries, beside.tlb.entries)
        + _values(system.free_frames, old.free_frames)
        + _values(system.paths, old.paths)
        + _frames(frames(snap.ram), frames(beside.ram))
        + _swap(snap, beside)
    )


def _swap(snap: Snapshot, beside: Snapshot) -> int:
    known = {id(data) for area in beside.system.swap for data in area.blocks.values()}
    areas = [area for area in snap.system.swap if area not in beside.system.swap]
    datas = [data for area in areas for data in area.blocks.values() if id(data) not in known]
    places = sum(len(area.swap_map) for area in areas)
    return sum(map(getsizeof, datas)) + places * _PLACE


def _values(new: Sequence[Any], old: Sequence[Any]) -> int:
    if new is old:
        return 0
    chunks, old_chunks = _chunks(new), _chunks(old)
    common = {id(chunk) for chunk in old_chunks}.intersection(map(id, chunks))
    olds = [value for chunk in old_chunks if id(chunk) not in common for value in chunk]
    known = set(map(id, olds))
    own = [chunk for chunk in chunks if id(chunk) not in common]
    fresh = [value for chunk in own for value in chunk if id(value) not in known]
    return (
        getsizeof(chunks)
        + sum(map(getsizeof, own))
        + sum(map(getsizeof, fresh)) * _WITH_FIELDS
        + (_inside(fresh, olds) if fresh and type(fresh[0]) in _MANY else 0)
    )


def _inside(fresh: Iterable[Any], olds: Iterable[Any]) -> int:
    total = 0
    before = {getattr(old, _MANY[type(old)][0]): old for old in olds}
    for value in fresh:
        number, names = _MANY[type(value)]
        old = before.get(getattr(value, number))
        total += sum(_values(getattr(value, name), getattr(old, name, ())) for name in names)
    return total


def _chunks(values: Sequence[Any]) -> Sequence[Sequence[Any]]:
    return values.chunks if isinstance(values, Rows) else (values,)


def _frames(new: Frames, old: Frames) -> int:
    if new is old:
        return 0
    total = getsizeof(new.chunks)
    for number, chunk in new.chunks.items():
        before = old.chunks.get(number, (None,) * len(chunk))
        if chunk is not before:
            total += getsizeof(chunk) + sum(
                getsizeof(data)
                for data, known in zip(chunk, before, strict=True)
                if data is not known and data is not None and data is not EMPTY
            )
    return total
