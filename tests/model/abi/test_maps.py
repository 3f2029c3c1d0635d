"""A line of /proc/PID/maps, written and read."""

from __future__ import annotations

import pytest

from vmlab import Machine, Map, Prot
from vmlab.model.abi.maps import VSYSCALL_LINE, MapsLine, find_maps_line, perms
from vmlab.model.abi.maps_text import parse_maps
from vmlab.model.abi.mman import VM_EXEC, VM_MAYSHARE, VM_READ, VM_SHARED, VM_WRITE

LINES = (
    "00400000-00401000 r-xp 00000000 00:02 5                                  /bin/a.out",
    "7f1a71418000-7f1a71425000 rw-p 00000000 00:00 0 ",
    "7f1a71500000-7f1a71501000 -w-s 00001000 fe:01 18446744073709551615       /a b\\012c (deleted)",
    VSYSCALL_LINE,
)


@pytest.mark.parametrize("line", LINES)
def test_there_and_back(line: str) -> None:
    assert str(find_maps_line(line)) == line


def test_the_parts_of_a_line() -> None:
    assert find_maps_line(LINES[2], 7) == MapsLine(
        start=0x7F1A71500000,
        end=0x7F1A71501000,
        access=VM_WRITE,
        shared=True,
        offset=0x1000,
        dev="fe:01",
        inode=(1 << 64) - 1,
        name="/a b\nc (deleted)",
        number=7,
    )
    read = [line for row in LINES if (line := find_maps_line(row))]
    assert [line.path for line in read] == ["/bin/a.out", "", "", ""]
    assert [line.mapped for line in read] == [
        *(("00:02", 5, ""), None, ("fe:01", (1 << 64) - 1, ""), None)
    ]


def test_what_the_machine_writes_can_be_read() -> None:
    m = Machine()
    p = m.spawn()
    m.fs.write("/a\nb", b"x")
    p.mmap(0, 4096, Prot.PROT_READ, Map.MAP_PRIVATE, p.open("/a\nb"))
    text = p.maps()
    lines = parse_maps(text, p.mm.task_size, 4096)
    assert [str(line) for line in lines] == text.splitlines()[:-1]
    assert "/a\nb" in [line.name for line in lines]


def test_permissions_look_at_four_flags() -> None:
    assert perms(0) == "---p"
    assert perms(VM_READ | VM_EXEC | VM_SHARED) == "r-xp"
    assert perms(VM_READ | VM_WRITE | VM_EXEC | VM_MAYSHARE | 1 << 40) == "rwxs"


@pytest.mark.parametrize(
    "row", ["", "1000-2000", LINES[1].replace("rw-p", "rwxq"), f"0x{LINES[1]}"]
)
def test_what_is_not_a_line(row: str) -> None:
    assert find_maps_line(row, 3) is None
