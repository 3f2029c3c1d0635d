"""The TLB: what can be used now, and what is no longer true."""

from dataclasses import replace

from tests.diagrams.machines import Machine, three_processes
from tests.diagrams.pictures import drawn, words
from vmlab.diagrams.tlb import is_stale, tlb_dot, tlb_text
from vmlab.model.mmu.pte import RW, US, P


def test_true_entries_are_not_stale():
    snap = three_processes()
    assert not any(is_stale(snap, entry) for entry in snap.tlb.entries)


def test_an_entry_that_allows_more_than_the_table_is_stale():
    snap = three_processes()
    heap = snap.tlb.entries[1]
    writable = replace(heap, flags=heap.flags | RW)
    other_frame = replace(heap, pfn=heap.pfn + 1)
    unmapped = replace(heap, vpn=0x999)
    for entry in (writable, other_frame, unmapped):
        assert is_stale(snap, entry)
        changed = replace(snap, tlb=replace(snap.tlb, entries=(entry,)))
        assert "stale!" in tlb_dot(changed)
        assert "stale" in tlb_text(changed)


def test_an_asid_that_will_be_flushed_before_its_use_is_not_stale():
    snap = three_processes()
    unmapped = replace(snap.tlb.entries[0], vpn=0x999)
    waiting = replace(snap.system, asids=((0, 0), (1, 7), (2, 0), (3, 0)))
    assert not is_stale(replace(snap, system=waiting), unmapped)


def test_an_empty_tlb_says_so():
    found = [word.replace("\xa0", " ") for word in words(drawn(tlb_dot(Machine().snapshot())))]
    assert "empty: every access walks the page tables" in found


def test_many_entries_fold():
    snap = three_processes()
    many = tuple(replace(snap.tlb.entries[0], vpn=number, flags=P | US) for number in range(64))
    assert "more_tlb" in tlb_dot(replace(snap, tlb=replace(snap.tlb, entries=many)))


def test_the_text_begins_with_the_counters():
    said = tlb_text(three_processes()).splitlines()
    assert said[0] == "TLB: 3 of 64 entries, hits 7, misses 5, flushes 1; ASID 1 is loaded."
    assert said[3] == "  ASID 2: page 32 of the stack (0x7fffffffe000) is frame 27, writable"


def test_an_entry_says_which_page_it_is_and_whose():
    found = [word.replace("\xa0", " ") for word in words(drawn(tlb_dot(three_processes())))]
    assert "   1 page 0 of text           0x401000            2  -U---  1 a.out" in found
    unknown = replace(three_processes().tlb.entries[0], vpn=0x999)
    snap = three_processes()
    snap = replace(snap, tlb=replace(snap.tlb, entries=(unknown,)))
    assert "  ASID 1: 0x999000 is frame 2, read-only, stale" in tlb_text(snap).splitlines()
