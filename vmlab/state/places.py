"""What to call an address: the region it lies in, by the name a student knows, and the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vmlab.state import views
from vmlab.state.remembered import remembered
from vmlab.state.rows import chunks
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.words.places import page_words, region_words, variable_words

CHUNKS = 512  # chunks of VMAs of which it is remembered how they are called
_NAMED = ("vdso", "library", "file")


@dataclass(frozen=True, slots=True)
class Place:
    """A region of an address space, or a page of one."""

    kind: str  # 'bss', 'heap', 'named' ...; '' = nothing is mapped there
    name: str  # of the machine, such as a path; '' = none
    start: int  # bytes: the region's first address, or the address itself where nothing is mapped
    page: int = -1  # number of the page: in its file, or else in its region; -1 = all of it
    only: bool = True  # no other region of the address space goes by the same name
    variable: str = ""  # of a program: what C would write for what the page is about

    def __str__(self) -> str:
        region = region_words(self.kind, self.name, self.start, only=self.only)
        place = region if self.page < 0 else page_words(region, self.page)
        return variable_words(self.variable, place) if self.variable else place

    @property
    def plain(self) -> str:
        """Return it without any words, for example 'bss 0x404000 [0]'."""
        page = f" [{self.page}]" if self.page >= 0 else ""
        variable = f" {self.variable}" if self.variable else ""
        return f"{self.name or self.kind or 'nothing'} {self.start:#x}{page}{variable}"


def region_at(mm: MmState | None, addr: int) -> Place:
    """Return the region that an address lies in."""
    vma = views.find_vma(mm, addr) if mm is not None else None
    if mm is None or vma is None:
        return Place("", "", addr)
    kind, name = known_as(mm, vma)
    layout = views.layout(mm)
    count = sum(_names(chunk, layout)[kind, name] for chunk in chunks(mm.mmap))
    return Place(kind, name, vma.vm_start, only=count == 1)


def page_at(snap: Snapshot, mm: MmState | None, addr: int) -> Place:
    """Return the page that an address lies in."""
    region = region_at(mm, addr)
    vma = views.find_vma(mm, addr) if mm is not None else None
    if vma is None:
        return region
    page = (addr - vma.vm_start) >> snap.geometry.page_shift
    if region.kind in ("named", "shared"):
        page += vma.vm_pgoff  # it is the file's own page that counts
    return Place(region.kind, region.name, region.start, page, region.only)


def place_name(snap: Snapshot, mm: MmState, addr: int) -> str:
    """Return what to call the page of an address, in the reader's language."""
    return str(page_at(snap, mm, addr))


def first_by_name(mm: MmState) -> dict[str, int]:
    """Return where the first region of each short name begins, in small letters."""
    layout = views.layout(mm)
    found: dict[str, int] = {}
    for chunk in reversed(chunks(mm.mmap)):
        found |= _starts(chunk, layout)
    return found


@remembered(CHUNKS)
def _names(vmas: Sequence[VmaState], layout: views.Layout) -> Counter[tuple[str, str]]:
    return Counter(known_as(layout, vma) for vma in vmas)


@remembered(CHUNKS)
def _starts(vmas: Sequence[VmaState], layout: views.Layout) -> dict[str, int]:
    return {views.short_name(layout, vma).lower(): vma.vm_start for vma in reversed(vmas)}


def known_as(mm: MmState | views.Layout, vma: VmaState) -> tuple[str, str]:
    """Return the kind and the name by which a region goes, as a `Place` has them."""
    what = views.kind(mm, vma)
    if what == "rodata":
        return ("headers" if vma.vm_pgoff == 0 else "constants"), ""
    if what in _NAMED or (what == "anon" and vma.name):
        return "named", vma.name
    return what, ""
