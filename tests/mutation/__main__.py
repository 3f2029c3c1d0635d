"""Change the model in one place at a time: `python -m tests.mutation mm/mremap.py kernel`."""

from __future__ import annotations

import argparse
import ast
import gc
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tests.corpus import format as corpus
from tests.corpus.__main__ import REPLAYERS
from tests.corpus.compare import Result
from tests.mutation import kill
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.reach import ROOT, Reach

LINUX = "vmlab/model/linux"
DATA = ROOT / "tests" / "corpus" / "data"
EQUIVALENT = Path(__file__).with_name("equivalent.json")
REACHED = ROOT / "build" / "mutation" / "reached.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status: 0 only if no mutant survives unexplained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("paths", nargs="*", default=["mm", "kernel"], help=f"below {LINUX}")
    parser.add_argument("--corpus", type=Path, action="append", default=[], help="another one")
    parser.add_argument("--limit", type=int, default=80, help="sequences of each family (80)")
    parser.add_argument("--sample", type=int, help="only so many mutants, chosen at random")
    parser.add_argument("--seed", type=int, default=0, help="of that choice")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="mutants at once")
    parser.add_argument("--again", action="store_true", help="find out anew what tests reach")
    options = parser.parse_args(arguments)
    explained: dict[str, str] = json.loads(EQUIVALENT.read_text())
    chosen = [mutant for path in _files(options.paths) for mutant in mutants(ROOT, path)]
    if options.sample is not None:
        chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
    witnesses = kill.Witnesses(tests=_tests(again=options.again))
    _add_sequences(witnesses, [DATA, *options.corpus], options.limit)
    gc.freeze()  # children share it
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(REACHED.parent / "hypothesis")
    survived = 0
    outcomes: dict[str, Counter[str]] = {}
    for mutant, outcome in tqdm(_tried(chosen, witnesses, options.jobs), total=len(chosen)):
        word = kill.WORDS[outcome]
        if outcome in (kill.SURVIVED, kill.UNREACHED):
            if mutant.name in explained:
                word = "equivalent"
            else:
                survived += 1
                tqdm.write(f"{word}: {mutant}   [{mutant.name}]")
        outcomes.setdefault(mutant.path, Counter())[word] += 1
    _report(outcomes)
    return int(survived > 0)


def _files(paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        place = ROOT / LINUX / path
        if not place.exists():
            sys.exit(f"there is no {LINUX}/{path}")
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if file.name != "validate.py":  # a check itself
                yield str(file.relative_to(ROOT))


def _tried(
    chosen: Sequence[Mutant], witnesses: kill.Witnesses, jobs: int
) -> Iterator[tuple[Mutant, int]]:
    under_way: dict[int, Mutant] = {}
    for mutant in chosen:
        if len(under_way) == jobs:
            yield _one_ended(under_way)
        under_way[kill.begin(mutant, witnesses, _lines(mutant))] = mutant
    while under_way:
        yield _one_ended(under_way)


def _one_ended(under_way: dict[int, Mutant]) -> tuple[Mutant, int]:
    child, status = os.wait()
    return under_way.pop(child), kill.outcome(status)


def _lines(mutant: Mutant) -> list[str]:
    # Those of the innermost statement, without what stands in its blocks.
    tree = ast.parse((ROOT / mutant.path).read_text(encoding="utf-8"))
    statement = max(
        (
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.stmt)
            and node.lineno <= mutant.line <= (node.end_lineno or node.lineno)
        ),
        key=lambda node: node.lineno,
    )
    block = getattr(statement, "body", None)
    end = block[0].lineno if block else (statement.end_lineno or mutant.line) + 1
    return [f"{mutant.path}:{line}" for line in range(statement.lineno, end)]


def _tests(*, again: bool) -> dict[str, list[str]]:
    # Traced in a process of its own, and kept: it takes minutes.
    if again or not REACHED.exists():
        REACHED.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.mutation.reach", str(REACHED)]
        subprocess.run(command, cwd=ROOT, check=True)
    reached: dict[str, list[str]] = json.loads(REACHED.read_text())
    return reached


def _add_sequences(witnesses: kill.Witnesses, folders: Sequence[Path], limit: int) -> None:
    reach = Reach()
    lengths: dict[Callable[[], bool], int] = {}
    for folder in folders:
        for family in corpus.read_folder(folder):
            replay = REPLAYERS[family.kind]
            for record in tqdm(family.records[:limit], family.name, leave=False):
                with reach.of() as lines:
                    agrees_now = replay(record).difference is None
                if agrees_now:
                    witness = partial(_agrees, replay, record)
                    lengths[witness] = corpus.operations(family, record)
                    for line in lines:
                        witnesses.sequences.setdefault(line, []).append(witness)
    for found in witnesses.sequences.values():
        found.sort(key=lengths.__getitem__)


def _agrees(replay: Callable[[dict[str, Any]], Result], record: dict[str, Any]) -> bool:
    return replay(record).difference is None


def _report(outcomes: dict[str, Counter[str]]) -> None:
    total: Counter[str] = Counter()
    for path, counts in sorted(outcomes.items()):
        total += counts
        print(_line(path.removeprefix(f"{LINUX}/"), counts))
    print(_line("all", total))


def _line(name: str, counts: Counter[str]) -> str:
    alive = counts["survived"] + counts["never reached"]
    judged = counts.total() - counts["equivalent"]
    score = (judged - alive) / judged if judged else 1.0
    words = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
    return f"{name:24} {score:6.1%}  {words}"


if __name__ == "__main__":
    sys.exit(main())
