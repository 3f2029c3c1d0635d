"""The headlines of calls that change an address space."""

from __future__ import annotations

from vmlab.model.abi.mman import Madv, Prot
from vmlab.model.trace.events.page import (
    PagecacheRemove,
    PteClear,
    PteGuard,
    PteLazyfree,
    PteSet,
    TableMove,
)
from vmlab.model.trace.events.vma import (
    BrkChange,
    BrkRefused,
    VmaAdjust,
    VmaFlags,
    VmaLink,
    VmaMerge,
    VmaNotMerged,
    VmaSplit,
    VmaUnlink,
    VmUnmappedArea,
)
from vmlab.record.story.facts import Facts
from vmlab.record.story.headline import Headline, headline
from vmlab.state.places import Place

_PLACES = {
    "hint_is_free": "mmap_at_hint",
    "highest_gap": "mmap_at_highest_gap",
    "lowest_gap": "mmap_at_lowest_gap",
}


def mmap(facts: Facts) -> Headline:
    """Return where a mapping went and why, what went for it, and whether it merged."""
    n, addr = facts.pages(facts.arg("length")), facts.result
    area = facts.last(VmUnmappedArea)
    code = "mmap_fixed" if area is None else _PLACES.get(area.reason.code, "mmap_placed")
    gone = [event for event in facts.of(VmaUnlink) if event.mm == _mm(facts)]
    replaced = headline("mmap_replaced") if gone and area is None else None
    region = facts.region_after(addr)
    shows = headline("mmap_shows", path=region.name) if region.kind == "named" else None
    more = (shows, replaced, facts.frames_back(), _merged(facts, addr), facts.brought_in())
    if area is not None and code == "mmap_placed":
        return headline(code, *more, n=n, addr=addr, reason=area.reason)
    return headline(code, *more, n=n, addr=addr)


def _mm(facts: Facts) -> int:
    return facts.mm.mm if facts.mm is not None else 0


def _merged(facts: Facts, addr: int) -> Headline | None:
    merge = facts.last(VmaMerge)
    if merge is not None and merge.vma <= addr < merge.end:
        return headline("merged", reason=merge.reason)
    apart = facts.of(VmaNotMerged)
    if len(apart) == 1:
        (event,) = apart
        neighbour = facts.region_after(event.vma)
        code = "apart_from_below" if event.side == "below" else "apart_from_above"
        return headline(code, region=neighbour, reason=event.reason)
    return headline("apart_from_both") if apart else None


def munmap(facts: Facts) -> Headline:
    """Return what became of the regions of a range, and how many frames went back."""
    removed, splits = facts.of(VmaUnlink), facts.of(VmaSplit)
    back = facts.frames_back(or_none=True)
    if not removed:
        return headline("munmap_nothing", addr=facts.arg("addr"))
    if len(removed) > 1:
        return headline("munmap_regions", back, n=len(removed))
    (gone,) = removed
    region = facts.region(gone.vma)
    if not splits:
        return headline("munmap_all", back, region=region)
    if len(splits) > 1:
        return headline("munmap_middle", back, region=region)
    n = facts.pages(gone.end - gone.vma)
    code = "munmap_beginning" if gone.vma == region.start else "munmap_end"
    return headline(code, back, region=region, n=n)


def mprotect(facts: Facts) -> Headline:
    """Return which rights a range has now."""
    n, page = _range(facts)
    perms = _perms(facts.arg("prot"))
    if not facts.has(VmaFlags, VmaMerge, VmaAdjust):
        return headline("mprotect_same", n=n, page=page)
    return headline("mprotect", facts.more_regions(), n=n, page=page, perms=perms)


def _range(facts: Facts) -> tuple[int, Place]:
    # How many pages a call is about, and the first of them.
    addr, length = facts.arg("addr"), facts.arg("length")
    below = addr & ((1 << facts.before.geometry.page_shift) - 1)  # mlock takes it in
    return facts.pages(length + below), facts.page(addr)


def _perms(prot: int) -> str:
    letters = zip("rwx", (Prot.PROT_READ, Prot.PROT_WRITE, Prot.PROT_EXEC), strict=True)
    return "".join(letter if prot & right else "-" for letter, right in letters)


