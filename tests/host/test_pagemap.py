"""A packed pagemap holds the pages that are present, and nothing else is taken for one."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from array import array
from dataclasses import replace
from pathlib import Path

import pytest

from vmlab.errors import StateError
from vmlab.host import pagemap
from vmlab.host.pagemap import OF_FILE, PRESENT, ZERO, read_pagemap, runs
from vmlab.host.reading import read_regions
from vmlab.model.abi.mman import VM_EXEC

PAGE = mmap.PAGESIZE
on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no /proc")


def packed(*values: int) -> bytes:
    return array("Q", values).tobytes()


def test_runs_are_what_was_packed() -> None:
    data = packed(0x1000, 2, PRESENT, PRESENT | 7, 0x5000, 1, PRESENT)
    assert [(at, list(values)) for at, values in runs(data)] == [
        (0x1000, [PRESENT, PRESENT | 7]),
        (0x5000, [PRESENT]),
    ]
    assert runs(b"") == []


@pytest.mark.parametrize(
    "data",
    [
        b"1234567",
        packed(0x1000),
        packed(0x1000, 0),
        packed(0x1000, 2, PRESENT),
        packed(0x1001, 1, PRESENT),
        packed(0x1000, 2, PRESENT, PRESENT, 0x2000, 1, PRESENT),
    ],
)
def test_a_damaged_one_is_refused(data: bytes) -> None:
    with pytest.raises(StateError, match="pagemap is damaged"):
        runs(data)


@on_linux
@pytest.mark.parametrize("has_scan", [True, False])
def test_the_touched_pages_of_a_region_are_found(
    monkeypatch: pytest.MonkeyPatch, has_scan: bool
) -> None:
    if not has_scan:  # a kernel before 6.7 refuses it
        monkeypatch.setattr(pagemap, "_SCAN", 0xC0606611)
    area = mmap.mmap(-1, 64 * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    base = ctypes.addressof(ctypes.c_char.from_buffer(area))
    for page in (3, 4, 9, 63):
        area[page * PAGE] = 1
    assert area[20 * PAGE] == 0  # a read: it shows the frame of zeros
    lines = read_regions(Path("/proc/self/maps").read_text()).lines
    line = replace(next(line for line in lines if line.start <= base < line.end), start=base)
    fd = os.open("/proc/self/pagemap", os.O_RDONLY)
    try:
        found = runs(read_pagemap(fd, [replace(line, end=base + 64 * PAGE)], {}))
    finally:
        os.close(fd)
    pages = {
        (start - base) // PAGE + place: value
        for start, values in found
        for place, value in enumerate(values)
    }
    assert [*pages] == [3, 4, 9, 20, 63]
    assert all(value & PRESENT and not value & OF_FILE for value in pages.values())
    assert [page for page, value in pages.items() if value & ZERO] == ([20] if has_scan else [])


@on_linux
@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_many_ranges_are_told_in_turns(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(pagemap, "_AT_ONCE", at_once)
    area = mmap.mmap(-1, 2048 * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    area.madvise(mmap.MADV_NOHUGEPAGE)
    base = ctypes.addressof(ctypes.c_char.from_buffer(area))
    for page in range(0, 2048, 2):
        area[page * PAGE] = 1
    lines = read_regions(Path("/proc/self/maps").read_text()).lines
    line = next(line for line in lines if line.start <= base < line.end)
    line = replace(line, start=base, end=base + 2048 * PAGE)
    fd = os.open("/proc/self/pagemap", os.O_RDONLY)
    try:
        found = runs(read_pagemap(fd, [line], {}))
    finally:
        os.close(fd)
    assert [(start - base) // PAGE for start, _ in found] == list(range(0, 2048, 2))
    assert {len(values) for _, values in found} == {1}


@on_linux
def test_a_region_without_a_page_is_not_looked_through() -> None:
    lines = read_regions(Path("/proc/self/maps").read_text()).lines
    line = next(line for line in lines if line.inode and line.access & VM_EXEC)
    fd = os.open("/proc/self/pagemap", os.O_RDONLY)
    try:
        assert read_pagemap(fd, [line], {line.start: 0}) == b""
        assert read_pagemap(fd, [line], {line.start: 1}) != b""
    finally:
        os.close(fd)
