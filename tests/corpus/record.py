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
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.corpus import sequences as of_memory
from tests.corpus import task_sequences
from tests.corpus.compare import first_difference
from tests.corpus.format import OPS, FormatError, read_family
from tests.corpus.on_kernel import OnKernel
from tests.corpus.sequences import ON_DISK, Op

TIMES = 3
PATIENCE = 60  # seconds for a sequence
FAMILIES = of_memory.FAMILIES | task_sequences.FAMILIES
PAGES_EVERY, ALL_EVERY = 10, 20  # operations
DISK_EVERY = 4  # with files on a disk: what is dirty and what is cached shows soon
Record = dict[str, Any]


def snapped(number: int, *, last: bool, disk: bool) -> bool:
    """Say whether the answer to an operation, counted from 1, comes with a snapshot."""
    return last or not number % (DISK_EVERY if disk else PAGES_EVERY)


def answers(rlimits: dict[str, int], ops: list[Op], *, disk: bool = False) -> Record:
    """Return the state after execve and the steps of a sequence; ruins this process."""
    kernel = OnKernel(rlimits, disk=disk)
    steps: list[list[Any]] = []
    for number, op in enumerate(ops, 1):
        step = [op, kernel.step(op)]
        last = number == len(ops)
        if snapped(number, last=last, disk=disk):
            step.append(kernel.snapshot(big=last or disk or not number % ALL_EVERY))
        steps.append(step)
    return {"init": kernel.init, "steps": steps}


class NoAnswer(RuntimeError):
    """The kernel does not come to the end of a sequence: a call waits."""


def in_child(rlimits: dict[str, int], ops: list[Op], *, disk: bool = False) -> Record:
    """Return what `answers` does, made by a process of its own.

    Raises:
        NoAnswer: it takes too long.
        RuntimeError: the sequence cannot be recorded.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        signal.alarm(PATIENCE)
        try:
            text = json.dumps(answers(rlimits, ops, disk=disk))
        except BaseException as failure:
            text = json.dumps(repr(failure))
        with os.fdopen(writer, "w") as pipe:
            pipe.write(text)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    if os.waitpid(pid, 0)[1] == signal.SIGALRM:
        raise NoAnswer
    record = json.loads(text)
    if isinstance(record, str):
        raise RuntimeError(record)
    return record  # type: ignore[no-any-return]


def on_disk(disk: bool) -> Record:
    """Return what a recording says if there are files on a disk."""
    return {"disk": 1} if disk else {}


def record_sequence(name: str, rlimits: dict[str, int], ops: list[Op], disk: bool) -> Record | None:
    """Record one sequence; None if its answers are not always the same."""
    found = [in_child(rlimits, ops, disk=disk) for _ in range(TIMES)]
    if any(other != found[0] for other in found):
        return None
    return {"id": name, "rlimits": rlimits, **on_disk(disk), **found[0]}


def sequences(path: Path) -> Iterable[tuple[str, dict[str, int], list[Op], bool]]:
    """Return id, limits and operations of each sequence of a family, and if there is a disk.

    Raises:
        FormatError: the family has no sequences.
    """
    name = path.name.removesuffix(".json.gz")
    if name in FAMILIES:
        disk = name in ON_DISK
        return [(f"{name}-{key}", {}, ops, disk) for key, ops in FAMILIES[name]().items()]
    family = read_family(path)
    if family.kind != OPS:
        raise FormatError(f"{path}: has no sequences of operations")
    return [
        (r["id"], r["rlimits"], [step[0] for step in r["steps"]], "disk" in r)
        for r in family.records
    ]


def write(path: Path, records: list[Record]) -> None:
    """Write a file of a corpus, the same bytes for the same records."""
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        file.write(json.dumps(records, separators=(",", ":")).encode())


def check(path: Path, limit: int | None) -> bool:
    """Say whether this kernel answers a file's sequences as the file has it; print what differs."""
    records = read_family(path).records[:limit]
    differing = 0
    for old in records:
        new = {name: old[name] for name in ("id", "rlimits", "disk") if name in old}
        ops = [step[0] for step in old["steps"]]
        new |= in_child(old["rlimits"], ops, disk="disk" in old)
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
