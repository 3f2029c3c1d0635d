"""`vmlab save`: real processes as one file, to draw elsewhere."""

import argparse
from pathlib import Path

from vmlab.commands.common import Commands
from vmlab.words.language import say


def add(commands: Commands) -> None:
    """Add the command, and what can be said behind it."""
    parser = commands.add_parser(
        "save", help=say("save real processes as one file, to draw elsewhere")
    )
    parser.set_defaults(run=run)
    parser.add_argument("pids", nargs="+", metavar="PID", type=int, help=say("living processes"))
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        type=Path,
        help=say("write the file, for example server.vmproc"),
    )
    parser.add_argument(
        "--cmdline",
        action="store_true",
        help=say("save the arguments too, which may hold passwords (default: not)"),
    )
    parser.add_argument(
        "--environ",
        action="store_true",
        help=say("save the environment too, which often holds passwords (default: not)"),
    )


def run(args: argparse.Namespace) -> int:
    """Save processes; return the exit status."""
    # Imported here: the other commands read no process.
    from vmlab.host.saved import save

    save(args.pids, args.output, cmdline=args.cmdline, environ=args.environ)
    return 0
