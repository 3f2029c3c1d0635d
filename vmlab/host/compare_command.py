"""`vmlab compare`: make the calls of a log on the model and for real, and say where they differ."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vmlab.errors import VmlabError
from vmlab.words.language import say


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what can be said behind `vmlab compare`."""
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
    from vmlab.host.compare import compare

    try:
        data = sys.stdin.buffer.read() if args.log == "-" else Path(args.log).read_bytes()
        found = compare(data.decode(errors="surrogateescape"), stored=args.stored)
        if args.save is not None:
            found.save(args.save)
        print(found)
        sys.stdout.flush()
    except VmlabError as problem:
        print(f"{args.log}: {problem}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()  # or else Python says so once more at its end
        return 2
    except OSError as problem:
        print(f"{problem.filename or args.log}: {problem.strerror}", file=sys.stderr)
        return 2
    return 1 if found.first_difference is not None else 0
