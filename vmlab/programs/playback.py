"""A CPU without an emulator: it does again what was noted of runs of the same programs.

The programs of the lessons run by it where Unicorn cannot be, as in a browser. All that is not the
CPU's is the model's own work: translations, faults, calls.
"""

from __future__ import annotations

from collections import Counter
from itertools import repeat
from zlib import crc32

from vmlab.errors import ProgramError
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.machine_code import take_effect
from vmlab.model.mmu.cpu import WRITE
from vmlab.programs.debug import Loaded
from vmlab.programs.entries import Aside, Limit, Reached, Refused, Stop
from vmlab.programs.noted import Noted, Runs, key_of
from vmlab.programs.pages import Pages
from vmlab.programs.registers import IP, for_kernel, of_task
from vmlab.programs.stores import Written
from vmlab.record.site import Line

_NOWHERE: frozenset[int] = frozenset()


class Playback:
    """Runs the tasks of one kernel as it was noted.

    Args:
        system: the kernel.
        runs: what was noted.
    """

    def __init__(self, system: System, runs: Runs) -> None:
        self.system = system
        self._runs = runs
        self._pages = Pages(system)
        self.touches = PlayedTouches()
        self._refused: tuple[int, int, int] | None = None
        system.save_fpregs = lambda: None  # they are up to date

    def __repr__(self) -> str:
        return f"<Playback of {self.system!r}: {len(self._runs)} states>"

    def run(self, task: TaskStruct, count: int | None, exits: frozenset[int] = _NOWHERE) -> Stop:
        """Let a task run until it enters the kernel; see `run_aside`."""
        run = self.run_aside(task, count, exits)
        take_effect(task, run.fills, run.stores, run.regs, run.fpu)
        return run.stop

    def run_aside(
        self, task: TaskStruct, count: int | None, exits: frozenset[int] = _NOWHERE
    ) -> Aside:
        """Find what a task does until it enters the kernel, and put its effect off.

        Args:
            task: the task.
            count: runs that were noted, at most: instructions are not counted; None = all.
            exits: addresses, bytes, where it stops too.

        Raises:
            ProgramError: none was noted that fits.
        """
        self._pages.follow()
        values, fpu = of_task(task), task.fpu
        fills: list[int] = []
        self._pages.fills = fills
        written = Written(self.system.cpu)
        stop: Stop = Limit()
        for _ in repeat(None) if count is None else range(count):
            run = self._next(values, fpu, written)
            for page, access, _ in run.touched:
                self._pages.get(page, access)
            self.touches.add(run)
            for addr, data in run.stores:
                written.store(addr, data)
            values, fpu, stop = run.values, run.fpu, run.stop
            if not isinstance(stop, Reached) or values[IP] in exits:
                break
            stop = Limit()
        self._refused = run.refused
        regs = for_kernel(values, task.regs.orig_ax)
        return Aside(stop, tuple(fills), written.stores(), regs, fpu)

    def has_effect(self, task: TaskStruct) -> None:
        """Be told that the effect of a run was made good; the task holds all that there is."""

    def refused(self, access: Refused) -> tuple[int, int, int]:
        """Return the first byte that was refused last, how many there were, and for what."""
        assert self._refused is not None
        return self._refused

    def kind(self, access: Refused) -> int:
        """Return what a page was refused for last."""
        return self.refused(access)[2]

    def _next(self, values: tuple[int, ...], fpu: bytes, written: Written) -> Noted:
        for run in self._runs.get(key_of(values, fpu), ()):
            if self._fits(run, written):
                return run
        raise ProgramError("no_emulator")

    def _fits(self, run: Noted, written: Written) -> bool:
        # Would the CPU come to the same bytes, may it do there what it did, and no more?
        cpu, stop = self.system.cpu, run.stop
        for page, access, checksum in run.touched:
            if cpu.peek(page, access) is None or crc32(written.page(page)) != checksum:
                return False
        if isinstance(stop, Refused) and self._allows(stop):
            return False
        return all(cpu.peek(addr, WRITE) is not None for addr, _ in run.stores)

    def _allows(self, access: Refused) -> bool:
        cpu = self.system.cpu
        return cpu.is_canonical(access.addr) and cpu.peek(access.addr, access.access) is not None


class PlayedTouches:
    """How many bytes each line touched, as it was noted."""

    def __init__(self) -> None:
        self.is_all = True
        self._lines: Counter[Line] = Counter()

    def __repr__(self) -> str:
        return f"<PlayedTouches {self.counted()!r}>"

    def begin(self, loaded: Loaded, line: Line | None) -> None:
        """Count from zero in the next run."""
        self.end()

    def add(self, run: Noted) -> None:
        """Take in a run."""
        self._lines.update(dict(run.bytes_of_lines))
        self.is_all &= run.all_bytes

    def counted(self) -> tuple[tuple[Line, int], ...]:
        """Return how many bytes were touched since then, by line."""
        return tuple(sorted(self._lines.items()))

    def end(self) -> None:
        """Forget what was counted."""
        self._lines.clear()
        self.is_all = True
