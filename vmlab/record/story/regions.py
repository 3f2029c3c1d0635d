"""The headlines of calls that change an address space."""

from __future__ import annotations

from collections.abc import Callable

from vmlab.model.abi.mman import VM_MAYSHARE, Madv, Mcl, Mlock, Prot
from vmlab.model.trace.events.page import (
    PagecacheRemove,
    PagecacheWriteback,
    PteClear,
    PteGuard,
    PteLazyfree,
    PteSet,
    TableMove,
)
from vmlab.model.trace.events.swap import PteSwap, SwapOut
from vmlab.model.trace.events.vma import (
    BrkChange,
    BrkRefused,
    MmDefFlags,
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
from vmlab.state import views
from vmlab.state.places import Place
from vmlab.state.snapshot import VmaState

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
    end = addr + facts.arg("length")
    gone = [event for event in facts.of(VmaUnlink) if event.vma < end and event.end > addr]
    replaced = headline("mmap_replaced") if gone else None
    region = facts.region_after(addr)
    shows = headline("mmap_shows", path=region.name) if region.kind == "named" else None
    more = (shows, replaced, facts.frames_back(), _merged(facts, addr), facts.brought_in())
    if area is not None and code == "mmap_placed":
        return headline(code, *more, n=n, addr=addr, reason=area.reason)
    return headline(code, *more, n=n, addr=addr)


def _merged(facts: Facts, addr: int) -> Headline | None:
    merge = facts.last(VmaMerge)
    if merge is not None and merge.vma <= addr < merge.end:
        return headline("merged", reason=merge.reason)
    own = _vma(facts, addr)
    found = ((event, _vma(facts, event.vma)) for event in facts.of(VmaNotMerged))
    apart = [(event, vma) for event, vma in found if own and vma and _might_merge(facts, own, vma)]
    if not own or not apart:
        return None
    if len(apart) > 1:
        return headline("apart_from_both")
    ((event, vma),) = apart
    neighbour = facts.region_after(event.vma)
    ours, theirs = views.perms(own), views.perms(vma)
    if ours == theirs:
        code = "apart_from_below" if event.side == "below" else "apart_from_above"
        return headline(code, region=neighbour, reason=event.reason)
    code = "apart_by_rights_below" if event.side == "below" else "apart_by_rights_above"
    return headline(code, region=neighbour, theirs=theirs, ours=ours, reason=event.reason)


def _vma(facts: Facts, addr: int) -> VmaState | None:
    return views.find_vma(facts.mm_after, addr) if facts.mm_after is not None else None


def _might_merge(facts: Facts, one: VmaState, other: VmaState) -> bool:
    # Whether a student would expect it: both are private memory of no file, or show the same file.
    mm = facts.mm_after
    if mm is None or any(views.kind(mm, vma) in ("vdso", "stack") for vma in (one, other)):
        return False
    inodes = {file.file: file.ino for file in facts.after.files}
    if one.vm_file or other.vm_file:
        return inodes.get(one.vm_file) == inodes.get(other.vm_file)
    return not (one.vm_flags | other.vm_flags) & VM_MAYSHARE


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


def _range(facts: Facts) -> tuple[int, Place]:
    # How many pages a call is about, and the first of them.
    addr, length = facts.arg("addr"), facts.arg("length")
    below = addr & ((1 << facts.before.geometry.page_shift) - 1)  # mlock takes it in
    return facts.pages(length + below), facts.page(addr)


def _of_range(tell: Callable[[Facts, int, Place], Headline]) -> Callable[[Facts], Headline]:
    # A call about a range, which may be empty.
    def told(facts: Facts) -> Headline:
        n, page = _range(facts)
        return tell(facts, n, page) if n else headline("range_empty", call=facts.call.name)

    return told


@_of_range
def mprotect(facts: Facts, n: int, page: Place) -> Headline:
    """Return which rights a range has now."""
    perms = _perms(facts.arg("prot"))
    if not facts.has(VmaFlags, VmaMerge, VmaAdjust):
        return headline("mprotect_same", n=n, page=page)
    return headline("mprotect", facts.more_regions(), n=n, page=page, perms=perms)


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
    before, after = facts.pages(facts.arg("old_size")), facts.pages(facts.arg("new_size"))
    tables = len(facts.of(TableMove))
    entries = sum(event.reason.code == "moved_from" for event in facts.of(PteSet))
    more = (
        headline("mremap_longer", n=after - before) if after > before else None,
        headline("mremap_shorter", n=before - after) if after < before else None,
        headline("mremap_tables", n=tables) if tables else None,
        headline("mremap_entries", n=entries) if entries else None,
        facts.frames_back(),
    )
    region = facts.region(old)
    if facts.region_after(old).kind:
        return headline("mremap_second", *more, region=region, addr=old, new_addr=new)
    vma = views.find_vma(facts.mm, old) if facts.mm is not None else None
    whole = vma is not None and facts.pages(vma.vm_end - old) == before and vma.vm_start == old
    if whole:
        return headline("mremap_moves", *more, region=region, new_addr=new)
    return headline("mremap_moves_part", *more, region=region, addr=old, new_addr=new)


def remap_file_pages(facts: Facts) -> Headline:
    """Return what a part of a mapping shows now."""
    n = facts.arg("size") >> facts.before.geometry.page_shift
    page = facts.page(facts.arg("addr"))
    more = (facts.brought_in(), facts.more_regions())
    return headline("remap_file_pages", *more, n=n, page=page, pgoff=facts.arg("pgoff"))


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


@_of_range
def madvise(facts: Facts, n: int, page: Place) -> Headline:
    """Return what a piece of advice did."""
    advice = _advice(facts.arg("advice"))
    back = facts.frames_back()
    guards = facts.of(PteGuard)
    if guards:
        code = "guards_in" if guards[0].installed else "guards_out"
        return headline(code, back, n=sum(event.nr_pages for event in guards), page=page)
    lazy = sum(event.nr_pages for event in facts.of(PteLazyfree))
    if lazy:
        return headline("pages_clean", n=lazy, page=page)
    swapped = max(len(facts.of(PteSwap)), len(facts.of(SwapOut)))
    if swapped:
        return headline("pages_swapped_out", back, n=swapped, page=page)
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


@_of_range
def mlock(facts: Facts, n: int, page: Place) -> Headline:
    """Return what is locked now."""
    if not facts.has(VmaFlags):
        return headline("mlock_same", facts.brought_in(), call=facts.call.name, n=n, page=page)
    more = (facts.brought_in(), facts.more_regions())
    return headline("mlock", *more, call=facts.call.name, n=n, page=page)


@_of_range
def mlock2(facts: Facts, n: int, page: Place) -> Headline:
    """Return what is locked now, or will be."""
    if not facts.arg("flags") & Mlock.MLOCK_ONFAULT:
        return mlock(facts)
    if not facts.has(VmaFlags):
        return headline("mlock_same", call=facts.call.name, n=n, page=page)
    return headline("mlock_onfault", facts.more_regions(), n=n, page=page)


def mlockall(facts: Facts) -> Headline:
    """Return what is locked now, or will be."""
    flags = facts.arg("flags")
    onfault = headline("locked_when_touched") if flags & Mcl.MCL_ONFAULT else None
    if not flags & Mcl.MCL_CURRENT:
        return headline("mlockall_future", onfault)
    future = headline("locked_in_future") if flags & Mcl.MCL_FUTURE else None
    more = (future, onfault, facts.brought_in(), facts.more_regions())
    mm = facts.mm_after
    return headline("mlockall", *more, n=mm.locked_vm if mm is not None else 0)


def munlockall(facts: Facts) -> Headline:
    """Return what is no longer locked."""
    future = headline("not_in_future") if facts.has(MmDefFlags) else None
    if not facts.has(VmaFlags):
        return headline("munlockall_same", future)
    n = facts.mm.locked_vm if facts.mm is not None else 0
    return headline("munlockall", future, facts.more_regions(), n=n)


@_of_range
def munlock(facts: Facts, n: int, page: Place) -> Headline:
    """Return what is no longer locked."""
    if not facts.has(VmaFlags):
        return headline("munlock_same", n=n, page=page)
    return headline("munlock", facts.more_regions(), n=n, page=page)


@_of_range
def mseal(facts: Facts, n: int, page: Place) -> Headline:
    """Return what can no longer be changed."""
    if not facts.has(VmaFlags):
        return headline("mseal_same", n=n, page=page)
    return headline("mseal", facts.more_regions(), n=n, page=page)


@_of_range
def mincore(_: Facts, n: int, page: Place) -> Headline:
    """Return what was asked."""
    return headline("mincore", n=n, page=page)


@_of_range
def msync(facts: Facts, n: int, page: Place) -> Headline:
    """Return how many pages were written back, or what was asked."""
    if written := len(facts.of(PagecacheWriteback)):
        return headline("synced", n=written)
    return headline("msync", n=n, page=page)
