"""What the events of page tables say is what happens to the tables, all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.format import read_family
from tests.corpus.replay import Replay
from vmlab.model.linux.include.structs import System
from vmlab.model.linux.mm.pgtable import MARKER_GUARD, present_ptes
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, RW, A, D
from vmlab.model.trace.event import Event
from vmlab.model.trace.events.fault import FaultAround
from vmlab.model.trace.events.page import (
    PteClear,
    PteGuard,
    PteLazyfree,
    PteSet,
    PteWrprotect,
    TableMove,
)
from vmlab.model.trace.hook import Sink

DATA = Path(__file__).parent.parent / "corpus" / "data"
TABLE = 512 * PAGE_SIZE
Entries = dict[int, int]  # address -> entry


class Watcher(Sink):
    """Keeps the entries that were told, and compares them with those that there are."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.told: dict[int, Entries] = {number: self.now(number) for number in system.mms}
        system.trace.sink = self

    def now(self, number: int) -> Entries:
        mm = self.system.mms[number]
        return dict(present_ptes(mm, 0, mm.task_size))

    def emit(self, event: Event) -> None:
        if getattr(event, "mm", 0) not in self.told:
            return  # a child, which begins with what it was copied
        match event:
            case PteSet(mm, addr, entry):
                assert self.now(mm)[addr] == entry != MARKER_GUARD
                self.told[mm][addr] = entry
            case PteClear(mm, addr, pfn):
                assert addr not in self.now(mm)
                old_entry = self.told[mm].pop(addr)
                assert old_entry != MARKER_GUARD
                assert (old_entry & PFN_MASK) >> PFN_SHIFT == pfn
            case FaultAround(mm, addr, nr_pages):
                self.appeared(mm, addr, nr_pages)
            case PteGuard(mm, addr, nr_pages, True):
                for place in range(addr, addr + nr_pages * PAGE_SIZE, PAGE_SIZE):
                    assert self.now(mm)[place] == MARKER_GUARD
                    self.told[mm][place] = MARKER_GUARD
            case PteGuard(mm, addr, nr_pages, False):
                self.unguarded(mm, addr, nr_pages)
            case PteWrprotect(mm, addr, nr_pages):
                now, old = self.now(mm), self.told[mm]
                lost = [a for a in old if old[a] & RW and not now.get(a, RW) & RW]
                assert (len(lost), min(lost) >= addr) == (nr_pages, True)
                old.update((a, now[a]) for a in lost)
            case PteLazyfree(mm, addr, nr_pages):
                now, old = self.now(mm), self.told[mm]
                cleaned = [a for a in old if a >= addr and not now[a] & (A | D | MARKER_GUARD)]
                assert len(cleaned) >= nr_pages
            case TableMove(mm, addr, new_addr, _):
                old = self.told[mm]
                for place in [a for a in old if addr <= a < addr + TABLE]:
                    old[place - addr + new_addr] = old.pop(place)

    def appeared(self, mm: int, addr: int, nr_pages: int) -> None:
        now, old = self.now(mm), self.told[mm]
        new = [a for a in now.keys() - old.keys() if addr <= a < addr + 16 * PAGE_SIZE]
        assert len(new) == nr_pages
        old.update((a, now[a]) for a in new)

    def unguarded(self, mm: int, addr: int, nr_pages: int) -> None:
        now, old = self.now(mm), self.told[mm]
        gone = [a for a in old if old[a] == MARKER_GUARD and a not in now]
        assert (len(gone), min(gone) >= addr) == (nr_pages, True)
        for place in gone:
            del old[place]

    def check(self, op: list[object]) -> None:
        """Compare all entries but for the bits that the processor sets."""
        for number in self.system.mms:
            now = self.now(number)
            if number in self.told:
                old = self.told[number]
                # A mapping that goes takes its guards along.
                old = {a: e for a, e in old.items() if e != MARKER_GUARD or a in now}
                assert {a: e | A | D for a, e in old.items()} == {
                    a: e | A | D for a, e in now.items()
                }, op
            self.told[number] = now


@pytest.mark.parametrize("family", ["pages", "merges", "moves", "tables", "fork", "file"])
def test_every_change_of_an_entry_is_told(family: str) -> None:
    for record in read_family(DATA / f"{family}.json.gz").records[:12]:
        replay = Replay(record["rlimits"])
        watcher = Watcher(replay.victims[0].process.machine.system)
        for op, answer, *_ in record["steps"]:
            assert replay.step(op) == answer
            watcher.check(op)
