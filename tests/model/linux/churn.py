"""Seeded random calls and accesses on a small machine; only the kernel's own answers may come."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from vmlab import Killed, LinuxError, Machine, Process
from vmlab.errors import Signal
from vmlab.model.mmu.page import PAGE_SIZE

BASE = 0x40000000
WINDOW = 48  # pages from BASE on, where everything happens
FILE = "/data"


def page(rng: random.Random) -> int:
    """Return the address of a page of the window; every fourth lies in another page table."""
    place = BASE if rng.random() < 0.75 else BASE + (2 << 20) - 8 * PAGE_SIZE
    return place + rng.randrange(WINDOW) * PAGE_SIZE


def spot(p: Process, rng: random.Random) -> int:
    """Return the address of a page of the window that is mapped, as a rule."""
    vmas = [vma for vma in p.mm if BASE <= vma.vm_start < BASE + (4 << 20)]
    if not vmas or rng.random() < 0.15:
        return page(rng)
    vma = rng.choice(vmas)
    return rng.randrange(vma.vm_start, vma.vm_end) & -PAGE_SIZE


class Churn:
    """A machine, and one random step after the other.

    Args:
        machine: with the file FILE, or room to make it.
        seed: the same seed does the same.
        signals: whether the processes survive SIGSEGV and SIGBUS.

    Attributes:
        answers: how often which step came to which end.
        did: the step that was done last.
    """

    def __init__(self, machine: Machine, seed: int, *, signals: bool = True) -> None:
        self.machine = machine
        self.rng = random.Random(seed)
        self.signals = signals
        self.answers: Counter[str] = Counter()
        self.did = ""

    def running(self) -> list[Process]:
        """Return the processes that can run."""
        return [p for p in self.machine.processes.values() if p.state == "R"]

    def spawn(self) -> Process | None:
        """Start a program if there is memory for it."""
        try:
            process = self.machine.spawn()
        except (LinuxError, Killed) as failure:
            self.answers[f"spawn {_name(failure)}"] += 1
            return None
        for flags in (2, 0):
            process.open(FILE, flags)
        if self.signals:
            process.sigaction(7)
            process.sigaction(11)
        return process

    def step(self) -> None:
        """Do one thing with one process, whatever comes of it."""
        running = self.running()
        process = self.rng.choice(running) if running else self.spawn()
        if process is None:
            return
        name = self.did = self.rng.choice(_NAMES)
        try:
            _STEPS[name](process, self.rng)
        except (LinuxError, Signal, Killed) as failure:
            self.answers[f"{name} {_name(failure)}"] += 1
        else:
            self.answers[name] += 1

    def finish(self) -> None:
        """End every process."""
        while running := self.running():
            running[-1].exit()


def _name(failure: Exception) -> str:
    return failure.name if isinstance(failure, LinuxError) else type(failure).__name__


def _mmap(p: Process, rng: random.Random) -> None:
    kind = rng.choice([0x22, 0x22, 0x21, 0x01, 0x02])
    flags = kind | rng.choice([0, 0, 0, 0x8000, 0x2000])
    fd = -1 if kind & 0x20 else 3 + rng.randrange(2)
    p.mmap(
        page(rng), rng.randrange(1, 20) * PAGE_SIZE, rng.choice([1, 3, 3, 3, 0]), flags | 0x10, fd
    )


def _fork(p: Process, rng: random.Random) -> None:
    if len(p.machine.processes) < 5:
        rng.choice([p.fork, p.fork, p.vfork])()
    else:
        p.exit()


def _exec(p: Process, rng: random.Random) -> None:
    if rng.random() < 0.5:
        return
    p.execve("/bin/a.out", ["a.out"], {"A": "x" * rng.choice([1, 5000])})
    for signum in (7, 11):
        p.sigaction(signum)
    if 3 not in p.task.files.fd:
        p.open(FILE, 2)


def _mremap(p: Process, rng: random.Random) -> None:
    flags, size = rng.choice([0, 1, 3, 5]), rng.randrange(1, 8)
    new = size if flags == 5 else rng.randrange(1, 12)
    p.mremap(spot(p, rng), size * PAGE_SIZE, new * PAGE_SIZE, flags, page(rng))


def _ranged(name: str, *choices: int) -> Callable[[Process, random.Random], None]:
    def step(p: Process, rng: random.Random) -> None:
        extra = (rng.choice(choices),) if choices else ()
        getattr(p, name)(spot(p, rng), rng.randrange(1, 12) * PAGE_SIZE, *extra)

    return step


def _io(name: str) -> Callable[[Process, random.Random], None]:
    def step(p: Process, rng: random.Random) -> None:
        offset = rng.randrange(20) * PAGE_SIZE + rng.choice([0, 5])
        getattr(p, name)(3, spot(p, rng) + rng.choice([0, 100]), rng.randrange(1, 20000), offset)

    return step


_STEPS: dict[str, Callable[[Process, random.Random], None]] = {
    "mmap": _mmap,
    "munmap": _ranged("munmap"),
    "mprotect": _ranged("mprotect", 0, 1, 3, 3),
    "madvise": _ranged("madvise", 4, 4, 9, 8, 22, 23, 102, 103),
    "mlock": _ranged("mlock"),
    "munlock": _ranged("munlock"),
    "mincore": _ranged("mincore"),
    "mremap": _mremap,
    "store": lambda p, rng: p.store(spot(p, rng), bytes((rng.randrange(256),))),
    "load": lambda p, rng: p.load(spot(p, rng), 1) and None,
    "stack": lambda p, rng: p.store(0x7FFFFFFFE000 - rng.randrange(60) * PAGE_SIZE, b"s"),
    "brk": lambda p, rng: p.brk(p.mm.start_brk + rng.randrange(12) * PAGE_SIZE) and None,
    "heap": lambda p, rng: p.store(p.mm.start_brk + rng.randrange(12) * PAGE_SIZE, b"h"),
    "pwrite": _io("pwrite"),
    "pread": _io("pread"),
    "ftruncate": lambda p, rng: p.ftruncate(3, rng.randrange(20) * PAGE_SIZE + rng.choice([0, 9])),
    "fork": _fork,
    "exec": _exec,
    "exit": lambda p, rng: p.exit() if rng.random() < 0.3 else None,
    "wait": lambda p, rng: p.wait() and None,
}
_WEIGHTS = {"store": 8, "load": 4, "mmap": 5, "fork": 2, "stack": 2, "heap": 2}
_NAMES = [name for name in _STEPS for _ in range(_WEIGHTS.get(name, 1))]
