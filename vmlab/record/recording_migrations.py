"""What recording files of older versions say, in the form of this one.

A migration turns the body of one version into that of the next. What an older file says in words,
or leaves out, becomes `UNTOLD`: it is taken from doing the calls again.
"""

from __future__ import annotations

from collections.abc import Callable, MutableSequence
from dataclasses import replace
from typing import Any

from vmlab.codes import Reason
from vmlab.model.linux.arch.x86.include.ptrace import REGISTERS
from vmlab.model.machine_code import EXECUTE, SYSCALL_LENGTH
from vmlab.model.mmu.pte import A
from vmlab.model.trace.event import Event
from vmlab.model.trace.events.page import PteSet
from vmlab.model.trace.events.process import SchedProcessFree
from vmlab.record.replay import Replica
from vmlab.state.files import Body
from vmlab.state.migrations import (
    as_in_version_2,
    as_in_version_3,
    as_in_version_4,
    as_in_version_5,
    as_in_version_6,
    as_in_version_7,
    as_in_version_8,
)
from vmlab.state.snapshot import Snapshot

_IP = REGISTERS.index("ip")
UNTOLD = "untold"  # the code of a reason, or a text, that an older file does not tell

_ACCESSES = ("load", "store", "add", "fetch")
_FRAMES = {"sys_enter": ("access_begin", "args"), "sys_exit": ("access_end", "result")}
_OWNER_CALLS = {
    "write": "fs.write",
    "mkdir": "fs.mkdir",
    "truncate": "fs.truncate",
    "unlink": "fs.unlink",
    "kthread": "machine.kthread",
    "from_maps": "machine.from_maps",
    "restore": "machine.restore",
    "new_task": "machine.new_task",
}


def from_version_1(body: Body) -> Body:
    """Reasons and answers were English, an access said sys_enter, `fs.write` was a plain write."""
    return {
        **body,
        "calls": [_call(call) for call in body["calls"]],
        "steps": [_step(step) for step in body["steps"]],
    }


def _call(call: dict[str, Any]) -> dict[str, Any]:
    if call["pid"]:
        return {**call, "args": []} if call["call"] in ("fork", "vfork") else call
    return {**call, "call": _OWNER_CALLS.get(call["call"], call["call"])}


def _step(step: dict[str, Any]) -> dict[str, Any]:
    event, values = step["event"], dict(step["values"])
    if "reason" in values:
        values["reason"] = UNTOLD
    if event == "fault_branch":
        values["answer"] = str(values["answer"]).replace(" ", "_").replace("-", "_")
    if event in _FRAMES:
        access, text = _FRAMES[event]
        values[text] = UNTOLD
        if values["call"] in _ACCESSES:
            event = access
            values = {"pid": values["pid"], "access": values["call"], text: UNTOLD}
    return {**step, "event": event, "values": values}


def from_version_2(body: Body) -> Body:
    """States told neither layouts nor seals nor flags of open files."""
    return _with_states(body, as_in_version_2)


def from_version_3(body: Body) -> Body:
    """States told neither hard limits nor counters of pages nor segments of shared memory."""
    return _with_states(body, as_in_version_3)


def from_version_4(body: Body) -> Body:
    """States told two registers of a task only; of handlers whether there are any.

    Files of the disk were as files in memory.
    """
    steps = [{**step, "values": _values(step["event"], step["values"])} for step in body["steps"]]
    return {**_with_states(body, as_in_version_4), "steps": steps}


def from_version_5(body: Body) -> Body:
    """Machine code that was about to make a system call stood behind the instruction already.

    And calls did not tell where in its sources a program made them; no call has to.
    """
    calls = [dict(call) for call in body["calls"]]
    last: dict[int, Body] = {}  # what each process did last
    for call in calls:
        before = last.get(call["pid"])
        if call.get("registers") and before is not None and before["call"] == EXECUTE:
            fills, stores, regs, fpu = before["args"]
            numbers = list(regs["numbers"])
            numbers[_IP] -= SYSCALL_LENGTH
            before["args"] = [fills, stores, {"numbers": numbers}, fpu]
        last[call["pid"]] = call
    return _with_states({**body, "calls": calls}, as_in_version_5)


def _values(event: str, values: dict[str, Any]) -> dict[str, Any]:
    if event == "sys_enter":
        return {**values, "args": UNTOLD}
    if event == "signal_handler":
        pid, signal = values["pid"], values["signal"]
        return {"pid": pid, "signal": signal, "sa_handler": -1 if values["handled"] else 0}
    return values


def from_version_6(body: Body) -> Body:
    """States told no locks on files.

    The first thread of a child of init was freed before the others: `CompletingReplica`.
    """
    return _with_states(body, as_in_version_6)


def from_version_7(body: Body) -> Body:
    """States told no System V semaphores, messages, timers, sockets, owners, links and times."""
    return _with_states(body, as_in_version_7)


def from_version_8(body: Body) -> Body:
    """States told no names of sockets, no queues of messages of POSIX, and no swap."""
    return _with_states(body, as_in_version_8)


def _with_states(body: Body, migrate: Callable[[Body], Body]) -> Body:
    def argument(arg: Any) -> Any:
        return {"state": migrate(arg["state"])} if isinstance(arg, dict) and "state" in arg else arg

    calls = [{**call, "args": [argument(arg) for arg in call["args"]]} for call in body["calls"]]
    return {**body, "start": migrate(body["start"]), "calls": calls}


MIGRATIONS = (
    *(from_version_1, from_version_2, from_version_3),
    *(from_version_4, from_version_5, from_version_6, from_version_7),
    from_version_8,
)


class CompletingReplica(Replica):
    """A replica that fills in what an older file does not tell of a step.

    A first thread that an older file frees at its own end is freed where its process ends.

    Args:
        snap: the state to begin with.
        events: the steps of the recording; what is untold in them is told when it is done again.
    """

    def __init__(self, snap: Snapshot, events: MutableSequence[Event]) -> None:
        super().__init__(snap, events)
        self._untold = events
        self._early: list[Event] = []  # threads that were freed before their time

    def emit(self, event: Event) -> None:
        """Complete one step, and compare it with what happens."""
        number, events = self._next, self._untold
        if event in self._early:
            self._early.remove(event)
            events.insert(number, event)
        elif number < len(events) and _is_freed_early(events[number], event):
            self._early.append(events.pop(number))
        if number < len(events):
            events[number] = completed(events[number], event)
        super().emit(event)


def _is_freed_early(recorded: Event, event: Event) -> bool:
    return isinstance(recorded, SchedProcessFree) and not isinstance(event, SchedProcessFree)


def completed(recorded: Event, event: Event) -> Event:
    """Return a recorded event with what it does not tell taken from what happens now."""
    if type(recorded) is not type(event):
        return recorded
    given = event.values()
    untold = {
        name: given[name]
        for name, value in recorded.values().items()
        if value in (UNTOLD, Reason(UNTOLD))
    }
    # Up to version 3, a change of rights marked an entry as accessed.
    if isinstance(recorded, PteSet) and recorded.entry ^ given["entry"] == A:
        untold["entry"] = given["entry"]
    return replace(recorded, **untold)
