"""What a snapshot says, asked in useful ways: pure functions of its values.

Pictures, texts and widgets share these, so that all of them tell the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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
from vmlab.model.linux.mm.pgtable import MARKER_GUARD, PRESENT
from vmlab.model.mmu.pte import GEOMETRIES, PFN_MASK, PFN_SHIFT, Geometry, P
from vmlab.model.mmu.walk import WalkStep
from vmlab.model.mmu.walk import walk as _walk
from vmlab.state.snapshot import MmState, PageState, Snapshot, TaskState, VmaState

_MAY = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_MAYSHARE | VM_ACCOUNT


@dataclass(frozen=True, slots=True)
class Mapped:
    """One present last-level entry: a page that is mapped now."""

    mm: int  # number of the mm_struct
    addr: int  # bytes, start of the page
    pte: int  # the entry
    table: int  # frame of the table it stands in
    index: int  # its place there

    @property
    def pfn(self) -> int:
        """Return the frame behind the page."""
        return (self.pte & PFN_MASK) >> PFN_SHIFT


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
        self._format = {4: "I", 8: "Q"}[snap.geometry.entry_bytes]
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
    return next((vma for vma in mm.mmap if vma.vm_start <= addr < vma.vm_end), None)


def gaps(mm: MmState) -> Iterator[VmaState | Gap]:
    """Return what fills an address space from 0 to its end: VMAs and the gaps between them."""
    end = 0
    for vma in mm.mmap:
        if vma.vm_start > end:
            yield Gap(end, vma.vm_start)
        yield vma
        end = vma.vm_end
    if end < mm.task_size:
        yield Gap(end, mm.task_size)


def gaps_before(mm: MmState) -> dict[int, int]:
    """Return the free bytes below each VMA, by vm_start, as the tree of VMAs counts them."""
    ends = (0, *(vma.vm_end for vma in mm.mmap))
    return {vma.vm_start: vma.vm_start - end for vma, end in zip(mm.mmap, ends, strict=False)}


def walk(snap: Snapshot, mm: MmState, addr: int) -> tuple[WalkStep, ...]:
    """Walk the page tables of `mm` to `addr` as the MMU does, down to the first hole."""
    return _walk(_Frames(snap), geometry(snap), mm.pgd, addr)


def table_entries(snap: Snapshot, pfn: int) -> dict[int, int]:
    """Return the entries of a page table that are not zero, by index."""
    return {index: entry for index, entry in enumerate(_Frames(snap).table(pfn)) if entry}


def has_frame(pte: int) -> bool:
    """Say whether a last-level entry has a frame behind it, even if PROT_NONE keeps it away."""
    return bool(pte & PRESENT)


def mapped(snap: Snapshot, mm: MmState) -> tuple[Mapped, ...]:
    """Return every page that has a frame behind it, in address order.

    Pages that PROT_NONE keeps from the MMU are among them.
    """
    return tuple(
        Mapped(mm.mm, addr, entry, table, index)
        for addr, entry, table, index in _last_entries(snap, mm)
        if has_frame(entry)
    )


def guards(snap: Snapshot, mm: MmState) -> tuple[int, ...]:
    """Return the addresses of the pages where an entry says that any access is an error."""
    return tuple(
        addr
        for addr, entry, _, _ in _last_entries(snap, mm)
        if not has_frame(entry) and entry & MARKER_GUARD
    )


def _last_entries(snap: Snapshot, mm: MmState) -> Iterator[tuple[int, int, int, int]]:
    # All last-level entries that are not zero: address, entry, frame of the table, index there.
    shifts = geometry(snap).shifts

    def descend(pfn: int, level: int, base: int) -> Iterator[tuple[int, int, int, int]]:
        for index, entry in table_entries(snap, pfn).items():
            addr = base | index << shifts[level]
            if level + 1 == len(shifts):
                yield addr, entry, pfn, index
            elif entry & P:
                yield from descend((entry & PFN_MASK) >> PFN_SHIFT, level + 1, addr)

    return descend(mm.pgd, 0, 0)


def owners(snap: Snapshot) -> Mapping[int, tuple[Mapped, ...]]:
    """Return, for each frame that is mapped, the pages that show it, by mm_struct and address."""
    found: dict[int, list[Mapped]] = {}
    for mm in snap.mms:
        for page in mapped(snap, mm):
            found.setdefault(page.pfn, []).append(page)
    return {pfn: tuple(pages) for pfn, pages in found.items()}


def tables(snap: Snapshot, mm: MmState) -> Mapping[int, str]:
    """Return the frames that hold the page tables of `mm`, with the name of their level."""
    shape = geometry(snap)
    found: dict[int, str] = {}

    def descend(pfn: int, level: int) -> None:
        found[pfn] = shape.level_names[level]
        if level + 1 < shape.levels:
            for entry in table_entries(snap, pfn).values():
                if entry & P:
                    descend((entry & PFN_MASK) >> PFN_SHIFT, level + 1)

    descend(mm.pgd, 0)
    return found


def pages(snap: Snapshot) -> Mapping[int, PageState]:
    """Return the frames in use by number."""
    return {page.pfn: page for page in snap.pages}


def perms(vma: VmaState) -> str:
    """Return the permissions as /proc/PID/maps shows them, for example 'rw-p'."""
    return maps.perms(vma.vm_flags)


def flags(vma: VmaState) -> str:
    """Return the names in `vm_flags` without what a region may become, for example 'READ|WRITE'."""
    return ((Vm(vma.vm_flags) & ~_MAY).name or "0").replace("VM_", "")


def kind(mm: MmState, vma: VmaState) -> str:
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


def short_name(mm: MmState, vma: VmaState) -> str:
    """Return what to call a region in a picture.

    The last part of its path, its name without brackets, or its kind.
    """
    what = kind(mm, vma)
    if what in ("text", "rodata", "data", "bss", "heap", "stack", "shared"):
        return what
    name = vma.name.strip("[]")
    name = name.rstrip("/").rpartition("/")[2]
    return name or what
