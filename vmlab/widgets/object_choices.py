"""What can be done with an object of a picture: the menu that opens at it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from vmlab.diagrams.dot import clean
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.abi.mman import VM_EXEC, VM_LOCKED, VM_READ, VM_WRITE
from vmlab.state import ids, views
from vmlab.state.places import page_at, region_at
from vmlab.state.snapshot import MmState, Snapshot, TaskState, VmaState
from vmlab.widgets.click_meaning import NO_TEXTS, Texts, Wish, length_of_mmap, room_at, wish
from vmlab.widgets.clickable_view import Pick
from vmlab.words.language import say

# Opened by a click, because the click itself calls nothing.
_OPENED_BY_A_CLICK = ("vma", "gap", "file", "ino", "pfn", "tlb")
_MOST_PAGES = 12  # of those that map a frame


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the menu of an object."""

    name: str  # what it does; it has no words
    words: str
    wish: Wish


def choices(
    pick: Pick, snap: Snapshot, pid: int, calls: Collection[str], texts: Texts = NO_TEXTS
) -> tuple[Choice, ...]:
    """Say what can be done with an object; nothing if it is no longer there.

    Args:
        pick: the click, or what else asks for the menu.
        snap: the machine as the reader sees it.
        pid: the chosen process.
        calls: those that can be made.
        texts: what stands in the fields of the calls.
    """
    kind, numbers = ids.parse(pick.id) or ("", ())
    if kind not in _KINDS or not (pick.asked or (kind in _OPENED_BY_A_CLICK and not pick.shift)):
        return ()
    plain = wish(Pick(pick.id), snap, pid, texts)
    found = _KINDS[kind](_Seen(snap, pid, texts, plain), *numbers)
    return tuple(each for each in found if not each.wish.call or each.wish.call in calls)


def meaning(pick: Pick, snap: Snapshot, pid: int, texts: Texts = NO_TEXTS) -> Wish:
    """Say what a click asks for, or what was chosen in the menu of an object."""
    if not pick.choice:
        return wish(pick, snap, pid, texts)
    asked = choices(Pick(pick.id, asked=True), snap, pid, ACTIONS, texts)
    return next((each.wish for each in asked if each.name == pick.choice), Wish())


