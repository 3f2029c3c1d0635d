"""The TLB: what the CPU remembers of the page tables, and whether that is still true."""

from __future__ import annotations

from vmlab.diagrams.dot import SMALL, Markup, Picture, cell, clean, row, soft, text
from vmlab.diagrams.folds import More, fold, places
from vmlab.diagrams.loose import loose, loose_words
from vmlab.diagrams.marking import LEGEND as MARKS_LEGEND
from vmlab.diagrams.marking import told_of
from vmlab.diagrams.regions import where
from vmlab.diagrams.room import squeezed, wrapped
from vmlab.diagrams.rows import head, more_row, remark
from vmlab.model.mmu.pte import NX, RW, US, D, G, P, pte_pfn
from vmlab.record.marks import NO_MARKS, Marks
from vmlab.state import views
from vmlab.state.ids import tlb_id
from vmlab.state.places import page_at
from vmlab.state.snapshot import Snapshot
from vmlab.state.snapshot_hardware import TlbEntryState, TlbState
from vmlab.words.columns import padded
from vmlab.words.language import N_, say, say_n

LIMIT = 12  # entries that are shown
PLACE, OWNER = 24, 16  # letters of their columns

BITS = ((RW, "W"), (US, "U"), (D, "D"), (NX, "N"), (G, "G"))
LEGEND = N_("W writable  U user  D dirty  N no execute  G global")
USABLE = N_("bold: usable now    grey: its mm is not loaded")


def tlb_dot(
    snap: Snapshot,
    *,
    highlight: Marks = NO_MARKS,
    unfold: frozenset[str] = frozenset(),
    narrow: bool = False,
) -> str:
    """Draw the translations the CPU remembers, oldest first.

    Args:
        snap: the machine.
        highlight: ids of the objects this step is about.
        unfold: ids of folds that the reader opened.
        narrow: whether something stands beside it.
    """
    picture = Picture("tlb")
    tlb = snap.tlb
    note = say("{used} of {size} entries", used=len(tlb.entries), size=tlb.size)
    rows = [head("TLB", note=note), remark(_counts(tlb))]
    titles = (
        f"ASID {padded(say('page'), PLACE)} {padded(say('address'), 14)} "
        f"{padded(say('frame'), 6, left=True)}  {padded(say('bits'), 5)}  {say('process')}"
    )
    rows.append(row(cell(soft(titles), border=0, padding=4, align="LEFT")))
    keep = places(tlb_id(entry.asid, entry.vpn) in highlight for entry in tlb.entries)
    shorten = squeezed if narrow else fold
    for entry in shorten(tlb.entries, "tlb", limit=LIMIT, keep=keep, unfold=unfold):
        if isinstance(entry, More):
            rows.append(more_row(entry, say_n(entry.count, "{n} more", "{n} more")))
        else:
            rows.append(_entry(snap, entry, highlight))
    if not tlb.entries:
        rows.append(row(cell(soft(say("empty: every access walks the page tables")), dashed=True)))
    legend = (say(LEGEND), say(USABLE), say(MARKS_LEGEND))
    picture.legend(*wrapped(*legend) if narrow else legend)
    picture.struct("tlb.entries", rows, tip=say("translation lookaside buffer"))
    loose(
        picture,
        highlight,
        "tlb",
        below="tlb.entries" if narrow else "",
        snap=snap if narrow else None,
    )
    return picture.dot()


def _counts(tlb: TlbState) -> str:
    return say(
        "hits {hits}, misses {misses}, flushes {flushes}",
        hits=tlb.hits,
        misses=tlb.misses,
        flushes=tlb.flushes,
    )


def _space(snap: Snapshot, asid: int) -> int:
    # The number of the mm_struct that an ASID stands for, 0 = none.
    return snap.system.asids[asid][0] if asid < len(snap.system.asids) else 0


