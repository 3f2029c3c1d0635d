"""What a script came to on the model and on the real kernel, side by side."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vmlab.diagrams.dot import clean
from vmlab.errors import StateError
from vmlab.host.short_maps import Maps
from vmlab.words.columns import columns
from vmlab.words.language import N_, say, say_n

FORMAT, VERSION = "vmlab-compare", 1
LARGEST = 16 << 20  # bytes of a file
_LONGEST = 46  # characters of an answer or a call in a table of text
DIFFERS = "≠"
_SLEEPS_SIGN = "~"
SLEEPS, GONE = (
    "sleeps",
    "gone",
)  # instead of an answer: it would have waited; there is no such process
_WOULD_SLEEP = "-1 EAGAIN"  # what the model answers then


@dataclass(frozen=True)
class Told:
    """What one side says of a call."""

    answer: str  # as strace prints it; or SLEEPS, GONE
    faults: int | None  # minor ones while it ran; None = the process is gone
    maps: Maps  # of the processes whose lines it changed


@dataclass(frozen=True)
class Row:
    """A call on both sides."""

    pid: int
    call: str  # as strace prints it; '' = how the processes begin
    here: Told  # the model
    there: Told | None  # the kernel; None = nobody asked it

    @property
    def differs(self) -> tuple[str, ...]:
        """Return in what the sides differ: some of 'answer', 'maps', 'faults'."""
        if self.there is None:
            return ()
        there = _WOULD_SLEEP if self.sleeps else self.there.answer
        found: list[tuple[str, object, object]] = [("answer", self.here.answer, there)]
        found.append(("maps", self.here.maps, self.there.maps))
        if self.here.faults is not None and self.there.faults is not None:
            found.append(("faults", self.here.faults, self.there.faults))
        return tuple(name for name, here, there in found if here != there)

    @property
    def sleeps(self) -> bool:
        """Say whether Linux sleeps where the model, as it always does then, answers EAGAIN."""
        there = self.there.answer if self.there is not None else ""
        return there == SLEEPS and self.here.answer == _WOULD_SLEEP


@dataclass(frozen=True)
class Kernel:
    """The kernel that was asked, and how its process began."""

    release: str  # as uname -r has it
    stored: bool = False  # it was asked earlier, and its answers were kept
    adopted: bool = False  # the model took over the layout that the real process has
    settings: Mapping[str, int] = field(default_factory=dict)  # of a Machine, as it has them


class Comparison:
    """A script on both sides: as the last line of a cell a table, `print` gives it as text.

    Attributes:
        rows: the calls in order, after how the processes begin.
        kernel: which kernel was asked.
        note: what is to be known besides, '' = nothing.
    """

    def __init__(self, rows: Sequence[Row], kernel: Kernel, note: str = "") -> None:
        self.rows = tuple(rows)
        self.kernel = kernel
        self.note = note

    def __repr__(self) -> str:
        return f"<Comparison of {len(self.rows) - 1} calls>"

    @property
    def first_difference(self) -> Row | None:
        """The first call in which both differ, None = they never do."""
        return next((row for row in self.rows if row.differs), None)

    # As a text and as a table

    @property
    def headline(self) -> str:
        """What came out, in one sentence."""
        row = self.first_difference
        n = sum(row.there is not None for row in self.rows) - 1
        if row is None:
            return say_n(
                n,
                "{n} call: the model and the kernel say the same",
                "{n} calls: the model and the kernel say the same",
            )
        if not row.call:
            return say("The processes do not begin alike.")
        answers = row.here.answer, _shown(row.there.answer) if row.there is not None else ""
        what = ", ".join(say(_NAMES[name]) for name in row.differs)
        return say(
            "First difference: {call}: {what}; here {here}, there {there}",
            call=clean(f"{row.pid} {row.call}", 200),
            what=what,
            here=answers[0],
            there=answers[1],
        )

    @property
    def origin(self) -> str:
        """Where the answers of the kernel come from, in words."""
        release = self.kernel.release
        words = say("there: Linux {release}, asked now", release=release)
        if self.kernel.stored:
            words = say("there: stored answers of Linux {release}", release=release)
        if self.kernel.adopted:
            words += "; " + say("both begin with the addresses that the real process got")
        if any(row.sleeps for row in self.rows):
            words += "; " + say(
                "{sign} = where Linux sleeps, the model says EAGAIN", sign=_SLEEPS_SIGN
            )
        return f"{words}; {self.note}" if self.note else words

    def __str__(self) -> str:
        head = ("", say("call"), say("here"), say("there"), say("faults"))
        cells = [head, *(_cells(row) for row in self.rows if row.call)]
        widths = [max(columns(row[at]) for row in cells) for at in range(len(head))]
        lines = [self.headline, self.origin, ""]
        for row, cell in zip((None, *(row for row in self.rows if row.call)), cells, strict=True):
            padded = (
                text + " " * (w - columns(text)) for text, w in zip(cell, widths, strict=True)
            )
            lines.append("  ".join(padded).rstrip())
            if row is not None:
                lines += (f"     {line}" for line in maps_words(row))
        begin = self.rows[0]
        return "\n".join([*lines[:3], *(f"     {line}" for line in maps_words(begin)), *lines[3:]])

    def _repr_html_(self) -> str:
        def cell(text: str, *, code: bool = True, mark: bool = False) -> str:
            inside = html.escape(clean(text, 400))
            inside = f"<code>{inside}</code>" if code and text else inside
            return f"<td style='text-align:left'>{f'<b>{inside}</b>' if mark else inside}</td>"

        names = ("", say("call"), say("here"), say("there"), say("faults"))
        head = "".join(f"<th style='text-align:left'>{html.escape(name)}</th>" for name in names)
        lines = []
        for row in self.rows:
            sign, _, here, there, faults = _cells(row)
            marked = row.differs
            if row.call:
                lines.append(
                    f"<tr>{cell(sign, code=False)}{cell(f'{row.pid} {row.call}')}"
                    f"{cell(here)}{cell(there, mark='answer' in marked)}"
                    f"{cell(faults, code=False, mark='faults' in marked)}</tr>"
                )
            if words := maps_words(row):
                text = html.escape("\n".join(clean(line, 200) for line in words))
                lines.append(
                    f"<tr><td></td><td colspan='4' style='text-align:left'>"
                    f"<pre style='margin:0'>{text}</pre></td></tr>"
                )
        return (
            f"<p><b>{html.escape(self.headline)}</b><br>{html.escape(clean(self.origin, 400))}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
        )

    # As a file

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it as a small JSON file, for `load` and for `compare(..., stored=...)`.

        Raises:
            OSError: the file cannot be written.
        """
        file = Path(path)
        kernel = {**asdict(self.kernel), "stored": True}
        rows = [asdict(row) for row in self.rows]
        data = {"format": FORMAT, "version": VERSION, "kernel": kernel, "rows": rows}
        file.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return file

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Comparison:
        """Read what `save` wrote.

        Raises:
            StateError: the file is damaged, or of a newer version of vmlab.
            OSError: it cannot be read.
        """
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
        try:
            said: Any = json.loads(data[:LARGEST])
            if said["format"] != FORMAT or type(said["version"]) is not int:
                raise StateError("comparison_damaged")
            if said["version"] > VERSION:
                raise StateError.at_field(
                    "version", "version_unknown", reads=VERSION, given=str(said["version"])[:20]
                )
            return cls([_row(row) for row in said["rows"]], _kernel(said["kernel"]))
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as problem:
            if isinstance(problem, StateError):
                raise
            raise StateError("comparison_damaged") from None


