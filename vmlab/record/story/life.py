"""The headlines of calls by which processes begin, change and end."""

from __future__ import annotations

from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.trace.events.page import PteWrprotect
from vmlab.model.trace.events.process import (
    MachineRestore,
    MmCount,
    MmDrop,
    PersonalitySet,
    RlimitSet,
    SchedProcessExec,
    SchedProcessExit,
    SchedProcessFork,
    SchedProcessWait,
    SchedSwitch,
    SignalHandler,
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
        return headline("clone_shares_mm", **who)
    if made.reason.code == "vfork_borrows_mm":
        return headline("vfork_borrows_mm", **who)
    shared = _shared(facts, made.child)
    locked = sum(event.nr_pages for event in facts.of(PteWrprotect))
    if not shared:
        return headline("fork_shares_nothing", **who)
    if locked == shared:
        return headline("fork_shares", **who, n=shared)
    if locked:
        return headline("fork_shares_more", **who, n=shared, locked=locked)
    return headline("fork_shares_on", **who, n=shared)


def _shared(facts: Facts, child: int) -> int:
    # How many pages the child has, of which each has the frame of the parent's.
    task = views.find_task(facts.after, child)
    mm = views.find_mm(facts.after, task.mm) if task is not None else None
    if mm is None:
        return 0
    pages = views.mapped(facts.after, mm)
    return len(pages) - sum(1 for _ in pages.showing((facts.after.zero_pfn,)))


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
    more = (_parent_runs(facts), _space(facts), facts.frames_back())
    if len(ended) > 1:
        return headline("threads_end", *more, n=len(ended))
    (event,) = ended
    return headline("process_ends", *more, pid=event.pid, status=event.exit_code >> 8)


def _space(facts: Facts) -> Headline | None:
    if facts.mm is None or facts.has(MmDrop):
        return None
    users = views.users(facts.after, facts.mm.mm)
    return headline("space_stays", n=len(users)) if users else None


def wait(facts: Facts) -> Headline:
    """Return what a parent learned."""
    event = facts.the(SchedProcessWait)
    signal = event.exit_code & 0x7F
    if signal:
        return headline("wait_killed", pid=event.pid, child=event.child, signal=signal)
    return headline("wait_ended", pid=event.pid, child=event.child, status=event.exit_code >> 8)


def getpid(facts: Facts) -> Headline:
    """Return what was answered."""
    return headline("getpid", pid=facts.result)


def setrlimit(facts: Facts) -> Headline:
    """Return which limit is set now."""
    event = facts.the(RlimitSet)
    if event.limit == ULONG_MAX:
        return headline("rlimit_none", pid=event.pid, resource=event.resource)
    return headline("rlimit", pid=event.pid, resource=event.resource, limit=event.limit)


def personality(facts: Facts) -> Headline:
    """Return what a process asks for now."""
    events = facts.of(PersonalitySet)
    if not events:
        return headline("personality_asked", personality=facts.result)
    return headline("personality", pid=events[0].pid, personality=events[0].personality)


def sigaction(facts: Facts) -> Headline:
    """Return whether a signal is survived now."""
    event = facts.the(SignalHandler)
    code = "handler_in" if event.handled else "handler_out"
    return headline(code, pid=event.pid, signal=event.signal)


def schedule(facts: Facts) -> Headline:
    """Return who runs."""
    switch = facts.the(SchedSwitch)
    borrowed = any(event.reason.code == "kthread_borrows_mm" for event in facts.of(MmCount))
    if borrowed:
        return headline("schedule_borrows", pid=switch.pid, mm=switch.mm)
    return headline("schedule", pid=switch.pid)


# What the owner of the machine does


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
