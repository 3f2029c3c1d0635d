"""Which CPU runs machine code: an emulator, or what was noted of one where there is none."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.programs import prebuilt
from vmlab.programs.debug import Loaded
from vmlab.programs.entries import Aside, Refused, Stop
from vmlab.programs.playback import Playback
from vmlab.record.site import Line


class Counting(Protocol):
    """How many bytes the code of each line touches in a run; see `touches.py`."""

    def begin(self, loaded: Loaded, line: Line | None) -> None:
        """Count from zero in the next run."""

    def counted(self) -> tuple[tuple[Line, int], ...]:
        """Return how many bytes were touched since then, by line."""

    @property
    def is_all(self) -> bool:
        """Say whether everything was counted."""

    def end(self) -> None:
        """Count no more."""


class Cpu(Protocol):
    """What runs the tasks of a kernel, one at a time."""

    system: System

    @property
    def touches(self) -> Counting:
        """Return what counts, in runs whose effect is put off."""

    def run(self, task: TaskStruct, count: int | None, exits: frozenset[int]) -> Stop:
        """Let a task run in user mode until it enters the kernel; see `Emulator.run`."""

    def run_aside(self, task: TaskStruct, count: int | None, exits: frozenset[int]) -> Aside:
        """The same, but put its effect off."""

    def has_effect(self, task: TaskStruct) -> None:
        """Be told that the effect of a run was made good."""

    def refused(self, access: Refused) -> tuple[int, int, int]:
        """Return the first byte that was refused last, how many there were, and for what."""

    def kind(self, access: Refused) -> int:
        """Return only for what, sooner: READ, WRITE or FETCH."""


def new_cpu(system: System) -> Cpu:
    """Return a CPU for a kernel: Unicorn if it is installed."""
    try:
        emulator = import_module("vmlab.programs.emulator")
    except ModuleNotFoundError as missing:
        if missing.name != "unicorn":
            raise
        return Playback(system, prebuilt.runs())
    cpu: Cpu = emulator.Emulator(system)
    return cpu
