"""The corpus runner's command line."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tests.corpus import format as corpus
from tests.corpus.compare import FamilyResult, Result, replay_sequence
from tests.corpus.exec import replay_exec
from tests.corpus.programs import replay_program

REPLAYERS: dict[str, Callable[[dict[str, Any]], Result]] = {
    corpus.OPS: replay_sequence,
    corpus.EXEC: replay_exec,
    corpus.PROGRAMS: replay_program,
}


def run_family(family: corpus.Family, limit: int | None, *, progress: bool = True) -> FamilyResult:
    """Replay a family, or its first recordings; return what came of it."""
    records = family.records[:limit]
    replay = REPLAYERS[family.kind]
    result = FamilyResult(family.name)
    total = sum(corpus.operations(family, record) for record in records)
    with tqdm(total=total, desc=family.name, unit="op", leave=False, disable=not progress) as bar:
        for record in records:
            result.add(replay(record))
            bar.update(corpus.operations(family, record))
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status: 0 only if everything agrees."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the .json.gz files are")
    parser.add_argument("--family", action="append", default=[], help="only this one (repeatable)")
    parser.add_argument("--limit", type=int, help="only the first recordings of each family")
    options = parser.parse_args(arguments)
    gc.set_threshold(20_000, 20, 50)  # a machine is a web of rings, and lives for one recording
    failed, operations, seconds = False, 0, 0.0
    try:
        for family in corpus.read_folder(options.folder, frozenset(options.family)):
            start = time.perf_counter()
            result = run_family(family, options.limit)
            seconds += time.perf_counter() - start
            operations += result.operations
            failed |= bool(result.differences)
            print(
                f"{result.name}: {result.sequences} sequences, {result.operations} operations, "
                f"{result.agreeing} agree, {len(result.differences)} sequences differ"
            )
            for difference in result.differences:
                print(f"  {difference}")
    except corpus.FormatError as failure:
        print(failure, file=sys.stderr)
        return 2
    print(f"{operations / max(seconds, 1e-9):,.0f} operations a second")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
