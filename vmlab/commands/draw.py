"""`vmlab draw`: real processes as a picture, or as a page."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vmlab.commands.common import Commands, add_language
from vmlab.errors import UsageError
from vmlab.words.language import say

if TYPE_CHECKING:
    from vmlab.host.reading import Reading

STREAM = "-"
PICTURES = "memory_use, address_space, sharing, frames"


def add(commands: Commands) -> None:
    """Add the command, and what can be said behind it."""
    parser = commands.add_parser("draw", help=say("draw the memory of real processes"))
    parser.set_defaults(run=run)
    parser.add_argument(
        "what",
        nargs="+",
        metavar="PID|FILE",
        help=say(
            "living processes; files that {save} wrote, or with the text of maps or smaps; "
            "- reads such a text from standard input",
            save="vmlab save",
        ),
    )
    parser.add_argument(
        "--picture",
        default="",
        metavar="NAME",
        help=say(
            "one of {names} (default: the first that can be drawn; a page has all of them)",
            names=PICTURES,
        ),
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=say(
            "write out.svg, or out.html, a page with pictures, regions and a search; "
            "- writes SVG to standard output (default: print the picture in words)"
        ),
    )
    add_language(parser, say("the language of the page (default: that of VMLAB_LANG)"))


def run(args: argparse.Namespace) -> int:
    """Draw processes; return the exit status."""
    # Imported here: the other commands draw nothing.
    from vmlab.diagrams.layout import on_paper
    from vmlab.host.observed import observed
    from vmlab.host.page import notes, page
    from vmlab.host.pictures import draw as draw_processes

    output = args.output
    kind = Path(output or "").suffix.lower()
    if kind == ".png":
        raise UsageError(
            say(
                "no PNG is made here: write an SVG and turn it by rsvg-convert, or open "
                "a page (-o out.html) and save the picture as PNG by its menu"
            )
        )
    if output not in (None, STREAM) and kind not in (".svg", ".html"):
        raise UsageError(say("{file}: the name must end in .svg or .html", file=output))
    readings = tuple(_readings(args.what))
    snap = observed(readings)
    if output is not None and kind == ".html":
        Path(output).write_text(page(snap, readings), encoding="utf-8")
        return 0
    for note in notes(snap, readings):
        print(note, file=sys.stderr)
    picture = draw_processes(snap, picture=args.picture)
    if output is None:
        print(_printable(picture.text))
    elif output == STREAM:
        sys.stdout.write(_printable(on_paper(picture.svg)))
    else:
        Path(output).write_text(_printable(on_paper(picture.svg)), encoding="utf-8")
    return 0


def _readings(what: list[str]) -> "Iterator[Reading]":
    from vmlab.host.proc import of_text
    from vmlab.host.saved import load, read

    for each in what:
        if each == STREAM:
            text = sys.stdin.buffer.read().decode(errors="surrogateescape")
            yield of_text(text)
        elif each.isascii() and each.isdigit():
            yield read(int(each))
        else:
            yield from load(each)


def _printable(text: str) -> str:
    return text.encode(errors="surrogateescape").decode(errors="replace")