def mremap(facts: Facts) -> Headline:
    """Return whether a mapping grew, shrank or moved, and what moved with it."""
    old, new = facts.arg("old_address"), facts.result
    region = facts.region(old)
    if new != old:
        return _moved(facts, old, new)
    change = facts.pages(facts.arg("new_size")) - facts.pages(facts.arg("old_size"))
    if change > 0:
        more = (_merged_on(facts), facts.brought_in())
        return headline("mremap_grows", *more, region=region, n=change)
    if change < 0:
        back = facts.frames_back(or_none=True)
        return headline("mremap_shrinks", back, region=region, n=-change)
    return headline("mremap_same", region=region)


def _merged_on(facts: Facts) -> Headline | None:
    # It grew into the region above it, too.
    merge = facts.last(VmaMerge)
    both = merge is not None and merge.reason.code == "merge_both_sides"
    return headline("merged", reason=merge.reason) if merge is not None and both else None


def _moved(facts: Facts, old: int, new: int) -> Headline:
    tables = len(facts.of(TableMove))
    entries = sum(event.reason.code == "moved_from" for event in facts.of(PteSet))
    more = (
        headline("mremap_tables", n=tables) if tables else None,
        headline("mremap_entries", n=entries) if entries else None,
        facts.frames_back(),
    )
    region = facts.region(old)
    stays = any(
        vma.vm_start <= old < vma.vm_end for vma in (facts.mm_after.mmap if facts.mm_after else ())
    )
    code = "mremap_second" if stays else "mremap_moves"
    return headline(code, *more, region=region, addr=old, new_addr=new)


def brk(facts: Facts) -> Headline:
    """Return where the heap ends now."""
    refused = facts.first(BrkRefused)
    if refused is not None and not refused.asked:
        return headline("brk_asked", addr=refused.brk)
    if refused is not None:
        return headline("brk_refused", addr=refused.brk, reason=refused.reason)
    change = facts.last(BrkChange)
    if change is None or change.old == change.new:
        return headline("brk_same", addr=facts.result)
    n = abs(change.new - change.old)
    if change.new < change.old:
        return headline("brk_shrinks", facts.frames_back(or_none=True), n=n, addr=change.new)
    new = facts.has(VmaLink)
    code = "brk_begins" if new else "brk_grows"
    return headline(code, facts.brought_in(), n=n, addr=change.new)


# Advice and locks


def madvise(facts: Facts) -> Headline:
    """Return what a piece of advice did."""
    n, page = _range(facts)
    advice = _advice(facts.arg("advice"))
    back = facts.frames_back()
    guards = facts.of(PteGuard)
    if guards:
        code = "guards_in" if guards[0].installed else "guards_out"
        return headline(code, back, n=sum(event.nr_pages for event in guards), page=page)
    lazy = sum(event.nr_pages for event in facts.of(PteLazyfree))
    if lazy:
        return headline("pages_clean", n=lazy, page=page)
    removed = len(facts.of(PagecacheRemove))
    if removed:
        return headline("pages_out_of_file", back, n=removed, page=page)
    dropped = len(facts.of(PteClear))
    if dropped:
        return headline("pages_dropped", back, n=dropped, page=page)
    if facts.has(VmaFlags):
        return headline("madvise_flags", facts.more_regions(), advice=advice, n=n, page=page)
    brought = facts.brought_in()
    if brought is not None:
        return headline("madvise_brings_in", brought, advice=advice, page=page)
    return headline("madvise_nothing", advice=advice, n=n, page=page)


def _advice(advice: int) -> str:
    return Madv(advice).name or str(int(advice))


def mlock(facts: Facts) -> Headline:
    """Return what is locked now."""
    n, page = _range(facts)
    if not facts.has(VmaFlags):
        return headline("mlock_same", facts.brought_in(), n=n, page=page)
    return headline("mlock", facts.brought_in(), facts.more_regions(), n=n, page=page)


def munlock(facts: Facts) -> Headline:
    """Return what is no longer locked."""
    n, page = _range(facts)
    if not facts.has(VmaFlags):
        return headline("munlock_same", n=n, page=page)
    return headline("munlock", facts.more_regions(), n=n, page=page)


def mseal(facts: Facts) -> Headline:
    """Return what can no longer be changed."""
    n, page = _range(facts)
    if not facts.has(VmaFlags):
        return headline("mseal_same", n=n, page=page)
    return headline("mseal", facts.more_regions(), n=n, page=page)


def mincore(facts: Facts) -> Headline:
    """Return what was asked."""
    n, page = _range(facts)
    return headline("mincore", n=n, page=page)


def msync(facts: Facts) -> Headline:
    """Return what was asked."""
    n, page = _range(facts)
    return headline("msync", n=n, page=page)
