"""What a click in a picture means: a process, texts for fields, a call to make at once.

A plain click fills fields, or touches one page. Only with Shift does it map and unmap.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from vmlab.model.abi.calls import ACTIONS, CALLS, Kind
from vmlab.model.abi.mman import VM_PFNMAP, VM_READ, VM_WRITE
from vmlab.state import ids, views
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.widgets.clickable_view import Pick
from vmlab.words.language import N_, say

# The fields that a click fills, by what the tables of calls say of the parameters.
RANGES = {  # call -> where a range goes
    call.name: (call.parameters[0].name, call.parameters[1].name)
    for call in CALLS.values()
    if [parameter.kind for parameter in call.parameters[:2]] == [Kind.ADDRESS, Kind.LENGTH]
}
PLACES = {  # call or access -> where the address of one page goes
    action.name: parameter.name
    for action in ACTIONS.values()
    if action.name not in RANGES
    for parameter in action.parameters
    if parameter.kind in (Kind.ADDRESS, Kind.BUFFER)
}
PATHS = {  # call -> where the path of a file goes
    call.name: parameter.name
    for call in CALLS.values()
    for parameter in call.parameters
    if parameter.kind is Kind.PATH
} | {"mmap": "fd"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the Explorer does about a click."""

    pid: int = 0  # process to choose, 0 = leave it
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # call -> field -> text
    call: str = ""  # call to make at once
    addr: int | None = None  # address to look at
    unfold: str = ""  # fold to open
    step: int | None = None  # number of the step to go to


def wish(pick: Pick, snap: Snapshot, pid: int = 0) -> Wish:
    """Say what a click on an object of `snap` asks for; nothing if it is no longer there.

    Args:
        pick: the click.
        snap: the machine as the reader sees it.
        pid: the chosen process; it stays chosen when it shares the address space.
    """
    if pick.id.startswith("more_"):
        return Wish(unfold=pick.id)
    if pick.id.startswith("step_"):
        return Wish(step=int(pick.id.removeprefix("step_")))
    kind, numbers = ids.parse(pick.id) or ("", ())
    if kind == "task":
        return Wish(pid=numbers[0])
    if kind in ("file", "ino"):
        return _file(snap, kind, numbers[0])
    if kind in ("pfn", "tlb"):
        page = _page_of(snap, kind, numbers, pid)
        return replace(wish(Pick(page), snap, pid), call="") if page else Wish()
    if kind not in ("mm", "vma", "gap", "pte"):
        return Wish()
    mm = views.find_mm(snap, numbers[0])
    tasks = views.users(snap, numbers[0])
    if mm is None or not tasks:
        return Wish()
    pid = next((task.pid for task in tasks if task.pid == pid), tasks[0].pid)
    if kind == "mm":
        return Wish(pid)
    if kind == "gap":
        # A hint below mmap_min_addr is rounded up to it.
        addr = max(numbers[1], snap.system.mmap_min_addr)
        return Wish(pid, {"mmap": {"addr": f"{addr:#x}"}}, "mmap" if pick.shift else "", addr)
    if kind == "pte":
        return _page(snap, mm, numbers[1], pid, pick.shift)
    return _region(snap, mm, numbers[1], pid, pick.shift)


def _page(snap: Snapshot, mm: MmState, addr: int, pid: int, shift: bool) -> Wish:
    at = f"{addr:#x}"
    return Wish(pid, _texts(at, "1 page"), _access(snap, mm, addr, shift), addr)


def _texts(at: str, length: str) -> dict[str, dict[str, str]]:
    places = {call: {field: at} for call, field in PLACES.items()}
    return places | {call: {addr: at, size: length} for call, (addr, size) in RANGES.items()}


def _access(snap: Snapshot, mm: MmState, addr: int, only_read: bool) -> str:
    """Which access a click makes: one that does not end the process."""
    vma = views.find_vma(mm, addr)
    if vma is None or not vma.vm_flags & (VM_READ | VM_WRITE) or vma.vm_flags & VM_PFNMAP:
        return ""
    entry = views.walk(snap, mm, addr)[-1].entry
    if (entry and not views.has_frame(entry)) or (not entry and _is_past_end(snap, vma, addr)):
        return ""
    return "store" if vma.vm_flags & VM_WRITE and not only_read else "load"


