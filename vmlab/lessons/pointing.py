"""Answers by pointing: a page, a region, a frame or a process that a picture shows."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vmlab.lessons.answer_kinds import AnswerError
from vmlab.state import ids, views
from vmlab.state.places import page_at, region_at
from vmlab.state.snapshot import MmState, Snapshot
from vmlab.words.language import N_, say

# What is pointed at: the picture that shows it best, and how it is asked for.
POINTED = {"page": "address_space", "region": "address_space", "frame": "frames"}
POINTED["process"] = "process_tree"
_FORMS = {
    "page": N_("a click on a page, or its address"),
    "region": N_("a click on a region, or an address in it"),
    "frame": N_("a click on a frame, or its number"),
    "process": N_("a click on a process, or its pid"),
}
_REQUESTS = {
    "page": N_("Click a page in the picture, or type its address."),
    "region": N_("Click a region in the picture, or type an address in it."),
    "frame": N_("Click a frame in the picture, or type its number."),
    "process": N_("Click a process in the picture, or type its pid."),
}
_UNREAD = {
    "page": N_("{text!r} is not a page: click one, or type its address (and its pid before it)"),
    "region": N_(
        "{text!r} is not a region: click one, or type an address in it (and the pid before it)"
    ),
    "frame": N_("{text!r} is not a frame in use: click one, or type its number"),
    "process": N_("{text!r} is not a process: click one, or type its pid"),
}


@dataclass(frozen=True, slots=True)
class Pointed:
    """An object of a state; its id is the answer.

    It can be clicked, named as the pictures name it, or typed: an address (after the pid where
    several processes have it), the number of a frame, a pid.
    """

    what: str  # a key of POINTED
    snap: Snapshot
    mms: tuple[int, ...] = ()  # numbers of the mm_structs that count; none = all

    @property
    def form(self) -> str:
        """What to click or type."""
        return say(_FORMS[self.what])

    @property
    def request(self) -> str:
        """Ask for it."""
        return say(_REQUESTS[self.what])

    def shown(self, answer: str) -> str:
        """Return what the object is called."""
        kind, numbers = ids.parse(answer) or ("", (0,))
        if kind == "pfn":
            return say("frame {pfn}", pfn=numbers[0])
        if kind == "task":
            return say("process {pid}", pid=numbers[0])
        mm = views.find_mm(self.snap, numbers[0])
        if mm is None:
            return answer
        addr = numbers[1]
        place = page_at(self.snap, mm, addr) if kind == "pte" else region_at(mm, addr)
        pids = [task.pid for task in views.users(self.snap, mm.mm)]
        if len(self._mms()) < 2 or not pids:
            return str(place)
        return say("{place} in {pid}", place=place, pid=pids[0])

    def read(self, text: str) -> str:
        """Bring what was clicked or typed into canonical form: the object's id."""
        found = self.pointed(text.strip()) or self._typed(text)
        if not found:
            raise AnswerError(say(_UNREAD[self.what], text=text.strip()))
        return found

    def wrong(self, given: str, right: str) -> str:
        """Say the first thing that is wrong."""
        if given == right:
            return ""
        return say("it is not {given}", given=self.shown(given))

    def pointed(self, element_id: str) -> str:
        """Return the answer that a click on an object gives; '' = none."""
        kind, numbers = ids.parse(element_id) or ("", ())
        if kind == "pfn" and self.what == "frame":
            return self._frame(numbers[0])
        if kind == "task" and self.what == "process":
            return self._process(numbers[0])
        mm = views.find_mm(self.snap, numbers[0]) if numbers else None
        if mm is not None and kind in ("pte", "vma"):
            return self._in(mm, numbers[1], whole=kind == "vma")
        return ""

    def _in(self, mm: MmState, addr: int, *, whole: bool) -> str:
        # What an address of an address space stands for; a whole region is no page.
        vma = views.find_vma(mm, addr)
        if vma is None:
            return ""
        if self.what == "region":
            return ids.vma_id(mm.mm, vma.vm_start)
        page = addr & -views.page_size(self.snap)
        if self.what == "page":
            one = vma.vm_end - vma.vm_start == views.page_size(self.snap)
            return "" if whole and not one else ids.pte_id(mm.mm, page)
        entry = views.mapped(self.snap, mm).at(page)
        return ids.pfn_id(entry.pfn) if self.what == "frame" and entry is not None else ""

    def _frame(self, pfn: int) -> str:
        return ids.pfn_id(pfn) if pfn in views.pages(self.snap) else ""

    def _process(self, pid: int) -> str:
        return ids.task_id(pid) if views.find_task(self.snap, pid) else ""

    def _mms(self) -> tuple[MmState, ...]:
        return tuple(mm for mm in self.snap.mms if not self.mms or mm.mm in self.mms)

    def _typed(self, text: str) -> str:
        plain = " ".join(text.lower().split())
        numbers = [int(word, 0) for word in re.findall(r"\b(?:0x[0-9a-f]+|[1-9]\d*|0)\b", plain)]
        if self.what == "frame":
            return self._frame(numbers[0]) if len(numbers) == 1 else ""
        if self.what == "process":
            return self._process(numbers[0]) if len(numbers) == 1 else ""
        for mm in self._mms():
            for vma in mm.mmap:
                step = vma.vm_end - vma.vm_start
                step = views.page_size(self.snap) if self.what == "page" else step
                for addr in range(vma.vm_start, vma.vm_end, step):
                    answer = self._in(mm, addr, whole=False)
                    if plain == self.shown(answer).lower():
                        return answer
        pids = {task.pid: task.mm for task in self.snap.tasks}
        mms = self._mms()
        if len(numbers) == 2 and numbers[0] in pids:
            mms = tuple(mm for mm in mms if mm.mm == pids[numbers[0]])
        elif len(numbers) != 1 or len(mms) != 1:
            return ""
        return self._in(mms[0], numbers[-1], whole=False) if mms else ""
