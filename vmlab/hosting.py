"""`vmlab save` and `vmlab draw`: real processes as a file, as a picture, as a page."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vmlab.errors import HostError, UsageError, VmlabError
from vmlab.words.language import languages, say, spoken

if TYPE_CHECKING:
    from vmlab.host import Reading

STREAM = "-"
PICTURES = "memory_use, address_space, sharing, frames"


def add_save_options(parser: argparse.ArgumentParser) -> None:
    """Add what can be said behind `vmlab save`."""
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


def add_draw_options(parser: argparse.ArgumentParser) -> None:
    """Add what can be said behind `vmlab draw`."""
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
    parser.add_argument(
        "--lang",
        choices=languages(),
        default=spoken(),
        help=say("the language of the page (default: that of VMLAB_LANG)"),
    )


def save(args: argparse.Namespace) -> int:
    """Save processes; return the exit status."""
    from vmlab.host import save as save_processes

    try:
        save_processes(args.pids, args.output, cmdline=args.cmdline, environ=args.environ)
    except (HostError, UsageError, OSError) as problem:
        return _failed(problem)
    return 0


def draw(args: argparse.Namespace) -> int:
    """Draw processes; return the exit status."""
    try:
        return _draw(args.what, args.picture, args.output)
    except BrokenPipeError:  # who reads has read enough
        sys.stderr.close()
        return 1
    except (VmlabError, OSError) as problem:
        return _failed(problem)


def _draw(what: list[str], name: str, output: str | None) -> int:
    # Imported here: the other commands draw nothing.
    from vmlab.diagrams.layout import on_paper
    from vmlab.host.observed import observed
    from vmlab.host.page import notes, page
    from vmlab.host.pictures import draw as draw_processes

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
    readings = tuple(_readings(what))
    snap = observed(readings)
    if output is not None and kind == ".html":
        Path(output).write_text(page(snap, readings), encoding="utf-8")
        return 0
    for note in notes(snap, readings):
        print(note, file=sys.stderr)
    picture = draw_processes(snap, picture=name)
    if output is None:
        print(_printable(picture.text))
    elif output == STREAM:
        sys.stdout.write(_printable(on_paper(picture.svg)))
    else:
        Path(output).write_text(_printable(on_paper(picture.svg)), encoding="utf-8")
    return 0


def _readings(what: list[str]) -> "Iterator[Reading]":
    from vmlab.host import load, read
    from vmlab.host.proc import of_text

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


def _failed(problem: Exception) -> int:
    if isinstance(problem, OSError) and problem.filename is not None:
        print(f"{problem.filename}: {problem.strerror}", file=sys.stderr)
    else:
        print(problem, file=sys.stderr)
    return 2 if isinstance(problem, UsageError) else 1
