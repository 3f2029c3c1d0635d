"""A line of /proc/PID/maps: how it is written, and how it is read.

    00400000-00401000 r-xp 00000000 00:02 5                                  /bin/a.out

Source: fs/proc/task_mmu.c: show_map_vma() [v5.4]; proc_pid_maps(5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from vmlab.codes import Reason, because
from vmlab.errors import StateError
from vmlab.model.abi.mman import VM_EXEC, VM_MAYSHARE, VM_READ, VM_WRITE

DELETED = " (deleted)"  # stands after the path of a file without a name
_NAME_COLUMN = 73
_LINE = re.compile(
    r"([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([r-][w-][x-][sp]) ([0-9a-f]{1,16})"
    r" ([0-9a-f]+:[0-9a-f]+) ([0-9]{1,20}) *(.*)"
)
_PERMS = {
    read | write | execute | share: "".join(
        (
            "r" if read else "-",
            "w" if write else "-",
            "x" if execute else "-",
            "s" if share else "p",
        )
    )
    for read, write, execute, share in product(
        (0, VM_READ), (0, VM_WRITE), (0, VM_EXEC), (0, VM_MAYSHARE)
    )
}
_SHOWN = VM_READ | VM_WRITE | VM_EXEC | VM_MAYSHARE
_FLAGS = {letters: vm_flags for vm_flags, letters in _PERMS.items()}


def perms(vm_flags: int) -> str:
    """Return the permissions that VM_* flags stand for.

    >>> perms(VM_READ | VM_WRITE)
    'rw-p'
    """
    return _PERMS[vm_flags & _SHOWN]


def escape(name: str) -> str:
    """Return a name as the line shows it."""
    return name.replace("\n", "\\012")


@lru_cache(maxsize=1 << 14)  # most lines are written again and again
def maps_line(
    start: int, end: int, letters: str, offset: int, dev: str, inode: int, name: str
) -> str:
    """Return a line, without the end of line.

    Args:
        start: first byte.
        end: first byte after.
        letters: the permissions.
        offset: bytes.
        dev: major:minor in hex.
        inode: its number, 0 = none.
        name: escaped; '' = none.
    """
    line = f"{start:08x}-{end:08x} {letters} {offset:08x} {dev} {inode} "
    return line.ljust(_NAME_COLUMN) + name if name else line


VSYSCALL_LINE = maps_line(
    0xFFFFFFFFFF600000, 0xFFFFFFFFFF601000, "--xp", 0, "00:00", 0, "[vsyscall]"
)


@dataclass(frozen=True, slots=True)
class MapsLine:
    """One line, read."""

    start: int  # bytes
    end: int  # bytes
    access: int  # VM_READ, VM_WRITE, VM_EXEC
    shared: bool
    offset: int  # bytes
    dev: str  # major:minor in hex
    inode: int  # 0 = none
    name: str  # not escaped
    number: int = field(default=0, compare=False)  # of the line in its text, from 1

    def __str__(self) -> str:
        letters = perms(self.access | (VM_MAYSHARE if self.shared else 0))
        return maps_line(
            self.start, self.end, letters, self.offset, self.dev, self.inode, escape(self.name)
        )

    @property
    def mapped(self) -> tuple[int, str] | None:
        """Return what tells the line's file from others, None for anonymous memory."""
        if self.inode or self.name.startswith("/"):
            return self.inode, self.name
        return None

    @property
    def path(self) -> str:
        """Return the path of a file that still has its name, else nothing."""
        named = self.name.startswith("/") and not self.name.endswith(DELETED)
        return self.name if named else ""


def parse_maps_line(row: str, number: int = 0) -> MapsLine:
    """Read one line.

    Args:
        row: the line, without the end of line.
        number: its number in the text.

    Raises:
        StateError: it is not a line of /proc/PID/maps.
    """
    found = _LINE.fullmatch(row)
    if found is None:
        raise StateError.at_line(number, "not_maps_line", text=row)
    start, end, letters, offset, dev, inode, name = found.groups()
    vm_flags = _FLAGS[letters]
    return MapsLine(
        int(start, 16),
        int(end, 16),
        vm_flags & ~VM_MAYSHARE,
        bool(vm_flags & VM_MAYSHARE),
        int(offset, 16),
        dev,
        int(inode),
        name.replace("\\012", "\n"),
        number,
    )


def parse_maps(text: str, task_size: int, page_size: int) -> list[MapsLine]:
    """Read the text of /proc/PID/maps; [vsyscall] is passed over.

    Args:
        text: the whole of it.
        task_size: bytes: the end of user space.
        page_size: bytes.

    Raises:
        StateError: with the number of the line that is wrong.
    """
    lines: list[MapsLine] = []
    for number, row in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not row.strip() or row.rstrip().endswith("[vsyscall]"):
            continue
        line = parse_maps_line(row, number)
        why = _objection(line, lines[-1] if lines else None, task_size, page_size)
        if why is not None:
            raise StateError.at_line(number, why)
        lines.append(line)
    return lines


def _objection(
    line: MapsLine, before: MapsLine | None, task_size: int, page_size: int
) -> Reason | None:
    # What cannot be in an address space.
    if (line.start | line.end | line.offset) % page_size:
        return because("maps_unaligned", page_size=page_size)
    if line.start >= line.end:
        return because("range_empty", start=line.start, end=line.end)
    if line.end > task_size:
        return because("maps_above_user_space", end=line.end, task_size=task_size)
    if before is not None and line.start < before.end:
        return because("maps_overlap", start=line.start, line=before.number)
    if line.shared and line.mapped is None:
        return because("maps_shared_anonymous")
    return None
