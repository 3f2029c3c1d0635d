"""What several pictures say alike about address spaces and their regions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from vmlab.diagrams.dot import clean
from vmlab.diagrams.folds import More, fold, places
from vmlab.diagrams.room import Shorten
from vmlab.model.abi.mman import VM_MAYSHARE, VM_WRITE
from vmlab.model.mmu.pte import RW, P
from vmlab.record.marks import Marks
from vmlab.state import views
from vmlab.state.entries import Mapped
from vmlab.state.ids import parse
from vmlab.state.observed import FIRST_UNNUMBERED, UNTOLD
from vmlab.state.places import known_as, page_at
from vmlab.state.snapshot import MmState, PageState, Snapshot, VmaState
from vmlab.words.language import N_, say, say_n
from vmlab.words.places import REGIONS

SPACES = 5  # address spaces side by side
PLACE_LIMIT = 60  # characters of the name of a page

FRAME_KINDS = {"anon": N_("anon"), "file": N_("file"), "table": N_("table"), "zero": N_("zero")}

# What a kind of region wears: what is behind its pages.
REGION_TONES = {
    "text": "code",
    "library": "code",
    "rodata": "file",
    "data": "file",
    "file": "file",
    "bss": "anon",
    "heap": "anon",
    "stack": "anon",
    "anon": "anon",
    "shared": "shared",
    "vdso": "lent",
}


def region_tone(mm: MmState, vma: VmaState) -> str:
    """Return the key in `TONES` of a region."""
    return REGION_TONES[views.kind(mm, vma)]


def frame_tone(snap: Snapshot, page: PageState) -> str:
    """Return the key in `TONES` of a frame."""
    if page.kind == "file":
        inode = views.find_inode(snap, page.mapping)
        return "shared" if inode is not None and inode.name == "/dev/zero" else "file"
    return {"anon": "anon", "table": "table", "zero": "zero"}.get(page.kind, "lent")


def frame_kind(page: PageState) -> str:
    """Say what a frame is for, in a word."""
    return say(FRAME_KINDS.get(page.kind, page.kind))


def table_names(snap: Snapshot) -> dict[int, str]:
    """Say of each page table its level, and of which process it is, by its frame."""
    names = {}
    for mm in snap.mms:
        tasks = views.users(snap, mm.mm)
        whose = str(tasks[0].pid) if tasks else f"mm {mm.mm}"
        for pfn, level in views.tables(snap, mm).items():
            names[pfn] = say("{level} of {whose}", level=level, whose=whose)
    return names


def chosen(snap: Snapshot, mms: Sequence[int] | None) -> list[MmState]:
    """Return the address spaces to draw: those asked for, or all there are.

    One that no task uses, yet or any more, is drawn as long as it has a user or a region.
    """
    if mms is None:
        mms = [mm.mm for mm in snap.mms if mm.mmap or mm.mm_users]
    found = (views.find_mm(snap, number) for number in mms)
    return [mm for mm in found if mm is not None]


def foremost(
    snap: Snapshot,
    spaces: Sequence[MmState],
    mm: int | None,
    highlight: Marks,
    *,
    count: int,
) -> list[MmState]:
    """Return the address spaces that are drawn whole where others are only named.

    Args:
        snap: the machine.
        spaces: all of them; what is returned keeps their order.
        mm: number of the one that the reader looks at.
        highlight: all that the step is about are there, then those that share a frame with it.
        count: how many there are, unless the step is about more.
    """
    marked = _spaces(highlight)
    frames = {numbers[0] for numbers in highlight.numbers("pfn")}
    ranks = {}
    for turn, space in enumerate(spaces):
        shares = bool(frames) and any(views.mapped(snap, space).showing(frames))
        first = space.mm in marked or space.mm == mm
        ranks[space.mm] = (0 if first else 1 if shares else 2, turn)
    musts = sum(rank == 0 for rank, _ in ranks.values())
    best = sorted(ranks, key=ranks.__getitem__)[: max(count, musts)]
    return [space for space in spaces if space.mm in best]


def _spaces(highlight: Marks) -> set[int]:
    # The address spaces that are marked, or something in them.
    kinds = map(highlight.numbers, ("mm", "vma", "gap", "pte"))
    return {numbers[0] for found in kinds for numbers in found}


def few(
    spaces: Sequence[MmState],
    highlight: Marks,
    unfold: frozenset[str],
    limit: int = SPACES,
    *,
    shorten: Shorten = fold,
) -> tuple[list[MmState], list[More[MmState]]]:
    """Return the address spaces that have room side by side, and the folds of the others."""
    marked = _spaces(highlight)
    keep = places(mm.mm in marked for mm in spaces)
    shown = shorten(spaces, "spaces", limit=limit, keep=keep, unfold=unfold)
    mores = [thing for thing in shown if isinstance(thing, More)]
    return [thing for thing in shown if not isinstance(thing, More)], mores


def chosen_one(snap: Snapshot, mm: int | None) -> MmState | None:
    """Return the address space to draw: the one asked for, or that of the running task."""
    return views.current_mm(snap) if mm is None else views.find_mm(snap, mm)


def under_construction(snap: Snapshot, mm: MmState) -> bool:
    """Say whether the running task makes an address space that no task uses yet."""
    makes = views.find_task(snap, snap.current) is not None
    return makes and bool(mm.mm_users) and mm.mm > max(task.mm for task in snap.tasks)


def to_be(snap: Snapshot, mm: MmState) -> str:
    """Say what an address space under construction will be; '' if it is not under construction."""
    if not under_construction(snap, mm):
        return ""
    if mm.mmap_base:  # fork copies it; execve sets it when the new program has taken over
        return say("child of {pid}", pid=snap.current)
    return say("new program of {pid}", pid=snap.current)


def owner(snap: Snapshot, mm: MmState) -> str:
    """Say whose address space it is, for example 'pid 1 a.out'."""
    tasks = views.users(snap, mm.mm)
    if not tasks:
        name = to_be(snap, mm)
        return say("{name}, not ready yet", name=name) if name else say("no task any more")
    pids = ", ".join(str(task.pid) for task in tasks)
    return say("pid {pids} {name}", pids=pids, name=clean(tasks[0].comm))


def region_name(mm: MmState, vma: VmaState) -> str:
    """Return what to call a region where there is little room.

    The two read-only parts of a program have names of their own, as everywhere in words.
    """
    kind = known_as(mm, vma)[0]
    if kind in ("headers", "constants"):
        return say(REGIONS[kind][0])
    return views.short_name(mm, vma)


def where(snap: Snapshot, mm: MmState | None, addr: int) -> str:
    """Say which page an address lies in: its name first, the address behind."""
    place = clean(str(page_at(snap, mm, addr)), PLACE_LIMIT)
    return place if f"{addr:#x}" in place else f"{place} ({addr:#x})"


@lru_cache(maxsize=4096)  # the same lengths come again in every picture
def scaled(length: int) -> tuple[str, str]:
    """Return a number of bytes in the unit that a person would choose, and that unit.

    >>> scaled(0), scaled(4096), scaled(3 << 29)
    (('0', ''), ('4', 'KiB'), ('1.5', 'GiB'))
    """
    units = ("", "KiB", "MiB", "GiB", "TiB")
    unit = 0
    value = float(length)
    while value >= 1024 and unit + 1 < len(units):
        value /= 1024
        unit += 1
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}", units[unit]


def size(length: int) -> str:
    """Say a number of bytes as a person would.

    >>> size(1), size(4096), size(135168), size(3 << 29), size(140737488347136)
    ('1 byte', '4 KiB', '132 KiB', '1.5 GiB', '128 TiB')
    """
    number, unit = scaled(length)
    return f"{number} {unit}" if unit else say_n(length, "{n} byte", "{n} bytes")


def page_count(nr_pages: int) -> str:
    """Say a number of pages."""
    return say_n(nr_pages, "{n} page", "{n} pages")


def more_processes(more: More[MmState]) -> str:
    """Say how many address spaces have no room beside the others."""
    return say_n(more.count, "{n} more process", "{n} more processes")


def describe(mm: MmState, vma: VmaState, name: str = "") -> str:
    """Say what a region is in one line; its `region_name` may be given where it is known."""
    length = size(vma.vm_end - vma.vm_start)
    return (
        f"{vma.vm_start:#x}-{vma.vm_end:#x} {views.perms(vma)} "
        f"{clean(name or region_name(mm, vma))}, {length}"
    )


def rights(pte: int) -> tuple[str, str]:
    """Say what an entry with a frame lets the process do, in a letter and in words.

    An entry under PROT_NONE keeps its frame although the MMU does not see it. Of real processes the
    kernel does not say more than that a page is present.
    """
    if pte & UNTOLD:
        return "p", say("present")
    if not pte & P:
        return "-", say("neither readable nor writable")
    return ("w", say("writable")) if pte & RW else ("r", say("read-only"))


def next_write_copies(vma: VmaState, page: Mapped, frame: PageState | None) -> bool:
    """Say whether a page is write-protected because others use its frame, or may come to."""
    private = vma.vm_flags & VM_WRITE and not vma.vm_flags & VM_MAYSHARE
    if not private or not page.pte & P or page.pte & (RW | UNTOLD) or frame is None:
        return False
    if frame.kind == "anon":
        return frame.mapcount > 1 and "anon_exclusive" not in frame.flags
    return frame.kind in ("file", "zero")


def frame_number(pfn: int) -> str:
    """Return the number of a frame, '?' if it is not known."""
    return str(pfn) if pfn < FIRST_UNNUMBERED else "?"


def page_tip(page: Mapped) -> str:
    """Say which frame a page shows, and what the process may do with it."""
    return say(
        "page {addr:#x}: frame {pfn}, {rights}",
        addr=page.addr,
        pfn=frame_number(page.pfn),
        rights=rights(page.pte)[1],
    )


def meant(mm: MmState, marked: Marks) -> frozenset[int]:
    """Return where the regions begin which, or pages of which, this step is about."""
    vmas = [views.vma_from(mm, at) for number, at in marked.numbers("vma") if number == mm.mm]
    vmas += [views.find_vma(mm, at) for number, at in marked.numbers("pte") if number == mm.mm]
    return frozenset(vma.vm_start for vma in vmas if vma is not None)


def inside(mm: MmState, vma: VmaState, marked: Iterable[str]) -> bool:
    """Say whether a region, or a page of it, is among the objects this step is about."""
    for key in marked:
        kind, numbers = parse(key) or ("", ())
        if kind == "vma" and numbers == (mm.mm, vma.vm_start):
            return True
        if kind == "pte" and numbers[0] == mm.mm and vma.vm_start <= numbers[1] < vma.vm_end:
            return True
    return False
