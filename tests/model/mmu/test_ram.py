"""RAM: frames that cost nothing until somebody touches them."""

from __future__ import annotations

import tracemalloc

import pytest

from tests.refused import refused
from vmlab.errors import ArgumentError, KernelBug
from vmlab.model.mmu.page import GiB
from vmlab.model.mmu.ram import Ram


def test_a_fresh_frame_reads_as_zeros_and_keeps_what_is_written() -> None:
    ram = Ram(64 * 4096, 4096, 8)
    assert ram.frame(5) == bytes(4096)
    ram.frame(5)[7] = 0xAB
    assert ram.frame(5)[7] == 0xAB
    assert ram.frame(6) == bytes(4096)


def test_a_frame_seen_as_a_table_is_the_same_memory() -> None:
    ram = Ram(64 * 4096, 4096, 8)
    table = ram.table(3)
    assert len(table) == 512
    table[1] = 0x8000_0000_0001_2067
    assert ram.frame(3)[8:16] == bytes.fromhex("6720010000000080")


def test_entries_of_four_bytes() -> None:
    ram = Ram(16 * 16, 16, 4)
    assert len(ram.table(0)) == 4
    ram.table(0)[3] = 0x3067
    assert ram.frame(0)[12:] == b"\x67\x30\0\0"


def test_a_cleared_frame_reads_as_zeros_again() -> None:
    ram = Ram(64 * 4096, 4096, 8)
    ram.table(3)[0] = 1
    ram.clear(3)
    assert ram.frames == {}
    assert ram.table(3)[0] == 0
    ram.clear(4)


@pytest.mark.parametrize("pfn", [64, -1, 1 << 40])
def test_there_is_no_frame_outside(pfn: int) -> None:
    with refused(KernelBug, "no_such_frame"):
        Ram(64 * 4096, 4096, 8).frame(pfn)


@pytest.mark.parametrize("size", [0, -4096, 4095, 4097])
def test_ram_is_whole_frames(size: int) -> None:
    with refused(ArgumentError, "ram_not_whole_frames"):
        Ram(size, 4096, 8)


def test_untouched_frames_cost_nothing() -> None:
    tracemalloc.start()
    ram = Ram(64 * GiB, 4096, 8)
    ram.frame(ram.nr_frames - 1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert ram.nr_frames == 1 << 24
    assert peak < 20_000
    assert repr(ram) == "<Ram 16777216 frames, 1 touched>"


def test_who_looks_at_a_frame_does_not_touch_it() -> None:
    ram = Ram(64 * 4096, 4096, 8)
    assert ram.look(5) == bytes(4096)
    assert not ram.frames
    ram.frame(5)[7] = 1
    assert ram.look(5)[7] == 1
    with pytest.raises(KernelBug):
        ram.look(64)
