"""Which objects a step or a call is about, and what happened to each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar

from vmlab.model.mmu.page import PAGE_MASK
from vmlab.model.mmu.pte import A, D
from vmlab.model.trace.event import Event
from vmlab.model.trace.events.cpu import PageWalk, TlbFill, TlbHit, TlbMiss
from vmlab.model.trace.events.page import TlbFlush
from vmlab.model.trace.events.process import AccessBegin
from vmlab.model.trace.events.vma import FindVma
from vmlab.record.marks import Mark, Marks
from vmlab.state import views
from vmlab.state.ids import (
    anon_vma_id,
    entry_id,
    file_id,
    ino_id,
    mm_id,
    parse,
    pfn_id,
    pte_id,
    task_id,
    tlb_id,
    vma_id,
)
from vmlab.state.rows import differences, find, frames, other_frames
from vmlab.state.snapshot import MmState, Snapshot
from vmlab.state.snapshot_hardware import TlbEntryState

T = TypeVar("T")

MANY = 24  # objects of a kind; of a kind of which a call changed more, it marks none
NAMED = 64  # pages of a range that an event names

# What is left out of the question whether an object is another one than before: in a step what
# every instruction changes, and at the end of a call also what goes along with other changes.
_ASIDE = {"regs", "fpu", "vmacache"}
_ALONG = {
    "vma": {"rb_left", "rb_right", "rb_color", "rb_subtree_gap", "anon_vma", "anon_vma_chain"},
    "mm": {
        *("mm_rb", "mmap", "map_count", "total_vm", "data_vm", "exec_vm", "stack_vm"),
        *("locked_vm", "pgtables_bytes", "tlb_gen", "hiwater_vm", "hiwater_rss", "rss_stat"),
    },
    "task": {"min_flt", "maj_flt", "active_mm"},
    "ino": {"i_pages", "i_mmap", "i_count"},
    "file": {"f_count"},
    "pfn": {"refcount", "flags"},
}


def event_ids(event: Event, snap: Snapshot) -> frozenset[str]:
    """Return the ids of the objects that an event names.

    An address in an event that names no mm_struct is one of the running process.
    """
    values = event.values()
    ids = set()
    mm = values.get("mm") or _current_mm(snap)
    named = "mm" in values
    for name in ("vma", "other"):
        if values.get(name, -1) >= 0:
            ids.add(vma_id(mm, values[name]))
    for name in ("pfn", "new_pfn"):
        if name in values:
            ids.add(pfn_id(values[name]))
    for name in ("pid", "child"):
        if name in values:
            ids.add(task_id(values[name]))
    for name in ("addr", "new_addr"):
        if name in values and mm:
            addr = values[name] & PAGE_MASK
            nr_pages = min(values.get("nr_pages", 1), NAMED) if named else 1
            size = views.page_size(snap)
            ids.update(pte_id(mm, addr + turn * size) for turn in range(nr_pages))
            state = views.find_mm(snap, mm)
            vma = views.find_vma(state, addr) if state is not None else None
            if vma is not None:
                ids.add(vma_id(mm, vma.vm_start))
    if "file" in values:
        ids.add(file_id(values["file"]))
    if "ino" in values:
        ids.add(ino_id(values["ino"]))
    if "anon_vma" in values:
        ids.add(anon_vma_id(values["anon_vma"]))
    if named and not ids:
        ids.add(mm_id(mm))
    return frozenset(ids)


def event_marks(event: Event, before: Snapshot, after: Snapshot) -> Marks:
    """Return what happened in one step to each object it is about.

    Args:
        event: what the step told.
        before: the machine before it.
        after: the machine after it.
    """
    ids = set(event_ids(event, after))
    ids |= _tlb_ids(event, before, after)
    turns = _way(event, after)
    kinds = {key: _happened(key, before, after) for key in sorted(ids | turns.keys())}
    return Marks(kinds, turns)


def call_marks(events: Iterable[Event], before: Snapshot, after: Snapshot) -> Marks:
    """Return what a whole call changed, and where it was an access, the pages it reached.

    The nodes that it recoloured, and the objects it looked at, on the way are not marked, nor are
    the parts of what is new or gone as a whole.

    Args:
        events: those of the call.
        before: the machine before the call.
        after: the machine after the call.
    """
    kinds: dict[str, Mark] = {}
    events = list(events)
    if any(isinstance(event, AccessBegin) for event in events):
        for event in events:
            if isinstance(event, TlbHit | TlbFill | TlbMiss):
                kinds |= dict.fromkeys(sorted(event_ids(event, after)), "looked")
        kinds = {key: kind for key, kind in kinds.items() if not key.startswith("vma")}
    for changes in _changes(before, after):
        kinds |= _few(changes)
    count = Counter(_kind(key) for key in kinds)
    return Marks({key: mark for key, mark in kinds.items() if count[_kind(key)] <= MANY})


def speaks_of(event: Event, snap: Snapshot) -> int | None:
    """Return the number of the mm_struct that a step speaks of; None = of none."""
    values = event.values()
    running = _current_mm(snap) if "addr" in values else 0
    return values.get("mm") or running or None


def _few(changes: Iterable[tuple[str, Mark]]) -> dict[str, Mark]:
    # The marks of one kind, or so many of them that there are too many.
    found: dict[str, Mark] = {}
    for key, mark in changes:
        found[key] = mark
        if len(found) > MANY:
            break
    return found


def _kind(key: str) -> str:
    return (parse(key) or (key, ()))[0]


def _current_mm(snap: Snapshot) -> int:
    return next((task.mm for task in snap.tasks if task.pid == snap.current), 0)


def _tlb_ids(event: Event, before: Snapshot, after: Snapshot) -> set[str]:
    # The entries of the TLB that an event is about.
    shift = after.geometry.page_shift
    if isinstance(event, TlbHit | TlbFill):
        return {
            tlb_id(entry.asid, entry.vpn)
            for entry in after.tlb.entries
            if entry.vpn == event.addr >> shift and entry.asid == after.tlb.asid
        }
    if isinstance(event, TlbFlush):
        kept = {(entry.asid, entry.vpn) for entry in after.tlb.entries}
        return {
            tlb_id(entry.asid, entry.vpn)
            for entry in before.tlb.entries
            if (entry.asid, entry.vpn) not in kept
        }
    return set()


def _way(event: Event, snap: Snapshot) -> dict[str, int]:
    # What a search looked at, in that order.
    if isinstance(event, FindVma):
        return _way_to_vma(event, snap)
    return _walk(event, snap) if isinstance(event, PageWalk | TlbFill) else {}


def _walk(event: PageWalk | TlbFill, snap: Snapshot) -> dict[str, int]:
    # The entries that the MMU has read so far, a level each.
    mm = views.find_mm(snap, _current_mm(snap))
    if mm is None:
        return {}
    shape = views.geometry(snap)
    turns: dict[str, int] = {}
    for turn, step in enumerate(views.walk(snap, mm, event.addr), 1):
        leaf = step.level == shape.level_names[-1]
        page = event.addr & -views.page_size(snap)
        turns[pte_id(mm.mm, page) if leaf else entry_id(step.table, step.index)] = turn
        if isinstance(event, PageWalk) and step.level == event.level:
            break
    return turns


def _way_to_vma(event: FindVma, snap: Snapshot) -> dict[str, int]:
    # The VMAs that find_vma compared on its way down the tree.
    mm = views.find_mm(snap, event.mm)
    if mm is None or not event.compared:  # the cache of the task knew it
        return {}
    turns: dict[str, int] = {}
    start = mm.mm_rb
    while start is not None and len(turns) < event.compared:
        vma = views.vma_from(mm, start)
        if vma is None:
            break
        turns[vma_id(mm.mm, start)] = len(turns) + 1
        start = vma.rb_left if vma.vm_end > event.addr else vma.rb_right
    return turns


# One object in two states


def _happened(key: str, before: Snapshot, after: Snapshot) -> Mark:
    kind, numbers = parse(key) or ("", ())
    old, new = (_object(snap, kind, numbers) for snap in (before, after))
    if old == new:
        return "looked"
    if old is None:
        if kind == "vma" and _moved(before, after, *numbers):
            return "changed"
        return "new"
    return "gone" if new is None else "changed"


def _moved(before: Snapshot, after: Snapshot, mm: int, vm_start: int) -> bool:
    # Whether a VMA is one that began elsewhere.
    old, new = views.find_mm(before, mm), views.find_mm(after, mm)
    if old is None or new is None:
        return False
    vma = views.vma_from(new, vm_start)
    was = views.find_vma(old, vma.vm_end - 1) if vma is not None else None
    if vma is None or was is None or vma.vm_end != was.vm_end:
        return False
    return views.vma_from(new, was.vm_start) is None


def _object(snap: Snapshot, kind: str, numbers: Sequence[int]) -> Any:
    # The values of an object, as far as a step can change them; None = it is not there.
    number = numbers[0] if numbers else 0
    match kind:
        case "vma":
            mm = views.find_mm(snap, number)
            return mm and views.vma_from(mm, numbers[1])
        case "pte":
            mm = views.find_mm(snap, number)
            return _entry(snap, mm, numbers[1]) if mm is not None else None
        case "pfn":
            page = views.pages(snap).get(number)
            return (page, snap.ram.get(number)) if page is not None else None
        case "mm":
            return views.find_mm(snap, number)
        case "task":
            task = views.find_task(snap, number)
            return task and _but(task, _ASIDE)
        case "file":
            return views.find_file(snap, number)
        case "ino":
            return views.find_inode(snap, number)
        case "anon_vma":
            return find(snap.anon_vmas, number, attrgetter("anon_vma"))
        case "tlb":
            where = tuple(numbers)
            entries = snap.tlb.entries
            return next((entry for entry in entries if (entry.asid, entry.vpn) == where), None)
    return None


def _entry(snap: Snapshot, mm: MmState, addr: int) -> int | None:
    # The last-level entry of an address; None = there is none, or it is empty.
    if mm.pgd not in views.pages(snap):
        return None
    steps = views.walk(snap, mm, addr)
    return steps[-1].entry or None if len(steps) == views.geometry(snap).levels else None


def _but(state: Any, names: Iterable[str]) -> Any:
    # A state with some of its fields left out.
    return tuple(getattr(state, name) for name in type(state).__slots__ if name not in names)


# All objects in two states


def _changes(before: Snapshot, after: Snapshot) -> Iterator[Iterator[tuple[str, Mark]]]:
    # What is new, changed and gone, kind by kind.
    spaces = ((mm, views.find_mm(after, mm.mm)) for mm in before.mms)
    kept = [(old, new) for old, new in spaces if new is not None]
    yield _compare("mm", before.mms, after.mms, attrgetter("mm"), mm_id)
    yield chain.from_iterable(_vma_changes(old, new) for old, new in kept)
    yield chain.from_iterable(_pte_changes(before, after, old, new) for old, new in kept)
    yield _pfn_changes(before, after)
    yield _compare("task", before.tasks, after.tasks, attrgetter("pid"), task_id)
    yield _compare("file", before.files, after.files, attrgetter("file"), file_id)
    yield _compare("ino", before.inodes, after.inodes, attrgetter("ino"), ino_id)
    lines = before.tlb.entries, after.tlb.entries
    yield _compare("tlb", *lines, _line, lambda line: tlb_id(*line))


def _line(entry: TlbEntryState) -> tuple[int, int]:
    return entry.asid, entry.vpn


def _compare(
    kind: str,
    old: Sequence[T],
    new: Sequence[T],
    key: Callable[[T], Any],
    name: Callable[[Any], str],
) -> Iterator[tuple[str, Mark]]:
    aside = _ASIDE | _ALONG.get(kind, set())
    for one, other in differences(old, new, key):
        there = one if one is not None else other
        if there is None:
            continue
        if one is None or other is None:
            yield name(key(there)), "new" if one is None else "gone"
        elif _but(one, aside) != _but(other, aside):
            yield name(key(there)), "changed"


def _vma_changes(old: MmState, new: MmState) -> Iterator[tuple[str, Mark]]:
    changes = list(differences(old.mmap, new.mmap, views.START))
    came = {now.vm_end: now for was, now in changes if was is None and now is not None}
    moved = {  # VMAs that begin elsewhere now, by where that is
        came[was.vm_end].vm_start
        for was, now in changes
        if was is not None and now is None and was.vm_end in came
    }
    aside = _ASIDE | _ALONG["vma"]
    for was, now in changes:
        if now is None:
            if was is not None and was.vm_end not in came:
                yield vma_id(new.mm, was.vm_start), "gone"
        elif was is None:
            yield vma_id(new.mm, now.vm_start), "changed" if now.vm_start in moved else "new"
        elif _but(was, aside) != _but(now, aside):
            yield vma_id(new.mm, now.vm_start), "changed"


def _pte_changes(
    before: Snapshot, after: Snapshot, old: MmState, new: MmState
) -> Iterator[tuple[str, Mark]]:
    stay = [_covers(mm) for mm in (old, new)]
    for one, other in views.mapped(after, new).since(views.mapped(before, old)):
        was, now = (page.pte & ~(A | D) if page is not None else None for page in (one, other))
        addr = next(page.addr for page in (one, other) if page is not None)
        # The pages of a region that is new or gone go with it.
        if was != now and all(covers(addr) for covers in stay):
            mark: Mark = "changed"
            if was is None or now is None:
                mark = "new" if was is None else "gone"
            yield pte_id(new.mm, addr), mark


def _covers(mm: MmState) -> Callable[[int], bool]:
    # Says of addresses, from the lowest on, whether they lie in a region.
    end, inside = 0, False

    def covers(addr: int) -> bool:
        nonlocal end, inside
        if addr >= end:
            place = views.vmas_below(mm, addr + 1)
            inside = place > 0 and addr < mm.mmap[place - 1].vm_end
            end = mm.mmap[place - 1].vm_end if inside else mm.task_size
            if not inside and place < len(mm.mmap):
                end = mm.mmap[place].vm_start
        return inside

    return covers


def _pfn_changes(before: Snapshot, after: Snapshot) -> Iterator[tuple[str, Mark]]:
    yield from _compare("pfn", before.pages, after.pages, attrgetter("pfn"), pfn_id)
    old, new = views.pages(before), views.pages(after)
    for pfn in other_frames(frames(before.ram), frames(after.ram)):
        page = new.get(pfn)
        # A table changes with the entries in it, which are marked themselves.
        if page is not None and page.kind != "table" and pfn in old:
            yield pfn_id(pfn), "changed"
