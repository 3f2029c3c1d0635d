"""The address space in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmlab.diagrams.folds import LINES, More, fold
from vmlab.diagrams.ghosts import (
    Ghost,
    Thing,
    gone_spaces,
    things,
    to_be_seen,
    was,
)
from vmlab.diagrams.marking import told, told_of
from vmlab.diagrams.regions import (
    chosen,
    describe,
    owner,
    page_count,
    page_tip,
    size,
)
from vmlab.diagrams.rows import folded_words
from vmlab.model.mmu.page import KiB
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.entries import Entries
from vmlab.state.ids import mm_id, parse, vma_id
from vmlab.state.observed import Observed
from vmlab.state.places import place_name
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.state.views import Gap
from vmlab.words.language import say, say_n


def vma_count(mm: MmState) -> str:
    """Say how many regions there are."""
    return say_n(mm.map_count, "{n} VMA", "{n} VMAs")


def present_pages(snap: Snapshot, mm: MmState, vma: VmaState, present: Entries) -> int | None:
    """Return how many pages of a region are in memory; None = it is not known.

    Args:
        snap: the machine.
        mm: the address space.
        vma: the region.
        present: its pages that are present, as far as they are known one by one.
    """
    if not isinstance(snap, Observed) or snap.seen[mm.mm].knows_pages:
        return len(present)
    counts = snap.seen[mm.mm].counts.get(vma.vm_start, {})
    return counts["Rss"] * KiB // views.page_size(snap) if "Rss" in counts else None


def present_count(there: int | None, nr_pages: int) -> str:
    """Say how many pages of some are in memory, or how many there are if that is not known."""
    if there is None:
        return page_count(nr_pages)
    return say_n(
        nr_pages, "{there} of {n} pages present", "{there} of {n} pages present", there=there
    )


def address_space_text(
    snap: Snapshot,
    *,
    mms: Sequence[int] | None = None,
    before: Snapshot | None = None,
    highlight: Marks = NO_MARKS,
) -> str:
    """Say the picture in words: every region and gap from the top down, and what is marked."""
    said = []
    for mm in chosen(snap, mms):
        present = views.mapped(snap, mm)
        words = say(
            "Address space of {owner} (mm {mm}): {vmas}, {pages}. From the top:",
            owner=owner(snap, mm),
            mm=mm.mm,
            vmas=vma_count(mm),
            pages=page_count(mm.total_vm),
        )
        said.append(told_of(words, mm_id(mm.mm), highlight))
        everything = things(mm, before)
        keep = to_be_seen(mm, everything, highlight)
        for thing in reversed(fold(everything, "", limit=LINES, keep=keep)):
            said.append(f"  {_line(snap, mm, thing, present, highlight)}")
        said += _marked_pages(snap, mm, present, highlight)
    for mm in gone_spaces(snap, before, mms):
        words = say("address space of {owner} (mm {mm})", owner=owner(before or snap, mm), mm=mm.mm)
        said.append(told(words, "gone"))
    return "\n".join(said) or say("No process.")


def _line(
    snap: Snapshot, mm: MmState, thing: Thing | More[Thing], present: Entries, highlight: Marks
) -> str:
    if isinstance(thing, More):
        return folded_words(thing.count)
    if isinstance(thing, Gap):
        return say("free {size}", size=size(thing.end - thing.start))
    if isinstance(thing, Ghost):
        return told(was(snap, thing), "gone")
    nr_pages = (thing.vm_end - thing.vm_start) // views.page_size(snap)
    there = present_pages(snap, mm, thing, present.between(thing.vm_start, thing.vm_end))
    words = f"{describe(mm, thing)}, {present_count(there, nr_pages)}"
    gone = sum(thing.vm_start <= page.addr < thing.vm_end for page in views.swapped(snap, mm))
    if gone:
        words = say_n(gone, "{words}, {n} in swap", "{words}, {n} in swap", words=words)
    return told_of(words, vma_id(mm.mm, thing.vm_start), highlight)


def _marked_pages(snap: Snapshot, mm: MmState, present: Entries, highlight: Marks) -> Iterator[str]:
    for key in sorted(highlight):
        kind, numbers = parse(key) or ("", ())
        if kind == "pte" and numbers[0] == mm.mm:
            words = place_name(snap, mm, numbers[1])
            page = present.at(numbers[1])
            if page is not None:
                words = f"{words}, {page_tip(page)}"
            yield f"  {told(words, highlight[key])}"
