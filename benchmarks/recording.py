"""What recording costs: python benchmarks/recording.py

Figures that compare (ratios) come from interleaved runs of one process, so that a busy host
weighs on both sides alike.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from vmlab import Machine, Recorder
from vmlab.model.trace import hook

PAGE = 4096
RW, ANON = 3, 0x22


def lesson(machine: Machine, calls: int) -> None:
    """What a lesson does, over and over: map, write, protect, fork, copy on write, unmap."""
    p = machine.processes[1000]
    done = 0
    while done < calls:
        addr = p.mmap(None, 8 * PAGE, RW, ANON)
        for page in range(4):
            p.store(addr + page * PAGE, b"hello")
        p.load(addr, 16)
        p.mprotect(addr + PAGE, PAGE, 1)
        child = p.fork()
        child.store(addr, b"copy")
        p.store(addr, b"mine")
        p.brk(p.brk(0) + PAGE)
        child.exit(0)
        p.wait()
        p.madvise(addr, 2 * PAGE, 4)
        p.munmap(addr, 8 * PAGE)
        done += 17


def booted() -> Machine:
    """A machine with a process."""
    machine = Machine()
    machine.spawn()
    return machine


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


@contextmanager
def untraced() -> Iterator[None]:
    """A build in which `emit` does nothing and `traced` adds nothing."""
    saved: list[tuple[Any, str, Any]] = []

    def nothing(where: object, event: object, *values: object) -> None:
        pass

    for name, module in list(sys.modules.items()):
        if name.startswith("vmlab.model"):
            for key, value in list(vars(module).items()):
                plain = getattr(value, "__wrapped__", None)
                if value is hook.emit:
                    saved.append((module, key, value))
                    setattr(module, key, nothing)
                elif (
                    plain is not None
                    and not hasattr(value, "cache_info")
                    and getattr(value, "__module__", "").startswith("vmlab")
                ):
                    saved.append((module, key, value))
                    setattr(module, key, plain)
    try:
        yield
    finally:
        for module, key, value in saved:
            setattr(module, key, value)


def ratio(
    one: Callable[[Machine], AbstractContextManager[Any]],
    other: Callable[[Machine], AbstractContextManager[Any]],
    rounds: int,
) -> float:
    """How much longer a lesson takes in one way than in the other: the median of many pairs."""
    ratios = []
    for turn in range(rounds):
        times = {}
        for way in (one, other) if turn % 2 else (other, one):
            machine = booted()
            gc.collect()
            gc.disable()
            with way(machine):
                start = time.process_time()
                lesson(machine, 150)
                times[way] = time.process_time() - start
            gc.enable()
        ratios.append(times[one] / times[other])
    return statistics.median(ratios)


def tracing(rounds: int) -> float:
    """Time with tracing that nobody listens to, as a multiple of the time without tracing."""
    return ratio(nullcontext, lambda machine: untraced(), rounds)


def recording(rounds: int) -> float:
    """Time while a recorder listens, as a multiple of the time while nobody does."""
    return ratio(Recorder, nullcontext, rounds)


def main() -> None:
    """Print the figures."""
    print(f"tracing, nobody listens:  {tracing(60):.3f} of the time without tracing")
    print(f"recording:                {recording(20):.2f} times as long as not recording")

    machine = booted()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    with Recorder(machine) as recorder:
        lesson(machine, 60)
    events = tracemalloc.get_traced_memory()[0] - before
    steps = min(1000, len(recorder))
    states = [recorder.snapshot(step) for step in range(steps)]
    whole = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    print(f"memory of {steps} steps:     {whole / 1e6:.1f} MB with the state after each of them")
    print(f"memory of the recording:  {events / len(recorder) * 1000 / 1e6:.2f} MB per 1,000 steps")
    del states

    machine = booted()
    recorder = Recorder(machine)
    lesson(machine, 1000)
    recorder.close()
    print(f"1,000 calls:              {len(recorder)} steps")
    text = recorder.to_json()
    print(f"  its file:               {len(text) / 1e6:.1f} MB")
    print(f"  saved in:               {seconds(recorder.to_json):.2f} s")
    print(f"  loaded in:              {seconds(lambda: Recorder.from_json(text)):.2f} s")
    last = len(recorder) - 1
    for name, order in {
        "one step back": range(last, last - 500, -1),
        "one step on": range(500),
        "any step": [step * 7919 % last for step in range(100)],
    }.items():
        times = [seconds(lambda step=step: recorder.snapshot(step)) for step in order]
        print(
            f"{name + ':':<25} {statistics.mean(times) * 1e3:.2f} ms on average, "
            f"{max(times) * 1e3:.0f} ms at most"
        )


if __name__ == "__main__":
    main()
