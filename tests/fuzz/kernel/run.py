"""Sequences without end, in some processes at once; what differs is kept as a corpus."""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import signal
import time
from collections import Counter
from itertools import count
from pathlib import Path

from tqdm import tqdm

from tests.corpus.record import Record, write
from tests.fuzz.kernel.find import Difference, Finder, Outcome

FOUND = Path("build/fuzz")
KERNEL = "6.18"
_ROUND = 20  # sequences that each process is given at once

_finder = Finder()  # of this process


def missing() -> str:
    """Say what this machine lacks for it; empty if nothing."""
    lacks = []
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        lacks.append("Linux on x86-64")
    elif not platform.release().startswith(f"{KERNEL}."):
        lacks.append(f"Linux {KERNEL}, not {platform.release()}")
    if hasattr(os, "geteuid") and os.geteuid():
        lacks.append("root")
    return " and ".join(lacks)


class Report:
    """Adds up what came of the sequences."""

    def __init__(self) -> None:
        self.sequences = self.operations = self.unsteady = 0
        self.answers: Counter[tuple[str, object]] = Counter()
        self.kinds: set[tuple[str, str]] = set()

    def take(self, outcome: Outcome) -> None:
        """Add one outcome; write down and print what is new in it."""
        self.sequences += outcome.sequences
        self.operations += outcome.operations
        self.unsteady += outcome.unsteady
        self.answers += outcome.answers
        for record, difference in outcome.found:
            if difference.kind not in self.kinds:
                self.kinds.add(difference.kind)
                tqdm.write(_told(record, difference))

    def __str__(self) -> str:
        calls = len({call for call, _ in self.answers})
        return (
            f"{self.operations} operations in {self.sequences} sequences: {calls} calls and "
            f"accesses with {len(self.answers)} kinds of answers\n"
            f"{self.unsteady} sequences that the kernel answers now so, now so\n"
            f"{len(self.kinds)} kinds of differences"
        )


def _told(record: Record, difference: Difference) -> str:
    ops = [json.dumps(step[0]) for step in record["steps"]]
    lines = [str(difference), f"  limits {record['rlimits']}", *(f"  {op}" for op in ops)]
    if "init" in record:
        FOUND.mkdir(parents=True, exist_ok=True)
        path = FOUND / f"{record['id']}.json.gz"
        write(path, [record])
        lines.append(f"  kept in {path}")
    return "\n".join(lines)


def _compare(seed: int) -> Outcome:
    return _finder.compare(seed)


def _ignore_interrupts() -> None:
    # Ctrl-C ends the process that adds up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run(minutes: float, seed: int, jobs: int) -> int:
    """Compare until the time is over; return the exit status: 0 only if nothing differed.

    Args:
        minutes: how long.
        seed: of the first sequence.
        jobs: processes at once.
    """
    if lacks := missing():
        print(f"To compare with the kernel of this machine it needs {lacks}.")
        return 2
    report, began = Report(), time.monotonic()
    end = began + minutes * 60
    with tqdm(unit=" operations") as bar, multiprocessing.Pool(jobs, _ignore_interrupts) as pool:
        try:
            for first in count(seed, _ROUND * jobs):
                if time.monotonic() > end:
                    break
                seeds = range(first, first + _ROUND * jobs)
                for outcome in pool.imap_unordered(_compare, seeds):
                    report.take(outcome)
                    bar.update(outcome.operations)
        except KeyboardInterrupt:
            tqdm.write("Ended by Ctrl-C.")
    rate = report.operations / (time.monotonic() - began)
    print(f"{report}\n{rate:.0f} operations a second; the next seed is {first}")
    return int(bool(report.kinds))
