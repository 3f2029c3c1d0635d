"""Record what the kernel of this machine answers to sequences of operations.

A file is named after its family. If `sequences.py` or `task_sequences.py` makes the sequences of
that family, those are recorded; otherwise those that the file has are recorded again. A sequence is
kept if it is answered the same three times: other work on the machine may come between.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.corpus import sequences as of_memory
from tests.corpus import task_sequences
from tests.corpus.compare import first_difference
from tests.corpus.format import OPS, FormatError, read_family
from tests.corpus.on_kernel import OnKernel
from tests.corpus.sequences import Op

TIMES = 3
FAMILIES = of_memory.FAMILIES | task_sequences.FAMILIES
PAGES_EVERY, ALL_EVERY = 10, 20  # operations
Record = dict[str, Any]


def answers(rlimits: dict[str, int], ops: list[Op]) -> Record:
    """Return the state after execve and the steps of a sequence; ruins this process."""
    kernel = OnKernel(rlimits)
    steps: list[list[Any]] = []
    for number, op in enumerate(ops, 1):
        step = [op, kernel.step(op)]
        last = number == len(ops)
        if last or not number % PAGES_EVERY:
            step.append(kernel.snapshot(big=last or not number % ALL_EVERY))
        steps.append(step)
    return {"init": kernel.init, "steps": steps}


def in_child(rlimits: dict[str, int], ops: list[Op]) -> Record:
    """Return what `answers` does, made by a process of its own.

    Raises:
        RuntimeError: the sequence cannot be recorded.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            text = json.dumps(answers(rlimits, ops))
        except BaseException as failure:
            text = json.dumps(repr(failure))
        with os.fdopen(writer, "w") as pipe:
            pipe.write(text)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        record = json.load(pipe)
    os.waitpid(pid, 0)
    if isinstance(record, str):
        raise RuntimeError(record)
    return record  # type: ignore[no-any-return]


def record_sequence(name: str, rlimits: dict[str, int], ops: list[Op]) -> Record | None:
    """Record one sequence; None if its answers are not always the same."""
    found = [in_child(rlimits, ops) for _ in range(TIMES)]
    if any(other != found[0] for other in found):
        return None
    return {"id": name, "rlimits": rlimits, **found[0]}


def sequences(path: Path) -> Iterable[tuple[str, dict[str, int], list[Op]]]:
    """Return id, limits and operations of each sequence of a family.

    Raises:
        FormatError: the family has no sequences.
    """
    name = path.name.removesuffix(".json.gz")
    if name in FAMILIES:
        return [(f"{name}-{key}", {}, ops) for key, ops in FAMILIES[name]().items()]
    family = read_family(path)
    if family.kind != OPS:
        raise FormatError(f"{path}: has no sequences of operations")
    return [(r["id"], r["rlimits"], [step[0] for step in r["steps"]]) for r in family.records]


def write(path: Path, records: list[Record]) -> None:
    """Write a file of a corpus, the same bytes for the same records."""
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        file.write(json.dumps(records, separators=(",", ":")).encode())


def check(path: Path, limit: int | None) -> bool:
    """Say whether this kernel answers a file's sequences as the file has it; print what differs."""
    records = read_family(path).records[:limit]
    differing = 0
    for old in records:
        new = {"id": old["id"], "rlimits": old["rlimits"]}
        new |= in_child(old["rlimits"], [step[0] for step in old["steps"]])
        found = first_difference(old, new)
        if found:
            differing += 1
            print(f"{old['id']}: {found[0]}\n    expected {found[1]}\n    got      {found[2]}")
    print(f"{path.name}: {len(records) - differing} of {len(records)} sequences are answered so")
    return not differing


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.record", description=__doc__)
    parser.add_argument("file", type=Path, nargs="+", help="FAMILY.json.gz")
    parser.add_argument("--check", action="store_true", help="only compare with what the file has")
    parser.add_argument("--limit", type=int, help="only the first sequences of each file")
    options = parser.parse_args(arguments)
    status = 0
    for path in options.file:
        try:
            if options.check:
                status |= not check(path, options.limit)
                continue
            wanted = list(sequences(path))[: options.limit]
        except FormatError as failure:
            print(failure, file=sys.stderr)
            return 2
        records = [found for one in wanted if (found := record_sequence(*one)) is not None]
        write(path, records)
        print(f"{path.name}: {len(records)} of {len(wanted)} sequences")
    return status


if __name__ == "__main__":
    sys.exit(main())
