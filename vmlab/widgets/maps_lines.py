"""The lines of /proc/PID/maps as the Explorer shows them: of a long text, those near its focus."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence

from vmlab.diagrams.dot import clean
from vmlab.diagrams.folds import LINES, More, fold
from vmlab.diagrams.regions import meant
from vmlab.diagrams.rows import folded_words
from vmlab.record.marks import Marks
from vmlab.state import ids, views
from vmlab.state.maps_text import maps_line
from vmlab.state.rows import differences, find
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.widgets.maps_view import compare

LONGEST_LINE = 400  # characters
AROUND = 3  # regions on either side of the address that was used last

Shown = list[VmaState | More[VmaState]]


def maps_lines(
    before: tuple[Snapshot, MmState | None],
    after: tuple[Snapshot, MmState | None],
    *,
    addr: int | None,
    highlight: Marks,
    unfold: frozenset[str],
) -> tuple[dict[str, str], ...]:
    """Return the lines of an address space with what changed; a fold stands for many others.

    Args:
        before: the machine before, and its address space.
        after: the machine, and its address space.
        addr: the address last used, in bytes; the lines around it are there.
        highlight: the objects that the step is about; their lines are there.
        unfold: ids of folds that the reader opened.
    """
    old, new = (mm.mmap if mm is not None else () for _, mm in (before, after))
    shown: tuple[Shown, Shown] = ([*old], [*new])
    if max(len(old), len(new)) > LINES:
        shown = _near(old, new, _starts(after[1], addr, highlight), unfold)
    texts = (_lines(*state, vmas) for state, vmas in zip((before, after), shown, strict=True))
    return compare(*texts)


def _starts(mm: MmState | None, addr: int | None, highlight: Marks) -> set[int]:
    # Where the regions begin that must be seen.
    if mm is None:
        return set()
    place = views.vmas_below(mm, addr + 1) if addr is not None else 0
    around = mm.mmap[max(place - 1 - AROUND, 0) : place + AROUND]
    return {*meant(mm, highlight), *(vma.vm_start for vma in around)}


def _near(
    old: Sequence[VmaState], new: Sequence[VmaState], starts: set[int], unfold: frozenset[str]
) -> tuple[Shown, Shown]:
    # Of both states the regions near those that must be seen or changed; what is folded away is
    # the same in both.
    changes = list(differences(old, new, views.START))
    starts = starts.union(now.vm_start for _, now in changes[:LINES] if now is not None)
    keep = {bisect_left(new, start, key=views.START) for start in starts}
    after = fold(new, "maps", limit=LINES, keep=keep - {len(new)}, unfold=unfold)
    before: Shown = []
    for each in after:
        was = each if isinstance(each, More) else find(old, each.vm_start, views.START)
        before += [was] if was is not None else []
    gone = [was for was, now in changes if was is not None and now is None]
    for vma in fold(gone, "maps_gone", limit=LINES, unfold=unfold):
        insort(before, vma, key=_start)
    return before, after


def _start(each: VmaState | More[VmaState]) -> int:
    return (each.items[0] if isinstance(each, More) else each).vm_start


def _lines(snap: Snapshot, mm: MmState | None, shown: Shown) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    if mm is None:
        return lines
    for each in shown:
        if isinstance(each, More):
            lines.append((each.key, folded_words(each.count)))
        else:
            key = ids.vma_id(mm.mm, each.vm_start)
            lines.append((key, clean(maps_line(snap, each), LONGEST_LINE)))
    return lines
