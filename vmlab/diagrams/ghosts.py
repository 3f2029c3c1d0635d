"""What was there before: regions, and whole address spaces, that are gone."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vmlab.diagrams.regions import chosen, meant, region_name
from vmlab.record.marks import Marks
from vmlab.state import views
from vmlab.state.ids import vma_id
from vmlab.state.rows import differences
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.state.views import Gap
from vmlab.words.language import say_n

GHOSTS = 48  # of one address space


@dataclass(frozen=True, slots=True)
class Ghost:
    """Where a region, or a part of one, was before."""

    mm: MmState  # its address space, as it was
    vma: VmaState  # as it was
    start: int
    end: int
    whole: bool  # no region begins where it began


Thing = VmaState | Gap | Ghost


def things(mm: MmState, before: Snapshot | None) -> list[Thing]:
    """Return what fills an address space from 0 to its end, and in the gaps what was there before.

    Args:
        mm: the address space.
        before: the machine before.
    """
    filled: list[Thing] = [*views.gaps(mm)]
    old = views.find_mm(before, mm.mm) if before is not None else None
    if old is None:
        return filled
    were: dict[int, list[VmaState]] = {}  # what was in the gaps, by their places
    for vma in _other(old, mm):
        place = bisect_right(filled, vma.vm_start, key=_start) - 1
        while place < len(filled) and _start(filled[place]) < vma.vm_end:
            if isinstance(filled[place], Gap):
                were.setdefault(place, []).append(vma)
            place += 1
    everything: list[Thing] = []
    last = 0
    for place in sorted(were):
        everything += filled[last:place]
        everything += _with_ghosts(mm, old, *limits_of(filled[place]), were[place])
        last = place + 1
    return everything + filled[last:]


def _other(old: MmState, mm: MmState) -> Iterator[VmaState]:
    # Regions that do not begin and end any more where they did.
    for vma, now in differences(old.mmap, mm.mmap, views.START):
        if vma is not None and (now is None or now.vm_end != vma.vm_end):
            yield vma


def _with_ghosts(
    mm: MmState, old: MmState, start: int, end: int, vmas: Sequence[VmaState]
) -> Iterator[Thing]:
    # What fills a gap in which regions were.
    at = start
    for vma in vmas:
        begin, stop = max(vma.vm_start, start), min(vma.vm_end, end)
        if at < begin:
            yield Gap(at, begin)
        yield Ghost(old, vma, begin, stop, views.vma_from(mm, vma.vm_start) is None)
        at = stop
    if at < end:
        yield Gap(at, end)


def to_be_seen(mm: MmState, everything: Sequence[Thing], highlight: Marks) -> set[int]:
    """Return the places of the things in an address space that must not be folded away.

    Those that the step or call is about, and the regions right beside those that it changed: there
    the reader sees what a region did, or did not, merge with. Of more ghosts than there is room
    for, none must be seen.
    """
    ghosts = [place for place, thing in enumerate(everything) if type(thing) is Ghost]
    changed = set(ghosts if len(ghosts) <= GHOSTS else ())
    must = set(changed)
    for start in meant(mm, highlight):
        place = bisect_left(everything, start, key=_start)
        must.add(place)
        if highlight.get(vma_id(mm.mm, start)) in ("new", "changed"):
            changed.add(place)
    for number, start in highlight.numbers("gap"):
        place = bisect_left(everything, start, key=_start)
        if number == mm.mm and place < len(everything) and _start(everything[place]) == start:
            must |= {place} if isinstance(everything[place], Gap) else set()
    beside = {place + side for place in changed for side in (-1, 1)}
    must |= {
        place
        for place in beside
        if 0 <= place < len(everything) and isinstance(everything[place], VmaState)
    }
    return must


def gone_vmas(mm: MmState, before: Snapshot | None) -> list[VmaState]:
    """Return the regions of an address space that were there before and are no more."""
    return [ghost.vma for ghost in gone(mm, before)]


def gone(mm: MmState, before: Snapshot | None) -> list[Ghost]:
    """Return the ghosts of the regions of an address space that are no more.

    One that begins elsewhere now, and ends where it did, is not gone.
    """
    old = views.find_mm(before, mm.mm) if before is not None else None
    if old is None:
        return []
    return [
        Ghost(old, vma, vma.vm_start, vma.vm_end, True)
        for vma, now in differences(old.mmap, mm.mmap, views.START)
        if vma is not None and now is None and not moved(old, mm, vma.vm_end)
    ]


def moved(old: MmState, new: MmState, vm_end: int) -> bool:
    """Say whether a region that ends there began elsewhere before."""
    vma = views.find_vma(new, vm_end - 1)
    return vma is not None and vma.vm_end == vm_end and views.vma_from(old, vma.vm_start) is None


def limits_of(thing: Thing) -> tuple[int, int]:
    """Return where something begins and ends."""
    if isinstance(thing, VmaState):
        return thing.vm_start, thing.vm_end
    return thing.start, thing.end


def _start(thing: Thing) -> int:
    return limits_of(thing)[0]


def was(snap: Snapshot, ghost: Ghost) -> str:
    """Say what was there."""
    nr_pages = (ghost.end - ghost.start) // views.page_size(snap)
    name = region_name(ghost.mm, ghost.vma)
    return say_n(nr_pages, "was {name}, {n} page", "was {name}, {n} pages", name=name)


def gone_spaces(
    snap: Snapshot, before: Snapshot | None, mms: Sequence[int] | None = None
) -> list[MmState]:
    """Return the address spaces that were there before and are no more."""
    if before is None or before is snap:
        return []
    there = {mm.mm for mm in snap.mms}
    return [mm for mm in chosen(before, mms) if mm.mm not in there]