_NAMES = {"answer": N_("the answer"), "maps": N_("the maps"), "faults": N_("the faults")}


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    there = _shown(row.there.answer) if row.there is not None else ""
    faults = [told.faults for told in (row.here, row.there) if told is not None]
    numbers = ["" if number is None else str(number) for number in faults]
    shown = numbers[0] if len(set(numbers)) == 1 else f" {DIFFERS} ".join(numbers)
    if row.there is None or None in faults:
        shown = next((number for number in numbers if number), "")
    call = _cut(f"{row.pid} {row.call}")
    sign = DIFFERS if row.differs else _SLEEPS_SIGN if row.sleeps else ""
    return (sign, call, _cut(row.here.answer), _cut(there), shown)


def _shown(answer: str) -> str:
    words = {SLEEPS: say("sleeps"), GONE: say("gone")}
    return words.get(answer, answer)


def _cut(text: str) -> str:
    return clean(text, _LONGEST)


def maps_words(row: Row) -> list[str]:
    """Return the lines of maps in which both sides differ, each with whose it is."""
    if row.there is None:
        return []
    lines = []
    for pid in sorted({*row.here.maps, *row.there.maps}):
        here, there = (told.maps.get(pid) for told in (row.here, row.there))
        if here == there:
            continue
        if here is None or there is None:
            side = say("there") if here is None else say("here")
            lines.append(say("{side}: the lines of {pid} changed", side=side, pid=pid))
            continue
        lines += (f"{say('here')}: {line}" for line in here if line not in there)
        lines += (f"{say('there')}: {line}" for line in there if line not in here)
    return lines


def _told(said: Any) -> Told:
    maps = {int(pid): tuple(map(_text, lines)) for pid, lines in said["maps"].items()}
    faults = said["faults"]
    if faults is not None and type(faults) is not int:
        raise TypeError(faults)
    return Told(_text(said["answer"]), faults, maps)


def _text(said: Any) -> str:
    if not isinstance(said, str):
        raise TypeError(said)
    return said


def _row(said: Any) -> Row:
    there = _told(said["there"]) if said["there"] is not None else None
    return Row(int(said["pid"]), _text(said["call"]), _told(said["here"]), there)


def _kernel(said: Any) -> Kernel:
    settings = {_text(name): int(value) for name, value in said["settings"].items()}
    return Kernel(_text(said["release"]), True, bool(said["adopted"]), settings)
