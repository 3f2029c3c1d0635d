"""Running programs: from one entry into the kernel to the next, one task after the other.

Who runs is settled by what they do, never by a clock: the same programs do the same each time. A
task runs until it sleeps in a call or ends, or has run for long while another one waits. Then it is
the turn of the one that has waited longest; those that could not run before queue up by number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from operator import attrgetter

from vmlab.errors import Killed, Signal, Sleeps
from vmlab.model.linux.include.sched import TASK_RUNNING
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.machine_code import Stop
from vmlab.model.process import Process
from vmlab.programs.emulator import Emulator
from vmlab.programs.entries import Limit, Reached, Refused, Syscall, Trap
from vmlab.programs.entries import Stop as Entry
from vmlab.programs.lines import LINE, LineStops, line_of
from vmlab.state.machine import Machine

SLICE = 10_000_000  # instructions that a task runs at once
_ENTRY = 1000  # instructions that an entry into the kernel counts as
_EXIT, _SIGNAL, _SYSCALL, _FAULT = "exit", "signal", "syscall", "fault"
_SLEEPS, _LIMIT = "sleeps", "limit"
_COPIED = {56, 57, 58}  # calls by number that copy all registers: clone, fork, vfork


class Programs:
    """The programs of a machine.

    Args:
        machine: the machine.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._emulator: Emulator | None = None
        self._sleeping: dict[TaskStruct, Callable[[], bool]] = {}

    def __repr__(self) -> str:
        return f"<Programs of {self.machine!r}>"

    def run(
        self, process: Process | None, until: Collection[str | int] = (), most: int | None = None
    ) -> Stop:
        """Run a process, and others while it sleeps.

        Args:
            process: the process; None = all, until none can run.
            until: 'syscall' and 'fault' stop it after the next one; 'line' and numbers of lines
                at the start of one.
            most: instructions, about; None = without end.

        Returns:
            Why it does not run on.
        """
        ready = [process.task] if process is not None else []
        mine = ready[0] if ready else None
        lines = LineStops(mine, until) if mine is not None else None
        while True:
            tasks = self.machine.system.tasks.values()
            ready = [task for task in ready if self._can_run(task)]
            ready += sorted(set(filter(self._can_run, tasks)) - {*ready}, key=attrgetter("pid"))
            if not ready:
                return self._stopped(mine, _SLEEPS)
            task = ready.pop(0)
            while True:
                stops = lines if task is mine else None
                why = self._advance(task, SLICE if most is None else min(SLICE, most), stops)
                if most is not None:
                    most -= SLICE if why == _LIMIT else _ENTRY
                    if most <= 0:
                        return self._stopped(task, _LIMIT)
                if task is mine and (why in until or why in (_EXIT, _SIGNAL, LINE)):
                    return self._stopped(task, why)
                if why not in (_SYSCALL, _FAULT, _LIMIT):
                    break
                if why == _LIMIT and any(map(self._can_run, self._others(task))):
                    ready.append(task)
                    break

    def _others(self, task: TaskStruct) -> Iterable[TaskStruct]:
        return [each for each in self.machine.system.tasks.values() if each is not task]

    def _stopped(self, task: TaskStruct | None, why: str) -> Stop:
        if self._emulator is not None:
            self._emulator.save_fpu()
        if task is None:
            return Stop(why, 0)
        return Stop(why, task.rip, where=str(line_of(task) or ""))

    def _can_run(self, task: TaskStruct) -> bool:
        if task.state != TASK_RUNNING or task.mm is None:
            return False
        ready = self._sleeping.get(task)
        return ready is None or ready()

    def _advance(self, task: TaskStruct, count: int, stops: LineStops | None) -> str:
        # From one entry into the kernel to the next.
        self._sleeping.pop(task, None)
        process = self.machine[task.pid]
        emulator = self._emulator_of_now()
        exits = stops.addresses() if stops is not None else frozenset()
        entry = self._in_user_mode(process, emulator, count, exits)
        if isinstance(entry, Limit | Reached):
            return _LIMIT if isinstance(entry, Limit) else LINE
        try:
            self._in_kernel(process, emulator, entry)
        except Sleeps as failure:
            self._sleeping[task] = failure.ready
            return _SLEEPS
        except (Signal, Killed):
            return _SIGNAL
        if task.state != TASK_RUNNING:
            return _EXIT
        return _FAULT if isinstance(entry, Refused) else _SYSCALL

    def _in_user_mode(
        self, process: Process, emulator: Emulator, count: int, exits: frozenset[int]
    ) -> Entry:
        task = process.task
        with process._turn:
            if task.trace.sink is None:
                process._run_on()
                return emulator.run(task, count, exits)
            if task.system.current is not task:
                process.schedule()
            run = emulator.run_aside(task, count, exits)
            process._execute(run.fills, run.stores, run.regs, run.fpu.hex())
            emulator.has_effect(task)
            return run.stop

    def _in_kernel(self, process: Process, emulator: Emulator, entry: Entry) -> None:
        match entry:
            case Syscall():
                if process.task.regs.ax in _COPIED:
                    emulator.save_fpu()
                process._syscall_instruction()
            case Refused(addr, access):
                process._touch(addr, access, 1)
            case Trap(vector):
                process._trap(vector)

    def _emulator_of_now(self) -> Emulator:
        system = self.machine.system
        if self._emulator is None or self._emulator.system is not system:
            self._emulator = Emulator(system)
        return self._emulator
