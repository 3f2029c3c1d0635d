"""`vmlab export`: make a recording a page that plays it without Python."""

import argparse
import sys
import warnings
from pathlib import Path

from vmlab.commands.common import Commands, add_language, failed
from vmlab.errors import UsageError, VmlabError
from vmlab.words.language import say


def add(commands: Commands) -> None:
    """Add the command, and what can be said behind it."""
    parser = commands.add_parser(
        "export", help=say("make a recording a page that plays it without Python")
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        type=Path,
        help=say("the recording (default: none; the page then plays what its link holds)"),
    )
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("-o", "--output", type=Path, metavar="PAGE", help=say("write the page"))
    target.add_argument(
        "--link",
        metavar="ADDRESS",
        help=say("print a link that plays the recording in the page without one at ADDRESS"),
    )
    parser.add_argument(
        "--pictures",
        metavar="NAMES",
        help=say(
            "the pictures to choose from, with commas between (default: one at a time, which shows "
            "most of what the chapter is about)"
        ),
    )
    parser.add_argument(
        "--by",
        choices=("steps", "chapters"),
        default="steps",
        help=say("a picture after each step, or only where chapters end (default: steps)"),
    )
    parser.add_argument(
        "--title", default="", help=say("title of the page (default: the names of the calls)")
    )
    add_language(parser, say("the language of the page (default: that of VMLAB_LANG)"))


def run(args: argparse.Namespace) -> int:
    """Write a page, or print a link; return the exit status."""
    # Imported here: the other commands draw nothing.
    from vmlab.widgets.export import export, link_to

    if args.output is None and args.file is None:
        raise UsageError(say("--link goes with a recording"))
    options = {
        "pictures": args.pictures.split(",") if args.pictures else None,
        "by": args.by,
        "title": args.title,
        "progress": sys.stderr.isatty(),
    }
    try:
        if args.link is not None:
            print(link_to(args.link, args.file, **options))
            return 0
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", UserWarning)
            export(args.file, args.output, **options)
    except VmlabError as problem:
        return failed(problem, args.file or args.output)
    for warning in said:
        print(warning.message, file=sys.stderr)
    return 0