def _is_past_end(snap: Snapshot, vma: VmaState, addr: int) -> bool:
    """Say whether the file of a VMA ends before the page of an address."""
    inos = {file.ino for file in snap.files if file.file == vma.vm_file}
    place = addr - vma.vm_start + vma.vm_pgoff * views.page_size(snap)
    return any(inode.i_size <= place for inode in snap.inodes if inode.ino in inos)


def _region(snap: Snapshot, mm: MmState, vm_start: int, pid: int, shift: bool) -> Wish:
    vma = views.find_vma(mm, vm_start)
    if vma is None:
        return Wish(pid)
    at = f"{vm_start:#x}"
    count = (vma.vm_end - vm_start) // views.page_size(snap)
    length = f"{count} page{'' if count == 1 else 's'}"
    return Wish(pid, _texts(at, length), "munmap" if shift else "", vm_start)


def _page_of(snap: Snapshot, kind: str, numbers: tuple[int, ...], pid: int) -> str:
    """The page that a frame or a TLB entry holds, best one of the chosen process."""
    if kind == "tlb":
        asid, vpn = numbers
        mm = snap.system.asids[asid][0] if asid < len(snap.system.asids) else 0
        return ids.pte_id(mm, vpn << snap.geometry.page_shift)
    task = views.find_task(snap, pid)
    pages = views.owners(snap).get(numbers[0], ())
    own = [page for page in pages if task is not None and page.mm == task.mm]
    return next((ids.pte_id(page.mm, page.addr) for page in (*own, *pages)), "")


def _file(snap: Snapshot, kind: str, number: int) -> Wish:
    inos = [number] if kind == "ino" else [f.ino for f in snap.files if f.file == number]
    path = next((path for path, ino in snap.system.paths if ino in inos), "")
    return Wish(texts={call: {field: path} for call, field in PATHS.items()}) if path else Wish()


# What is said of all objects: the access that a click makes, whether it fills fields, and whether
# it fills those of mmap.
_CLICK = {
    ("store", True, True): N_("Click a page to write it, a region or a gap to fill the fields."),
    ("store", True, False): N_("Click a page to write it, a region to fill the fields."),
    ("load", True, True): N_("Click a page to read it, a region or a gap to fill the fields."),
    ("load", True, False): N_("Click a page to read it, a region to fill the fields."),
    ("", True, True): N_("Click a region or a gap to fill the fields."),
    ("", True, False): N_("Click a region to fill the fields."),
    ("", False, True): N_("Click a gap to fill the fields."),
    ("", False, False): "",
}
# What Shift adds: whether it reads, unmaps, maps.
_SHIFT = {
    (True, True, True): N_("With Shift: read, unmap, map."),
    (True, True, False): N_("With Shift: read, unmap."),
    (True, False, True): N_("With Shift: read, map."),
    (True, False, False): N_("With Shift: read."),
    (False, True, True): N_("With Shift: unmap, map."),
    (False, True, False): N_("With Shift: unmap."),
    (False, False, True): N_("With Shift: map."),
    (False, False, False): "",
}
_PAGE = {
    ("store", True): N_("click writes, Shift-click reads"),
    ("store", False): N_("click writes"),
    ("load", False): N_("click reads"),
}


def hints(calls: Collection[str]) -> dict[str, str]:
    """Say what clicks do, by kind of object; under '' what is said of them all.

    Args:
        calls: those that can be made.
    """
    access = next((name for name in ("store", "load") if name in calls), "")
    also_read = access == "store" and "load" in calls
    fills = not set(calls).isdisjoint({*RANGES, *PLACES})
    maps, unmaps = "mmap" in calls, "munmap" in calls
    every = (say(_CLICK[access, fills, maps]), say(_SHIFT[also_read, unmaps, maps]))
    fill = say("click fills the fields") if fills else ""
    file = say("click puts its path into mmap") if maps else ""
    return {
        "": " ".join(filter(None, every)),
        "pte": say(_PAGE[access, also_read]) if access else fill,
        "vma": say("click fills the fields, Shift-click unmaps") if unmaps else fill,
        "gap": say("click fills the address of mmap, Shift-click maps there") if maps else "",
        "pfn": fill,
        "tlb": fill,
        "file": file,
        "ino": file,
        "task": say("click chooses it"),
        "mm": say("click chooses its process"),
        "step": say("click goes there"),
        "more": say("click shows them"),
    }
