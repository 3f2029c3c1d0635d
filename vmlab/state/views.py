"""What a snapshot says, asked in useful ways: pure functions of its values.

Pictures, texts and widgets share these, so that all of them tell the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter, itemgetter
from typing import NamedTuple

from vmlab.model.abi import maps
from vmlab.model.abi.mman import (
    VM_ACCOUNT,
    VM_EXEC,
    VM_GROWSDOWN,
    VM_MAYEXEC,
    VM_MAYREAD,
    VM_MAYSHARE,
    VM_MAYWRITE,
    VM_WRITE,
    Vm,
)
from vmlab.model.linux.arch.x86.include.pgtable_64 import pte_to_swp_entry
from vmlab.model.linux.include.fs import DEV_DISK
from vmlab.model.linux.include.swap import swp_offset
from vmlab.model.linux.mm.pgtable import PRESENT, is_swap_pte
from vmlab.model.mmu.pte import GEOMETRIES, Geometry
from vmlab.model.mmu.walk import WalkStep
from vmlab.model.mmu.walk import walk as _walk
from vmlab.state.entries import Entries, Mapped, format_of, walk_tables
from vmlab.state.remembered import remembered
from vmlab.state.rows import chunks, find, place_of
from vmlab.state.snapshot import (
    FileState,
    InodeState,
    MmState,
    PageState,
    Snapshot,
    TaskState,
    VmaState,
)

CHUNKS = 512  # chunks of VMAs of which it is remembered which gaps are between them
START = attrgetter("vm_start")  # what VMAs are in order of
_PFN = attrgetter("pfn")
_MAY = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_MAYSHARE | VM_ACCOUNT


@dataclass(frozen=True, slots=True)
class Gap:
    """A free range of an address space, in bytes."""

    start: int
    end: int


def asids_in_use(snap: Snapshot) -> frozenset[int]:
    """Return the ASIDs whose TLB entries the CPU may use.

    What the TLB knows under another one is flushed before that one is used: its address space
    is gone, or changed while it was not loaded.
    """
    gens = {(mm.mm, mm.tlb_gen) for mm in snap.mms}
    return frozenset(asid for asid, known in enumerate(snap.system.asids) if known in gens)


class _Frames:
    # The page tables of a snapshot, as a walk reads them.
    def __init__(self, snap: Snapshot) -> None:
        self._ram = snap.ram
        self._format = format_of(snap)
        self._empty = bytes(1 << snap.geometry.page_shift)

    def table(self, pfn: int) -> array[int]:
        return array(self._format, self._ram.get(pfn, self._empty))


def geometry(snap: Snapshot) -> Geometry:
    """Return the shape of the machine's page tables."""
    return GEOMETRIES[snap.geometry.name]


def page_size(snap: Snapshot) -> int:
    """Return the page size in bytes."""
    return 1 << snap.geometry.page_shift


def find_mm(snap: Snapshot, mm: int) -> MmState | None:
    """Return the mm_struct with a number."""
    return next((state for state in snap.mms if state.mm == mm), None)


def find_task(snap: Snapshot, pid: int) -> TaskState | None:
    """Return the task with a pid."""
    return next((task for task in snap.tasks if task.pid == pid), None)


def current_mm(snap: Snapshot) -> MmState | None:
    """Return the address space of the running task, or else the first there is."""
    task = find_task(snap, snap.current)
    found = find_mm(snap, task.mm) if task is not None else None
    return found or (snap.mms[0] if snap.mms else None)


def users(snap: Snapshot, mm: int) -> tuple[TaskState, ...]:
    """Return the tasks that use an address space, oldest first."""
    return tuple(task for task in snap.tasks if task.mm == mm)


def find_vma(mm: MmState, addr: int) -> VmaState | None:
    """Return the VMA that contains an address, unlike Linux's find_vma never the next one."""
    place = place_of(mm.mmap, addr + 1, START)
    vma = mm.mmap[place - 1] if place else None
    return vma if vma is not None and addr < vma.vm_end else None


def vma_from(mm: MmState, vm_start: int) -> VmaState | None:
    """Return the VMA that begins at an address."""
    return find(mm.mmap, vm_start, START)


def gaps(mm: MmState) -> list[VmaState | Gap]:
    """Return what fills an address space from 0 to its end: VMAs and the gaps between them."""
    filled: list[VmaState | Gap] = []
    end = 0
    for vmas in filter(None, chunks(mm.mmap)):
        if vmas[0].vm_start > end:
            filled.append(Gap(end, vmas[0].vm_start))
        filled += _with_gaps(vmas)
        end = vmas[-1].vm_end
    if end < mm.task_size:
        filled.append(Gap(end, mm.task_size))
    return filled


