"""The page tables of one address space in words."""

from __future__ import annotations

from vmlab.diagrams.folds import LINES, More, fold
from vmlab.diagrams.loose import loose_words
from vmlab.diagrams.marking import told_of
from vmlab.diagrams.regions import chosen_one, owner, where
from vmlab.diagrams.rows import folded_words
from vmlab.model.mmu.pte import NX, RW, A, D, P, pte_pfn
from vmlab.model.mmu.walk import WalkStep
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.entries import Mapped
from vmlab.state.ids import entry_id, pte_id
from vmlab.state.snapshot import Snapshot
from vmlab.words.language import say


def page_table_text(
    snap: Snapshot,
    *,
    mm: int | None = None,
    addr: int | None = None,
    highlight: Marks = NO_MARKS,
) -> str:
    """Say the picture in words: the walk of `addr` level by level, then every mapped page."""
    space = chosen_one(snap, mm)
    if space is None:
        return say("No process.")
    said = [
        say(
            "Page tables of mm {mm} ({owner}), top table in frame {pfn}.",
            mm=space.mm,
            owner=owner(snap, space),
            pfn=space.pgd,
        )
    ]
    if addr is not None:
        said.append(say("Walk of {place}:", place=where(snap, space, addr)))
        for step in views.walk(snap, space, addr):
            leaf = step.level == views.geometry(snap).level_names[-1]
            start = addr & -views.page_size(snap)
            key = pte_id(space.mm, start) if leaf else entry_id(step.table, step.index)
            said.append(f"  {told_of(_step_text(step), key, highlight)}")
    said.append(say("Mapped pages:"))
    pages = views.mapped(snap, space)
    addrs = {at for number, at in highlight.numbers("pte") if number == space.mm}
    keep = [pages.place(at) for at in addrs if pages.at(at) is not None]
    listed = set()
    for page in fold(pages, "", limit=LINES, keep=keep):
        if isinstance(page, More):
            said.append(f"  {folded_words(page.count)}")
            continue
        listed.add(pte_id(space.mm, page.addr))
        line = say(
            "{place}: frame {pfn}, {bits}",
            place=where(snap, space, page.addr),
            pfn=page.pfn,
            bits=_page_text(snap, page),
        )
        said.append(f"  {told_of(line, pte_id(space.mm, page.addr), highlight)}")
    if swapped := views.swapped(snap, space):
        said.append(say("Pages in swap:"))
        for page in fold(swapped, "", limit=LINES):
            if isinstance(page, More):
                said.append(f"  {folded_words(page.count)}")
                continue
            listed.add(pte_id(space.mm, page.addr))
            line = say(
                "{place}: slot {slot}",
                place=where(snap, space, page.addr),
                slot=views.swap_slot(page.pte),
            )
            said.append(f"  {told_of(line, pte_id(space.mm, page.addr), highlight)}")
    said += (f"  {line}" for line in loose_words(highlight, listed, "pte", mm=space.mm))
    return "\n".join(said)


def _step_text(step: WalkStep) -> str:
    if not step.entry & P and views.is_swapped(step.entry):
        return say(
            "{level} in frame {table}, entry {index}: in swap, slot {slot}",
            level=step.level,
            table=step.table,
            index=step.index,
            slot=views.swap_slot(step.entry),
        )
    if not step.entry & P:
        return say(
            "{level} in frame {table}, entry {index}: not present",
            level=step.level,
            table=step.table,
            index=step.index,
        )
    return say(
        "{level} in frame {table}, entry {index}: frame {pfn}, {bits}",
        level=step.level,
        table=step.table,
        index=step.index,
        pfn=pte_pfn(step.entry),
        bits=_bits_text(step.entry),
    )


def _page_text(snap: Snapshot, mapped: Mapped) -> str:
    # The bits of an entry, and whether its page must still be written to the disk.
    page, bits = views.pages(snap).get(mapped.pfn), _bits_text(mapped.pte)
    if page is None or not views.awaits_writing(snap, page):
        return bits
    return say("{bits}; the page is not written to the disk yet", bits=bits)


def _bits_text(entry: int) -> str:
    words = [say("writable") if entry & RW else say("read-only")]
    words += [say("executable")] if not entry & NX else []
    words += [say("accessed")] if entry & A else []
    words += [say("dirty")] if entry & D else []
    return ", ".join(words)
