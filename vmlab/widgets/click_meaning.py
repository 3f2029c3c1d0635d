"""What a click in a picture means: a process, texts for fields, a call to make at once.

A plain click fills fields, or touches one page. Only with Shift does it map and unmap.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from vmlab.model.abi.mman import VM_PFNMAP, VM_READ, VM_WRITE
from vmlab.state import ids, views
from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.widgets.clickable_view import Pick

RANGE = ("munmap", "mprotect", "madvise", "msync", "mlock", "munlock")
ACCESS = ("write", "read", "fetch")


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
    accesses = {call: {"addr": at} for call in ACCESS}
    ranges = {call: {"addr": at, "length": "1 page"} for call in RANGE}
    return Wish(pid, accesses | ranges, _access(snap, mm, addr, shift), addr)


def _access(snap: Snapshot, mm: MmState, addr: int, only_read: bool) -> str:
    """Which access a click makes: one that does not end the process."""
    vma = views.find_vma(mm, addr)
    if vma is None or not vma.vm_flags & (VM_READ | VM_WRITE) or vma.vm_flags & VM_PFNMAP:
        return ""
    entry = views.walk(snap, mm, addr)[-1].entry
    if (entry and not views.has_frame(entry)) or (not entry and _is_past_end(snap, vma, addr)):
        return ""
    return "write" if vma.vm_flags & VM_WRITE and not only_read else "read"


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
    texts = (
        {call: {"addr": at} for call in ACCESS}
        | {call: {"addr": at, "length": length} for call in RANGE}
        | {"mremap": {"old_address": at, "old_size": length}}
    )
    return Wish(pid, texts, "munmap" if shift else "", vm_start)


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
    return Wish(texts={"mmap": {"file": path}, "execve": {"path": path}}) if path else Wish()


def hints(calls: Collection[str]) -> dict[str, str]:
    """Say what clicks do, by kind of object; under '' what is said of them all.

    Args:
        calls: those that can be made.
    """
    access = next((call for call in ("write", "read") if call in calls), "")
    also_read = access == "write" and "read" in calls
    fills = not set(calls).isdisjoint((*RANGE, *ACCESS, "mremap"))
    plain = [f"a page to {access} it"] if access else []
    if fills or "mmap" in calls:
        things = ["a region"] * fills + ["a gap"] * ("mmap" in calls)
        plain.append(f"{' or '.join(things)} to fill the fields")
    shifted = ["read"] * also_read + ["unmap"] * ("munmap" in calls) + ["map"] * ("mmap" in calls)
    fill = "click fills the fields" if fills else ""
    said = {
        "": f"Click {', '.join(plain)}." if plain else "",
        "pte": f"click {access}s" if access else fill,
        "vma": fill,
        "gap": "click fills the address of mmap, Shift-click maps there" if "mmap" in calls else "",
        "pfn": fill,
        "tlb": fill,
        "file": "click fills the file of mmap" if "mmap" in calls else "",
        "task": "click chooses it",
        "mm": "click chooses its process",
        "step": "click goes there",
        "more": "click shows them",
    }
    if shifted:
        said[""] += f" With Shift: {', '.join(shifted)}."
    if also_read:
        said["pte"] += ", Shift-click reads"
    if "munmap" in calls:
        said["vma"] += ", Shift-click unmaps"
    return said | {"ino": said["file"]}
