"""What is known of one call: its events, and the states before and after it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from vmlab.codes import NO_REASON, Reason
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.trace.event import Event
from vmlab.model.trace.events.fault import FaultAround
from vmlab.model.trace.events.page import MmPageFree, PteSet
from vmlab.model.trace.events.process import SchedProcessExit, SysExit
from vmlab.record.history import Steps
from vmlab.record.replay import RecordedCall
from vmlab.record.site import shortened
from vmlab.record.story.headline import Headline, headline
from vmlab.state import views
from vmlab.state.places import Place, page_at, region_at
from vmlab.state.snapshot import MmState, Snapshot

E = TypeVar("E", bound=Event)


class Facts:
    """One call, its steps, and the machine before and after it."""

    def __init__(self, call: RecordedCall, steps: Steps, before: Snapshot, after: Snapshot) -> None:
        self.call = call
        self.pid = call.pid
        self.events: tuple[Event, ...] = tuple(steps.events)
        self.before = before
        self.after = after

    def of(self, kind: type[E]) -> tuple[E, ...]:
        """Return the events of a class."""
        return tuple(event for event in self.events if isinstance(event, kind))

    def first(self, kind: type[E]) -> E | None:
        """Return the first event of a class."""
        return next(iter(self.of(kind)), None)

    def last(self, kind: type[E]) -> E | None:
        """Return the last event of a class."""
        return next(reversed(self.of(kind)), None)

    def the(self, kind: type[E]) -> E:
        """Return the last event of a class, of which there is one."""
        return self.of(kind)[-1]

    def has(self, *kinds: type[Event]) -> bool:
        """Say whether there is an event of one of these classes."""
        return any(isinstance(event, kinds) for event in self.events)

    # The call

    def arg(self, name: str) -> Any:
        """Return what the call was given for a parameter."""
        for place, parameter in enumerate(ACTIONS[self.call.name].parameters):
            if parameter.name == name:
                return self.call.args[place] if place < len(self.call.args) else parameter.default
        raise KeyError(name)

    @cached_property
    def exit(self) -> SysExit | None:
        """What the kernel answered; None = it did not."""
        return self.last(SysExit)

    @property
    def failure(self) -> Reason:
        """Why the call failed; none if it did not."""
        return self.exit.reason if self.exit is not None else NO_REASON

    @property
    def result(self) -> int:
        """The number that the kernel answered."""
        return int(self.exit.result.partition(" ")[0], 0) if self.exit is not None else 0

    # Places

    @cached_property
    def mm(self) -> MmState | None:
        """The caller's address space before the call."""
        return _mm_of(self.before, self.pid)

    @cached_property
    def mm_after(self) -> MmState | None:
        """The caller's address space after the call."""
        return _mm_of(self.after, self.pid)

    def page(self, addr: int) -> Place:
        """Return the page of an address as it was before the call, or else is after it."""
        page = page_at(self.before, self.mm, addr)
        page = page if page.kind else page_at(self.after, self.mm_after, addr)
        variable = self._variables.get(addr >> self.before.geometry.page_shift, "")
        return replace(page, variable=variable) if page.kind and variable else page

    @cached_property
    def _variables(self) -> dict[int, str]:
        # By the number of the page; the first one that the call was given.
        site = self.call.site
        pairs = reversed(site.variables if site is not None else ())
        return {addr >> self.before.geometry.page_shift: shortened(text) for addr, text in pairs}

    def region(self, addr: int) -> Place:
        """Return the region of an address as it was before the call."""
        return region_at(self.mm, addr)

    def region_after(self, addr: int) -> Place:
        """Return the region of an address as it is after the call."""
        return region_at(self.mm_after, addr)

    def pages(self, nr_bytes: int) -> int:
        """Return how many pages a number of bytes is, rounded up."""
        shift = self.before.geometry.page_shift
        return (nr_bytes + (1 << shift) - 1) >> shift

    def path(self, ino: int) -> str:
        """Return the path of an inode."""
        for snap in (self.before, self.after):
            inode = views.find_inode(snap, ino)
            if inode is not None:
                return inode.name
        return str(ino)

    # What else is said of many calls

    def frames_back(self, *, or_none: bool = False) -> Headline | None:
        """Return how many frames went back to the free list, or else that none did, if asked."""
        kinds = [event.kind for event in self.of(MmPageFree)]
        if not kinds:
            return headline("no_frame_back") if or_none else None
        code = "frames_back_with_tables" if "table" in kinds else "frames_back"
        return headline(code, n=len(kinds))

    def brought_in(self) -> Headline | None:
        """Return how many pages were brought into memory."""
        new = {
            (event.mm, event.addr) for event in self.of(PteSet) if event.reason.code != "moved_from"
        }
        for mm in self.before.mms if new else ():
            old = views.mapped(self.before, mm)
            new -= {page for page in new if page[0] == mm.mm and old.at(page[1]) is not None}
        count = len(new) + sum(event.nr_pages for event in self.of(FaultAround))
        return headline("pages_brought_in", n=count) if count else None

    def more_regions(self) -> Headline | None:
        """Return how many regions the address space has more, or fewer, than before."""
        if self.mm is None or self.mm_after is None:
            return None
        change = self.mm_after.map_count - self.mm.map_count
        if not change:
            return None
        return headline("regions_more" if change > 0 else "regions_fewer", n=abs(change))

    def deaths(self) -> Headline | None:
        """Return which processes died of a signal."""
        died = [event.pid for event in self.of(SchedProcessExit) if event.exit_code & 0x7F]
        if not died:
            return None
        if len(died) == 1:
            return headline("process_dies", pid=died[0])
        return headline("processes_die", n=len(died))


def _mm_of(snap: Snapshot, pid: int) -> MmState | None:
    task = views.find_task(snap, pid)
    return views.find_mm(snap, task.mm) if task is not None else None
