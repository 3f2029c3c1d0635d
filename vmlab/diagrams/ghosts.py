"""What was there before: regions, and whole address spaces, that are gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vmlab.diagrams.regions import chosen, inside, region_name
from vmlab.record.marks import Marks
from vmlab.state import views
from vmlab.state.ids import gap_id, vma_id
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.state.views import Gap
from vmlab.words.language import say_n


@dataclass(frozen=True, slots=True)
class Ghost:
    """Where a region, or a part of one, was before."""

    mm: MmState  # its address space, as it was
    vma: VmaState  # as it was
    start: int
    end: int
    whole: bool  # no region begins where it began


Thing = VmaState | Gap | Ghost


def things(mm: MmState, before: Snapshot | None) -> Iterator[Thing]:
    """Return what fills an address space from 0 to its end, and in the gaps what was there before.

    Args:
        mm: the address space.
        before: the machine before.
    """
    old = views.find_mm(before, mm.mm) if before is not None else None
    if old is None or old.mmap is mm.mmap:
        yield from views.gaps(mm)
        return
    same = {(vma.vm_start, vma.vm_end) for vma in mm.mmap}
    starts = {start for start, _ in same}
    other = [vma for vma in old.mmap if (vma.vm_start, vma.vm_end) not in same]
    for thing in views.gaps(mm):
        if not isinstance(thing, Gap):
            yield thing
            continue
        at = thing.start
        for vma in other:
            start, end = max(vma.vm_start, thing.start), min(vma.vm_end, thing.end)
            if start < end:
                if at < start:
                    yield Gap(at, start)
                yield Ghost(old, vma, start, end, vma.vm_start not in starts)
                at = end
        if at < thing.end:
            yield Gap(at, thing.end)


def to_be_seen(mm: MmState, everything: Sequence[Thing], highlight: Marks) -> list[bool]:
    """Say which of the things in an address space must not be folded away.

    Those that the step or call is about, and the regions right beside those that it changed: there
    the reader sees what a region did, or did not, merge with.
    """
    changed = [_is_changed(mm, thing, highlight) for thing in everything]
    beside = [
        isinstance(thing, VmaState) and (below or above)
        for thing, below, above in zip(
            everything, [False, *changed[:-1]], [*changed[1:], False], strict=True
        )
    ]
    meant = (_is_meant(mm, thing, highlight) for thing in everything)
    return [any(each) for each in zip(meant, beside, strict=True)]


def _is_meant(mm: MmState, thing: Thing, highlight: Marks) -> bool:
    if isinstance(thing, Gap):
        return gap_id(mm.mm, thing.start) in highlight
    return isinstance(thing, Ghost) or inside(mm, thing, highlight)


def _is_changed(mm: MmState, thing: Thing, highlight: Marks) -> bool:
    if isinstance(thing, VmaState):
        return highlight.get(vma_id(mm.mm, thing.vm_start)) in ("new", "changed")
    return isinstance(thing, Ghost)


def gone_vmas(mm: MmState, before: Snapshot | None) -> list[VmaState]:
    """Return the regions of an address space that were there before and are no more."""
    return [ghost.vma for ghost in gone(mm, before)]


def gone(mm: MmState, before: Snapshot | None) -> list[Ghost]:
    """Return the ghosts of the regions of an address space that are no more.

    One that begins elsewhere now, and ends where it did, is not gone.
    """
    old = views.find_mm(before, mm.mm) if before is not None else None
    if old is None or old.mmap is mm.mmap:
        return []
    starts = {vma.vm_start for vma in mm.mmap}
    was = {vma.vm_start for vma in old.mmap}
    ends = {vma.vm_end for vma in mm.mmap if vma.vm_start not in was}
    return [
        Ghost(old, vma, vma.vm_start, vma.vm_end, True)
        for vma in old.mmap
        if vma.vm_start not in starts and vma.vm_end not in ends
    ]


def limits_of(thing: Thing) -> tuple[int, int]:
    """Return where something begins and ends."""
    if isinstance(thing, VmaState):
        return thing.vm_start, thing.vm_end
    return thing.start, thing.end


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
