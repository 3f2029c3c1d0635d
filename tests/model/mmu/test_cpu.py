"""The CPU: rights, error codes, A and D bits, canonical addresses."""

from __future__ import annotations

import pytest

from tests.model.mmu.board import USER, Board, Heard, Refused
from vmlab.model.mmu.cpu import READ, WRITE
from vmlab.model.mmu.pte import (
    GEOMETRIES,
    NX,
    RW,
    TINY,
    X86_32,
    X86_64,
    X86_64_LA57,
    A,
    D,
    Geometry,
    P,
)
from vmlab.model.mmu.traps import X86_PF_WRITE
from vmlab.words.sentences import sentence

ALL = pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES.keys())
PRESENT, WRITING, BY_USER, FETCHING = 1, 2, 4, 16


@ALL
def test_bytes_come_back(geometry: Geometry) -> None:
    board = Board(geometry)
    board.map(0x120, 77)
    board.cpu.write(0x123, bytes([0xAB]))
    assert board.cpu.read(0x123, 1)[0] == 0xAB
    assert board.cpu.add(0x123, 0x60) == 0x0B
    assert board.cpu.fetch(0x123) == 0x0B
    assert board.ram.frame(77)[0x123 % geometry.page_size] == 0x0B


@ALL
def test_a_walk_sets_a_at_every_level_and_d_in_the_last_for_a_write(geometry: Geometry) -> None:
    board = Board(geometry)
    board.map(0x120, 77)
    assert not any(entry & (A | D) for entry in board.entries(0x120))
    board.cpu.read(0x120, 1)[0]
    assert all(entry & A for entry in board.entries(0x120))
    assert not any(entry & D for entry in board.entries(0x120))
    board.cpu.write(0x120, bytes([1]))
    assert [bool(entry & D) for entry in board.entries(0x120)] == [
        level == geometry.levels - 1 for level in range(geometry.levels)
    ]


def test_a_walk_that_ends_in_a_fault_sets_no_d() -> None:
    board = Board()
    board.map(0x1000, 77, USER)
    with pytest.raises(Refused):
        board.cpu.write(0x1000, bytes([1]))
    assert not board.entries(0x1000)[-1] & D


def do(board: Board, access: str, addr: int) -> None:
    if access == "store":
        board.cpu.write(addr, bytes([1]))
    elif access == "add":
        board.cpu.add(addr, 1)
    elif access == "load":
        board.cpu.read(addr, 1)
    elif access == "kernel read":
        board.cpu.translate(addr, 0)
    elif access == "kernel write":
        board.cpu.translate(addr, X86_PF_WRITE)
    else:
        getattr(board.cpu, access)(addr)


@pytest.mark.parametrize(
    ("flags", "access", "error_code"),
    [
        (None, "load", BY_USER),
        (None, "store", BY_USER | WRITING),
        (None, "add", BY_USER | WRITING),
        (None, "fetch", BY_USER | FETCHING),
        (None, "kernel read", 0),
        (None, "kernel write", WRITING),
        (USER, "store", BY_USER | WRITING | PRESENT),
        (USER, "add", BY_USER | WRITING | PRESENT),
        (USER, "kernel write", WRITING | PRESENT),
        (USER | NX, "fetch", BY_USER | FETCHING | PRESENT),
        (P | RW, "load", BY_USER | PRESENT),
        (P | RW, "store", BY_USER | WRITING | PRESENT),
        (P | RW, "fetch", BY_USER | FETCHING | PRESENT),
        (P | RW, "kernel write", None),
        (USER, "load", None),
        (USER, "fetch", None),
        (USER | RW | NX, "add", None),
    ],
)
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_error_codes(flags: int | None, access: str, error_code: int | None, warm: bool) -> None:
    """The same answer whether the TLB knows the page or the tables are walked."""
    board = Board()
    if flags is not None:
        board.map(0x1000, 77, flags)
        if warm:
            board.cpu.translate(0x1000, 0)
    if error_code is None:
        do(board, access, 0x1000)
    else:
        with pytest.raises(Refused) as caught:
            do(board, access, 0x1000)
        assert caught.value.args == (14, 0x1000, error_code)