def _whose(snap: Snapshot, entry: TlbEntryState) -> str:
    mm = views.find_mm(snap, _space(snap, entry.asid))
    tasks = views.users(snap, mm.mm) if mm is not None else ()
    return say("{pid} {name}", pid=tasks[0].pid, name=tasks[0].comm) if tasks else ""


def _place(snap: Snapshot, entry: TlbEntryState) -> str:
    # What the page is called; nothing if only its address tells it apart.
    addr = entry.vpn << snap.geometry.page_shift
    found = page_at(snap, views.find_mm(snap, _space(snap, entry.asid)), addr)
    return str(found) if found.kind and found.kind != "anon" else ""


def is_stale(snap: Snapshot, entry: TlbEntryState) -> bool:
    """Say whether the page tables meanwhile say something else than a TLB entry.

    An ASID whose address space has been flushed since is not stale: it is flushed before use.
    """
    mm = views.find_mm(snap, _space(snap, entry.asid))
    if mm is None or snap.system.asids[entry.asid][1] != mm.tlb_gen:
        return False
    steps = views.walk(snap, mm, entry.vpn << snap.geometry.page_shift)
    last = steps[-1].entry
    if len(steps) < len(snap.geometry.level_bits) or not last & P:
        return True
    return pte_pfn(last) != entry.pfn or bool(entry.flags & RW & ~last)


def _entry(snap: Snapshot, entry: TlbEntryState, highlight: Marks) -> Markup:
    key = tlb_id(entry.asid, entry.vpn)
    addr = entry.vpn << snap.geometry.page_shift
    bits = "".join(letter if entry.flags & bit else "-" for bit, letter in BITS)
    loaded = entry.asid == snap.tlb.asid or entry.is_global
    asid = say("all") if entry.is_global else str(entry.asid)
    stale = is_stale(snap, entry)
    whose = say("stale!") if stale else clean(_whose(snap, entry), OWNER)
    place = clean(_place(snap, entry), PLACE)
    where = f"{padded(asid, 4, left=True)} {padded(place, PLACE)} {addr:<#14x}"
    words = f"{where} {entry.pfn:>6}  {bits}  {whose}"
    tip = say("page {addr:#x} is frame {pfn}: usable now", addr=addr, pfn=entry.pfn)
    if not loaded:
        tip = say(
            "page {addr:#x} is frame {pfn}: of an address space that is not loaded",
            addr=addr,
            pfn=entry.pfn,
        )
    return row(
        cell(
            text(words, size=SMALL, bold=loaded, limit=100),
            key=key,
            tip=tip,
            tone="hot" if stale else "paper" if loaded else "lent",
            mark=highlight.get(key),
            padding=3,
            align="LEFT",
        )
    )


def tlb_text(snap: Snapshot, *, highlight: Marks = NO_MARKS) -> str:
    """Say the picture in words: the counters, then each entry, oldest first."""
    tlb = snap.tlb
    said = [
        say(
            "TLB: {used} of {size} entries, {counts}; ASID {asid} is loaded.",
            used=len(tlb.entries),
            size=tlb.size,
            counts=_counts(tlb),
            asid=tlb.asid,
        )
    ]
    listed = {tlb_id(entry.asid, entry.vpn): entry for entry in tlb.entries}
    for key, entry in listed.items():
        said.append(f"  {told_of(_entry_text(snap, entry), key, highlight)}")
    said += (f"  {line}" for line in loose_words(highlight, listed, "tlb"))
    return "\n".join(said)


def _entry_text(snap: Snapshot, entry: TlbEntryState) -> str:
    notes = [say("writable") if entry.flags & RW else say("read-only")]
    notes += [say("stale")] if is_stale(snap, entry) else []
    mm = views.find_mm(snap, _space(snap, entry.asid))
    return say(
        "{asid}: {place} is frame {pfn}, {notes}",
        asid=say("global") if entry.is_global else f"ASID {entry.asid}",
        place=where(snap, mm, entry.vpn << snap.geometry.page_shift),
        pfn=entry.pfn,
        notes=", ".join(notes),
    )
