"""Interrupting Python at a chosen line of vmlab, as the stop button of a notebook does."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import vmlab
from vmlab import Machine, Map, MiB, Process, Prot
from vmlab.model.mmu.page import PAGE_SIZE

_HERE = str(Path(vmlab.__file__).parent)
A = 0x10000000
RW = Prot.PROT_READ | Prot.PROT_WRITE
ANON = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS
FIXED = ANON | Map.MAP_FIXED
PAGES = 12


class Interrupter:
    """Counts the lines of vmlab that run, and sends SIGINT at one of them.

    Args:
        at: which line, from 1; 0 = none.

    Attributes:
        lines: how many ran.
    """

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.lines = 0

    def run(self, what: Callable[[], object]) -> bool:
        """Do something; say whether it was interrupted."""
        before = sys.gettrace()
        sys.settrace(self._called)
        try:
            what()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
        return False

    def _called(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        return self._line if frame.f_code.co_filename.startswith(_HERE) else None

    def _line(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        if event == "line":
            self.lines += 1
            if self.lines == self.at:
                signal.raise_signal(signal.SIGINT)
        return self._line


def places(what: Callable[[], object], count: int) -> list[int]:
    """Return lines at which to interrupt something, evenly spread over all that it runs."""
    counter = Interrupter()
    counter.run(what)
    return sorted({1 + counter.lines * n // count for n in range(count)})


def process() -> Process:
    """A process with a region, half of it touched, and a file in memory."""
    m = Machine(ram=MiB)
    m.fs.write("/dev/shm/a", b"a" * 20000)
    p = m.spawn()
    p.mmap(A, PAGES * PAGE_SIZE, RW, FIXED)
    p.store(A, b"x" * 6 * PAGE_SIZE)
    p.open("/dev/shm/a", os.O_RDWR)
    return p