@pytest.mark.parametrize("upper", [USER, USER | RW | NX, P | RW], ids=["no RW", "NX", "no US"])
def test_an_upper_level_takes_rights_away(upper: int) -> None:
    board = Board()
    board.map(0x1000, 77, upper=upper)
    refused = {USER: ["store", "add"], USER | RW | NX: ["fetch"]}.get(
        upper, ["load", "store", "add", "fetch"]
    )
    for access in ("load", "store", "add", "fetch"):
        if access in refused:
            with pytest.raises(Refused):
                do(board, access, 0x1000)
        else:
            do(board, access, 0x1000)


def test_32_bit_entries_have_no_nx_bit() -> None:
    board = Board(X86_32)
    board.map(0x1000, 77, USER | X86_32.nx)
    board.cpu.fetch(0x1000)


def test_a_mended_fault_is_tried_again() -> None:
    board = Board()
    board.mend = lambda address, error_code: not board.map(address, 77)
    board.cpu.write(0x1234, bytes([5]))
    assert board.faults == [(0x1234, BY_USER | WRITING)]
    assert board.ram.frame(77)[0x234] == 5


@pytest.mark.parametrize(
    ("geometry", "good", "bad"),
    [
        (
            X86_64,
            [0, 0x7FFF_FFFF_FFFF, 0xFFFF_8000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF],
            [0x8000_0000_0000, 0xFFFF_7FFF_FFFF_FFFF, 1 << 63],
        ),
        (
            X86_64_LA57,
            [
                0x8000_0000_0000,
                0x00FF_FFFF_FFFF_FFFF,
                0xFF00_0000_0000_0000,
                0xFFFF_7FFF_FFFF_FFFF,
            ],
            [0x0100_0000_0000_0000, 0xFEFF_FFFF_FFFF_FFFF, 1 << 63],
        ),
        (X86_32, [0, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF], []),
        (TINY, [0, 0x1FF, 0x200, 0x3FF], []),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_canonical_addresses(geometry: Geometry, good: list[int], bad: list[int]) -> None:
    """Exception 14 for what a table could map, 13 for what none can."""
    board = Board(geometry)
    for addr in good:
        with pytest.raises(Refused) as caught:
            board.cpu.read(addr, 1)[0]
        assert caught.value.args == (14, addr, BY_USER)
    for addr in bad:
        with pytest.raises(Refused) as caught:
            board.cpu.read(addr, 1)[0]
        assert caught.value.args == (13, addr, READ)


@pytest.mark.parametrize("geometry", [X86_64, X86_64_LA57], ids=lambda value: value.name)
def test_the_upper_half_is_mapped_like_the_lower(geometry: Geometry) -> None:
    board = Board(geometry)
    board.map(0xFFFF_FFFF_8000_0000, 77)
    board.cpu.write(0xFFFF_FFFF_8000_0010, bytes([5]))
    assert board.cpu.read(0xFFFF_FFFF_8000_0010, 1)[0] == 5
    assert board.entries(0xFFFF_FFFF_8000_0000)[-1] >> 12 == 77


@pytest.mark.parametrize("geometry", [X86_32, TINY], ids=lambda value: value.name)
def test_a_short_address_wraps_around(geometry: Geometry) -> None:
    board = Board(geometry)
    board.map(0x20, 77)
    board.cpu.write((1 << geometry.address_bits) + 0x21, bytes([5]))
    assert board.cpu.read(0x21, 1)[0] == 5
    assert next(iter(board.tlb.entries)) & 0xFFFF == 0x20 >> geometry.page_shift


def test_what_the_cpu_says_of_an_access() -> None:
    board = Board()
    board.map(0x1000, 77)
    board.trace.sink = heard = Heard()
    board.cpu.write(0x1000, bytes([1]))
    board.cpu.read(0x1000, 1)[0]
    assert heard.names == ["tlb_miss", *["page_walk"] * 4, "pte_bits", "tlb_fill", "tlb_hit"]
    with pytest.raises(Refused):
        board.cpu.translate(0x2000, WRITE)
    assert heard.names[-1] == "page_fault"
    assert all(sentence(event).endswith(".") for event in heard.events)
