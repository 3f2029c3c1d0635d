"""What a click in a picture means: a process, texts for fields, a call to make at once.

A plain click fills fields, or touches one page. Only with Shift does it map and unmap. The menu of
an object (`object_choices`) offers all of it, and more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from vmlab.model.abi.calls import ACTIONS, CALLS
from vmlab.model.abi.kinds import Kind
from vmlab.model.abi.mman import VM_GROWSDOWN, VM_PFNMAP, VM_READ, VM_WRITE
from vmlab.state import ids, views
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.widgets.call_forms import FORMS
from vmlab.widgets.clickable_view import Pick
from vmlab.widgets.typed_values import FieldError, parse_length
from vmlab.words.language import N_, say
from vmlab.words.typed import in_words

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


Texts = Mapping[str, Mapping[str, str]]  # what stands in fields: call -> field -> text
NO_TEXTS: Texts = {}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the Explorer does about a click."""

    pid: int = 0  # process to choose, 0 = leave it
    texts: Texts = field(default_factory=dict)  # for fields
    call: str = ""  # call to make at once
    addr: int | None = None  # address to look at
    unfold: str = ""  # fold to open
    step: int | None = None  # number of the step to go to
    goes_to: tuple[str, ...] = ()  # objects: the first of them that is in the picture is looked at

    def calling(self, call: str, **fields: str) -> Wish:
        """Return the same with another call to make, and these texts in its fields."""
        filled = {**self.texts.get(call, {}), **fields}
        return replace(
            self, call=call, texts={**self.texts, call: filled} if fields else self.texts
        )


def wish(pick: Pick, snap: Snapshot, pid: int = 0, texts: Texts = NO_TEXTS) -> Wish:
    """Say what a click on an object of `snap` asks for; nothing if it is no longer there.

    Args:
        pick: the click.
        snap: the machine as the reader sees it.
        pid: the chosen process; it stays chosen when it shares the address space.
        texts: what stands in the fields.
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
        return _gap(snap, mm, numbers[1], pid, pick.shift, texts)
    if kind == "pte":
        return _page(snap, mm, numbers[1], pid, pick.shift)
    return _region(snap, mm, numbers[1], pid, pick.shift)


def _gap(snap: Snapshot, mm: MmState, start: int, pid: int, shift: bool, texts: Texts) -> Wish:
    # A hint below mmap_min_addr is rounded up to it.
    addr = max(start, snap.system.mmap_min_addr)
    fields = {"addr": f"{addr:#x}"}
    pages = room_at(snap, mm, addr) // views.page_size(snap)
    if pages and _reads_more(length_of_mmap(texts), pages, views.page_size(snap)):
        fields["length"] = _page_count(pages)
    return Wish(pid, {"mmap": fields}, "mmap" if shift and pages else "", addr)


def room_at(snap: Snapshot, mm: MmState, addr: int) -> int:
    """Return how many bytes mmap puts at a free address if it is given as a hint."""
    above = next((vma for vma in mm.mmap if vma.vm_end > addr), None)
    if above is None:
        return max(0, mm.task_size - addr)
    guard = snap.system.stack_guard_gap if above.vm_flags & VM_GROWSDOWN else 0
    return max(0, above.vm_start - guard - addr)


def length_of_mmap(texts: Texts) -> str:
    """Return what stands in the field for the length of a mapping."""
    usual = next(field.text for field in FORMS["mmap"].fields if field.name == "length")
    return texts.get("mmap", {}).get("length", usual)


def _reads_more(text: str, pages: int, page_size: int) -> bool:
    try:
        return parse_length(text, page=page_size) > pages * page_size
    except FieldError:
        return False  # that is said when the call is made


def _page_count(pages: int) -> str:
    return in_words(f"{pages} page{'' if pages == 1 else 's'}")


def _page(snap: Snapshot, mm: MmState, addr: int, pid: int, shift: bool) -> Wish:
    at = f"{addr:#x}"
    return Wish(pid, _texts(at, _page_count(1)), _access(snap, mm, addr, shift), addr)


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
    file = views.find_file(snap, vma.vm_file)
    inode = views.find_inode(snap, file.ino) if file is not None else None
    place = addr - vma.vm_start + vma.vm_pgoff * views.page_size(snap)
    return inode is not None and inode.i_size <= place


def _region(snap: Snapshot, mm: MmState, vm_start: int, pid: int, shift: bool) -> Wish:
    vma = views.find_vma(mm, vm_start)
    if vma is None:
        return Wish(pid)
    at = f"{vm_start:#x}"
    count = (vma.vm_end - vm_start) // views.page_size(snap)
    return Wish(pid, _texts(at, _page_count(count)), "munmap" if shift else "", vm_start)


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
    if not path:
        return Wish()
    size = next((inode.i_size for inode in snap.inodes if inode.ino in inos), 0)
    pages = max(1, -(-size // views.page_size(snap)))
    texts = {call: {field: path} for call, field in PATHS.items()}
    return Wish(texts=texts | {"mmap": {"fd": path, "length": _page_count(pages)}})


# What is said of all objects: the access that a click makes, whether it fills fields, and whether
# it fills those of mmap.
_CLICK = {
    ("store", True, True): N_("Click a page to write it, a region or a gap for its menu."),
    ("store", True, False): N_("Click a page to write it, a region for its menu."),
    ("load", True, True): N_("Click a page to read it, a region or a gap for its menu."),
    ("load", True, False): N_("Click a page to read it, a region for its menu."),
    ("", True, True): N_("Click a region or a gap for its menu."),
    ("", True, False): N_("Click a region for its menu."),
    ("", False, True): N_("Click a gap for its menu."),
    ("", False, False): "",
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
    every = say(_CLICK[access, fills, maps])
    menu = say("All that can be done: right click, long press, or the key m.")
    fill = say("click fills the fields") if fills else ""
    file = say("click puts its path into mmap and opens its menu") if maps else ""
    return {
        "": f"{every} {menu}" if every else "",
        "pte": say(_PAGE[access, also_read]) if access else fill,
        "vma": say("click opens its menu, Shift-click unmaps") if unmaps else fill,
        "gap": say("click opens its menu, Shift-click maps there") if maps else "",
        "pfn": say("click opens its menu"),
        "tlb": say("click opens its menu"),
        "file": file,
        "ino": file,
        "task": say("click chooses it"),
        "mm": say("click chooses its process"),
        "step": say("click goes there"),
        "more": say("click shows them"),
    }
