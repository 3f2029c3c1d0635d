"""Which pages of a process are present, and in which frames: /proc/PID/pagemap, packed.

The file has 8 bytes for each page there could be, which for a browser are gigabytes of zeros.
Packed, it is runs: the address where one begins, how many pages it has, and the value of each.
"""

from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from vmlab.errors import StateError
from vmlab.model.abi.maps import MapsLine
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE

PRESENT, OF_FILE = 1 << 63, 1 << 61
ZERO = 1 << 60  # no bit of the kernel's file: the scan told that it is the frame of zeros
PFN = (1 << 55) - 1
MOST = 1 << 25  # pages: 128 GiB that are present

# struct pm_scan_arg and its request: include/uapi/linux/fs.h [v6.7].
_SCAN = 0xC0606610
_IS_PRESENT, _IS_ZERO = 1 << 3, 1 << 5
_AT_ONCE = 4096  # ranges that one scan tells
_BLOCK = 1 << 16  # pages that are read in one go

Run = tuple[int, Sequence[int]]  # address of the first page, the values of all


def read_pagemap(fd: int, lines: Iterable[MapsLine], rss: dict[int, int]) -> bytes:
    """Read the present pages of some regions, packed.

    Args:
        fd: /proc/PID/pagemap, open.
        lines: the regions.
        rss: pages that are present in a region, by its start, as far as they are known.
    """
    packed = array("Q")
    for line in lines:
        if line.end >> PAGE_SHIFT > 1 << 52 or rss.get(line.start) == 0:
            continue
        for start, end, is_zero in _ranges(fd, line.start, line.end):
            for addr, values in _present(fd, start, end):
                mark = ZERO if is_zero else 0
                packed.extend((addr, len(values)))
                packed.extend(value | mark for value in values)
    return _little(packed).tobytes()


def _ranges(fd: int, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    # The parts of a region where pages are present; all of it where the kernel has no scan.
    import fcntl  # not on every system

    found = array("Q", bytes(24 * _AT_ONCE))
    at = start
    while at < end:
        asked = array("Q", bytes(96))
        asked[0], asked[2], asked[3] = 96, at, end
        asked[5], asked[6] = found.buffer_info()[0], _AT_ONCE
        asked[10], asked[11] = _IS_PRESENT, _IS_PRESENT | _IS_ZERO
        try:
            count = fcntl.ioctl(fd, _SCAN, asked)
        except OSError:
            yield at, end, False
            return
        for place in range(0, 3 * count, 3):
            yield found[place], found[place + 1], bool(found[place + 2] & _IS_ZERO)
        # It may stop at the beginning of a table of which it told ranges already.
        reached = max(asked[4], found[3 * count - 2] if count else 0)
        if reached <= at:
            return
        at = reached


def _present(fd: int, start: int, end: int) -> Iterator[Run]:
    # The runs of present pages between two addresses.
    for first in range(start >> PAGE_SHIFT, end >> PAGE_SHIFT, _BLOCK):
        count = min(_BLOCK, (end >> PAGE_SHIFT) - first)
        values = array("Q", os.pread(fd, 8 * count, 8 * first))
        there = [place for place, value in enumerate(values) if value & PRESENT]
        breaks = [
            0,
            *(at for at, (a, b) in enumerate(pairwise(there), 1) if b != a + 1),
            len(there),
        ]
        for low, high in pairwise(breaks):
            if low < high:
                yield (first + there[low]) << PAGE_SHIFT, values[there[low] : there[high - 1] + 1]


def _little(values: array[int]) -> array[int]:
    # The form that files have, whatever the machine.
    if sys.byteorder == "big":
        values.byteswap()
    return values


def runs(packed: bytes) -> list[Run]:
    """Return the runs of a packed pagemap.

    Raises:
        StateError: it is damaged.
    """
    if len(packed) % 8 or len(packed) // 8 > 3 * MOST:
        raise StateError("pagemap_damaged")
    values = array("Q")
    values.frombytes(packed)
    _little(values)
    found: list[Run] = []
    at, end = 0, 0
    while at < len(values):
        if at + 2 > len(values):
            raise StateError("pagemap_damaged")
        start, count = values[at], values[at + 1]
        if start % PAGE_SIZE or start < end or not count or at + 2 + count > len(values):
            raise StateError("pagemap_damaged")
        end = start + count * PAGE_SIZE
        found.append((start, values[at + 2 : at + 2 + count]))
        at += 2 + count
    return found
