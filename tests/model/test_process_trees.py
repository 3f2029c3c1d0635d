"""Trees of processes against a plain model: a dictionary of bytes for each address space.

After every step all invariants hold, memory is shared where it must be, and nowhere else.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from vmlab import Clone, LinuxError, Machine, Madv, Map, MiB, Process, ProcessError, Prot
from vmlab.model.linux.mm.validate import validate_idle, validate_machine
from vmlab.model.mmu.page import PAGE_SIZE

BASE = 0x10000000
SLOTS = 6  # places for a mapping of two pages each
MOST = 8  # processes
RW = Prot.PROT_READ | Prot.PROT_WRITE
THREAD = Clone.CLONE_VM | Clone.CLONE_FILES | Clone.CLONE_SIGHAND | Clone.CLONE_THREAD
SIGCHLD = 17

Cell = list[int]  # one byte; the same list where memory is shared


@dataclass
class Space:
    """What an address space must hold: slot -> (kind, the first byte of each page)."""

    slots: dict[int, tuple[str, list[Cell]]] = field(default_factory=dict)
    dontfork: set[int] = field(default_factory=set)
    wipe: set[int] = field(default_factory=set)

    def fork(self) -> Space:
        """Return what a child of fork has."""
        child = Space(wipe=set(self.wipe))
        for slot, (kind, cells) in self.slots.items():
            if slot in self.dontfork:
                continue
            if slot in self.wipe:
                child.slots[slot] = kind, [[0] for _ in cells]
            elif kind == "private":
                child.slots[slot] = kind, [list(cell) for cell in cells]
            else:
                child.slots[slot] = kind, cells
        return child


class Tree:
    """A machine with a few processes, and what they must see."""

    def __init__(self, seed: int) -> None:
        self.machine = Machine(ram=16 * MiB, tlb_entries=8)
        self.rng = random.Random(seed)
        self.spaces: dict[int, Space] = {}  # by pid; threads have the same one
        self.done: Counter[str] = Counter()
        self.spawn()

    def spawn(self) -> None:
        """Start a program."""
        self.spaces[self.machine.spawn().pid] = Space()

    def step(self) -> None:
        """Let one process do one thing, then look at everything."""
        running = [p for p in self.machine.processes.values() if p.state == "R"]
        if not running:
            self.spawn()
            return
        process = self.rng.choice(running)
        name = self.rng.choice(
            ["fork", "vfork", "clone", "thread", "exec", "exit", "leave", "wait", "wait"]
            + ["map"] * 3
            + ["store"] * 8
            + ["unmap", "advise"]
        )
        if name in ("fork", "vfork", "clone", "thread") and len(self.machine.processes) >= MOST:
            return
        self.done[name] += 1
        getattr(self, f"do_{name}")(process, self.spaces[process.pid])

    def do_fork(self, process: Process, space: Space) -> None:
        self.spaces[process.fork().pid] = space.fork()

    def do_vfork(self, process: Process, space: Space) -> None:
        child = process.vfork()
        self.spaces[child.pid] = space
        assert child.mm is process.mm
        with pytest.raises(ProcessError):
            process.load(0x400000)

    def do_clone(self, process: Process, space: Space) -> None:
        flags = self.rng.choice([0, Clone.CLONE_FILES, Clone.CLONE_PARENT])
        self.spaces[process.clone(Clone.CLONE_VM | SIGCHLD | flags).pid] = space

    def do_thread(self, process: Process, space: Space) -> None:
        child = process.clone(THREAD)
        assert child.task.tgid == process.task.tgid
        self.spaces[child.pid] = space

    def do_exec(self, process: Process, space: Space) -> None:
        process.execve("/bin/a.out")
        assert process.mm.mm_users == 1
        self.spaces[process.pid] = Space()

    def do_exit(self, process: Process, space: Space) -> None:
        process.exit(self.rng.randrange(256))

    def do_leave(self, process: Process, space: Space) -> None:
        process.exit_thread()

    def do_wait(self, process: Process, space: Space) -> None:
        before = set(self.machine.processes)
        with suppress(LinuxError):
            pid, _ = process.wait()
            assert before - set(self.machine.processes) == {pid}

    def do_map(self, process: Process, space: Space) -> None:
        slot, kind = self.rng.randrange(SLOTS), self.rng.choice(["private", "private", "shared"])
        flags = Map.MAP_ANONYMOUS | Map.MAP_FIXED
        flags |= Map.MAP_SHARED if kind == "shared" else Map.MAP_PRIVATE
        process.mmap(BASE + slot * 2 * PAGE_SIZE, 2 * PAGE_SIZE, RW, flags)
        space.slots[slot] = kind, [[0], [0]]
        space.dontfork.discard(slot)
        space.wipe.discard(slot)

    def do_unmap(self, process: Process, space: Space) -> None:
        slot = self.rng.randrange(SLOTS)
        process.munmap(BASE + slot * 2 * PAGE_SIZE, 2 * PAGE_SIZE)
        space.slots.pop(slot, None)
        space.dontfork.discard(slot)
        space.wipe.discard(slot)

    def do_store(self, process: Process, space: Space) -> None:
        slot, page, value = (
            self.rng.randrange(SLOTS),
            self.rng.randrange(2),
            self.rng.randrange(256),
        )
        if slot in space.slots:
            process.store(BASE + (slot * 2 + page) * PAGE_SIZE, bytes([value]))
            space.slots[slot][1][page][0] = value

    def do_advise(self, process: Process, space: Space) -> None:
        slot = self.rng.randrange(SLOTS)
        if slot not in space.slots:
            return
        place = BASE + slot * 2 * PAGE_SIZE, 2 * PAGE_SIZE
        if self.rng.random() < 0.5:
            process.madvise(*place, Madv.MADV_DONTFORK)
            space.dontfork.add(slot)
        elif space.slots[slot][0] == "private":
            process.madvise(*place, Madv.MADV_WIPEONFORK)
            space.wipe.add(slot)

    def check(self) -> None:
        """Compare what every process holds with what it must hold."""
        validate_machine(self.machine.system)
        spaces: dict[int, Space] = {}
        for process in self.machine.processes.values():
            if process.state == "Z":
                continue
            mm = process.mm
            assert (
                spaces.setdefault(mm.number, self.spaces[process.pid]) is self.spaces[process.pid]
            )
            if process.state == "R" and self.rng.random() < 0.2:
                self.look(process)
        assert len({id(space) for space in spaces.values()}) == len(spaces)

    def look(self, process: Process) -> None:
        """Read all that a process has mapped."""
        for slot, (_, cells) in self.spaces[process.pid].slots.items():
            for page, cell in enumerate(cells):
                addr = BASE + (slot * 2 + page) * PAGE_SIZE
                assert process.load(addr) == bytes(cell), (process, slot, page)

    def finish(self) -> None:
        """End everything; only files are left."""
        while processes := [p for p in self.machine.processes.values() if p.state in "RD"]:
            next(p for p in processes if p.state == "R").exit()
            self.check()
        assert not self.machine.processes
        validate_idle(self.machine.system)


@pytest.mark.parametrize("seed", range(12))
def test_trees(seed: int) -> None:
    """Every process sees its own memory and that which it shares, whatever the others do."""
    tree = Tree(seed)
    for _ in range(120):
        tree.step()
        tree.check()
    for process in list(tree.machine.processes.values()):
        if process.state == "R":
            tree.look(process)
    assert len(tree.done) >= 10
    tree.finish()
