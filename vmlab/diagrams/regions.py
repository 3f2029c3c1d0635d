"""What several pictures say alike about address spaces and their regions."""

from __future__ import annotations

from collections.abc import Sequence

from vmlab.diagrams.dot import clean
from vmlab.diagrams.folds import More, fold
from vmlab.model.mmu.pte import RW, P
from vmlab.state import views
from vmlab.state.ids import parse
from vmlab.state.snapshot import MmState, PageState, Snapshot, VmaState

SPACES = 5  # address spaces side by side

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
        shared = any(ino.ino == page.mapping and ino.name == "/dev/zero" for ino in snap.inodes)
        return "shared" if shared else "file"
    return {"anon": "anon", "table": "table", "zero": "zero"}.get(page.kind, "lent")


def chosen(snap: Snapshot, mms: Sequence[int] | None) -> list[MmState]:
    """Return the address spaces to draw: those asked for, or all that a task uses."""
    if mms is None:
        mms = [mm.mm for mm in snap.mms if views.users(snap, mm.mm)]
    found = (views.find_mm(snap, number) for number in mms)
    return [mm for mm in found if mm is not None]


def few(
    spaces: Sequence[MmState], highlight: frozenset[str], unfold: frozenset[str]
) -> tuple[list[MmState], list[More[MmState]]]:
    """Return the address spaces that have room side by side, and the folds of the others."""
    marked = {
        numbers[0]
        for kind, numbers in (parse(key) or ("", ()) for key in highlight)
        if kind in ("mm", "vma", "gap", "pte")
    }
    keep = [mm.mm in marked for mm in spaces]
    shown = fold(spaces, "spaces", limit=SPACES, keep=keep, unfold=unfold)
    mores = [thing for thing in shown if isinstance(thing, More)]
    return [thing for thing in shown if not isinstance(thing, More)], mores


def chosen_one(snap: Snapshot, mm: int | None) -> MmState | None:
    """Return the address space to draw: the one asked for, or that of the running task."""
    return views.current_mm(snap) if mm is None else views.find_mm(snap, mm)


def owner(snap: Snapshot, mm: MmState) -> str:
    """Say whose address space it is, for example 'pid 1 a.out'."""
    tasks = views.users(snap, mm.mm)
    if not tasks:
        return "no task"
    return f"pid {', '.join(str(task.pid) for task in tasks)} {clean(tasks[0].comm)}"


def describe(mm: MmState, vma: VmaState) -> str:
    """Say what a region is in one line."""
    length = views.size(vma.vm_end - vma.vm_start)
    return (
        f"{vma.vm_start:#x}-{vma.vm_end:#x} {views.perms(vma)} "
        f"{clean(views.short_name(mm, vma))}, {length}"
    )


def rights(pte: int) -> tuple[str, str]:
    """Say what an entry with a frame lets the process do, in a letter and in words.

    An entry under PROT_NONE keeps its frame although the MMU does not see it.
    """
    if not pte & P:
        return "-", "neither readable nor writable"
    return ("w", "writable") if pte & RW else ("r", "read-only")


def inside(mm: MmState, vma: VmaState, marked: frozenset[str]) -> bool:
    """Say whether a region, or a page of it, is among the objects this step is about."""
    for key in marked:
        kind, numbers = parse(key) or ("", ())
        if kind == "vma" and numbers == (mm.mm, vma.vm_start):
            return True
        if kind == "pte" and numbers[0] == mm.mm and vma.vm_start <= numbers[1] < vma.vm_end:
            return True
    return False
