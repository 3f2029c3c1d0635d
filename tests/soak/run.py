"""`python -m tests soak`: many lives, what they covered, and the shortest way to each failure."""

from __future__ import annotations

import argparse
import math
import multiprocessing
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tqdm import tqdm

from tests.fuzz.run import limited
from tests.soak import explorers, recorders  # noqa: F401 - they fill OPERATIONS
from tests.soak.interrupts import INTERRUPTS
from tests.soak.life import Life, Operation
from tests.soak.operations import OPERATIONS
from tests.soak.tally import Tally

PATIENCE = 20  # seconds of the CPU for one operation
_ATTEMPTS = 400  # at a shorter list of operations
_ROUND = 8  # lives that each process is given at once


@dataclass(frozen=True, slots=True)
class Failure:
    """What failed, and by what."""

    seed: int
    done: tuple[Operation, ...]
    words: str
    kind: str  # what another failure of the same cause has too
    said: tuple[str, ...]  # what was done, in words

    def __str__(self) -> str:
        return "\n".join(
            [
                f"seed {self.seed}: {self.words}",
                f"  again: tests.soak.run.live({self.seed}, {list(self.done)!r})",
                *(f"  {words}" for words in self.said),
            ]
        )


def plan(seed: int, length: int, listener: str, *, interrupted: bool) -> list[Operation]:
    """Choose the operations of a life.

    Args:
        seed: of the life.
        length: how many.
        listener: who listens.
        interrupted: whether calls are interrupted.
    """
    chance = random.Random(f"plan {seed}")
    who = {"", listener, INTERRUPTS if interrupted else ""}
    names = [name for name, kind in OPERATIONS.items() if kind.listener in who]
    if listener == "explorers":
        names = [name for name in names if name not in _NOT_UNDER_EXPLORERS]
    weights = [OPERATIONS[name].weight for name in names]
    return [(name, chance.getrandbits(32)) for name in chance.choices(names, weights, k=length)]


_NOT_UNDER_EXPLORERS = ("copy", "twin")  # they stay with their machine


def live(
    seed: int,
    chosen: Sequence[Operation] | None = None,
    *,
    tally: Tally | None = None,
    interrupted: bool = False,
) -> Failure | None:
    """Live one life; return what failed.

    Args:
        seed: of the life.
        chosen: operations; None = those that the seed chooses. With some that are given, each
            state is checked in every way.
        tally: counts.
        interrupted: whether calls are interrupted, where the seed chooses.
    """
    tally = Tally() if tally is None else tally
    done: list[Operation] = []
    life = Life(seed, tally)
    thorough = chosen is not None
    if chosen is None:
        chosen = plan(seed, life.length, life.listener, interrupted=interrupted)
    try:
        for name, choices in chosen:
            done.append((name, choices))
            tally.operations[name] += 1
            chance = random.Random(choices)
            life.said.append(f"{name}:")
            life.revive()
            with limited(PATIENCE):
                OPERATIONS[name].do(life, chance)
                life.check(chance, thorough=thorough)
        life.said.append("end:")
        life.end()
    except Exception as failure:
        words = "".join(traceback.format_exception(failure)[-6:])
        where = traceback.extract_tb(failure.__traceback__)[-1]
        kind = f"{type(failure).__name__} {getattr(failure, 'code', '')} {where.name}"
        return Failure(seed, tuple(done), words, kind, tuple(life.said[-60:]))
    finally:
        life.close()
    return None


def shortest(failure: Failure) -> Failure:
    """Leave out operations as long as it still fails in the same way: halves, then fewer."""
    best = failure
    attempts = 0
    size = max(1, len(best.done) // 2)
    while attempts < _ATTEMPTS:
        for start in range(0, len(best.done), size):
            fewer = best.done[:start] + best.done[start + size :]
            attempts += 1
            found = live(best.seed, fewer)
            if found is not None and found.kind == failure.kind:
                best = found
                break
        else:
            if size == 1:
                break
            size = size // 2
    return best


class Soak:
    """Lives by the thousand.

    Args:
        seed: of the first one.
        interrupted: whether calls are interrupted.
        bar: shows how far it is.
    """

    def __init__(self, seed: int, interrupted: bool, bar: Any) -> None:
        self.tally = Tally()
        self.failures: dict[str, Failure] = {}  # by kind
        self.memory = 0  # KiB that one process had at most
        self._seed, self._interrupted, self._bar = seed, interrupted, bar

    def run(self, jobs: int, end: float, most: int) -> None:
        """Live on, in some processes at once, until a time or a number of operations."""
        with multiprocessing.Pool(jobs, _ignore_interrupts) as pool:
            while time.monotonic() < end and self.tally.operations.total() < most:
                seeds = range(self._seed, self._seed + _ROUND * jobs)
                self._seed = seeds.stop
                work = partial(_work, interrupted=self._interrupted)
                for result in pool.imap_unordered(work, seeds):
                    self._take(*result)

    def _take(self, tally: Tally, failure: Failure | None, memory: int) -> None:
        self.tally.add(tally)
        self.memory = max(self.memory, memory)
        self._bar.update(tally.operations.total())
        if failure is not None and failure.kind not in self.failures:
            found = self.failures[failure.kind] = shortest(failure)
            tqdm.write(str(found))


def _work(seed: int, interrupted: bool) -> tuple[Tally, Failure | None, int]:
    tally = Tally()
    failure = live(seed, tally=tally, interrupted=interrupted)
    return tally, failure, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _ignore_interrupts() -> None:
    # Ctrl-C ends the process that adds up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status: 0 only if nothing failed."""
    parser = argparse.ArgumentParser(prog="python -m tests soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long (default: 10)")
    parser.add_argument("--operations", type=int, help="how many, however long that takes")
    parser.add_argument("--seed", type=int, default=0, help="of the first life (default: 0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--interrupts", action="store_true", help="interrupt calls")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    end = began + options.minutes * 60 if options.operations is None else math.inf
    with tqdm(total=options.operations, unit=" operations") as bar:
        soak = Soak(options.seed, options.interrupts, bar)
        try:
            soak.run(options.jobs, end, options.operations or sys.maxsize)
        except KeyboardInterrupt:
            tqdm.write("Ended by Ctrl-C.")
    seconds = time.monotonic() - began
    total = soak.tally.operations.total()
    print(f"{soak.tally}\n{total} operations in {seconds:.0f} s: {total / seconds:.0f} a second")
    print(f"{soak.memory >> 10} MiB at most in a process; kinds of failures: {len(soak.failures)}")
    return int(bool(soak.failures))
