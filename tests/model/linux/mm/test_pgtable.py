"""Page tables: walks over ranges."""

from __future__ import annotations

import pytest

from tests.model.linux.lab import ANON, PAGE, RW, start
from vmlab import Machine, Map, MiB
from vmlab.model.linux.mm.pgtable import present_ptes, pte_tables
from vmlab.model.linux.mm.validate import page_tables
from vmlab.model.mmu.pte import X86_64, X86_64_LA57, Geometry


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


@pytest.mark.parametrize("geometry", [X86_64, X86_64_LA57])
def test_which_tables_count(geometry: Geometry) -> None:
    """All but the top one, and the one below it that five levels add."""
    p = Machine(ram=8 * MiB, geometry=geometry).spawn()
    p.store(p.mmap(0, PAGE, RW, ANON), b"x")
    levels = [level for level, _, _ in page_tables(p.mm)]
    counted = [level for level in levels if level > geometry.levels - 4]
    assert p.mm.pgtables_bytes == len(counted) * PAGE
