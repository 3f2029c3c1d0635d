"""What a press of a button takes in an Explorer of a large machine, and what its page is sent.

    python -m benchmarks.large_machines [many_vmas | long_call | mapped | file]

Each machine is measured beside a small one in the same process: `ratio` is how many times as long
the same press takes as there, the median of three. The machines:

- `many_vmas`: a process of 65,530 VMAs, as many as Linux lets it have;
- `long_call`: a process with 50,000 pages, whose munmap is a call of more than 100,000 steps;
- `mapped`: a mapping of 1 GiB, all of it in memory;
- `file`: a file of 1 GiB, mapped, all of it in the page cache.

The goals: a press takes less than a second, the first step of the player within the long call less
than two, and the state of the views less than 300 kB. A call that itself changes every VMA or page,
such as fork, is measured too, without a goal: its steps are recorded one by one.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from vmlab import GiB, Machine, Process
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_POPULATE,
    MAP_PRIVATE,
    MAP_SHARED,
    PROT_READ,
    PROT_WRITE,
)
from vmlab.widgets.explorer import Explorer

PAGE = 4096
VMAS = 65_530
PAGES = 50_000  # of the long call
BASE, HIGH, FREE = 0x10000000, 0x20000000000, 0x30000000000
RW = PROT_READ | PROT_WRITE
ANON = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
PRESSES = 3
PRESS_GOAL, STEP_GOAL = 1.0, 2.0  # seconds
STATE_GOAL = 300_000  # bytes


def small() -> Process:
    """A process as it is after its start."""
    return Machine(ram=4 * GiB).spawn()


def many_vmas() -> Process:
    """A process with as many VMAs as it may have, of which no two merge, and room for some more."""
    process = small()
    for number in range(VMAS - 8 - process.mm.map_count):
        prot = PROT_READ if number % 2 else 0
        process.mmap(BASE + number * 3 * PAGE, PAGE, prot, ANON)
    return process


def long_call() -> Process:
    """A process with many written pages."""
    process = small()
    process.mmap(HIGH, PAGES * PAGE, RW, ANON)
    for number in range(PAGES):
        process.store(HIGH + number * PAGE, b"x")
    return process


def mapped() -> Process:
    """A process with a large mapping that is in memory."""
    process = small()
    process.mmap(HIGH, GiB, RW, ANON | MAP_POPULATE)
    return process


def file() -> Process:
    """A process that maps a large file, which is in the page cache."""
    process = small()
    process.machine.fs.write("/large", b"file" * (GiB // 4))
    fd = process.open("/large", 2)
    process.mmap(HIGH, GiB, RW, MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd)
    return process


MACHINES = {make.__name__: make for make in (many_vmas, long_call, mapped, file)}


def wide(process: Process) -> Explorer:
    """Open an Explorer as on a wide page, where both places have a picture."""
    explorer = Explorer(process.machine)
    explorer.toolbar.wide = True
    return explorer


def seconds(action: Callable[[], object]) -> float:
    """Return how long something takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def press(explorer: Explorer, call: str, **texts: str) -> float:
    """Fill the fields of a call and press its button; return the seconds from press to pictures."""
    explorer.controls.fill({call: texts})
    return seconds(getattr(explorer, call))


def presses(explorer: Explorer, start: int = FREE) -> dict[str, float]:
    """Map, write and unmap some pages from an address on; return the median seconds of each press.

    No picture was drawn before.
    """
    taken: dict[str, list[float]] = {"mmap": [], "store": [], "munmap": []}
    for turn in range(PRESSES):
        addr = hex(start + turn * 8 * PAGE)
        taken["mmap"].append(press(explorer, "mmap", addr=addr, length="4 pages"))
        taken["store"].append(press(explorer, "store", addr=addr, data="x"))
        taken["munmap"].append(press(explorer, "munmap", addr=addr, length="2 pages"))
    return {call: statistics.median(times) for call, times in taken.items()}


def state_bytes(explorer: Explorer) -> int:
    """Return the bytes of what the page is told of all views, without their scripts."""
    parts: tuple[Any, ...] = (explorer.controls, explorer.toolbar, explorer.player, explorer.maps)
    states = (part.get_state() for part in (*parts, *explorer.pictures))
    return sum(
        len(json.dumps(value, default=str))
        for state in states
        for name, value in state.items()
        if not name.startswith("_")
    )


def step_in_long_call(explorer: Explorer) -> dict[str, float]:
    """Unmap all pages at once and go into that call; return the seconds."""
    unmap = press(explorer, "munmap", addr=hex(HIGH), length=f"{PAGES} pages")
    last = explorer.player.count - 1
    explorer.player.by_steps = True

    def go(step: int) -> float:
        return seconds(lambda: setattr(explorer.player, "step", step))

    first = go(last - PAGES)
    return {"munmap of all": unmap, "first step in it": first, "next step": go(last - PAGES + 1)}


class Table:
    """What was measured, line by line, and whether it is as quick as it should be."""

    def __init__(self, beside: dict[str, float]) -> None:
        self.beside = beside  # seconds of a small machine
        self.met = True

    def row(self, name: str, what: str, taken: float, goal: float = 0.0) -> None:
        """Print seconds, beside those of a small machine."""
        self.met = self.met and (not goal or taken < goal)
        ratio = f"{taken / self.beside[what]:>7.1f}x" if what in self.beside else " " * 8
        said = f"  (goal: less than {goal:g} s)" if goal else ""
        print(f"{name:<10} {what:<18} {taken:>7.2f} s {ratio}{said}", flush=True)

    def size(self, name: str, size: int) -> None:
        """Print the bytes of what a page is told."""
        self.met = self.met and size < STATE_GOAL
        goal = f"  (goal: less than {STATE_GOAL:,})"
        print(f"{name:<10} {'state of views':<18} {size:>7,} bytes{goal}", flush=True)


def measure(name: str, table: Table) -> None:
    """Open an Explorer of one of the machines and press its buttons."""
    process = MACHINES[name]()
    opened: list[Explorer] = []
    table.row(name, "open", seconds(lambda: opened.append(wide(process))))
    (explorer,) = opened
    for what, taken in presses(explorer).items():
        table.row(name, what, taken, PRESS_GOAL)
    table.size(name, state_bytes(explorer))
    if name == "long_call":
        for what, taken in step_in_long_call(explorer).items():
            table.row(name, what, taken, STEP_GOAL if "step" in what else 0.0)
    else:
        table.row(name, "fork", press(explorer, "fork"))
    explorer.close()


def main() -> int:
    """Print a table for each machine; the exit status says whether the goals are met."""
    base = wide(small())
    presses(base)  # imports, and the engine that lays out
    table = Table(presses(base, 2 * FREE))
    for what, taken in table.beside.items():
        table.row("small", what, taken)
    table.size("small", state_bytes(base))
    for name in sys.argv[1:] or MACHINES:
        measure(name, table)
    return 0 if table.met else 1


if __name__ == "__main__":
    sys.exit(main())