@remembered(CHUNKS)
def _with_gaps(vmas: Sequence[VmaState]) -> list[VmaState | Gap]:
    filled: list[VmaState | Gap] = [vmas[0]]
    for below, vma in pairwise(vmas):
        if vma.vm_start > below.vm_end:
            filled.append(Gap(below.vm_end, vma.vm_start))
        filled.append(vma)
    return filled


def vmas_below(mm: MmState, addr: int) -> int:
    """Return how many VMAs begin below an address."""
    return place_of(mm.mmap, addr, START)


def gap_before(mm: MmState, vma: VmaState) -> int:
    """Return the free bytes below a VMA, as the tree of VMAs counts them."""
    place = vmas_below(mm, vma.vm_start)
    return vma.vm_start - (mm.mmap[place - 1].vm_end if place else 0)


def walk(snap: Snapshot, mm: MmState, addr: int) -> tuple[WalkStep, ...]:
    """Walk the page tables of `mm` to `addr` as the MMU does, down to the first hole."""
    return _walk(_Frames(snap), geometry(snap), mm.pgd, addr)


def table_entries(snap: Snapshot, pfn: int) -> dict[int, int]:
    """Return the entries of a page table that are not zero, by index."""
    return {index: entry for index, entry in enumerate(_Frames(snap).table(pfn)) if entry}


def has_frame(pte: int) -> bool:
    """Say whether a last-level entry has a frame behind it, even if PROT_NONE keeps it away."""
    return bool(pte & PRESENT)


def is_swapped(pte: int) -> bool:
    """Say whether a last-level entry tells where in swap its page is."""
    return is_swap_pte(pte)


def swap_slot(pte: int) -> int:
    """Return the slot of the swap area that an entry tells."""
    return swp_offset(pte_to_swp_entry(pte))


def swapped_to(snap: Snapshot, mm: MmState, addr: int) -> int | None:
    """Return the slot of the swap area where a page is; None = it is not in swap."""
    if not snap.system.swap:
        return None
    leaf = walk(snap, mm, addr)[-1]
    last = leaf.level == geometry(snap).level_names[-1]
    return swap_slot(leaf.entry) if last and is_swapped(leaf.entry) else None


def swapped(snap: Snapshot, mm: MmState) -> list[Mapped]:
    """Return every page whose entry tells where in swap it is, in address order."""
    if not snap.system.swap:
        return []
    return [page for page in Entries(snap, mm, guards=True) if is_swapped(page.pte)]


def mapped(snap: Snapshot, mm: MmState) -> Entries:
    """Return every page that has a frame behind it, in address order.

    Pages that PROT_NONE keeps from the MMU are among them.
    """
    return Entries(snap, mm)


def guards(snap: Snapshot, mm: MmState) -> tuple[int, ...]:
    """Return the addresses of the pages where an entry says that any access is an error."""
    return tuple(Entries(snap, mm, frames=False, guards=True).addrs())


class Owners(Mapping[int, tuple[Mapped, ...]]):
    """The pages that show a frame, by mm_struct and address, for each frame that is mapped.

    They are looked for when they are asked for: of several frames at once by `of`.
    """

    def __init__(self, snap: Snapshot) -> None:
        self._spaces = [mapped(snap, mm) for mm in snap.mms]

    def of(self, pfns: Collection[int]) -> dict[int, tuple[Mapped, ...]]:
        """Return the pages that show some frames; of those that no page shows, nothing."""
        found: dict[int, list[Mapped]] = {}
        for pages in self._spaces if pfns else ():
            for page in pages.showing(pfns):
                found.setdefault(page.pfn, []).append(page)
        return {pfn: tuple(pages) for pfn, pages in found.items()}

    def __getitem__(self, pfn: int) -> tuple[Mapped, ...]:
        return self.of((pfn,))[pfn]

    def __iter__(self) -> Iterator[int]:
        return iter(dict.fromkeys(page.pfn for pages in self._spaces for page in pages))

    def __len__(self) -> int:
        return len(set().union(*(pages.frames() for pages in self._spaces)))


def owners(snap: Snapshot) -> Owners:
    """Return, for each frame that is mapped, the pages that show it, by mm_struct and address."""
    return Owners(snap)


def tables(snap: Snapshot, mm: MmState) -> Mapping[int, str]:
    """Return the frames that hold the page tables of `mm`, with the name of their level."""
    names = geometry(snap).level_names
    return {pfn: names[level] for pfn, level, _ in walk_tables(snap, mm)}


