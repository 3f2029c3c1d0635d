"""The `vmlab` command."""

import argparse
import sys
from collections.abc import Sequence

from vmlab import __version__
from vmlab.commands import (
    check_exercise,
    check_lesson,
    compare,
    doctor,
    draw,
    export,
    lab,
    record,
    replay,
    save,
)
from vmlab.commands.argparse_words import in_the_readers_language
from vmlab.commands.common import failed
from vmlab.errors import VmlabError
from vmlab.words.language import language, say

COMMANDS = (
    *(lab, export, draw, save, replay, record, compare),
    *(check_exercise, check_lesson, doctor),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    with in_the_readers_language():
        args = _parser().parse_args(argv)
    if "lang" in args:
        language(args.lang)
    try:
        return int(args.run(args))
    except BrokenPipeError:  # who reads has read enough
        sys.stderr.close()  # or else Python says so once more at its end
        return 1
    except (VmlabError, OSError) as problem:
        return failed(problem)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vmlab", description=say("See how Linux manages memory."))
    parser.add_argument(
        "--version",
        action="version",
        version=f"vmlab {__version__}",
        help=say("say which version of vmlab this is"),
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for command in COMMANDS:
        command.add(commands)
    commands.metavar = f"{{{','.join(commands.choices)}}}"  # named where it is missing
    return parser
