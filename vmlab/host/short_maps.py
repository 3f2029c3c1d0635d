"""The lines of /proc/PID/maps without what differs from machine to machine."""

from __future__ import annotations

from collections.abc import Mapping

from vmlab.model.abi.maps_text import VSYSCALL
from vmlab.state import views
from vmlab.state.maps_text import maps_text
from vmlab.state.snapshot import Snapshot

Maps = Mapping[int, tuple[str, ...]]  # by process


def short(text: str) -> tuple[str, ...]:
    """Return the lines of a maps text without device and inode, and without [vsyscall].

    >>> short("00400000-00401000 r--p 00001000 fe:00 7       /bin/a.out")
    ('00400000-00401000 r--p 00001000 /bin/a.out',)
    """
    lines = []
    for line in text.splitlines():
        words = line.split(None, 5)
        name = words[5] if len(words) > 5 else ""
        if name != VSYSCALL:
            lines.append(" ".join(filter(None, (*words[:3], name))))
    return tuple(lines)


def maps_of(snap: Snapshot) -> dict[int, tuple[str, ...]]:
    """Return the short lines of all processes of a machine."""
    found = {}
    for task in snap.tasks:
        mm = views.find_mm(snap, task.mm) if task.state != "Z" else None
        if mm is not None and task.pid == task.tgid:
            found[task.pid] = short(maps_text(snap, mm))
    return found


def changed(before: Maps, after: Maps) -> dict[int, tuple[str, ...]]:
    """Return the processes whose lines are others than before; none that ended."""
    return {pid: lines for pid, lines in after.items() if before.get(pid) != lines}
