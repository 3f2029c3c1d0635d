"""`vmlab doctor`: what is installed here, and what each part is good for."""

import os
import platform
import shutil
import time
from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple

from vmlab import __version__

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


class Finding(NamedTuple):
    """One part of the environment."""

    part: str
    found: str  # version or path; empty if absent
    use: str
    needed: bool = False  # by the lessons


def run() -> int:
    """Print the findings and draw one picture; return 1 if the lessons cannot run, else 0."""
    print(f"vmlab {__version__}, Python {platform.python_version()}, {platform.platform()}\n")
    healthy = True
    for finding in findings():
        healthy &= bool(finding.found) or not finding.needed
        mark = "yes" if finding.found else "NO " if finding.needed else "no "
        print(f"  {mark} {finding.part:<16} {finding.found or 'not found'}")
        print(f"      {'':<16} {finding.use}")
    try:
        print(f"\nDrew a picture {draw()}.")
    except Exception as error:  # whatever is broken, the doctor reports it
        print(f"\nCould not draw a picture: {type(error).__name__}: {error}")
        healthy = False
    return 0 if healthy else 1


def findings() -> Iterator[Finding]:
    """Look for each part that vmlab or its tests can use."""
    linux = platform.system() == "Linux"
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    yield Finding("Graphviz engine", _graphviz(), "draws every picture", needed=True)
    yield Finding("JupyterLab", _version("jupyterlab"), "shows the lessons", needed=True)
    yield Finding("Chromium", find_program(*CHROMIUM_NAMES), "runs the browser tests")
    yield Finding("gcc", find_program("gcc"), "builds C programs to look at")
    yield Finding("strace", find_program("strace"), "lists the system calls of a real program")
    yield Finding("Linux host", platform.release() if linux else "", "has a real /proc to read")
    yield Finding("root", "yes" if root else "", "sees frame numbers in /proc/PID/pagemap")


def draw() -> str:
    """Lay out a small picture and say how long that took.

    Raises:
        Exception: whatever the layout raises, or ValueError if what it gives is no SVG.
    """
    # Imported here: a broken picture module must not keep the doctor from speaking.
    from vmlab.diagrams.layout import render_svg

    start = time.perf_counter()
    svg = render_svg("digraph { page -> frame }")
    milliseconds = (time.perf_counter() - start) * 1000
    if "<svg" not in svg:
        raise ValueError(f"the layout gave no SVG but {svg[:40]!r}")
    return f"in {milliseconds:.0f} ms, loading the engine included"


def find_program(*names: str) -> str:
    """Return the path of the first of these programs that is installed, or an empty string."""
    return next((path for name in names if (path := shutil.which(name))), "")


def _graphviz() -> str:
    if version := _version("mini-racer"):
        return f"WebAssembly inside mini-racer {version}"
    return find_program("dot")


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
