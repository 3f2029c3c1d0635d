"""Which objects belong to an object: what lights up where the reader points at it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from vmlab.state import views
from vmlab.state.entries import Mapped
from vmlab.state.ids import (
    file_id,
    ino_id,
    mm_id,
    object_id,
    parse,
    pfn_id,
    pte_id,
    task_id,
    tlb_id,
    vma_id,
)
from vmlab.state.snapshot import Snapshot

MANY = 1000  # objects of a kind that belong to one; no picture has room for more


def related(snap: Snapshot, element_id: str) -> frozenset[str]:
    """Return the ids of all objects that belong to one, itself among them.

    A region, its pages, their frames, its file; a page, its region, its frame and whoever else
    shows that; a frame, the pages that show it, their regions, the file that it belongs to; a
    file, what maps it and its page cache; a process and its address space. What the TLB holds of
    a page belongs to it.

    Args:
        snap: the machine.
        element_id: an id of a picture; one that names no object belongs to itself alone.
    """
    found = {object_id(element_id)}
    kind, numbers = parse(element_id) or ("", ())
    if kind in _KINDS:
        found.update(_KINDS[kind](snap, *numbers))
    return frozenset(found)


def _vma(snap: Snapshot, number: int, vm_start: int) -> Iterator[str]:
    mm = views.find_mm(snap, number)
    vma = views.find_vma(mm, vm_start) if mm is not None else None
    if mm is None or vma is None or vma.vm_start != vm_start:
        return
    pages = views.mapped(snap, mm).between(vma.vm_start, vma.vm_end)[:MANY]
    yield from _pages(snap, pages)
    yield from (pfn_id(page.pfn) for page in pages)
    file = views.find_file(snap, vma.vm_file)
    if file is not None:
        yield file_id(file.file)
        yield ino_id(file.ino)


def _pte(snap: Snapshot, number: int, addr: int) -> Iterator[str]:
    mm = views.find_mm(snap, number)
    if mm is None:
        return
    vma = views.find_vma(mm, addr)
    if vma is not None:
        yield vma_id(number, vma.vm_start)
    page = views.mapped(snap, mm).at(addr)
    if page is not None:
        yield pfn_id(page.pfn)
        shared = page.pfn != snap.zero_pfn  # the zero page is everybody's
        yield from _pfn(snap, page.pfn) if shared else _pages(snap, [page])


def _pfn(snap: Snapshot, pfn: int) -> Iterator[str]:
    pages = views.owners(snap).get(pfn, ())[:MANY]
    yield from _pages(snap, pages)
    for mm in snap.mms:
        for page in pages:
            vma = views.find_vma(mm, page.addr) if page.mm == mm.mm else None
            if vma is not None:
                yield vma_id(mm.mm, vma.vm_start)
        if pfn in views.tables(snap, mm):
            yield mm_id(mm.mm)
    frame = views.pages(snap).get(pfn)
    if frame is not None and frame.kind == "file":
        yield ino_id(frame.mapping)


def _tlb(snap: Snapshot, asid: int, vpn: int) -> Iterator[str]:
    mm = _address_space(snap, asid)
    if mm:
        yield from _pte(snap, mm, vpn << snap.geometry.page_shift)
    yield from (
        pfn_id(entry.pfn) for entry in snap.tlb.entries if (entry.asid, entry.vpn) == (asid, vpn)
    )


def _file(snap: Snapshot, number: int) -> Iterator[str]:
    yield from (ino_id(file.ino) for file in snap.files if file.file == number)
    for mm in snap.mms:
        found = (vma_id(mm.mm, vma.vm_start) for vma in mm.mmap if vma.vm_file == number)
        yield from islice(found, MANY)


def _ino(snap: Snapshot, ino: int) -> Iterator[str]:
    yield from (file_id(file.file) for file in snap.files if file.ino == ino)
    for inode in snap.inodes:
        if inode.ino == ino:
            yield from (pfn_id(pfn) for _, pfn in inode.i_pages[:MANY])
            yield from (vma_id(*mapper) for mapper in inode.i_mmap[:MANY])


def _task(snap: Snapshot, pid: int) -> Iterator[str]:
    task = views.find_task(snap, pid)
    if task is not None and task.mm:
        yield mm_id(task.mm)


def _mm(snap: Snapshot, number: int) -> Iterator[str]:
    yield from (task_id(task.pid) for task in views.users(snap, number))
    mm = views.find_mm(snap, number)
    if mm is not None:
        yield pfn_id(mm.pgd)


def _pages(snap: Snapshot, pages: Iterable[Mapped]) -> Iterator[str]:
    # Page-table entries, and what the TLB holds of them.
    cached: dict[tuple[int, int], list[str]] = {}
    for entry in snap.tlb.entries:
        key = (_address_space(snap, entry.asid), entry.vpn)
        cached.setdefault(key, []).append(tlb_id(entry.asid, entry.vpn))
    for page in pages:
        yield pte_id(page.mm, page.addr)
        yield from cached.get((page.mm, page.addr >> snap.geometry.page_shift), ())


def _address_space(snap: Snapshot, asid: int) -> int:
    asids = snap.system.asids
    return asids[asid][0] if asid < len(asids) else 0


_KINDS: dict[str, Callable[..., Iterator[str]]] = {
    "vma": _vma,
    "pte": _pte,
    "pfn": _pfn,
    "tlb": _tlb,
    "file": _file,
    "ino": _ino,
    "task": _task,
    "mm": _mm,
}
