"""Running programs: from one entry into the kernel to the next, one task after the other.

Who runs is settled by what they do, never by a clock: the same programs do the same each time. A
task runs until it sleeps in a call or ends, or has run for long while another one waits. Then it is
the turn of the one that has waited longest; those that could not run before queue up by number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator
from operator import attrgetter
from types import NoneType

from vmlab.errors import Signal, Sleeps
from vmlab.model.abi.calls import CALLS_BY_NUMBER
from vmlab.model.abi.wait import WTERMSIG
from vmlab.model.linux.include.sched import TASK_RUNNING, TASK_STOPPED, TASK_UNINTERRUPTIBLE
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.signal import signal_pending
from vmlab.model.linux.kernel.time.hrtimer import hrtimer_next_event
from vmlab.model.linux.kernel.time.posix_cpu_timers import posix_cpu_next_event
from vmlab.model.machine_code import Stop
from vmlab.model.process import Process
from vmlab.model.trace.hook import turns
from vmlab.programs.clock import INSTRUCTION_NSEC
from vmlab.programs.cpus import Cpu, new_cpu
from vmlab.programs.entries import Limit, Reached, Refused, Syscall, Trap
from vmlab.programs.entries import Stop as Entry
from vmlab.programs.goals import (
    ASKED,
    EXIT,
    FAULT,
    INTERRUPT,
    LIMIT,
    SIGNAL,
    SLEEPS,
    SYSCALL,
    TRAP,
    Goal,
)
from vmlab.programs.lines import LINE, LineStops, line_of
from vmlab.programs.sites import addresses_of_call, recorded
from vmlab.record.both import recordings
from vmlab.state.machine import Machine

SLICE = 2_000_000  # instructions that a task runs while others wait
_SPREAD, _STRIDE = 65_536, 7_919  # instructions by which slices differ, at most and in a row
_ENTRY = 1000  # instructions that an entry into the kernel counts as
_KINDS = {Syscall: SYSCALL, Refused: FAULT, Trap: TRAP, NoneType: INTERRUPT}


class Programs:
    """The programs of a machine.

    Args:
        machine: the machine.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._emulator: Cpu | None = None
        self._sleeping: dict[TaskStruct, Callable[[], bool]] = {}
        self._ran: TaskStruct | None = None  # whose turn it was last
        self._left = 0  # instructions of its slice
        self._slices = 0  # how many there were
        self._entries = 0  # instructions since the clock ticked last

    def __repr__(self) -> str:
        return f"<Programs of {self.machine!r}>"

    def run(
        self, process: Process | None, until: Collection[str | int] = (), most: int | None = None
    ) -> Stop:
        """Run a process, and others while it sleeps.

        Args:
            process: the process; None = all, until none can run.
            until: 'syscall' and 'fault' stop it after the next one, 'signal' before a handler,
                'line' at the start of a line; the number of a line stops every thread of its
                process there.
            most: instructions, of which an entry into the kernel counts as 1,000 in place of those
                that ran since the one before it; None = without end.

        Returns:
            Why it does not run on.
        """
        pid = process.pid if process is not None else None
        listening = [(each, each.nr_calls) for each in recordings(self.machine.system.trace.sink)]
        asked = False
        try:
            stops = self._running(process, until, most, in_pieces=False)
            stop = next(stop for stop in stops if stop is not None)
            asked = stop.why in ASKED
            return stop
        finally:
            for recording, first in listening:
                recording.ran(first, pid, asked=asked)

    def running(
        self, process: Process | None, until: Collection[str | int] = (), most: int | None = None
    ) -> Iterator[Stop | None]:
        """Do the same in pieces: give None between them, and the stop at the end.

        A piece is what a task does until it has entered and left the kernel, or some hundredths of
        a second. Who asks for no further piece has stopped it: nothing is left half done.
        """
        return self._running(process, until, most, in_pieces=True)

    def _running(
        self,
        process: Process | None,
        until: Collection[str | int],
        most: int | None,
        *,
        in_pieces: bool,
    ) -> Iterator[Stop | None]:
        goal = Goal(process.task if process is not None else None, until, most)
        ready = [goal.task] if goal.task is not None else []
        while True:
            ready = self._in_turn(ready)
            stop = None
            if ready:
                stop = yield from self._turn(ready, goal, in_pieces=in_pieces)
            elif self._wait_for_time():
                yield None
            else:
                stop = self._stopped(goal.task, SLEEPS)
            if stop is not None:
                yield stop
                return

    def _turn(
        self, ready: list[TaskStruct], goal: Goal, *, in_pieces: bool
    ) -> Generator[None, None, Stop | None]:
        # Let the first of them run until it is the turn of another one, or the goal is reached.
        task = ready.pop(0)
        if task is not self._ran:
            self._ran, self._left = task, self._slice()
        count, why = self._left, ""
        alone = False  # nobody waits, neither for the CPU nor for a time
        while True:
            is_over = self._left <= 0
            if is_over:
                if others := [each for each in self._in_turn(ready) if each is not task]:
                    ready[:] = [*others, task]
                    self._ran = None
                    return None
                self._left = self._slice()
            if is_over or why == LIMIT:
                event = self._next_event(task)
                count = min(self._left, event) if event is not None else self._left
                alone = is_over and why == LIMIT and event is None and not in_pieces
            yield None
            most = goal.count(None if alone else count)
            with turns.undivided():
                why, signal = self._advance(task, most, goal.stops(task))
            alone = False
            ran = (most or SLICE) if why == LIMIT else _ENTRY
            self._count(task, why, ran)
            if end := goal.end(task, why, signal, ran):
                return self._stopped(task, end, signal)
            if why in (SLEEPS, EXIT, SIGNAL):
                return None

    def _slice(self) -> int:
        # No two in a row end at the same place of a loop, such as where it holds a lock.
        self._slices += 1
        return SLICE - self._slices * _STRIDE % _SPREAD

    def _count(self, task: TaskStruct, why: str, ran: int) -> None:
        # Count what a task ran, and let the clock tick. It stands still in loops that nobody waits
        # for, for they are not counted.
        self._left -= ran
        if why != LIMIT:
            self._entries += ran
            is_time = self._entries >= SLICE
        elif is_time := self._next_event(task) is not None:
            self._entries += ran
        if is_time and task.state == TASK_RUNNING and task.mm is not None:
            self.machine[task.pid]._tick(self._entries * INSTRUCTION_NSEC)
            self._entries = 0

    def _next_event(self, task: TaskStruct) -> int | None:
        # How many instructions of a task until somebody's timer is over; None = there is none.
        system = self.machine.system
        times = [hrtimer_next_event(each) for each in system.tasks.values()]
        lefts = [each - system.clock for each in times if each is not None]
        lefts.append(posix_cpu_next_event(task) or 0)
        left = min((each for each in lefts if each > 0), default=None)  # else it was told already
        return -(-left // INSTRUCTION_NSEC) if left is not None else None

    def _in_turn(self, ready: list[TaskStruct]) -> list[TaskStruct]:
        # Those of them that can run still, and behind them those that can run since.
        tasks = self.machine.system.tasks.values()
        ready = [task for task in ready if self._can_run(task)]
        since = set(filter(self._can_run, tasks)) - {*ready}
        return ready + sorted(since, key=attrgetter("pid"))

    def _wait_for_time(self) -> bool:
        # All sleep: let the time come that one of them sleeps until; say whether there is such.
        times = [
            (when, task.pid)
            for task in self.machine.system.tasks.values()
            if (when := hrtimer_next_event(task)) is not None
        ]
        if times:
            self.machine[min(times)[1]]._time_comes()
        return bool(times)

    def _stopped(self, task: TaskStruct | None, why: str, signal: int = 0) -> Stop:
        self.machine.system.save_fpregs()
        addr = task.rip if task is not None else 0
        where = str(line_of(task) or "") if task is not None else ""
        tid = task.pid if task is not None else 0
        if why != SLEEPS:
            return Stop(why, addr, signal, where=where, tid=tid)
        calls = {each.pid: CALLS_BY_NUMBER.get(each.regs.ax) for each in self._sleeping}
        sleepers = [(pid, call.name) for pid, call in calls.items() if call is not None]
        stopped = any(each.state == TASK_STOPPED for each in self.machine.system.tasks.values())
        why = why if sleepers or stopped else EXIT
        return Stop(why, addr, signal, tuple(sorted(sleepers)), where, tid)

    def _can_run(self, task: TaskStruct) -> bool:
        if task.state != TASK_RUNNING or task.mm is None:
            return False
        ready = self._sleeping.get(task)
        return ready is None or ready() or signal_pending(task)

    def _advance(
        self, task: TaskStruct, count: int | None, stops: LineStops | None
    ) -> tuple[str, int]:
        # From one entry into the kernel to the next; which it was, and the signal that came.
        in_call = self._sleeping.pop(task, None) is not None
        process = self.machine[task.pid]
        emulator = self._emulator_of_now()
        entry: Entry | None = None  # None = a device interrupts
        if in_call or not process._has_exit_work():
            exits = stops.addresses() if stops is not None else frozenset()
            entry = self._in_user_mode(process, emulator, count, exits)
            if isinstance(entry, Limit | Reached):
                return LIMIT if isinstance(entry, Limit) else LINE, 0
        try:
            signal = self._in_kernel(process, emulator, entry, again=in_call)
        except Sleeps as failure:
            self._sleeping[task] = failure.ready
            return SLEEPS, 0
        except Signal as caught:
            return SIGNAL, caught.si_signo
        if task.state in (TASK_UNINTERRUPTIBLE, TASK_STOPPED):
            return SLEEPS, 0
        if task.state != TASK_RUNNING:
            killed = WTERMSIG(task.exit_code)
            return (SIGNAL, killed) if killed else (EXIT, 0)
        return _KINDS[type(entry)], signal

    def _in_user_mode(
        self, process: Process, emulator: Cpu, count: int | None, exits: frozenset[int]
    ) -> Entry:
        task = process.task
        with process._turn:
            if task.trace.sink is None:
                process._run_on()
                return emulator.run(task, count, exits)
            if task.system.current is not task:
                process.schedule()
            with recorded(process) as told:
                told.begins(task, emulator.touches)
                run = emulator.run_aside(task, count, exits)
                process._execute(run.fills, run.stores, run.regs, run.fpu.hex())
                emulator.has_effect(task)
                told.ends(task, emulator.touches)
            return run.stop

    def _in_kernel(
        self, process: Process, emulator: Cpu, entry: Entry | None, *, again: bool
    ) -> int:
        task = process.task
        match entry:
            case Syscall():
                with recorded(process, addresses_of_call, again=again):
                    return process._syscall_instruction()
            case Refused(page):
                if task.trace.sink is None:
                    kind = emulator.kind(entry)
                    return process._touch(page, kind, 1, lambda: emulator.refused(entry)[0])
                addr, size, access = emulator.refused(entry)
                with recorded(process, lambda _: [addr]):
                    return process._touch(addr, access, size)
            case Trap():
                with recorded(process):
                    return process._trap(entry.vector, entry.error_code, entry.length)
        with recorded(process):
            return process._interrupt()

    def _emulator_of_now(self) -> Cpu:
        system = self.machine.system
        if self._emulator is None or self._emulator.system is not system:
            self._emulator = new_cpu(system)
        return self._emulator
