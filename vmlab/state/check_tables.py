"""Do the page tables of a snapshot make sense, and do the frames' counts agree with them?"""

from __future__ import annotations

from array import array
from collections import Counter

from vmlab.errors import StateError
from vmlab.model.linux.mm.pgtable import PRESENT, counted_bytes
from vmlab.model.mmu.pte import GEOMETRIES, PFN_MASK, PFN_SHIFT, SPECIAL, P
from vmlab.state.snapshot import PageState, Snapshot


def check_tables(snap: Snapshot) -> None:
    """Check every page table, and how often each frame is mapped and used.

    Raises:
        StateError: names the field.
    """
    used = {page.pfn: page for page in snap.pages}
    seen: dict[int, int] = {}  # frame -> level
    shape = GEOMETRIES[snap.geometry.name]
    mapped: Counter[int] = Counter()
    for place, mm in enumerate(snap.mms):
        before = set(seen)
        _descend(snap, used, mm.pgd, 0, f"mms[{place}].pgd", seen, mapped)
        size = sum(counted_bytes(shape, seen[pfn]) for pfn in seen.keys() - before)
        if mm.pgtables_bytes != size:
            raise StateError.at_field(f"mms[{place}].pgtables_bytes", "tables_have", nr_bytes=size)
    for place, page in enumerate(snap.pages):
        if page.mapcount != mapped[page.pfn]:
            raise StateError.at_field(
                f"pages[{place}].mapcount",
                "mapcount_wrong",
                pfn=page.pfn,
                n=mapped[page.pfn],
                mapcount=page.mapcount,
            )
        if page.kind == "table" and page.pfn not in seen:
            raise StateError.at_field(f"pages[{place}].kind", "table_unowned", pfn=page.pfn)
        users = page.mapcount + (page.kind != "anon") + ("swapcache" in page.flags)
        if page.refcount != users:
            raise StateError.at_field(
                f"pages[{place}].refcount",
                "refcount_wrong",
                pfn=page.pfn,
                n=users,
                refcount=page.refcount,
            )


def _descend(
    snap: Snapshot,
    used: dict[int, PageState],
    pfn: int,
    level: int,
    field: str,
    seen: dict[int, int],
    mapped: Counter[int],
) -> None:
    # One table and those below it; the depth is the geometry's, so rings end.
    page = used.get(pfn)
    if page is None or page.kind != "table":
        raise StateError.at_field(field, "not_page_table", pfn=pfn)
    if pfn in seen:
        raise StateError.at_field(field, "table_twice", pfn=pfn)
    seen[pfn] = level
    shape = GEOMETRIES[snap.geometry.name]
    data = snap.ram.get(pfn)
    if data is None:
        return
    for index, entry in enumerate(array({4: "I", 8: "Q"}[shape.entry_bytes], data)):
        if not entry:
            continue
        target = (entry & PFN_MASK) >> PFN_SHIFT
        where = f"ram[{pfn}][{index}]"
        if level + 1 < shape.levels:
            if entry & P:
                _descend(snap, used, target, level + 1, where, seen, mapped)
        elif entry & PRESENT:
            if target not in used:
                raise StateError.at_field(where, "frame_unused", pfn=target)
            if not entry & SPECIAL:
                mapped[target] += 1
