"""`vmlab record`: run a program, and save its calls in a file that replays anywhere."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vmlab.commands.common import Commands, failed
from vmlab.errors import VmlabError
from vmlab.words.language import say


def add(commands: Commands) -> None:
    """Add the command, and what can be said behind it."""
    parser = commands.add_parser(
        "record", help=say("run a program, and save its calls in a file that replays anywhere")
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help=say("where to save it (default: the name of the program, with .vmrun)"),
    )
    parser.add_argument(
        "--strings",
        action="store_true",
        help=say("keep its arguments too, and what it reads and writes (default: neither)"),
    )
    parser.add_argument(
        "program",
        nargs=argparse.REMAINDER,
        metavar="-- PROGRAM ...",
        help=say("the program, and its arguments"),
    )


def run(args: argparse.Namespace) -> int:
    """Record a program; return its exit status, or 2 if it could not be run."""
    # Imported here: the other commands run nothing.
    from vmlab.host import replay_run
    from vmlab.host.record import record

    program = args.program[1:] if args.program[:1] == ["--"] else args.program
    try:
        found, status = record(program, strings=args.strings)
        output = args.output or Path(f"{Path(program[0]).name}.vmrun")
        data = replay_run.to_bytes(found)
        output.write_bytes(data)
    except (VmlabError, OSError) as problem:
        failed(problem)
        return 2
    n, size = found.log.count("\n"), len(data) / 1000
    print(say("{path}: {n} lines, {size:.0f} kB", path=output, n=n, size=size), file=sys.stderr)
    return status
