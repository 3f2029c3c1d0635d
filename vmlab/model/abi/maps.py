"""A line of /proc/PID/maps: how it is written, and how it is read.

    00400000-00401000 r-xp 00000000 00:02 5                                  /bin/a.out

Source: fs/proc/task_mmu.c: show_map_vma() [v5.4]; proc_pid_maps(5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from vmlab.model.abi.mman import VM_EXEC, VM_MAYSHARE, VM_READ, VM_WRITE

DELETED = " (deleted)"  # stands after the path of a file without a name
# What stands before the path of a file whose name another file has: its device and its inode.
HIDDEN = re.compile(r"/[0-9a-f]+:[0-9a-f]+:[0-9]+")
_NAME_COLUMN = 73
# As it is pasted, too: after the number of a line, a time or `> `, with tabs for blanks.
_LINE = re.compile(
    r"(?<!\w)([0-9a-f]{1,16})-([0-9a-f]{1,16})[ \t]+([r-][w-][x-][sp])[ \t]+([0-9a-f]{1,16})"
    r"[ \t]+([0-9a-f]+:[0-9a-f]+)[ \t]+([0-9]{1,20})(?:[ \t]+(.*))?\r?$"
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


def hidden_path(dev: str, inode: int, path: str) -> str:
    """Return where a file stands whose name another file has, as HIDDEN says."""
    return f"/{dev}:{inode}{path}"


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
    vm_flags: tuple[str, ...] = ()  # the words of VmFlags, if the text is smaps
    number: int = field(default=0, compare=False)  # of the line in its text, from 1

    def __str__(self) -> str:
        letters = perms(self.access | (VM_MAYSHARE if self.shared else 0))
        return maps_line(
            self.start, self.end, letters, self.offset, self.dev, self.inode, escape(self.name)
        )

    @property
    def mapped(self) -> tuple[str, int, str] | None:
        """Return what tells the line's file from others, None for anonymous memory.

        A file is an inode of a device, whatever its names; only without an inode a name must do.
        """
        if self.inode:
            return self.dev, self.inode, ""
        return (self.dev, 0, self.name) if self.name.startswith("/") else None

    @property
    def path(self) -> str:
        """Return the path of a file that still has its name, else nothing."""
        named = self.name.startswith("/") and not self.name.endswith(DELETED)
        return self.name if named else ""


def find_maps_line(row: str, number: int = 0) -> MapsLine | None:
    """Read the line that stands in a row of a text, None if there is none.

    Args:
        row: the line, without the end of line; something else may stand before it.
        number: its number in the text.
    """
    found = _LINE.search(row)
    if found is None:
        return None
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
        (name or "").replace("\\012", "\n"),
        number=number,
    )
