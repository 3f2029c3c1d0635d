"""Page tables: walks over ranges."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import ANON, PAGE, RW, start
from vmlab import Map, MiB
from vmlab.model.linux.mm.pgtable import present_ptes, pte_tables


@pytest.mark.parametrize("low", [MiB, 3 * MiB, 4 * MiB + 16 * PAGE, 1 << 30, (1 << 39) - 2 * MiB])
@pytest.mark.parametrize("length", [PAGE, MiB, 2 * MiB, 3 * MiB + PAGE, 4 * MiB, 6 * MiB])
def test_a_walk_comes_to_what_lies_in_its_range_and_to_nothing_else(low: int, length: int) -> None:
    p = start()
    p.mmap(low - PAGE, length + 2 * PAGE, RW, ANON | Map.MAP_FIXED | Map.MAP_NORESERVE)
    pages = {low - PAGE, low, low + length // 2 // PAGE * PAGE, low + length - PAGE, low + length}
    for addr in pages:
        p.store(addr, b"x")
    inside = sorted(addr for addr in pages if low <= addr < low + length)
    assert [addr for addr, _ in present_ptes(p.mm, low, low + length)] == inside
    reached = list(pte_tables(p.mm, low, low + length))
    assert all(low <= base < low + length for *_, base in reached)
    assert all(0 <= first < stop <= 512 for _, first, stop, _ in reached)
