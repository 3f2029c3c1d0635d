"""The order in which the lines of a log took effect.

A log has calls in the order of their ends. A child runs before the call that made it is back, and
what another thread unmaps is free before it says so: such calls count from their beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vmlab.errors import ArgumentError
from vmlab.host.replay_calls import BIRTHS, clone_arguments
from vmlab.host.strace_lines import Entry, LogCall, LogExit, Unread
from vmlab.model.abi.clone import CLONE_VFORK

_FROM_BEGIN = BIRTHS | {"munmap", "exit", "exit_group"}


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries of a log in the order of their effects."""
    if any(isinstance(each, LogCall) and each.line != each.end for each in entries):
        entries = sorted(entries, key=_place)
    return [*_children_first(entries)]


def _place(entry: Entry) -> int:
    if isinstance(entry, LogCall) and entry.name not in _FROM_BEGIN:
        return entry.end
    return entry.line


def _children_first(entries: Sequence[Entry]) -> Iterator[Entry]:
    # A parent that waits in vfork goes on when its child runs another program, or ends: it may be
    # seen before that.
    waits: dict[int, int] = {}  # parent -> child
    done: set[int] = set()
    ends: dict[int, list[int]] = {}  # pid -> where it runs another program, or ends
    for place, entry in enumerate(entries):
        if not isinstance(entry, Unread) and _releases(entry):
            ends.setdefault(entry.pid, []).append(place)
    for place, entry in enumerate(entries):
        if place in done:
            continue
        pid = getattr(entry, "pid", 0)
        if (child := waits.pop(pid, None)) is not None:
            later = next((each for each in ends.get(child, ()) if each > place), None)
            if later is not None:
                done.add(later)
                yield entries[later]
        if _releases(entry):
            waits = {parent: other for parent, other in waits.items() if other != pid}
        if isinstance(entry, LogCall) and _waits(entry):
            waits[pid] = entry.result or 0
        yield entry


def _releases(entry: Entry) -> bool:
    if isinstance(entry, LogExit):
        return True
    if not isinstance(entry, LogCall):
        return False
    return entry.name in ("exit", "exit_group") or (entry.name == "execve" and entry.result == 0)


def _waits(call: LogCall) -> bool:
    if call.name not in BIRTHS or not call.result:
        return False
    try:
        return bool(clone_arguments(call)[0] & CLONE_VFORK)
    except ArgumentError:
        return False