def tables_above(snap: Snapshot, mm: MmState) -> Mapping[int, tuple[int, int] | None]:
    """Return the frames that hold the page tables of `mm`, each with what leads to it.

    That is a table and a place in it; nothing leads to the highest one.
    """
    return {pfn: above for pfn, _, above in walk_tables(snap, mm)}


class Pages(Mapping[int, PageState]):
    """The frames in use by number."""

    def __init__(self, snap: Snapshot) -> None:
        self._pages = snap.pages

    def __getitem__(self, pfn: int) -> PageState:
        found = find(self._pages, pfn, _PFN)
        if found is None:
            raise KeyError(pfn)
        return found

    def __iter__(self) -> Iterator[int]:
        return map(_PFN, self._pages)

    def __len__(self) -> int:
        return len(self._pages)

    def place(self, pfn: int) -> int | None:
        """Return how many of them have a lower number; None = the frame is not in use."""
        place = place_of(self._pages, pfn, _PFN)
        found = place < len(self._pages) and self._pages[place].pfn == pfn
        return place if found else None


def pages(snap: Snapshot) -> Pages:
    """Return the frames in use by number."""
    return Pages(snap)


def awaits_writing(snap: Snapshot, page: PageState) -> bool:
    """Say whether a frame is a page of a file of the disk that is newer than the disk."""
    inode = find_inode(snap, page.mapping) if page.kind == "file" else None
    return inode is not None and inode.dev == DEV_DISK and "dirty" in page.flags


def find_inode(snap: Snapshot, ino: int) -> InodeState | None:
    """Return the inode with a number."""
    return find(snap.inodes, ino, attrgetter("ino"))


def find_file(snap: Snapshot, number: int) -> FileState | None:
    """Return the struct file with a number."""
    return find(snap.files, number, attrgetter("file"))


def cached_page(inode: InodeState, index: int) -> int | None:
    """Return the frame that the page cache has for a page of an inode."""
    found = find(inode.i_pages, index, itemgetter(0))
    return found[1] if found is not None else None


def cached_index(inode: InodeState, page: PageState | None) -> int | None:
    """Return which page of an inode a frame holds; None = it is not in its page cache."""
    if page is None or page.mapping != inode.ino or cached_page(inode, page.index) != page.pfn:
        return None
    return page.index


def perms(vma: VmaState) -> str:
    """Return the permissions as /proc/PID/maps shows them, for example 'rw-p'."""
    return maps.perms(vma.vm_flags)


def flags(vma: VmaState) -> str:
    """Return the names in `vm_flags` without what a region may become, for example 'READ|WRITE'."""
    return ((Vm(vma.vm_flags) & ~_MAY).name or "0").replace("VM_", "")


class Layout(NamedTuple):
    """What of an address space the names of its regions follow from, by the names of its fields."""

    start_code: int
    start_brk: int
    brk: int
    start_stack: int
    exe_file: int


def layout(mm: MmState) -> Layout:
    """Return what the names of its regions follow from."""
    return Layout(*(getattr(mm, name) for name in Layout._fields))


def kind(mm: MmState | Layout, vma: VmaState) -> str:
    """Return what a region is for.

    One of 'text', 'rodata', 'data', 'bss' (the program), 'heap', 'stack', 'vdso' (what the kernel
    lends), 'library' (code of another file), 'file', 'shared' (anonymous, shared), 'anon'.
    """
    if vma.vm_ops == "special" or vma.name.startswith(("[vdso", "[vvar", "[vsyscall")):
        return "vdso"
    if vma.vm_start <= mm.start_stack < vma.vm_end or vma.name == "[stack]":
        return "stack"
    if vma.name == "[heap]" or (vma.vm_start < mm.brk and vma.vm_end > mm.start_brk):
        return "heap"
    if vma.vm_flags & VM_GROWSDOWN:
        return "stack"
    if not vma.vm_file:
        own = mm.start_code < vma.vm_start <= mm.start_brk
        return "bss" if own and not vma.vm_flags & VM_MAYSHARE else "anon"
    if vma.vm_file == mm.exe_file:
        if vma.vm_flags & VM_EXEC:
            return "text"
        return "data" if vma.vm_flags & VM_WRITE else "rodata"
    if vma.vm_flags & VM_MAYSHARE and vma.name.startswith("/dev/zero"):
        return "shared"
    return "library" if vma.vm_flags & VM_EXEC else "file"


def short_name(mm: MmState | Layout, vma: VmaState) -> str:
    """Return what to call a region in a picture.

    The last part of its path, its name without brackets, or its kind.
    """
    what = kind(mm, vma)
    if what in ("text", "rodata", "data", "bss", "heap", "stack", "shared"):
        return what
    name = vma.name.strip("[]")
    name = name.rstrip("/").rpartition("/")[2]
    return name or what
