"""The headlines of calls by which processes begin, change and end."""

from __future__ import annotations

from vmlab.model.abi.membarrier import MEMBARRIER_REGISTRATIONS, Membarrier
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.abi.prctl import Pr
from vmlab.model.abi.resource import Rlimit
from vmlab.model.abi.wait import WIFCONTINUED, WSTOPSIG
from vmlab.model.trace.events.file import CopyToUser
from vmlab.model.trace.events.page import PteWrprotect
from vmlab.model.trace.events.process import (
    ClearChildTid,
    MachineRestore,
    MmCount,
    MmDrop,
    MmThpDisable,
    PersonalitySet,
    RlimitMaxSet,
    RlimitSet,
    SchedProcessExec,
    SchedProcessExit,
    SchedProcessFork,
    SchedProcessWait,
    SchedSwitch,
    SegmentBase,
    SysctlSet,
    TaskGroup,
    TaskRename,
    VforkDone,
)
from vmlab.model.trace.events.vma import VmaLink
from vmlab.record.story.facts import Facts
from vmlab.record.story.headline import Headline, Value, headline
from vmlab.state import views

_KTHREAD_CALL = "machine.kthread"


def fork(facts: Facts) -> Headline:
    """Return what a new child shares with its parent."""
    made = facts.the(SchedProcessFork)
    who: dict[str, Value] = {"call": facts.call.name, "pid": made.pid, "child": made.child}
    if made.reason.code == "clone_shares_mm":
        return headline("clone_shares_mm", *_tids(facts), **who)
    if made.reason.code == "vfork_borrows_mm":
        return headline("vfork_borrows_mm", **who)
    shared = _shared(facts, made)
    locked = min(shared, sum(event.nr_pages for event in facts.of(PteWrprotect)))
    more = _tids(facts)
    if not shared:
        return headline("fork_shares_nothing", *more, **who)
    if locked == shared:
        return headline("fork_shares", *more, **who, n=shared)
    if locked:
        return headline("fork_shares_more", *more, **who, n=shared, locked=locked)
    return headline("fork_shares_on", *more, **who, n=shared)


def _tids(facts: Facts) -> list[Headline]:
    return [headline("tid_stored", addr=event.addr) for event in facts.of(CopyToUser)]


def _shared(facts: Facts, made: SchedProcessFork) -> int:
    # How many pages of the child have a frame that its parent has; one that stored a number may
    # have another.
    tasks = (views.find_task(facts.after, pid) for pid in (made.pid, made.child))
    mms = [views.find_mm(facts.after, task.mm) for task in tasks if task is not None]
    parent, child = (views.mapped(facts.after, mm) if mm is not None else None for mm in mms)
    if parent is None or child is None:
        return 0
    pfns = parent.frames() - {facts.after.zero_pfn}
    return sum(1 for _ in child.showing(pfns))


def execve(facts: Facts) -> Headline:
    """Return which program runs, and what the old one gave back."""
    event = facts.the(SchedProcessExec)
    more = (_parent_runs(facts), facts.frames_back())
    return headline("execve", *more, pid=event.pid, path=event.path)


def _parent_runs(facts: Facts) -> Headline | None:
    done = facts.first(VforkDone)
    return headline("vfork_parent_runs", pid=done.pid) if done is not None else None


def leave(facts: Facts) -> Headline:
    """Return how a process or a thread ended, and what was given back."""
    ended = facts.of(SchedProcessExit)
    more: tuple[Headline | None, ...] = (_parent_runs(facts), _space(facts), facts.frames_back())
    if len(ended) > 1:
        return headline("threads_end", *more, n=len(ended))
    (event,) = ended
    cleared = facts.first(CopyToUser)
    if cleared is not None:
        more = (headline("tid_is_zero", addr=cleared.addr), *more)
    return headline("process_ends", *more, pid=event.pid, status=event.exit_code >> 8)


def _space(facts: Facts) -> Headline | None:
    if facts.mm is None or facts.has(MmDrop):
        return None
    users = views.users(facts.after, facts.mm.mm)
    return headline("space_stays", n=len(users)) if users else None


def wait(facts: Facts) -> Headline:
    """Return what a parent learned."""
    event = facts.first(SchedProcessWait)
    if event is None:
        child, status = _waited(facts)
        if not child:
            return headline("wait_for_nobody", pid=facts.pid)
        if WIFCONTINUED(status):
            return headline("wait_continued", pid=facts.pid, child=child)
        return headline("wait_stopped", pid=facts.pid, child=child, signal=WSTOPSIG(status))
    signal = event.exit_code & 0x7F
    if signal:
        return headline("wait_killed", pid=event.pid, child=event.child, signal=signal)
    return headline("wait_ended", pid=event.pid, child=event.child, status=event.exit_code >> 8)


