"""Doing a recorded call again, on a machine that was restored to the state before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from vmlab.errors import KernelBug, Killed, LinuxError, ProcessError, Signal, StateError
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.machine_code import EXECUTE, INTERRUPT, SYSCALL, TICK, TIMER, TOUCH, TRAP
from vmlab.model.process import Process
from vmlab.model.trace.event import Event
from vmlab.model.trace.hook import Abandon, Sink, Turn
from vmlab.model.user_mode import SCHEDULE
from vmlab.record.logged import Logged
from vmlab.record.site import Site
from vmlab.state.follow import Follower, following
from vmlab.state.machine import Machine
from vmlab.state.restore import restore
from vmlab.state.snapshot import Snapshot

BY_HAND = "by_hand"  # the name of what belongs to no call


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A system call or memory access of a process, or (pid 0) something the owner did."""

    pid: int
    name: str  # of a row in the tables of calls, or 'schedule'; or of what the owner did
    args: tuple[Any, ...]
    first: int  # number of its first step
    cut: int = 0  # where an interrupt ended it: which `Turn.interrupted` said yes; 0 = nowhere
    registers: tuple[int, ...] = ()  # those of machine code that made the call
    site: Site | None = None  # where in its sources it did
    logged: Logged | None = None  # what a log says of it


# What a process does that is neither a call nor an access.
WAYS: dict[str, Callable[..., object]] = {
    SCHEDULE: Process.schedule,
    EXECUTE: Process._execute,
    TOUCH: Process._touch,
    TRAP: Process._trap,
    INTERRUPT: Process._interrupt,
    TIMER: Process._time_comes,
    TICK: Process._tick,
    SYSCALL: lambda process, *_: process._syscall_instruction(),
}
OWNERS_CALLS: dict[str, Callable[..., object]] = {
    "fs.mkdir": lambda machine, path: machine.fs.mkdir(path),
    "fs.write": lambda machine, path, data, disk=None: machine.fs.write(path, data, disk=disk),
    "fs.install": lambda machine, path, data: machine.fs.install(path, data),
    "fs.mount_tmpfs": lambda machine, path: machine.fs.mount_tmpfs(path),
    "fs.furnish": lambda machine: machine.fs.furnish(),
    "fs.sync": lambda machine: machine.fs.sync(),
    "fs.truncate": lambda machine, path, length: machine.fs.truncate(path, length),
    "fs.link": lambda machine, existing, new: machine.fs.link(existing, new),
    "fs.symlink": lambda machine, target, path: machine.fs.symlink(target, path),
    "fs.unlink": lambda machine, path: machine.fs.unlink(path),
    "machine.new_task": lambda machine, *args: machine._process_of(machine._new_task(*args)),
    "machine.type": Machine.type,
    "machine.kthread": Machine.kthread,
    "machine.from_maps": Machine.from_maps,
    "machine.restore": Machine.restore,
    "machine.sysctl": Machine.sysctl,
    "proc.mem_read": lambda machine, pid, addr, n: machine[pid].proc_mem_read(addr, n),
    "proc.mem_write": lambda machine, pid, addr, data: machine[pid].proc_mem_write(addr, data),
    "proc.clear_refs": lambda machine, pid, kind: machine[pid].clear_refs(kind),
}


def is_known(call: RecordedCall) -> bool:
    """Say whether a call is one that can be done again."""
    if call.pid:
        return bool(call.registers) or call.name in ACTIONS or call.name in WAYS
    return call.name in OWNERS_CALLS


def perform(machine: Machine, call: RecordedCall) -> None:
    """Do a call; how it fails is part of what it does."""
    with suppress(LinuxError, Signal, Killed, ProcessError, StateError):
        if not call.pid:
            OWNERS_CALLS[call.name](machine, *call.args)
        elif call.pid in machine.system.tasks:
            process = machine[call.pid]
            if call.registers:
                process._syscall_instruction()
            elif call.name in WAYS:
                WAYS[call.name](process, *call.args)
            else:
                process.call(call.name, *call.args)


class _AgainTurn(Turn):
    # A call is cut where it was when it was recorded, and nowhere else.
    __slots__ = ("at",)

    def __init__(self) -> None:
        super().__init__()
        self.at = 0

    def _cut_here(self, asked: int) -> bool:
        return asked == self.at


class Replica(Sink):
    """A machine that goes through recorded calls once more.

    Args:
        snap: the state to begin with.
        events: what each step of the whole recording was; the replica must do the same.
    """

    def __init__(self, snap: Snapshot, events: Sequence[Event]) -> None:
        self.machine = Machine(ram=snap.ram_bytes)
        self._turn = self.machine.system.trace.turn = _AgainTurn()
        self.machine._go_on_with(restore(snap))
        self._bug: KernelBug | None = None
        self._follower = Follower(self.machine.system, snap)
        self._events = events
        self._next = 0
        self._wanted = range(0)
        self._found: dict[int, Snapshot] = {}

    def state(self) -> Snapshot:
        """Return the state the replica is in, between two calls."""
        return self._take(in_call=False)

    def _take(self, *, in_call: bool) -> Snapshot:
        self._follower = following(self.machine.system, self._follower)
        return self._follower.take(in_call=in_call)

    def run(self, call: RecordedCall, end: int) -> None:
        """Do a whole call.

        Args:
            call: the call.
            end: number of the step after its last.

        Raises:
            KernelBug: something else happened than what was recorded.
        """
        self._next = call.first
        self._do(call)
        if self._next != end:
            raise KernelBug("call_ended_elsewhere", step=end, call=call.name)

    def states(self, call: RecordedCall, wanted: range) -> dict[int, Snapshot]:
        """Do a call as far as the last wanted step; return the state after each of them.

        Raises:
            KernelBug: something else happened than what was recorded.
        """
        self._next, self._wanted, self._found = call.first, wanted, {}
        self._do(call)
        return self._found

    def _do(self, call: RecordedCall) -> None:
        self._turn.at = call.cut
        self.machine.system.trace.sink = self
        with suppress(Abandon):
            perform(self.machine, call)
        self.machine.system.trace.sink = None
        if self._bug is not None:
            raise self._bug

    def emit(self, event: Event) -> None:
        """Compare one step with what was recorded; keep the state if it is wanted."""
        number = self._next
        if number >= len(self._events) or event != self._events[number]:
            self._bug = KernelBug("step_not_as_recorded", step=number, event=event.name)
            self._leave()
        self._next += 1
        if number in self._wanted:
            self._found[number] = self._take(in_call=True)
            if number == self._wanted[-1]:
                self._leave()

    def _leave(self) -> NoReturn:
        # What comes after, on the way out too, is of no interest.
        self.machine.system.trace.sink = None
        raise Abandon
