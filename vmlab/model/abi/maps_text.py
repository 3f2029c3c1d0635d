"""The whole text of /proc/PID/maps or smaps, read as people paste it.

What stands before a line (its number, a time, `> `) is passed over, and so are the counts of smaps;
VmFlags belong to the line above them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from vmlab.codes import Reason, because
from vmlab.errors import StateError
from vmlab.model.abi.maps import MapsLine, find_maps_line
from vmlab.model.abi.mman import VM_EXEC, VM_READ, VM_WRITE

VSYSCALL = "[vsyscall]"
BLANKS = " \t\r"
_ROLLUP = "[rollup]"  # smaps_rollup has this for all VMAs together
_VM_FLAGS = re.compile(r"(?<!\w)VmFlags:((?:[ \t]+[a-z?]{2})*)[ \t\r]*$")
_COUNT = re.compile(r"(?<!\w)([A-Z]\w*):[ \t]+([0-9]{1,20})(?:[ \t]+kB)?[ \t\r]*$")
_NOTHING = re.compile(r"\W*")
_ENDS_NAMELESS = re.compile(r"[0-9] ?$")
_LETTERS = {"rd": VM_READ, "wr": VM_WRITE, "ex": VM_EXEC}


def parse_maps(text: str, task_size: int, page_size: int) -> list[MapsLine]:
    """Read the text of /proc/PID/maps or smaps; [vsyscall] is passed over.

    Args:
        text: the whole of it.
        task_size: bytes: the end of user space.
        page_size: bytes.

    Raises:
        StateError: with the number of the line that is wrong.
    """
    lines: list[MapsLine] = []
    last: MapsLine | None = None  # the one that counts and VmFlags belong to
    rows = text.split("\n")
    ends = "" if is_verbatim(rows) else BLANKS
    for number, row in enumerate(rows, 1):
        found = find_maps_line(row, number)
        if found is not None:
            last = replace(found, name=found.name.rstrip(ends)) if ends else found
            if last.name == VSYSCALL:
                continue
            why = _objection(last, lines[-1] if lines else None, task_size, page_size)
            if why is not None:
                raise StateError.at_line(number, why)
            lines.append(last)
        elif last is not None and (flags := find_vm_flags(row)) is not None:
            if last.name != VSYSCALL:
                lines[-1] = with_flags(last, flags, number)
        elif not is_blank(row) and (last is None or find_count(row) is None):
            raise StateError.at_line(number, "not_maps_line", text=row)
    return lines


def find_vm_flags(row: str) -> tuple[str, ...] | None:
    """Read the words of VmFlags that stand in a row of smaps, None if there are none."""
    found = _VM_FLAGS.search(row)
    return tuple(found[1].split()) if found is not None else None


def find_count(row: str) -> tuple[str, int] | None:
    """Read the count that stands in a row of smaps, mostly of KiB; None if there is none.

    >>> find_count("Rss:                   8 kB")
    ('Rss', 8)
    """
    found = _COUNT.search(row)
    return (found[1], int(found[2])) if found is not None else None


def is_blank(row: str) -> bool:
    """Say whether nothing stands in a row but blanks and signs, such as a line that was drawn."""
    return _NOTHING.fullmatch(row) is not None


def is_verbatim(rows: Sequence[str]) -> bool:
    """Say whether a text is as the kernel wrote it, without blanks that pasting added.

    A blank at the end may belong to the name of a file or come from pasting. Lines that are of
    no file tell: the kernel ends them with their name, or with one blank if they have none.
    """
    told = False
    for row in rows:
        line = find_maps_line(row)
        if line is None or line.mapped is not None:
            continue
        told = True
        if line.name != line.name.rstrip(BLANKS):
            return False
        if not line.name and not _ENDS_NAMELESS.search(row):
            return False
    return told


def with_flags(line: MapsLine, words: tuple[str, ...], number: int) -> MapsLine:
    """Return a line with the flags that smaps tells of it.

    Args:
        line: the line that they follow.
        words: of VmFlags.
        number: of their own line.

    Raises:
        StateError: they contradict the line.
    """
    access = sum(bit for word, bit in _LETTERS.items() if word in words)
    if access != line.access or ("ms" in words) != line.shared:
        raise StateError.at_line(number, "smaps_flags_contradict", line=line.number)
    return replace(line, vm_flags=words)


def contradiction(line: MapsLine, before: MapsLine | None) -> Reason | None:
    """Return why no kernel shows a line behind another one, None if one may.

    Args:
        line: what was read.
        before: the line above it; None = it is the first.
    """
    if line.name == _ROLLUP:
        return because("maps_rollup")
    if line.start >= line.end:
        return because("range_empty", start=line.start, end=line.end)
    if before is not None and line.start < before.end:
        return because("maps_overlap", start=line.start, line=before.number)
    return None


def _objection(
    line: MapsLine, before: MapsLine | None, task_size: int, page_size: int
) -> Reason | None:
    # What cannot be in an address space of the model.
    if why := contradiction(line, before):
        return why
    if (line.start | line.end | line.offset) % page_size:
        return because("maps_unaligned", page_size=page_size)
    if line.end > task_size:
        return because("maps_above_user_space", end=line.end, task_size=task_size)
    if line.shared and line.mapped is None:
        return because("maps_shared_anonymous")
    return None
