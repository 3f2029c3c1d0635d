"""Record what the kernel of this machine answers the programs: `python -m tests.programs.record`.

Needs root, Linux 6.18 on x86-64, objdump, and the archive that `python -m tests.programs.build`
makes. Each build runs several times, on one CPU; what is not the same every time is marked.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.corpus.compare import first_difference
from tests.programs import archive, cpuid, format
from tests.programs.programs import CWD, ENVIRONMENT, PROGRAMS, program_path
from tests.programs.tracer import Tracer
from tests.programs.tree import Tree, in_machine

TIMES, UNTRACED_TIMES = 3, 3
Run = dict[str, Any]  # `console` and `processes`


def mark(runs: list[Run]) -> list[str]:
    """Mark in the first run what is another in others.

    Returns:
        What is to be said of the record as a whole, as `Record.varies`.
    """
    first, others = runs[0], runs[1:]
    varies = ["console"] if any(other["console"] != first["console"] for other in others) else []
    shapes = [[_shape(process) for process in run["processes"]] for run in runs]
    if any(shape != shapes[0] for shape in shapes):
        return [*varies, "processes"]
    for number, process in enumerate(first["processes"]):
        twins = [other["processes"][number] for other in others]
        keys = ("faults", "maps", "maps_at_exit")
        if found := [key for key in keys if _differ(key, process, twins)]:
            process["varies"] = found
        for index, task in enumerate(process["tasks"]):
            if _differ("steps", task, [twin["tasks"][index] for twin in twins]):
                task["varies"] = True
    return varies


def _shape(process: Run) -> tuple[int, int, int, int]:
    return process["pid"], process["parent"], process["status"], len(process["tasks"])


def _differ(key: str, one: Run, others: list[Run]) -> bool:
    return any(other.get(key) != one.get(key) for other in others)


def _all_steps(run: Run) -> list[Run]:
    tasks = [task for process in run["processes"] for task in process["tasks"]]
    return [step for task in tasks for step in task["steps"]]


def record(name: str, build: str, binaries: dict[str, bytes]) -> format.Record:
    """Run one build of a program several times."""
    program = PROGRAMS[name]
    files = archive.tree(name, build, binaries)
    asking = [path for path in (program_path(name), archive.LOADER) if path in files]
    places = {path: cpuid.places(files[path]) for path in asking}

    def tracer(folder: Path) -> Tracer:
        return Tracer(
            Tree(folder, files, places, furnished=program.furnished),
            program.arguments,
            program.stdin,
        )

    runs = [in_machine(lambda folder: tracer(folder).record()) for _ in range(TIMES)]
    executes = any(step.get("exec") for step in _all_steps(runs[0])[1:])
    untraced = [
        in_machine(lambda folder: tracer(folder).untraced_faults(executes=executes))
        for _ in range(UNTRACED_TIMES)
    ]
    varies = mark(runs)
    return {
        "version": format.VERSION,
        "program": name,
        "build": build,
        "files": {path: archive.digest(data) for path, data in files.items()},
        "argv": [program_path(name), *program.arguments],
        "environment": list(ENVIRONMENT),
        "cwd": CWD,
        "stdin": program.stdin,
        **runs[0],  # type: ignore[typeddict-item]
        "untraced_faults": [min(untraced), max(untraced)],
        "varies": varies,
    }


def row(found: format.Record) -> str:
    """Return a record's line in the table."""
    steps = [step for process in found["processes"] for step in format.steps(process)]
    marks = list(found["varies"])
    for process in found["processes"]:
        marks += [f"{process['pid']}.{key}" for key in process.get("varies", ())]
        marks += [f"{task['tid']}.steps" for task in process["tasks"] if task.get("varies")]
    counts = (
        sum("call" in step for step in steps),
        format.faults(found),
        "-".join(map(str, dict.fromkeys(found["untraced_faults"]))),
        len(found["processes"]),
        sum("signal" in step for step in steps),
    )
    columns = "".join(f"{count:>10}" for count in counts)
    return f"{found['program']:<20} {found['build']:<10}{columns}  {' '.join(marks)}".rstrip()


HEADER = f"{'program':<20} {'build':<10}" + "".join(
    f"{title:>10}" for title in ("calls", "faults", "untraced", "processes", "signals")
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.programs.record", description=__doc__)
    parser.add_argument("name", nargs="*", help="record only these again")
    parser.add_argument("--list", action="store_true", help="only show what is recorded")
    parser.add_argument("--check", action="store_true", help="only compare with what is recorded")
    options = parser.parse_args(arguments)
    if unknown := set(options.name) - set(PROGRAMS):
        parser.error(f"no such program: {', '.join(sorted(unknown))}")
    names = options.name or list(PROGRAMS)
    print(HEADER)
    if options.list:
        for found in format.read():
            if found["program"] in names:
                print(row(found))
        return 0
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    binaries = archive.read()
    kept = format.read() if format.RECORDS.exists() else ()
    records = {(found["program"], found["build"]): found for found in kept}
    status = 0
    for name in names:
        for build in PROGRAMS[name].builds:
            found = record(name, build, binaries)
            print(row(found), flush=True)
            difference = first_difference(records.get((name, build)), found)
            if options.check and difference:
                print("    {}: expected {}, got {}".format(*difference))
                status = 1
            records[name, build] = found
    if not options.check:
        wanted = [(name, build) for name, one in PROGRAMS.items() for build in one.builds]
        format.write([records[key] for key in wanted if key in records])
    return status


if __name__ == "__main__":
    sys.exit(main())
