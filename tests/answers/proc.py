"""What a file of /proc/PID says, as values: one reader for the kernel's bytes and the model's."""

from __future__ import annotations

import re

_PFN = (1 << 55) - 1
_PRESENT = 1 << 63
_LINE = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE)


def smaps(data: bytes, addr: int) -> dict[str, int]:
    """Return the counters, in kB, of the entry that holds an address, without those that are 0."""
    entries = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", data.decode(), flags=re.MULTILINE)
    for entry in entries[1:]:
        start, end = (int(word, 16) for word in entry.split()[0].split("-"))
        if start <= addr < end:
            return {name: int(value) for name, value in _LINE.findall(entry) if value != "0"}
    return {}


def maps(data: bytes) -> list[str]:
    """Return the lines of segments of shared memory."""
    return [line for line in data.decode().splitlines() if "/SYSV" in line]


def smaps_rollup(data: bytes) -> list[str]:
    """Return the lines."""
    return data.decode().splitlines()


def status(data: bytes) -> dict[str, int]:
    """Return the lines that speak of memory, in kB."""
    return {name: int(value) for name, value in _LINE.findall(data.decode())}


def statm(data: bytes) -> list[int]:
    """Return the seven numbers, in pages."""
    return [int(word) for word in data.split()]


def pagemap(data: bytes, addr: int) -> int:
    """Return the entry of an address, without the number of its frame if it has one."""
    entry = int.from_bytes(data, "little")
    return entry & ~_PFN if entry & _PRESENT else entry


def committed(data: bytes) -> int:
    """Return Committed_AS of /proc/meminfo, in pages."""
    found = re.search(r"^Committed_AS: +(\d+) kB$", data.decode(), re.MULTILINE)
    assert found is not None
    return int(found[1]) // 4
