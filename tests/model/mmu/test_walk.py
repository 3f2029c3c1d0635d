"""The page walk as a picture draws it, in every geometry."""

from __future__ import annotations

import pytest

from tests.model.mmu.board import ROOT, USER, Board
from vmlab.model.mmu.pte import GEOMETRIES, NX, RW, TINY, US, X86_64, Geometry, P
from vmlab.model.mmu.walk import WalkStep, effective, walk

ALL = pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES.keys())


@ALL
def test_a_complete_walk_reads_one_entry_a_level(geometry: Geometry) -> None:
    board = Board(geometry)
    board.map(0x123, 77)
    steps = walk(board.ram, geometry, ROOT, 0x123)
    assert [step.level for step in steps] == list(geometry.level_names)
    assert [step.index for step in steps] == list(geometry.indexes(0x123))
    assert steps[0].table == ROOT
    assert [step.table for step in steps[1:]] == [step.entry >> 12 for step in steps[:-1]]
    assert steps[-1].entry >> 12 == 77


@ALL
def test_a_walk_ends_at_the_first_hole(geometry: Geometry) -> None:
    board = Board(geometry)
    assert walk(board.ram, geometry, ROOT, 0x123) == (
        WalkStep(geometry.level_names[0], ROOT, geometry.indexes(0x123)[0], 0),
    )
    board.map(0x123, 77, flags=0)
    assert len(walk(board.ram, geometry, ROOT, 0x123)) == geometry.levels


def test_the_strictest_level_wins() -> None:
    board = Board(X86_64)
    board.map(0x1000, 77, USER | RW | NX)
    board.map(0x40_0000_0000_00, 78, USER | RW, upper=USER)
    assert effective(walk(board.ram, X86_64, ROOT, 0x1000)) == P | RW | US | NX
    assert effective(walk(board.ram, X86_64, ROOT, 0x40_0000_0000_00)) == P | US
    assert effective(walk(board.ram, X86_64, ROOT, 0x2000)) == 0


def test_a_walk_reads_whatever_offers_tables() -> None:
    """A snapshot of the tables is walked as RAM is."""

    class Tables:
        def table(self, pfn: int) -> tuple[int, ...]:
            return {9: (0, 0x8027, 0, 0), 8: (0x7027, 0, 0, 0), 7: (0, 0, 0, 0x5067)}[pfn]

    steps = walk(Tables(), TINY, 9, 0b01_00_11_0000)
    assert [(step.table, step.index) for step in steps] == [(9, 1), (8, 0), (7, 3)]
    assert steps[-1].entry >> 12 == 5


def test_the_tiny_space_is_drawn_whole() -> None:
    """64 pages of 16 bytes: 1 + 4 + 16 tables of 4 entries reach every one of 1,024 bytes."""
    board = Board(TINY, frames=128)
    for page in range(64):
        board.map(page * 16, 64 + page)
    for addr in range(1024):
        board.cpu.write(addr, bytes([addr * 7 & 0xFF]))
    assert board.next_frame == ROOT + 1 + 4 + 16
    assert all(board.cpu.read(addr, 1)[0] == addr * 7 & 0xFF for addr in range(1024))
    assert board.ram.frame(64 + 63)[15] == 1023 * 7 & 0xFF