def _waited(facts: Facts) -> tuple[int, int]:
    # The child and its status, as the call answered them.
    told = facts.exit.result if facts.exit is not None else "(0, 0)"
    child, status = map(int, told.strip("()").split(","))
    return child, status


def getpid(facts: Facts) -> Headline:
    """Return what was answered."""
    return headline("getpid", pid=facts.result)


def group(facts: Facts) -> Headline:
    """Return in which process group a process is now."""
    event, call = facts.the(TaskGroup), facts.call.name
    return headline("group", call=call, pid=event.pid, pgrp=event.pgrp, session=event.session)


def set_tid_address(facts: Facts) -> Headline:
    """Return where a number becomes 0."""
    event = facts.the(ClearChildTid)
    code = "tid_cleared" if event.addr else "tid_stays"
    return headline(code, pid=event.pid, addr=event.addr)


def setrlimit(facts: Facts) -> Headline:
    """Return which limit is set now."""
    event = facts.the(RlimitSet)
    who: dict[str, Value] = {"call": facts.call.name, "pid": event.pid, "resource": event.resource}
    hard = facts.first(RlimitMaxSet)
    more = headline("rlimit_max", limit=hard.limit) if hard is not None else None
    if event.limit == ULONG_MAX:
        return headline("rlimit_none", more, **who)
    return headline("rlimit", more, **who, limit=event.limit)


def getrlimit(facts: Facts) -> Headline:
    """Return what was asked."""
    pid = facts.pid if facts.call.name == "getrlimit" else facts.arg("pid") or facts.pid
    resource = facts.arg("resource")
    return headline("rlimit_asked", call=facts.call.name, pid=pid, resource=Rlimit(resource).name)


def prlimit(facts: Facts) -> Headline:
    """Return which limit is set now, or was asked for."""
    return setrlimit(facts) if facts.has(RlimitSet) else getrlimit(facts)


def personality(facts: Facts) -> Headline:
    """Return what a process asks for now."""
    events = facts.of(PersonalitySet)
    if not events:
        return headline("personality_asked", personality=facts.result)
    return headline("personality", pid=events[0].pid, personality=events[0].personality)


def prctl(facts: Facts) -> Headline:
    """Return what was asked for."""
    renamed, thp = facts.first(TaskRename), facts.first(MmThpDisable)
    if renamed is not None:
        return headline("prctl_name", pid=renamed.pid, name=renamed.newcomm)
    if thp is not None:
        codes = {0: "prctl_thp_allowed", 1: "prctl_thp_forbidden"}
        return headline(codes.get(thp.disabled, "prctl_thp_advised"), pid=facts.pid)
    option = facts.arg("option")
    return headline("prctl_asked", option=Pr(option).name, result=facts.result)


def membarrier(facts: Facts) -> Headline:
    """Return what was registered, asked for, or done."""
    cmd = facts.arg("cmd")
    name = Membarrier(cmd).name
    if cmd & MEMBARRIER_REGISTRATIONS:
        return headline("membarrier_registered", pid=facts.pid, name=name)
    if cmd in (Membarrier.MEMBARRIER_CMD_QUERY, Membarrier.MEMBARRIER_CMD_GET_REGISTRATIONS):
        return headline("membarrier_asked", name=name, result=facts.result)
    return headline("membarrier", name=name)


def arch_prctl(facts: Facts) -> Headline:
    """Return what a segment register has now, or that it was asked for."""
    event = facts.first(SegmentBase)
    if event is None:
        return headline("segment_asked", addr=facts.arg("addr"))
    return headline("segment_base", register=event.register, pid=event.pid, base=event.base)


def schedule(facts: Facts) -> Headline:
    """Return who runs."""
    switch = facts.the(SchedSwitch)
    borrowed = any(event.reason.code == "kthread_borrows_mm" for event in facts.of(MmCount))
    if borrowed:
        return headline("schedule_borrows", pid=switch.pid, mm=switch.mm)
    return headline("schedule", pid=switch.pid)


# What the owner of the machine does


def typed(facts: Facts) -> Headline:
    """Return that nothing changed for any process."""
    return headline("nothing_happened", call=facts.call.name)


def new_process(facts: Facts) -> Headline:
    """Return which process there is now."""
    made = facts.the(SchedProcessFork)
    if facts.call.name == _KTHREAD_CALL:
        return headline("kthread", pid=made.child)
    regions = len(facts.of(VmaLink))
    if regions:
        return headline("process_of_maps", pid=made.child, n=regions)
    return headline("new_process", pid=made.child)


def restore(facts: Facts) -> Headline:
    """Return where the machine is."""
    return headline("restored", n=facts.the(MachineRestore).nr_tasks)


def sysctl(facts: Facts) -> Headline:
    """Return which setting of the kernel there is now."""
    event = facts.the(SysctlSet)
    return headline("sysctl", name=event.sysctl, new=event.new, old=event.old)
