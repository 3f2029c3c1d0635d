"""Run the recorded programs on the model, and compare: `python -m tests programs [name ...]`.

Each build does on the model what it did on the kernel: the same calls with the same results and
the same data, the same signals, the same maps, the same number of page faults before and within
each call, the same output and the same end. `known_differences.json` lists where it does not.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from tests.corpus.compare import first_difference
from tests.programs import archive, format, on_model
from tests.programs.programs import BUILDS, PROGRAMS

KNOWN = Path(__file__).parent / "known_differences.json"
_CUT_OFF = -512  # stands for each of -512 to -516: a signal cut a call off
_CUTS = range(-516, -511)
_IGNORED = frozenset((signal.SIGCHLD, signal.SIGURG, signal.SIGWINCH))


class Difference(NamedTuple):
    """Where a run on the model is not what was recorded."""

    place: str  # 'process 2: faults', 'task 3, step 7, futex: result'
    expected: str  # the kernel's answer
    got: str  # the model's

    def __str__(self) -> str:
        return f"{self.place}: kernel {self.expected}, model {self.got}"


class Known(NamedTuple):
    """A difference that is known; `*` and `?` in it stand for anything, as in names of files."""

    program: str
    build: str
    place: str
    reason: str

    def fits(self, record: format.Record, difference: Difference) -> bool:
        """Say whether a difference is this one."""
        found = (record["program"], record["build"], difference.place)
        return all(map(fnmatchcase, found, self[:-1]))


class Outcome(NamedTuple):
    """What came of one build of a program."""

    record: format.Record
    run: on_model.Run | None  # None if the model failed
    differences: list[Difference]

    def unknown(self, listed: Collection[Known]) -> list[Difference]:
        """Return those differences that are not listed."""
        return [
            each
            for each in self.differences
            if not any(known.fits(self.record, each) for known in listed)
        ]


def known() -> list[Known]:
    """Read the list of known differences."""
    return [Known(**row) for row in json.loads(KNOWN.read_text())]


def compare(record: format.Record, binaries: dict[str, bytes]) -> Outcome:
    """Run one build on the model; return all places that differ, in the order of the record."""
    files = archive.tree(record["program"], record["build"], binaries)
    try:
        run = on_model.run(record, files)
    except Exception as failure:
        found = [Difference("run", "no failure", f"{type(failure).__name__}: {failure}")]
        return Outcome(record, None, found)
    return Outcome(record, run, list(differences(record, run)))


def differences(record: format.Record, run: on_model.Run) -> Iterator[Difference]:
    """Go through what differs, in the order of the record."""
    ours = {process["pid"]: process for process in run["processes"]}
    for process in record["processes"]:
        pid = process["pid"]
        twin = ours.pop(pid, {"tasks": []})
        tasks = {task["tid"]: task["steps"] for task in twin["tasks"]}
        for task in process["tasks"]:
            yield from _of_steps(task["tid"], task["steps"], tasks.pop(task["tid"], []))
        for tid in tasks:
            yield Difference(f"task {tid}", "none", "one")
        for key in ("parent", "maps", "status", "faults", "maps_at_exit"):
            yield from _of_values(f"process {pid}: {key}", process.get(key), twin.get(key))
    for pid in ours:
        yield Difference(f"process {pid}", "none", "one")
    yield from _of_values("console", record["console"], run["console"])


def _of_steps(tid: int, expected: Sequence[Any], got: Sequence[Any]) -> Iterator[Difference]:
    # Up to the first that is of another kind: those behind it are not comparable.
    expected = _without_ignored(expected, got)
    for index, step in enumerate(expected):
        place = f"task {tid}, step {index}, {_name(step)}"
        if index >= len(got):
            yield Difference(place, "there", "the end")
            return
        if _name(step) != _name(got[index]):
            yield Difference(place, "there", _name(got[index]))
            return
        one, other = _plain(step), _plain(got[index])
        for key in [*one, *(key for key in other if key not in one)]:
            yield from _of_values(f"{place}: {key}", one.get(key), other.get(key))
    for index in range(len(expected), len(got))[:1]:
        yield Difference(f"task {tid}, step {index}", "the end", _name(got[index]))


def _without_ignored(expected: Sequence[Any], got: Sequence[Any]) -> list[Any]:
    # Signals that are ignored by default come to a task only when somebody traces it. Then they cut
    # a call off, which is made again.
    kept: list[Any] = []
    for step, after in zip(expected, [*expected[1:], {}], strict=True):
        at = len(kept)
        cut = step.get("result") in _CUTS and after.get("signal") in _IGNORED
        if cut and at < len(got) and got[at].get("result") not in _CUTS:
            continue
        there = at < len(got) and _name(got[at]) == _name(step)
        if there or step.get("signal") not in _IGNORED:
            kept.append(step)
    return kept


def _name(step: Any) -> str:
    return str(step.get("call") or step.get("exec") or f"signal {step['signal']}")


def _plain(step: Any) -> Any:
    cut = step.get("result") in _CUTS
    return step | ({"result": _CUT_OFF} if cut else {})


def _of_values(place: str, expected: Any, got: Any) -> Iterator[Difference]:
    found = first_difference(expected, got, place)
    if found is not None:
        yield Difference(*found)


def counts(processes: Sequence[Any]) -> tuple[int, int]:
    """Return the page faults of some processes, and their calls."""
    steps = [step for process in processes for step in format.steps(process)]
    faults = sum(process.get("faults", 0) for process in processes)
    return faults, sum("call" in step for step in steps)


def row(outcome: Outcome, unknown: Sequence[Difference]) -> str:
    """Return a line of the table."""
    record, run, differences = outcome
    kernel, calls = counts(record["processes"])
    ours = counts(run["processes"]) if run is not None else (0, 0)
    told = "agrees" if not differences else "differs as known"
    if unknown:
        told = str(unknown[0]) + (f" (and {len(unknown) - 1} more)" if unknown[1:] else "")
    faults, made = f"{ours[0]}/{kernel}", f"{ours[1]}/{calls}"
    return f"{record['program']:<20} {record['build']:<10} {faults:>11} {made:>9}  {told}"


HEADER = f"{'program':<20} {'build':<10} {'faults':>11} {'calls':>9}  model/kernel"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status: 0 if nothing differs but what is known."""
    parser = argparse.ArgumentParser(prog="python -m tests programs", description=__doc__)
    parser.add_argument("name", nargs="*", help="only these programs")
    parser.add_argument("--build", choices=BUILDS, help="only this build")
    parser.add_argument("--all", action="store_true", help="tell each difference, not the first")
    options = parser.parse_args(arguments)
    if unknown := set(options.name) - set(PROGRAMS):
        parser.error(f"no such program: {', '.join(sorted(unknown))}")
    records = [
        record
        for record in format.read()
        if record["program"] in (options.name or PROGRAMS)
        and options.build in (None, record["build"])
    ]
    return _report(records, known(), whole=options.all)


def _report(records: Sequence[format.Record], listed: Collection[Known], *, whole: bool) -> int:
    binaries = archive.read()
    failed = 0
    tqdm.write(HEADER)
    for record in tqdm(records, unit="program"):
        outcome = compare(record, binaries)
        unknown = outcome.unknown(listed)
        failed += bool(unknown)
        tqdm.write(row(outcome, unknown))
        for each in outcome.differences if whole else ():
            tqdm.write(f"    {each}")
    tqdm.write(f"{len(records) - failed} of {len(records)} do as recorded")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
