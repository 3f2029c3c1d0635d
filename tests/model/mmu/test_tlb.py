"""The TLB: what it remembers, whose it is, what each flush forgets, what it counts."""

from __future__ import annotations

import pytest

from tests.model.mmu.board import ROOT, USER, Board
from tests.refused import refused
from vmlab.errors import ArgumentError
from vmlab.model.mmu.pte import RW, G
from vmlab.model.mmu.tlb import ASID_SHIFT, Tlb, TlbEntry


def entry(pfn: int) -> TlbEntry:
    return TlbEntry(pfn, 0, bytearray(16))


def test_a_full_tlb_drops_its_oldest_entry() -> None:
    tlb = Tlb(2)
    for vpn in (1, 2, 3):
        tlb.fill(vpn, entry(vpn))
    assert list(tlb.entries) == [2, 3]
    tlb.fill(2, entry(20))
    tlb.fill(4, entry(4))
    assert list(tlb.entries) == [2, 4]


@pytest.mark.parametrize("size", [0, -1])
def test_a_tlb_has_room_for_one_at_least(size: int) -> None:
    with refused(ArgumentError, "tlb_without_entries"):
        Tlb(size)


def test_a_translation_is_walked_once_and_then_known() -> None:
    board = Board()
    board.map(0x1000, 77)
    for _ in range(3):
        board.cpu.read(0x1234, 1)[0]
    assert (board.tlb.misses, board.tlb.hits) == (1, 2)


def test_the_first_write_walks_again_to_set_the_dirty_bit() -> None:
    board = Board()
    board.map(0x1000, 77)
    board.cpu.read(0x1000, 1)[0]
    board.cpu.write(0x1000, bytes([1]))
    board.cpu.write(0x1000, bytes([2]))
    assert (board.tlb.misses, board.tlb.hits) == (1, 2)
    assert board.entries(0x1000)[-1] & 0x40


def two_spaces() -> Board:
    """Address 0x1000 is frame 77 in ASID 1 and frame 88 in ASID 2."""
    board = Board()
    board.map(0x1000, 77)
    board.other = board.take_frame()
    board.map(0x1000, 88, root=board.other)
    board.ram.frame(77)[0], board.ram.frame(88)[0] = 7, 8
    return board


def test_address_spaces_with_asids_of_their_own_do_not_meet() -> None:
    board = two_spaces()
    assert board.cpu.read(0x1000, 1)[0] == 7
    board.cpu.load_cr3(board.other, 2)
    assert board.cpu.read(0x1000, 1)[0] == 8
    board.cpu.load_cr3(ROOT, 1)
    assert board.cpu.read(0x1000, 1)[0] == 7
    assert board.tlb.misses == 2
    assert set(board.tlb.entries) == {1 | asid << ASID_SHIFT for asid in (1, 2)}


def test_without_a_flush_a_shared_asid_shows_the_other_space() -> None:
    board = two_spaces()
    board.cpu.read(0x1000, 1)[0]
    board.cpu.load_cr3(board.other, 1)
    assert board.cpu.read(0x1000, 1)[0] == 7
    board.tlb.flush_asid(1)
    assert board.cpu.read(0x1000, 1)[0] == 8


def test_flushing_one_asid_leaves_the_other() -> None:
    board = two_spaces()
    board.cpu.read(0x1000, 1)[0]
    board.cpu.load_cr3(board.other, 2)
    board.cpu.read(0x1000, 1)[0]
    board.tlb.flush_asid(1)
    assert set(board.tlb.entries) == {1 | 2 << ASID_SHIFT}
    assert board.tlb.flushes == 1


def test_a_global_entry_serves_every_space_and_outlives_their_flushes() -> None:
    board = Board()
    board.map(0x1000, 77, USER | RW | G)
    board.ram.frame(77)[0] = 7
    board.cpu.read(0x1000, 1)[0]
    board.cpu.load_cr3(board.take_frame(), 2)
    assert board.cpu.read(0x1000, 1)[0] == 7  # though this space maps nothing
    board.tlb.flush_asid(1)
    board.tlb.flush_asid(2)
    assert board.cpu.read(0x1000, 1)[0] == 7
    assert board.tlb.misses == 1


def test_invlpg_forgets_a_global_entry() -> None:
    board = Board()
    board.map(0x1000, 77, USER | RW | G)
    board.cpu.read(0x1000, 1)[0]
    board.cpu.invlpg(0x1FFF)
    assert not board.tlb.entries


def test_invlpg_forgets_one_page() -> None:
    board = Board()
    for page in (1, 2):
        board.map(page << 12, 76 + page)
        board.cpu.read(page << 12, 1)[0]
    board.cpu.invlpg(0x1008)
    assert set(board.tlb.entries) == {2 | 1 << ASID_SHIFT}


def test_a_stale_entry_is_used_until_it_is_forgotten() -> None:
    board = Board()
    board.map(0x1000, 77)
    board.ram.frame(77)[0], board.ram.frame(88)[0] = 7, 8
    board.cpu.read(0x1000, 1)[0]
    board.set_entry(0x1000, 88 << 12 | USER)
    assert board.cpu.read(0x1000, 1)[0] == 7
    board.cpu.invlpg(0x1000)
    assert board.cpu.read(0x1000, 1)[0] == 8


def test_a_fault_forgets_the_entry_that_refused() -> None:
    """The kernel need not flush after it gave more rights."""
    board = Board()
    board.map(0x1000, 77, USER)
    board.cpu.read(0x1000, 1)[0]

    def give_write(address: int, error_code: int) -> bool:
        board.set_entry(address, 77 << 12 | USER | RW)
        return True

    board.mend = give_write
    board.cpu.write(0x1000, bytes([1]))
    assert board.faults == [(0x1000, 7)]
