"""`vmlab doctor`: what is installed here, and what each part is good for."""

import argparse
import os
import platform
import shutil
import time
from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple

from vmlab import __version__
from vmlab.commands.common import Commands
from vmlab.errors import DiagramError
from vmlab.words.columns import columns, padded
from vmlab.words.language import say

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


class Finding(NamedTuple):
    """One part of the environment."""

    part: str
    found: str  # version or path; empty if absent
    use: str
    needed: bool = False  # by the lessons


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "doctor", help=say("say what is installed here and what each part is good for")
    )
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Print the findings and draw one picture; return 1 if the lessons cannot run, else 0."""
    print(f"vmlab {__version__}, Python {platform.python_version()}, {platform.platform()}\n")
    healthy = True
    yes, needed, no = say("yes"), say("NO"), say("no")
    width = max(map(columns, (yes, needed, no)))
    for finding in findings():
        healthy &= bool(finding.found) or not finding.needed
        mark = yes if finding.found else needed if finding.needed else no
        head = f"  {padded(mark, width)} {padded(finding.part, 16)}"
        print(f"{head} {finding.found or say('not found')}")
        print(f"   {'':<{width}} {'':<16} {finding.use}")
    print()
    try:
        print(say("Drew a picture in {ms:.0f} ms, loading the engine included.", ms=draw()))
    except Exception as error:  # whatever is broken, the doctor reports it
        kind = type(error).__name__
        print(say("Could not draw a picture: {kind}: {problem}", kind=kind, problem=error))
        healthy = False
    return 0 if healthy else 1


def findings() -> Iterator[Finding]:
    """Look for each part that vmlab or its tests can use."""
    linux = platform.system() == "Linux"
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    yield Finding(say("Graphviz engine"), _graphviz(), say("draws every picture"), needed=True)
    yield Finding("JupyterLab", _version("jupyterlab"), say("shows the lessons"), needed=True)
    yield Finding("Chromium", find_program(*CHROMIUM_NAMES), say("runs the browser tests"))
    yield Finding("gcc", find_program("gcc"), say("builds C programs to look at"))
    yield Finding("strace", find_program("strace"), say("lists the system calls of a real program"))
    yield Finding("Unicorn", _version("unicorn"), say("runs real programs; its licence is GPL-2.0"))
    kernel = platform.release() if linux else ""
    yield Finding(say("Linux host"), kernel, say("has a real /proc to read"))
    sees = say("sees frame numbers in /proc/PID/pagemap")
    yield Finding("root", say("yes") if root else "", sees)


def draw() -> float:
    """Lay out a small picture and return how long that took, in milliseconds.

    Raises:
        Exception: whatever the layout raises, or DiagramError if what it gives is no SVG.
    """
    # Imported here: a broken picture module must not keep the doctor from speaking.
    from vmlab.diagrams.layout import render_svg

    start = time.perf_counter()
    svg = render_svg("digraph { page -> frame }")
    milliseconds = (time.perf_counter() - start) * 1000
    if "<svg" not in svg:
        raise DiagramError(say("the layout gave no SVG but {text!r}", text=svg[:40]))
    return milliseconds


def find_program(*names: str) -> str:
    """Return the path of the first of these programs that is installed, or an empty string."""
    return next((path for name in names if (path := shutil.which(name))), "")


def _graphviz() -> str:
    if version := _version("mini-racer"):
        return say("WebAssembly inside mini-racer {version}", version=version)
    return find_program("dot")


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
