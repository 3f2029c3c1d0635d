"""`vmlab compare`: make the calls of a log on the model and for real, and say where they differ."""

import argparse
import sys
from pathlib import Path

from vmlab.commands.common import Commands, failed
from vmlab.errors import VmlabError
from vmlab.words.language import say


def add(commands: Commands) -> None:
    """Add the command, and what can be said behind it."""
    parser = commands.add_parser(
        "compare", help=say("make the calls of a log on the model and for real, side by side")
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "log",
        metavar="FILE",
        help=say("calls as strace writes them, or as a transcript has them; - is standard input"),
    )
    parser.add_argument(
        "--save",
        type=Path,
        metavar="FILE",
        help=say("save the answers of the kernel as a JSON file"),
    )
    parser.add_argument(
        "--stored",
        type=Path,
        metavar="FILE",
        help=say("where the kernel cannot be asked, take the answers that --save kept"),
    )


def run(args: argparse.Namespace) -> int:
    """Compare; return the exit status: 0 = the same, 1 = they differ, 2 = it cannot be done."""
    # Imported here: the other commands need none of it.
    from vmlab.host.comparing import compare

    try:
        data = sys.stdin.buffer.read() if args.log == "-" else Path(args.log).read_bytes()
        found = compare(data.decode(errors="surrogateescape"), stored=args.stored)
        if args.save is not None:
            found.save(args.save)
    except (VmlabError, OSError) as problem:
        failed(problem, args.log)
        return 2
    print(found, flush=True)
    return 1 if found.first_difference is not None else 0
