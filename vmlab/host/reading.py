"""The texts of /proc/PID, taken apart; as the kernel gives them, or as people paste them.

No line is passed over in silence: what is not a line of maps or smaps is named, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from vmlab.codes import Reason, because
from vmlab.errors import StateError
from vmlab.model.abi.maps import MapsLine, find_maps_line
from vmlab.model.abi.maps_text import (
    BLANKS,
    VSYSCALL,
    contradiction,
    find_count,
    find_vm_flags,
    is_blank,
    is_verbatim,
    with_flags,
)

_COUNT = re.compile(r"([A-Z]\w*): +([0-9]{1,20})(?: kB)?")  # a row of smaps as the kernel writes it
_DIGITS = re.compile(r"[0-9]{1,20}")
_STATUS = re.compile(r"^(\w+):[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
_LONGEST_TOLD = 120  # letters of a line that is told


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that could not be read."""

    number: int  # from 1
    text: str
    why: Reason

    def __str__(self) -> str:
        return str(because("at_line", line=self.number, why=self.why))


@dataclass(frozen=True, slots=True)
class Regions:
    """What the text of maps or smaps says."""

    lines: Sequence[MapsLine]
    counts: Mapping[int, Mapping[str, int]]  # by start; KiB; empty if the text is maps
    unread: Sequence[Unread]


def read_regions(text: str) -> Regions:
    """Read the text of /proc/PID/maps or smaps, whatever stands around and between its lines."""
    lines: list[MapsLine] = []
    counts: dict[int, dict[str, int]] = {}
    unread: list[Unread] = []
    rows = text.split("\n")
    ends = "" if is_verbatim(rows) else BLANKS
    own: dict[str, int] | None = None  # the counts of the line above
    for number, row in enumerate(rows, 1):
        if own is not None and (count := _COUNT.fullmatch(row)):
            own[count[1]] = int(count[2])
            continue
        line = find_maps_line(row, number)
        if line is not None:
            line = replace(line, name=line.name.rstrip(ends)) if ends else line
            why = contradiction(line, lines[-1] if lines else None)
            if why is not None:
                own = {}  # what follows belongs to it
                unread.append(_unread(number, row, why))
                continue
            lines.append(line)
            own = counts[line.start] = {}
        elif own is not None and (flags := find_vm_flags(row)) is not None:
            if lines and counts.get(lines[-1].start) is own and lines[-1].name != VSYSCALL:
                try:
                    lines[-1] = with_flags(lines[-1], flags, number)
                except StateError as problem:
                    unread.append(_unread(number, row, dict(problem.reason.values)["why"]))
        elif own is not None and (found := find_count(row)) is not None:
            own[found[0]] = found[1]
        elif not is_blank(row):
            unread.append(_unread(number, row, because("not_maps_line", text=_short(row))))
    return Regions(lines, {at: each for at, each in counts.items() if each}, unread)


def _unread(number: int, row: str, why: object) -> Unread:
    assert isinstance(why, Reason)
    return Unread(number, row, why)


def _number(word: str = "") -> int:
    # What a word of digits stands for, 0 if it is something else.
    return int(word) if _DIGITS.fullmatch(word) else 0


def _short(row: str) -> str:
    row = row.strip()
    return row if len(row) <= _LONGEST_TOLD else f"{row[:_LONGEST_TOLD]}..."


@dataclass(frozen=True)
class Reading:
    """What was read of one process: the files of /proc/PID as the kernel gave them.

    Attributes:
        files: the bytes of each by its name, such as 'smaps'; 'pagemap' is packed.
        refused: those that the kernel did not let be read, with the reason in words.
        source: where it comes from: a path, or '' for this machine or a text.
    """

    files: Mapping[str, bytes]
    refused: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    def __repr__(self) -> str:
        return f"<Reading of pid {self.pid} {self.comm}, {len(self.regions.lines)} regions>"

    def text(self, name: str) -> str:
        """Return a file as text, '' if it is not there."""
        return self.files.get(name, b"").decode(errors="surrogateescape")

    @cached_property
    def regions(self) -> Regions:
        """The regions: those of smaps with their counts, or else those of maps."""
        return read_regions(self.text("smaps") or self.text("maps"))

    @cached_property
    def status(self) -> Mapping[str, str]:
        """The lines of /proc/PID/status, by name."""
        return dict(_STATUS.findall(self.text("status")))

    @cached_property
    def _stat(self) -> tuple[str, ...]:
        # /proc/PID/stat without the name, which may hold blanks: the first field is number 3.
        return tuple(self.text("stat").rpartition(")")[2].split())

    def stat(self, number: int) -> int:
        """Return a field of /proc/PID/stat by its number in proc_pid_stat(5), 0 if it is absent."""
        fields = self._stat
        found = fields[number - 3] if 0 <= number - 3 < len(fields) else ""
        return _number(found)

    @property
    def pid(self) -> int:
        """The number of the process, 0 if nothing tells it."""
        return self.number("Pid")

    @property
    def comm(self) -> str:
        """Its name, as ps shows it; '' if nothing tells it."""
        return self.status.get("Name", "")

    @property
    def unread(self) -> Sequence[Unread]:
        """The lines that could not be read."""
        return self.regions.unread

    @property
    def maps(self) -> str:
        """The text of /proc/PID/maps: what was read, written again."""
        return "".join(f"{line}\n" for line in self.regions.lines)

    def number(self, name: str) -> int:
        """Return a number of /proc/PID/status; sizes are KiB; 0 if it is not told."""
        return _number(*self.status.get(name, "").split()[:1])
