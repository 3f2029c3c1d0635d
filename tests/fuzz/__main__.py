"""Look for what breaks the readers, or for where the model and the kernel of this machine differ.

`python -m tests.fuzz states maps --mutants 100000` tries damaged files; `python -m tests.fuzz
--minutes 60` makes random calls on the model and on Linux 6.18.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from tests.fuzz.kernel import run as kernel
from tests.fuzz.run import KINDS, mutant
from vmlab.model.mmu import ram

MEMORY = 200 << 20  # bytes that the mutants of a run may take together


def main() -> int:
    """Run the command line; return the exit status: 0 only if no mutant broke anything."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="kind", help=", ".join(KINDS))
    parser.add_argument("--mutants", type=int, default=1000, help="of each kind (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, help="of the first one (default: 0)")
    parser.add_argument("--minutes", type=float, help="compare with the kernel for so long")
    parser.add_argument("--jobs", type=int, default=1, help="processes for that (default: 1)")
    options = parser.parse_args()
    if options.minutes is not None:
        return kernel.run(options.minutes, options.seed, options.jobs)
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    broke = 0
    for kind in options.kinds or KINDS:
        outcomes: Counter[str] = Counter()
        KINDS[kind].bases()
        _limit_memory()
        for seed in tqdm(range(options.seed, options.seed + options.mutants), kind):
            chosen = mutant(kind, seed)
            try:
                outcomes[chosen.attempt()] += 1
            except Exception as failure:
                outcomes["broke"] += 1
                tqdm.write(f"{type(failure).__name__}: {failure}\n  {chosen}")
        broke += outcomes["broke"]
        print(f"{kind}: {dict(outcomes)}")
    return int(broke > 0)


def _limit_memory() -> None:
    # From here on what takes more fails with a MemoryError. Frames that nobody touched would count
    # if they were parts of one buffer; so they are on their own, as in a browser.
    ram._buffer = lambda size: None
    status = Path("/proc/self/status").read_text()
    now = next(int(row.split()[1]) for row in status.splitlines() if row.startswith("VmData"))
    limit = now * 1024 + MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.RLIM_INFINITY))


if __name__ == "__main__":
    sys.exit(main())
