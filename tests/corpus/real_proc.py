"""Look at a process of the kernel of this machine, through /proc."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import struct
from pathlib import Path

from tests.corpus import observe
from vmlab.model.linux.fs.proc.task_mmu import PagemapEntry
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE

_PAGEMAP_SCAN = 0xC0606610
_SCAN = struct.Struct("<12Q")
_REGION = struct.Struct("<3Q")
_FOUND = 1 << 3 | 1 << 8  # categories: present, guard
_REGIONS = 1024  # at once


class RealProc:
    """What /proc says of a process, in the words of `observe`."""

    def __init__(self, pid: int, zero_pfn: int) -> None:
        self.path = Path(f"/proc/{pid}")
        self.zero_pfn = zero_pfn

    def _text(self, name: str) -> str:
        # A task may have any name.
        return (self.path / name).read_bytes().decode(errors="surrogateescape")

    def maps(self) -> str:
        """Return /proc/PID/maps."""
        return self._text("maps")

    def smaps(self) -> str:
        """Return /proc/PID/smaps."""
        return self._text("smaps")

    def status(self) -> str:
        """Return /proc/PID/status."""
        return self._text("status")

    def own_pid(self) -> int:
        """Return the number by which the process knows itself."""
        rows = dict(row.split(":", 1) for row in self.status().splitlines() if ":" in row)
        return int(rows["NSpid"].split()[-1])

    def faults(self) -> tuple[int, int]:
        """Return the minor and the major faults of this task."""
        columns = self._text(f"task/{self.path.name}/stat").rpartition(")")[2].split()
        return int(columns[7]), int(columns[9])

    def pagemap(self, addr: int, n: int = 1) -> list[PagemapEntry]:
        """Return the entries of n pages."""
        file = os.open(self.path / "pagemap", os.O_RDONLY)
        try:
            data = os.pread(file, 8 * n, addr >> PAGE_SHIFT << 3)
        finally:
            os.close(file)
        return [self._entry(raw) for (raw,) in struct.iter_unpack("<Q", data)]

    def entry(self, addr: int) -> PagemapEntry | None:
        """Return the entry of an address; None where the pagemap ends."""
        return self.pagemap(addr)[0] if addr < observe.USER_END else None

    def _entry(self, raw: int) -> PagemapEntry:
        bits = {bit: bool(raw >> bit & 1) for bit in (63, 61, 58, 56)}
        pfn = raw & (1 << 55) - 1 if bits[63] else 0
        zero = bits[63] and pfn == self.zero_pfn
        return PagemapEntry(bits[63], bits[61], bits[56], bits[58], pfn, zero)

    def page_entries(self) -> list[tuple[int, PagemapEntry]]:
        """Return address and entry of every page that is present or a guard."""
        found: list[tuple[int, PagemapEntry]] = []
        for line in self.maps().splitlines():
            if not observe.shortened(line)[1]:
                start, end = (int(word, 16) for word in line.split()[0].split("-"))
                for first, last in self._scan(start, min(end, observe.USER_END)):
                    count = (last - first) >> PAGE_SHIFT
                    pages = range(first, last, PAGE_SIZE)
                    found += zip(pages, self.pagemap(first, count), strict=True)
        return found

    def _scan(self, start: int, end: int) -> list[tuple[int, int]]:
        # Where something is present: asking for each page of a terabyte takes long.
        buffer = ctypes.create_string_buffer(_REGION.size * _REGIONS)
        vec = ctypes.addressof(buffer)
        found = []
        file = os.open(self.path / "pagemap", os.O_RDONLY)
        try:
            while start < end:
                want = (0, vec, _REGIONS, 0, 0, 0, _FOUND, _FOUND)
                scan = bytearray(_SCAN.pack(_SCAN.size, 0, start, end, *want))
                count = fcntl.ioctl(file, _PAGEMAP_SCAN, scan)
                for number in range(count):
                    first, last, _ = _REGION.unpack_from(buffer, number * _REGION.size)
                    found.append((first, last))
                start = _SCAN.unpack(scan)[4]
        finally:
            os.close(file)
        return found


def zero_pfn() -> int:
    """Return the number of the frame of zeros: this process gets it where it reads fresh memory."""
    with mmap.mmap(-1, PAGE_SIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as page:
        assert page[0] == 0
        held = ctypes.c_char.from_buffer(page)
        entry = RealProc(os.getpid(), 0).pagemap(ctypes.addressof(held))[0]
        del held
    assert entry.present
    assert entry.pfn, "frame numbers are for root"
    return entry.pfn
