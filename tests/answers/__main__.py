"""Record what the kernel of this machine answers to the programs of some families.

A program is kept if it answers the same three times: other work on the machine may come between.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random

from tests.answers import on_kernel
from tests.answers.families import FAMILIES
from tests.answers.program import DATA, Answer, Step

TIMES = 3
TRIES = 20


def record(name: str) -> list[list[list[Step] | list[Answer]]]:
    """Return the programs of a family, each with its answers."""
    make, count = FAMILIES[name]
    kept = []
    for seed in range(count):
        steps = make(random.Random(seed))
        answers = same_again(steps)
        if answers is not None:
            kept.append([steps, answers])
    return kept


def same_again(steps: list[Step]) -> list[Answer] | None:
    """Return the answers that come some times in a row, None if none do."""
    last, times = None, 0
    for _ in range(TRIES):
        answers = on_kernel.run(steps)
        times = times + 1 if answers == last else 1
        last = answers
        if times == TIMES:
            return answers
    return None


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.answers", description=__doc__)
    parser.add_argument("family", nargs="*", default=list(FAMILIES), help="all unless named")
    for name in parser.parse_args().family:
        programs = record(name)
        text = json.dumps(programs, separators=(",", ":"))
        with gzip.GzipFile(DATA / f"{name}.json.gz", "wb", mtime=0) as file:
            file.write(text.encode())
        print(f"{name}: {len(programs)} of {FAMILIES[name][1]} programs")


if __name__ == "__main__":
    main()
