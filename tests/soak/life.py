"""One machine and what is done with it, checked after each operation."""

from __future__ import annotations

import copy
import pickle
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ipywidgets import Widget

from tests.record.runs import ACTS, ARENA, PAGE, Act, alive
from tests.soak.tally import Tally
from vmlab import Explorer, KiB, Machine, MiB, Process, Recorder, Segment, Snapshot, elf
from vmlab.errors import Killed, LinuxError, ProcessError, Signal
from vmlab.model.linux.mm.validate import validate_idle, validate_machine
from vmlab.model.mmu.pte import X86_32, X86_64, X86_64_LA57
from vmlab.model.trace.event import Event
from vmlab.model.trace.hook import Sink
from vmlab.state.check import check
from vmlab.words.sentences import sentence

FEW = 4  # processes
KEPT = 4  # snapshots and files that are kept
LISTENERS = ("nobody", "reader", "recorder", "recorder", "explorers")
_CHECKED = 6  # of so many states one is checked as that of a file is: it takes three times as long
Operation = tuple[str, int]  # a name, and the seed of its choices


class Reader(Sink):
    """Somebody who has every event said in words."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    def emit(self, event: Event) -> None:
        self.tally.events[event.name] += 1
        assert sentence(event)


class Life:
    """A machine with who listens to it, and what was saved of it.

    Args:
        seed: chooses the machine and who listens.
        tally: counts what happens.

    Attributes:
        machine: the machine; some operations go on with a copy.
        recorder: the first one that listened; None = nobody records.
        explorers: those of the machine.
        snaps: states that were kept.
        files: texts of states and recordings.
    """

    def __init__(self, seed: int, tally: Tally) -> None:
        chance = random.Random(f"life {seed}")
        self.tally = tally
        self.listener = chance.choices(LISTENERS, (4, 4, 4, 4, 1))[0]
        self.machine = Machine(
            ram=chance.choice((4 * MiB, 4 * MiB, 768 * KiB)),
            totalram=chance.choice((None, 64 * MiB)),
            geometry=chance.choice((X86_64,) * 6 + (X86_64_LA57, X86_32)),
            tlb_entries=chance.choice((1, 4, 16, 64)),
            max_map_count=chance.choice((65530, 65530, 24)),
        )
        self.snaps: list[Snapshot] = []
        self.files: list[str] = []
        self.recorders: list[Recorder] = []
        self.explorers: list[Explorer] = []
        self._events: Sequence[Event] = ()
        self._seen = 0
        self.said: list[str] = []  # what was done, in words
        if self.listener == "reader":
            self.machine.system.trace.sink = Reader(tally)
        elif self.listener == "recorder":
            self.recorders.append(Recorder(self.machine))
        self._furnish()
        self._first = self.machine.snapshot()
        if self.listener == "explorers":
            self.explorers.append(Explorer(self.machine))

    def _furnish(self) -> None:
        fs = self.machine.fs
        fs.write("/f", b"file" * 3000)
        fs.write("/script", b"#!/bin/a.out -x\n")
        dynamic = bytearray(elf([Segment("R E", 0, 0x1000, 0), Segment("RW", 0x2000, 9, 4096)]))
        dynamic[16] = 3  # ET_DYN
        fs.write("/dynamic", bytes(dynamic))
        process = self.machine.spawn()
        process.open("/f", 2)
        process.mmap(ARENA, 8 * PAGE, 3, 0x32)

    @property
    def length(self) -> int:
        """How many operations a whole life has: to draw takes long."""
        return 30 if self.listener == "explorers" else 200

    @property
    def recorder(self) -> Recorder | None:
        """The recorder that listens."""
        return Recorder.of(self.machine)

    def revive(self) -> None:
        """See to it that there is a process that can make calls."""
        if not alive(self.machine):
            try:
                self.machine.spawn()
            except (LinuxError, Killed):  # no room
                self.machine.restore(self._first)

    def a_process(self, chance: random.Random) -> Process:
        """Choose one that can make calls."""
        return chance.choice(alive(self.machine))

    @contextmanager
    def answers(self, call: str) -> Iterator[None]:
        """Count what comes of a call: it may fail in every way that is documented."""
        self.tally.calls[call] += 1
        try:
            yield
            self.tally.answers[""] += 1
        except (LinuxError, Signal, Killed, ProcessError) as failure:
            self.tally.failed(failure)
            self.say(str(failure))

    def say(self, words: str) -> None:
        """Note what happens, for who reads of a failure."""
        self.said.append(words[:200])

    def go_on_with(self, machine: Machine) -> None:
        """Take a copy in place of the machine; whoever listened to that one stays there."""
        if self.listener == "explorers":
            return
        self.machine = machine
        if self.listener == "reader":
            machine.system.trace.sink = Reader(self.tally)
        elif self.listener == "recorder" and Recorder.of(machine) is None:
            self.recorders.append(Recorder(machine))

    def keep(self, snap: Snapshot) -> None:
        """Keep a state."""
        self.snaps = [*self.snaps, snap][-KEPT:]

    def copied(self, way: int) -> Machine:
        """Return a copy of the machine, made in one of several ways."""
        if way == 0:
            copied: Machine = pickle.loads(pickle.dumps(self.machine))
        elif way == 1:
            copied = copy.deepcopy(self.machine)
        else:
            copied = Machine.from_snapshot(self.machine.snapshot())
        assert copied.snapshot() == self.machine.snapshot(), "a copy is another machine"
        return copied

    def import_host(self, chance: random.Random) -> None:
        """Copy a file of the host in."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "file")
            path.write_bytes(b"#!/bin/a.out\n" * chance.choice((0, 1, 1000, 40000)))
            given = chance.choice((str(path), str(path), folder, str(path) + "x"))
            self.machine.fs.import_host(given, chance.choice(("/h", "/f", "/d", "/d/h", "h")))

    def act(self, what: Act, machine: Machine | None = None) -> str:
        """Do something that meets others in a small arena; return how it ended, in words."""
        where = machine or self.machine
        name, who, a, b, c = what
        said = ""
        with self.answers(name):
            able = alive(where) or [where.spawn()]
            said = str(ACTS[name](where, able[who % len(able)], a, b, c))
        self.say(f"{what}: {said}")
        return said or self.said[-2]

    def count_events(self) -> None:
        """Count what was recorded since the last time."""
        recorder = self.recorder
        if recorder is None:
            return
        events = recorder.steps.events
        if events is self._events:
            for event in events[self._seen :]:
                self.tally.events[event.name] += 1
        self._events, self._seen = events, len(events)

    def check(self, chance: random.Random, *, thorough: bool) -> None:
        """Check the machine."""
        validate_machine(self.machine.system)
        if thorough or chance.randrange(_CHECKED) == 0:
            check(self.machine.snapshot())
        for explorer in self.explorers:
            assert explorer.output.outputs == (), explorer.output.outputs
        self.count_events()

    def end(self) -> None:
        """End all processes: nothing is left behind."""
        while running := alive(self.machine):
            running[-1].exit()
        validate_machine(self.machine.system)
        if not self.machine.processes:
            validate_idle(self.machine.system)

    def close(self) -> None:
        """Let the widgets go."""
        if self.explorers:
            Widget.close_all()
