"""Change the model in one place at a time: `python -m tests.mutation mm/mremap.py kernel`."""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import re
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from tests.mutation import kill, score, witnesses
from tests.mutation.kill import Trial
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.order import Order
from tests.mutation.reach import LINUX, ROOT
from tests.mutation.witnesses import Witness

EQUIVALENT = Path(__file__).with_name("equivalent.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status: 0 only if no mutant survives unexplained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("paths", nargs="*", default=["mm", "kernel"], help=f"below {LINUX}")
    parser.add_argument("--corpus", type=Path, action="append", default=[], help="another one")
    parser.add_argument("--sample", type=int, help="only so many mutants, chosen at random")
    parser.add_argument("--seed", type=int, default=0, help="of that choice")
    parser.add_argument("--match", default="", help="a pattern: only those whose name has it")
    parser.add_argument("--seconds", type=float, default=10, help="of witnesses of one mutant (10)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="mutants at once")
    parser.add_argument("--store", action="store_true", help="the counts, for docs/evidence.md")
    options = parser.parse_args(arguments)
    chosen = [mutant for path in _files(options.paths) for mutant in mutants(ROOT, path)]
    chosen = [mutant for mutant in chosen if re.search(options.match, mutant.name)]
    if options.sample is not None:
        chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
    found: dict[str, Counter[str]] = {}

    def work(unit_tests: list[Witness]) -> None:
        every = [*witnesses.recorded([witnesses.CORPUS, *options.corpus]), *unit_tests]
        numbers = witnesses.reached(every, options.jobs)
        found.update(_count(chosen, Order(every, numbers, options.seconds), options.jobs))

    witnesses.with_unit_tests(work)
    counts = {name: dict(sorted(each.items())) for name, each in sorted(found.items())}
    for name, each in [*counts.items(), ("all", score.total(counts))]:
        words = ", ".join(f"{count} {word}" for word, count in each.items())
        print(f"{name:24} {score.share(each):6.1%}  {words}")
    if options.store:
        score.store(counts)
    return int(score.SURVIVED in score.total(counts))


def _files(paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        place = ROOT / LINUX / path
        if not place.exists():
            sys.exit(f"there is no {LINUX}/{path}")
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if file.name != "validate.py":  # a check itself
                yield str(file.relative_to(ROOT))


def _count(chosen: Sequence[Mutant], order: Order, jobs: int) -> dict[str, Counter[str]]:
    # File -> how many were killed, are equivalent, survived; tells of the last.
    explained: dict[str, str] = json.loads(EQUIVALENT.read_text())
    found: dict[str, Counter[str]] = {}
    gc.freeze()  # children share it
    tqdm.monitor_interval = 0  # no thread, as this process forks
    for mutant, came in tqdm(_tried(chosen, order, jobs), "mutants", total=len(chosen)):
        word = score.KILLED
        if came in (kill.SURVIVED, kill.UNREACHED):
            word = score.EQUIVALENT if mutant.name in explained else score.SURVIVED
        elif mutant.name in explained:
            print(f"not equivalent, as it is {kill.WORDS[came]}: [{mutant.name}]", flush=True)
        if word == score.SURVIVED:
            print(f"{kill.WORDS[came]}: {mutant}   [{mutant.name}]", flush=True)
        found.setdefault(mutant.path.removeprefix(f"{LINUX}/"), Counter())[word] += 1
    return found


def _tried(chosen: Sequence[Mutant], order: Order, jobs: int) -> Iterator[tuple[Mutant, int]]:
    todo = [*reversed(chosen)]
    under_way: dict[int, tuple[Mutant, Trial]] = {}
    signal.signal(signal.SIGTERM, lambda *_: todo.clear())  # what is under way ends
    try:
        while todo or under_way:
            if todo and len(under_way) < jobs:
                mutant = todo.pop()
                trial = kill.begin(mutant, order.of(mutant))
                under_way[trial.pid] = mutant, trial
                continue
            child, status = os.wait()
            mutant, trial = under_way.pop(child)
            came, witness = trial.ended(status)
            if witness is None or order.remember(mutant, witness):
                yield mutant, came
            else:
                print(f"fails in any case: {witness.name}", flush=True)
                todo.append(mutant)
    finally:
        for child in under_way:
            os.kill(child, signal.SIGKILL)
        order.keep()


if __name__ == "__main__":
    sys.exit(main())
