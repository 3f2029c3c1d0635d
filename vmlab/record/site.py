"""Where in its sources a program made a call, as a recording has it.

It stands beside the call and changes nothing about it: a replay needs neither the emulator nor the
debug information to tell it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vmlab.state import views
from vmlab.state.snapshot import InodeState, Snapshot

MOST_TEXT = 1 << 20  # bytes of a source that are read
LONGEST_LINE = 80  # characters of a line, or of a name, that are shown
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """A line of a source."""

    file: str  # its name, without the folder
    number: int  # from 1

    def __str__(self) -> str:
        return f"{shortened(self.file)}:{self.number}"


@dataclass(frozen=True, slots=True)
class Site:
    """Where in its own sources a program was when it entered the kernel.

    Attributes:
        line: of the innermost function of its own that was called; None = of none, as before main.
        path: of the source of that line in the machine; '' = unknown.
        variables: addresses (bytes) that the call is about, and what C would write for them.
        end: of a run, the line that it came to; None = of none.
        touched: of a run, how many bytes the code of each line loaded and stored.
        all_touched: whether that is all; else there are more.
        again: the call is one in which it slept, made again.
    """

    line: Line | None
    path: str = ""
    variables: tuple[tuple[int, str], ...] = ()
    end: Line | None = None
    touched: tuple[tuple[Line, int], ...] = ()
    all_touched: bool = True
    again: bool = False


def source_text(snap: Snapshot, path: str) -> str:
    """Return what a source in the machine says; '' if there is none."""
    found = (inode for inode in snap.inodes if inode.name == path and inode.kind == "reg")
    inode = next(found, None) if path else None
    return _contents(snap, inode).decode(errors="replace") if inode is not None else ""


def _contents(snap: Snapshot, inode: InodeState) -> bytes:
    size, shift = min(inode.i_size, MOST_TEXT), snap.geometry.page_shift
    empty = bytes(1 << shift)
    frames = [views.cached_page(inode, index) for index in range(-(-size >> shift))]
    return b"".join(empty if pfn is None else snap.ram.get(pfn, empty) for pfn in frames)[:size]


def line_text(source: str, number: int) -> str:
    """Return a line of a source as it is shown: on one line, without what cannot be seen.

    Args:
        source: the text of all of it.
        number: of the line, from 1; '' is what a line holds that there is not.
    """
    lines = source.split("\n", min(number, MOST_TEXT))
    return shortened(lines[number - 1]) if 1 <= number <= len(lines) else ""


def shortened(text: str) -> str:
    """Return a text of a program as it is shown in a sentence.

    >>> shortened("  x =\t1;\x1b")
    'x = 1;?'
    """
    words = _SPACES.sub(" ", text[: 4 * LONGEST_LINE]).strip()
    seen = "".join(each if each.isprintable() else "?" for each in words)
    return seen if len(seen) <= LONGEST_LINE else f"{seen[: LONGEST_LINE - 1]}…"
