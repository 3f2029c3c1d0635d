"""The `vmlab` command."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from vmlab import __version__, doctor, exporting, hosting, lab
from vmlab.argparse_words import in_the_readers_language
from vmlab.host import compare_command, record_command, replay_command
from vmlab.words.language import language, languages, say, spoken


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    with in_the_readers_language():
        args = _parser().parse_args(argv)
    if args.command == "lab":
        language(args.lang)
        return lab.run(args.folder, browser=args.browser, port=args.port, code=args.lang)
    if args.command == "export":
        language(args.lang)
        return exporting.run(args)
    if args.command == "save":
        return hosting.save(args)
    if args.command == "draw":
        language(args.lang)
        return hosting.draw(args)
    if args.command == "replay":
        language(args.lang)
        return replay_command.run(args)
    if args.command == "record":
        return record_command.run(args)
    if args.command == "compare":
        return compare_command.run(args)
    return doctor.run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vmlab", description=say("See how Linux manages memory."))
    parser.add_argument(
        "--version",
        action="version",
        version=f"vmlab {__version__}",
        help=say("say which version of vmlab this is"),
    )
    commands = parser.add_subparsers(dest="command", required=True)

    lab_parser = commands.add_parser("lab", help=say("open JupyterLab on the lessons"))
    lab_parser.add_argument(
        "folder",
        nargs="?",
        metavar="FOLDER",
        type=Path,
        help=say(
            "work on copies of the lessons in FOLDER; a lesson already there is kept as it is "
            "(default: the checkout's own notebooks, or ./{folder})",
            folder=lab.DEFAULT_FOLDER,
        ),
    )
    lab_parser.add_argument(
        "--no-browser",
        dest="browser",
        action="store_false",
        help=say("only serve, and print the URL"),
    )
    lab_parser.add_argument(
        "--lang",
        choices=languages(),
        default=spoken(),
        help=say("the language of the lessons (default: that of VMLAB_LANG)"),
    )
    lab_parser.add_argument("--port", type=int, help=say("port to serve on (default: a free one)"))

    exporting.add_options(
        commands.add_parser(
            "export", help=say("make a recording a page that plays it without Python")
        )
    )

    hosting.add_draw_options(
        commands.add_parser("draw", help=say("draw the memory of real processes"))
    )
    hosting.add_save_options(
        commands.add_parser("save", help=say("save real processes as one file, to draw elsewhere"))
    )
    replay_command.add_options(
        commands.add_parser(
            "replay", help=say("do the calls of a log of strace again on the model")
        )
    )
    record_command.add_options(
        commands.add_parser(
            "record", help=say("run a program, and save its calls in a file that replays anywhere")
        )
    )

    compare_command.add_options(
        commands.add_parser(
            "compare", help=say("make the calls of a log on the model and for real, side by side")
        )
    )

    commands.add_parser(
        "doctor", help=say("say what is installed here and what each part is good for")
    )
    commands.metavar = f"{{{','.join(commands.choices)}}}"  # named where it is missing
    return parser
