"""`vmlab replay`: do the calls of a log again, say what became of them, make a page of it."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vmlab.commands.common import Commands, add_language, failed
from vmlab.errors import StateError, VmlabError
from vmlab.words.language import say

if TYPE_CHECKING:
    from vmlab.host.replay_run import Run

_PICTURES = ("address_space", "process_tree")  # of the page
MOST_CALLS = 200  # that a page plays, unless lines are chosen
_LINES = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


def add(commands: Commands) -> None:
    """Add the command, and what can be said behind it."""
    parser = commands.add_parser(
        "replay", help=say("do the calls of a log of strace again on the model")
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "logs",
        nargs="+",
        metavar="LOG",
        help=say(
            "a log of strace or `perf trace`, or what `vmlab record` saved; several are those of "
            "strace -ff; - is the standard input"
        ),
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help=say("write a page (.html) that plays it, or a recording (.json)"),
    )
    parser.add_argument(
        "--import",
        dest="imports",
        type=Path,
        metavar="DIR",
        help=say(
            "import the files that the log names from below DIR, where they lie under their paths "
            "(default: no file is opened)"
        ),
    )
    parser.add_argument(
        "--lines",
        metavar="FROM-TO",
        help=say(
            "the lines of the log that the page plays (default: the first {n} calls)", n=MOST_CALLS
        ),
    )
    parser.add_argument(
        "--by",
        choices=("steps", "chapters"),
        default="chapters",
        help=say("a picture after each step, or only where chapters end (default: chapters)"),
    )
    parser.add_argument(
        "--steps",
        action="store_true",
        help=say("print what became of each line that was replayed, not only of those that differ"),
    )
    add_language(parser, say("the language of the page (default: that of VMLAB_LANG)"))


def run(args: argparse.Namespace) -> int:
    """Replay a log; return the exit status: 0, or 1 if something cannot be read or written."""
    try:
        return _replay(_read(args.logs), args, _lines(args.lines))
    except VmlabError as problem:
        return failed(problem, args.logs[0])


def _lines(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = _LINES.fullmatch(text)
    if found is None:
        raise StateError("lines_unreadable", text=text[:40])
    return int(found[1]), int(found[2] or found[1])


def _read(names: list[str]) -> Run | str | Mapping[str, str]:
    # Imported here, and below: the other commands need none of it.
    from vmlab.host import replay_run

    if len(names) > 1:
        return {name: _text(_bytes(name)) for name in names}
    data = _bytes(names[0])
    return replay_run.from_bytes(data) if replay_run.is_packed(data) else _text(data)


def _bytes(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


def _replay(
    read: Run | str | Mapping[str, str],
    args: argparse.Namespace,
    lines: tuple[int, int] | None,
) -> int:
    from vmlab.host.replay_steps import SAME
    from vmlab.host.replaying import replay

    found = replay(read, imports=args.imports)
    if args.steps:
        for step in found.replayed:
            sign = "=" if step.status == SAME else step.status
            print(f"{step.line}\t{step.pid}\t{step.name}\t{step.log}\t{sign}\t{step.model}")
    print(found.summary())
    if args.output is None:
        return 0
    if args.output.suffix == ".json":
        args.output.write_text(found.recorder.to_json(), encoding="utf-8")
        return 0
    from vmlab.widgets.export import export

    recording = found.recorder
    if lines is not None:
        recording = found.part(*lines)
    elif len(recording.calls) > MOST_CALLS:
        recording = recording.part(0, MOST_CALLS)
        print(
            say("the page has the first {n} calls; --lines chooses others", n=MOST_CALLS),
            file=sys.stderr,
        )
    title = say("Replay of {name}", name=Path(args.logs[0]).name)
    progress = sys.stderr.isatty()
    export(recording, args.output, pictures=_PICTURES, by=args.by, title=title, progress=progress)
    return 0
