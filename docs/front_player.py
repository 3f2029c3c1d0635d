"""What moves on the front page: a fork, and the writes after it that copy a frame or need not."""

from __future__ import annotations

from pathlib import Path

import vmlab

PAGE = "player.html"


def record() -> vmlab.Recorder:
    """Return a recording of a process that forks and writes, as its child does."""
    machine = vmlab.Machine()
    parent = machine.spawn()
    heap = parent.brk(0)
    parent.brk(heap + 2 * vmlab.PAGE_SIZE)
    parent.store(heap, b"before")
    with vmlab.Recorder(machine) as recorder:
        child = parent.fork()
        child.store(heap, b"child")
        parent.store(heap, b"parent")
        child.exit()
    return recorder


def write(folder: Path, language: str) -> None:
    """Write the page that plays it."""
    vmlab.export(record(), folder / PAGE, pictures="sharing", by="chapters", language=language)
