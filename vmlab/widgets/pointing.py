"""What a click in a picture means: a process, texts for fields, a call to make at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vmlab.model.kernel.mman import VM_READ, VM_WRITE
from vmlab.record import ids, views
from vmlab.record.snapshot import Snapshot, VmaState
from vmlab.widgets.diagram_view import Pick

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


def _pages(length: int, page: int) -> str:
    count = length // page
    return f"{count} page{'' if count == 1 else 's'}"


def _access(vma: VmaState | None, only_read: bool) -> str:
    """Which access a click makes: one that does not end the process."""
    if vma is None or not vma.vm_flags & (VM_READ | VM_WRITE):
        return ""
    return "write" if vma.vm_flags & VM_WRITE and not only_read else "read"


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
    page = views.page_size(snap)
    if kind == "task":
        return Wish(pid=numbers[0])
    if kind not in ("mm", "vma", "gap", "pte"):
        return Wish()
    mm = views.find_mm(snap, numbers[0])
    tasks = views.users(snap, numbers[0])
    if mm is None or not tasks:
        return Wish()
    pid = next((task.pid for task in tasks if task.pid == pid), tasks[0].pid)
    if kind == "mm":
        return Wish(pid)
    addr = numbers[1]
    vma = views.find_vma(mm, addr)
    at = f"{addr:#x}"
    if kind == "gap":
        # Page 0 is never given out, so a gap that begins there begins a page later.
        return Wish(pid, {"mmap": {"addr": f"{addr or page:#x}"}}, addr=addr or page)
    if kind == "pte":
        accesses = {call: {"addr": at} for call in ACCESS}
        ranges = {call: {"addr": at, "length": "1 page"} for call in RANGE}
        return Wish(pid, accesses | ranges, _access(vma, pick.shift), addr)
    if vma is None:
        return Wish(pid)
    length = _pages(vma.vm_end - vma.vm_start, page)
    return Wish(
        pid,
        {call: {"addr": at} for call in ACCESS}
        | {call: {"addr": at, "length": length} for call in RANGE}
        | {"mremap": {"old_address": at, "old_size": length}},
        addr=addr,
    )
