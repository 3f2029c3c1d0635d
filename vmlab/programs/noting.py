"""An emulator that notes what it does, for `playback.py`: each run up to the next line or entry."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from unicorn import Uc

from vmlab.model.linux.arch.x86.include.ptrace import PtRegs
from vmlab.model.linux.include.structs import System, TaskStruct
from vmlab.model.machine_code import put, take_effect
from vmlab.model.mmu.page import PAGE_MASK
from vmlab.programs.debug import if_legible
from vmlab.programs.debug import of_task as debug_of
from vmlab.programs.emulator import ACCESSES, Emulator
from vmlab.programs.entries import Aside, Limit, Reached, Refused, Stop
from vmlab.programs.noted import Noted, Touch, key_of
from vmlab.programs.registers import of_task
from vmlab.programs.sites import own_frame
from vmlab.programs.stores import Written

_NOWHERE: frozenset[int] = frozenset()


class NotingEmulator(Emulator):
    """Notes runs.

    Args:
        system: the kernel.
        runs: where they are noted, by the key of the state where they begin.
    """

    def __init__(self, system: System, runs: dict[str, list[Noted]]) -> None:
        super().__init__(system)
        self._runs = runs
        self._touched: dict[tuple[int, int], None] = {}  # in order
        self._sums: dict[int, int] = {}  # of pages, before the run

    def run(self, task: TaskStruct, count: int | None, exits: frozenset[int] = _NOWHERE) -> Stop:
        """Let a task run until it enters the kernel."""
        run = self.run_aside(task, count, exits)
        take_effect(task, run.fills, run.stores, run.regs, run.fpu)
        self.has_effect(task)
        return run.stop

    def run_aside(
        self, task: TaskStruct, count: int | None, exits: frozenset[int] = _NOWHERE
    ) -> Aside:
        """The same, but put its effect off."""
        stops = exits | _line_starts(task)
        regs, bases, fpu = task.regs, (task.fsbase, task.gsbase), task.fpu
        fills: tuple[int, ...] = ()
        cpu = self.system.cpu
        written, before = Written(cpu), dict[int, bytes]()  # before: pages, to take it back
        while True:
            key = key_of(of_task(task), task.fpu)
            self._count(task)
            run = self._run_noting(task, count, stops)
            fills += run.fills
            for addr, data in run.stores:
                page = addr & PAGE_MASK
                before.setdefault(page, bytes(written.page(page)))
                written.store(addr, data)
            put(cpu, run.stores)
            *told, task.fsbase, task.gsbase = run.regs
            task.regs, task.fpu = PtRegs(*told), run.fpu
            self.has_effect(task)
            self._note(key, run)
            if not isinstance(run.stop, Reached) or task.regs.ip in exits:
                break
        put(cpu, before.items())
        task.regs, (task.fsbase, task.gsbase), task.fpu = regs, bases, fpu
        return run._replace(fills=fills, stores=written.stores())

    def _count(self, task: TaskStruct) -> None:
        loaded = debug_of(task)
        if loaded is None:
            self.touches.end()
            return
        frame = if_legible(lambda: own_frame(task))
        self.touches.begin(loaded, frame.line if frame is not None else None)

    def _run_noting(self, task: TaskStruct, count: int | None, stops: frozenset[int]) -> Aside:
        self._touched, self._sums = {}, {}
        self._ask_again()
        return super().run_aside(task, count, stops)

    def _note(self, key: str, run: Aside) -> None:
        stop = run.stop
        if isinstance(stop, Limit):
            return
        touched = tuple(Touch(*each, self._sums[each[0]]) for each in self._touched)
        refused = self.refused(stop) if isinstance(stop, Refused) else None
        counted, is_all = self.touches.counted(), self.touches.is_all
        state = self._values, run.fpu, stop
        noted = Noted(touched, run.stores, *state, refused, counted, is_all)
        found = self._runs.setdefault(key, [])
        if noted not in found:
            found.append(noted)

    def _fill(self, uc: Uc, vaddr: int, access: int, entry: Any, data: object) -> bool:
        known = super()._fill(uc, vaddr, access, entry, data)
        if known:
            self._touched[vaddr, ACCESSES[access]] = None
            page = self._pages.get(vaddr, ACCESSES[access])
            assert page is not None
            self._sums.setdefault(vaddr, crc32(page.data))
        return known


def _line_starts(task: TaskStruct) -> frozenset[int]:
    # Where lines of the program's source begin.
    loaded = debug_of(task)
    if loaded is None:
        return _NOWHERE
    return frozenset(addr + loaded.bias for addr in loaded.debug.starts)
