"""Memory over time: which regions there were from which step to which, and what happened there.

Read off the events of a recording, and off the states that it keeps anyway; no state is found
again for it, so that it costs next to nothing even for long recordings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from vmlab.model.abi.maps import perms
from vmlab.model.trace.event import Event
from vmlab.model.trace.events import fault as of_faults
from vmlab.model.trace.events import process as of_processes
from vmlab.model.trace.events import vma as of_vmas
from vmlab.record.history import History
from vmlab.record.region_names import names
from vmlab.record.replay import BY_HAND
from vmlab.state import views
from vmlab.state.snapshot import Snapshot

BEGINNING = -1  # the step before the first one

FAULT_KINDS = (  # how a page fault ended
    "new_frame",
    "zero_page",
    "object",
    "copy",
    "reuse",
    "stack",
    "spurious",
    "signal",
    "refused",
)


@dataclass(frozen=True, slots=True)
class Span:
    """A region for as long as its limits and its rights stay the same."""

    mm: int  # number of the mm_struct
    region: int  # the same from when a VMA is linked until it is unlinked
    start: int  # bytes
    end: int
    perms: str  # as /proc/PID/maps shows them
    first: int  # the step that made it so
    last: int  # the step that ended it; the number of steps if none did


@dataclass(frozen=True, slots=True)
class Fault:
    """One page fault that the CPU raised."""

    first: int  # the step with which the kernel began to handle it
    last: int  # the step with which it ended
    mm: int
    pid: int
    addr: int
    kind: str  # one of FAULT_KINDS
    signal: str = ""  # its name, if the fault ended in one


@dataclass(frozen=True, slots=True)
class Fork:
    """A process was copied, with its address space."""

    step: int
    pid: int
    child: int
    mm: int
    child_mm: int


@dataclass(frozen=True, slots=True)
class Made:
    """A call with the steps it took."""

    first: int
    end: int  # the step after its last
    pid: int  # 0 = the owner of the machine
    name: str


@dataclass(frozen=True, slots=True)
class Space:
    """An address space, and who used it."""

    mm: int
    first: int  # the step with its first region
    last: int  # the step with which its last region went; the number of steps if it has one
    owners: tuple[tuple[int, str], ...]  # (pid, name), in the order in which they came


@dataclass(frozen=True, slots=True)
class Lifespans:
    """What there was of memory, over a whole recording."""

    nr_steps: int
    spaces: tuple[Space, ...]  # in the order in which they came
    spans: tuple[Span, ...]  # in the order in which they began
    faults: tuple[Fault, ...]
    forks: tuple[Fork, ...]
    calls: tuple[Made, ...]  # those with a step
    names: dict[tuple[int, int], str]  # (mm, vm_start) -> what a region is called, if known

    def at(self, step: int) -> dict[int, tuple[tuple[int, int, str], ...]]:
        """Return the regions after a step, as (start, end, perms) by address, by mm_struct."""
        found: dict[int, list[tuple[int, int, str]]] = {}
        for span in self.spans:
            if span.first <= step < span.last:
                found.setdefault(span.mm, []).append((span.start, span.end, span.perms))
        return {mm: tuple(sorted(regions)) for mm, regions in sorted(found.items())}


NOTHING = Lifespans(0, (), (), (), (), (), {})


def lifespans(history: History) -> Lifespans:
    """Return the regions, faults, forks and calls of a recording."""
    return _Reader(history).read()


@dataclass(slots=True)
class _Region:
    # A region that is there now, unchanged since a step.
    number: int
    start: int
    end: int
    perms: str
    since: int


@dataclass(slots=True)
class _Fault:
    # A page fault that is being handled.
    first: int
    mm: int
    pid: int
    addr: int
    answers: dict[str, str] = field(default_factory=dict)  # of the decision tree
    ends: str = ""  # how it ends, if an event said so

    @property
    def kind(self) -> str:
        said = self.answers
        if self.ends:
            return self.ends
        if said.get("expand_stack") == "grown":
            return "stack"
        if "anonymous" in said:
            return "zero_page" if said["anonymous"] == "read" else "new_frame"
        return "spurious" if said.get("pte") == "spurious" else "object"


class _Reader:
    # Goes through the events once.
    def __init__(self, history: History) -> None:
        self._history = history
        self._step = BEGINNING
        self._numbers = 0  # of regions so far
        self._live: dict[int, dict[int, _Region]] = {}  # mm -> vm_start -> region
        self._spans: list[Span] = []
        self._faults: list[Fault] = []
        self._forks: list[Fork] = []
        self._owners: dict[int, dict[int, str]] = {}  # mm -> pid -> name
        self._mm_of: dict[int, int] = {}  # pid -> mm
        self._name_of: dict[int, str] = {}  # pid -> name
        self._borrowers: set[int] = set()  # pids of kernel threads, which own no address space
        self._new_mm = 0  # the address space that got its first region in this call
        self._pid = 0  # whose call it is
        self._fault: _Fault | None = None
        self._names: dict[tuple[int, int], str] = {}
        self._kinship: list[tuple[tuple[int, int], tuple[int, int]]] = []
        self._does: dict[type[Event], Callable[..., None]] = {
            of_vmas.VmaLink: self._link,
            of_vmas.VmaUnlink: self._unlink,
            of_vmas.VmaAdjust: self._adjust,
            of_vmas.VmaFlags: self._flags,
            of_vmas.VmaSplit: lambda event: self._kin(event.mm, event.vma, event.mm, event.other),
            of_vmas.BrkChange: self._brk,
            of_faults.PageFaultUser: self._fault_begins,
            of_faults.FaultBranch: self._branch,
            of_faults.CowCopy: lambda event: self._ends("copy"),
            of_faults.CowReuse: lambda event: self._ends("reuse"),
            of_faults.FaultDone: lambda event: self._fault_ends(),
            of_faults.SignalGenerate: self._signal,
            of_faults.OomKill: self._oom,
            of_processes.SchedSwitch: self._switch,
            of_processes.SchedProcessFork: self._fork,
            of_processes.SchedProcessExec: self._exec,
        }

    def read(self) -> Lifespans:
        history = self._history
        events, calls = history.events, history.calls
        self._set(history.start)
        done: list[Made] = []
        for number, call in enumerate(calls):
            end = history.end_of(number)
            self._pid, self._fault, self._new_mm = call.pid, None, 0
            for step in range(call.first, end):
                event = events[step]
                does = self._does.get(type(event))
                if does is not None:
                    self._step = step
                    does(event)
            if self._fault is not None:  # the kernel met it, and its call failed
                self._ends("refused")
                self._step = self._fault.first
                self._fault_ends()
            self._step = max(end - 1, call.first)  # of a pause: the first one after it
            if call.name == "machine.restore" and end > call.first:  # it was not refused
                self._set(call.args[0])
            elif call.name == BY_HAND and number + 1 in history.kept:
                self._set(history.kept[number + 1])
            if end > call.first:
                done.append(Made(call.first, end, call.pid, call.name))
        for mm, regions in self._live.items():
            for region in regions.values():
                self._close(mm, region, len(events))
        self._spans.sort(key=lambda span: (span.first, span.mm, span.start, span.last))
        self._name()
        return Lifespans(
            len(events),
            tuple(self._spaces()),
            tuple(self._spans),
            tuple(self._faults),
            tuple(self._forks),
            tuple(done),
            self._names,
        )

    # Regions

    def _close(self, mm: int, region: _Region, step: int) -> None:
        if step > region.since:
            self._spans.append(
                Span(
                    *(mm, region.number, region.start, region.end, region.perms),
                    *(region.since, step),
                )
            )

    def _change(self, mm: int, old: int, start: int, end: int, letters: str) -> None:
        region = self._live[mm].pop(old)
        self._close(mm, region, self._step)
        self._live[mm][start] = _Region(region.number, start, end, letters, self._step)

    def _add(self, mm: int, start: int, end: int, letters: str) -> None:
        if mm not in self._live:
            self._live[mm] = {}
            self._new_mm = mm
        self._live[mm][start] = _Region(self._numbers, start, end, letters, self._step)
        self._numbers += 1

    def _link(self, event: of_vmas.VmaLink) -> None:
        self._add(event.mm, event.vma, event.end, event.perms)

    def _unlink(self, event: of_vmas.VmaUnlink) -> None:
        self._close(event.mm, self._live[event.mm].pop(event.vma), self._step)

    def _adjust(self, event: of_vmas.VmaAdjust) -> None:
        letters = self._live[event.mm][event.old_start].perms
        self._change(event.mm, event.old_start, event.vma, event.end, letters)
        if event.vma != event.old_start:
            self._kin(event.mm, event.old_start, event.mm, event.vma)

    def _flags(self, event: of_vmas.VmaFlags) -> None:
        region, letters = self._live[event.mm][event.vma], perms(event.new)
        if letters != region.perms:
            self._change(event.mm, event.vma, event.vma, region.end, letters)

    def _set(self, snap: Snapshot) -> None:
        # Another state took the place of the one the events led to.
        for mm in {*self._live, *(state.mm for state in snap.mms)}:
            state = views.find_mm(snap, mm)
            wanted = {
                vma.vm_start: (vma.vm_end, views.perms(vma))
                for vma in (state.mmap if state is not None else ())
            }
            live = self._live.get(mm, {})
            for start, region in list(live.items()):
                if wanted.get(start) != (region.end, region.perms):
                    self._close(mm, live.pop(start), self._step)
            for start, (end, letters) in wanted.items():
                if start not in live:
                    self._add(mm, start, end, letters)
        self._own(snap)

    def _kin(self, mm: int, start: int, other_mm: int, other: int) -> None:
        # One region comes of another: the half of a split, a copy, or itself with another start.
        self._kinship.append(((mm, start), (other_mm, other)))

    def _brk(self, event: of_vmas.BrkChange) -> None:
        for start, region in self._live.get(event.mm, {}).items():
            if start < event.new <= region.end:
                self._names[event.mm, start] = "heap"

    # Who owns what

    def _own(self, snap: Snapshot) -> None:
        for task in snap.tasks:
            if not task.mm and task.active_mm:
                self._borrowers.add(task.pid)
            self._name_of[task.pid] = task.comm
            self._belongs(task.pid, task.mm)

    def _belongs(self, pid: int, mm: int) -> None:
        self._mm_of[pid] = mm
        if mm and pid not in self._borrowers:
            self._owners.setdefault(mm, {})[pid] = self._name_of.get(pid, "")

    def _switch(self, event: of_processes.SchedSwitch) -> None:
        self._belongs(event.pid, event.mm)

    def _exec(self, event: of_processes.SchedProcessExec) -> None:
        self._name_of[event.pid] = event.path.rpartition("/")[2]
        self._belongs(event.pid, event.mm)

    def _fork(self, event: of_processes.SchedProcessFork) -> None:
        mm, code = self._mm_of.get(event.pid, 0), event.reason.code
        if code == "kernel_thread":
            self._borrowers.add(event.child)
            return
        self._name_of[event.child] = "" if event.pid == 1 else self._name_of.get(event.pid, "")
        if code in ("vfork_borrows_mm", "clone_shares_mm"):
            self._belongs(event.child, mm)
        elif code == "fork_copies_mm" and self._new_mm:  # the copy has regions
            self._belongs(event.child, self._new_mm)
            self._forks.append(Fork(self._step, event.pid, event.child, mm, self._new_mm))
            for start in self._live[self._new_mm]:
                self._kin(mm, start, self._new_mm, start)

    # Faults

    def _fault_begins(self, event: of_faults.PageFaultUser) -> None:
        if self._fault is not None:  # the call met another page, and this one could not be mended
            self._ends("refused")
            self._fault_ends(self._fault.first)
        mm = self._mm_of.get(self._pid, 0)
        self._fault = _Fault(self._step, mm, self._pid, event.addr)

    def _branch(self, event: of_faults.FaultBranch) -> None:
        if self._fault is not None:
            self._fault.answers[event.node] = event.answer

    def _ends(self, kind: str) -> None:
        if self._fault is not None:
            self._fault.ends = kind

    def _signal(self, event: of_faults.SignalGenerate) -> None:
        self._ends("signal")
        self._fault_ends(signal=event.signal)

    def _oom(self, event: of_faults.OomKill) -> None:
        self._ends("signal")
        self._fault_ends(signal="SIGKILL")

    def _fault_ends(self, step: int | None = None, signal: str = "") -> None:
        fault, self._fault = self._fault, None
        if fault is not None:
            last = self._step if step is None else step
            ends = (fault.mm, fault.pid, fault.addr, fault.kind, signal)
            self._faults.append(Fault(fault.first, last, *ends))

    # At the end

    def _spaces(self) -> Iterator[Space]:
        first: dict[int, int] = {}
        last: dict[int, int] = {}
        for span in self._spans:
            first.setdefault(span.mm, span.first)
            last[span.mm] = max(last.get(span.mm, BEGINNING), span.last)
        for mm, step in first.items():
            owners = self._owners.get(mm, {})
            yield Space(mm, step, last[mm], tuple(owners.items()))

    def _name(self) -> None:
        # What was kept says what regions are called; the others are called as their kin.
        for snap in self._history.kept.values():
            self._own(snap)
            self._names |= names(snap)
        for one, other in self._kinship:
            if one in self._names:
                self._names.setdefault(other, self._names[one])