def without_menu(snap: Snapshot, keys: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of the frames whose menu would be empty: they belong to nobody.

    Args:
        snap: the machine.
        keys: ids of the objects that can be pointed at.
    """
    known = views.pages(snap)
    found = (ids.parse(key) or ("", ()) for key in keys)
    frames = map(known.get, sorted(numbers[0] for kind, numbers in found if kind == "pfn"))
    pfns = [page.pfn for page in frames if page is not None and page.kind != "file"]
    if not pfns:
        return ()
    taken = views.owners(snap).of(pfns).keys() | set[int]().union(
        *(views.tables(snap, mm) for mm in snap.mms if views.users(snap, mm.mm))
    )
    return tuple(ids.pfn_id(pfn) for pfn in pfns if pfn not in taken)


Found = Iterator[Choice]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the reader sees, and what a plain click on the object asks for."""

    snap: Snapshot
    pid: int
    texts: Texts
    plain: Wish

    def region(self, number: int, addr: int) -> tuple[MmState, VmaState] | None:
        mm = views.find_mm(self.snap, number)
        vma = views.find_vma(mm, addr) if mm is not None else None
        return (mm, vma) if mm is not None and vma is not None and self.plain.pid else None


def _page(seen: _Seen, number: int, addr: int) -> Found:
    if found := seen.region(number, addr):
        mm, vma = found
        plain, page = seen.plain, str(page_at(seen.snap, mm, addr))
        yield from _access(plain, page)
        yield from _protect(vma, page, plain)
        drop = plain.calling("madvise", advice="dontneed")
        yield Choice("madvise", say("Drop {page} (madvise)", page=page), drop)
        yield Choice("munmap", say("Unmap {page}", page=page), plain.calling("munmap"))


def _region(seen: _Seen, number: int, addr: int) -> Found:
    if found := seen.region(number, addr):
        mm, vma = found
        plain, region = seen.plain, str(region_at(mm, addr))
        yield from _access(plain, str(page_at(seen.snap, mm, addr)))
        yield from _protect(vma, region, plain)
        if vma.vm_flags & VM_LOCKED:
            unlock = plain.calling("munlock")
            yield Choice("munlock", say("Unlock {region} (munlock)", region=region), unlock)
        else:
            lock = plain.calling("mlock")
            yield Choice("mlock", say("Lock {region} (mlock)", region=region), lock)
        drop = plain.calling("madvise", advice="dontneed")
        yield Choice("madvise", say("Drop the pages of {region} (madvise)", region=region), drop)
        yield Choice("munmap", say("Unmap {region}", region=region), plain.calling("munmap"))


def _access(plain: Wish, page: str) -> Found:
    yield Choice("store", say("Write {page}", page=page), plain.calling("store"))
    yield Choice("load", say("Read {page}", page=page), plain.calling("load"))


def _protect(vma: VmaState, place: str, plain: Wish) -> Found:
    run = "x" if vma.vm_flags & VM_EXEC else ""
    if vma.vm_flags & VM_WRITE:
        words = say("Make {place} read-only (mprotect)", place=place)
        yield Choice("protect", words, plain.calling("mprotect", prot=f"r{run}"))
    else:
        words = say("Make {place} writable (mprotect)", place=place)
        yield Choice("unprotect", words, plain.calling("mprotect", prot=f"rw{run}"))
    if vma.vm_flags & (VM_READ | VM_WRITE | VM_EXEC):
        words = say("Forbid any access to {place} (mprotect)", place=place)
        yield Choice("forbid", words, plain.calling("mprotect", prot="none"))


def _gap(seen: _Seen, number: int, _start: int) -> Found:
    mm, addr = views.find_mm(seen.snap, number), seen.plain.addr
    if mm is not None and addr is not None and room_at(seen.snap, mm, addr):
        fields = seen.plain.texts["mmap"]
        length = fields.get("length") or length_of_mmap(seen.texts)
        words = say("Map {length} here", length=length)
        yield Choice("mmap", words, seen.plain.calling("mmap"))


def _frame(seen: _Seen, pfn: int) -> Found:
    for page in views.owners(seen.snap).get(pfn, ())[:_MOST_PAGES]:
        yield from _go_to(seen, page.mm, page.addr)
    for mm in seen.snap.mms:
        level = views.tables(seen.snap, mm).get(pfn)
        users = views.users(seen.snap, mm.mm) if level else ()
        for task in users:
            words = say("Go to process {pid}: this is its {level}", pid=task.pid, level=level)
            there = Wish(task.pid, goes_to=(ids.mm_id(mm.mm), ids.task_id(task.pid)))
            yield Choice(f"table_{task.pid}", words, there)
    frame = views.pages(seen.snap).get(pfn)
    if frame is not None and frame.kind == "file":
        yield from _file(replace(seen, plain=wish(Pick(ids.ino_id(frame.mapping)), seen.snap)), pfn)


def _entry(seen: _Seen, _asid: int, _vpn: int) -> Found:
    task = views.find_task(seen.snap, seen.plain.pid)
    if task is not None and seen.plain.addr is not None:
        yield from _go_to(seen, task.mm, seen.plain.addr)


def _go_to(seen: _Seen, number: int, addr: int) -> Found:
    mm, key = views.find_mm(seen.snap, number), ids.pte_id(number, addr)
    there = wish(Pick(key), seen.snap, seen.pid)
    if mm is not None and there.pid:
        page = str(page_at(seen.snap, mm, addr))
        words = say("Go to {page} of process {pid}", page=page, pid=there.pid)
        vma = views.find_vma(mm, addr)
        region = (ids.vma_id(number, vma.vm_start),) if vma is not None else ()
        yield Choice(key, words, replace(there, call="", goes_to=(key, *region, ids.mm_id(number))))


def _file(seen: _Seen, _number: int) -> Found:
    path = seen.plain.texts.get("mmap", {}).get("fd", "")
    if path:
        name = clean(path)
        for flags, words in (
            ("private", say("Map {path} privately", path=name)),
            ("shared", say("Map {path} shared", path=name)),
        ):
            whole = seen.plain.calling("mmap", addr="", flags=flags, offset="0")
            yield Choice(flags, words, whole)
        yield Choice("open", say("Open {path}", path=name), seen.plain.calling("open"))


def _process(seen: _Seen, pid: int) -> Found:
    task = views.find_task(seen.snap, pid)
    if task is not None:
        yield from _of_process(task, seen.pid)


def _space(seen: _Seen, number: int) -> Found:
    for task in views.users(seen.snap, number):
        yield from _of_process(task, seen.pid)


def _of_process(task: TaskState, chosen: int) -> Found:
    pid = task.pid
    if pid != chosen:
        yield Choice(f"choose_{pid}", say("Choose process {pid}", pid=pid), Wish(pid))
    if task.mm and task.state != "Z":
        fork = Wish(pid, call="fork")
        yield Choice(f"fork_{pid}", say("Fork process {pid}", pid=pid), fork)
        end = Wish(pid, call="exit_group")
        yield Choice(f"exit_{pid}", say("End process {pid} (exit_group)", pid=pid), end)


_KINDS: dict[str, Callable[..., Found]] = {
    "pte": _page,
    "vma": _region,
    "gap": _gap,
    "pfn": _frame,
    "tlb": _entry,
    "file": _file,
    "ino": _file,
    "task": _process,
    "mm": _space,
}
MENUS = tuple(_KINDS)  # first words of the ids of what has a menu
