"""The entries of an address space are those a walk of all tables finds, without the walk."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.diagrams.machines import Machine as Built
from vmlab import Machine, Process, Recorder
from vmlab.model.abi.mman import Madv
from vmlab.model.mmu.pte import X86_32, X86_64
from vmlab.state import entries, views
from vmlab.state.entries import Entries, Mapped
from vmlab.state.snapshot import MmState, Snapshot

PAGE = 4096
ADDR = 0x10000000
FAR = ADDR + (1 << 30)
RW, ANON = 3, 0x32


@pytest.fixture
def process() -> Process:
    process = Machine().spawn()
    for start in (ADDR, FAR):
        process.mmap(start, 1200 * PAGE, RW, ANON)
    for page in (0, 1, 5, 511, *range(512, 1024), 1100):
        process.store(ADDR + page * PAGE, b"x")
    process.store(FAR + 3 * PAGE, b"y")
    process.madvise(ADDR + 8 * PAGE, 2 * PAGE, Madv.MADV_GUARD_INSTALL)
    return process


def state(process: Process) -> tuple[Snapshot, MmState]:
    snap = process.machine.snapshot()
    mm = views.find_mm(snap, process.mm.number)
    assert mm is not None
    return snap, mm


def walked(snap: Snapshot, mm: MmState) -> list[int]:
    """The pages with a frame, found by a walk to each page of each region."""
    found = []
    for vma in mm.mmap:
        for addr in range(vma.vm_start, vma.vm_end, PAGE):
            steps = views.walk(snap, mm, addr)
            if len(steps) == 4 and views.has_frame(steps[-1].entry):
                found.append(addr)
    return found


def addrs(pages: Sequence[Mapped]) -> list[int]:
    return [page.addr for page in pages]


def test_they_are_all_pages_with_a_frame(process: Process) -> None:
    snap, mm = state(process)
    pages = Entries(snap, mm)
    assert addrs(pages) == walked(snap, mm) == list(pages.addrs())
    assert [pages[at] for at in range(len(pages))] == list(pages) == [*pages[:2], *pages[2:]]
    assert pages[-1] == tuple(pages)[-1]
    assert pages == tuple(pages)
    assert pages.frames() == {page.pfn for page in pages}
    with pytest.raises(IndexError):
        pages[len(pages)]


def test_those_of_a_region(process: Process) -> None:
    snap, mm = state(process)
    pages = Entries(snap, mm)
    own = pages.between(ADDR, ADDR + 600 * PAGE)
    assert addrs(own) == [ADDR + page * PAGE for page in (0, 1, 5, 511, *range(512, 600))]
    assert addrs(own.between(ADDR + 1, ADDR + 512 * PAGE)) == addrs(own)[1:4]
    assert own.place(ADDR + 6 * PAGE) == 3
    assert not pages.between(ADDR + 2 * PAGE, ADDR + 5 * PAGE)


def test_one_by_its_address_and_some_by_their_frames(process: Process) -> None:
    snap, mm = state(process)
    pages = Entries(snap, mm)
    found = pages.at(ADDR + 511 * PAGE)
    assert found is not None
    assert list(pages.showing({found.pfn})) == [found]
    assert pages.at(ADDR + 2 * PAGE) is None
    assert views.owners(snap)[found.pfn] == (found,)
    assert views.owners(snap).of({found.pfn, 10**9}) == {found.pfn: (found,)}


def test_guards_are_among_them_where_they_are_asked_for(process: Process) -> None:
    snap, mm = state(process)
    guards = (ADDR + 8 * PAGE, ADDR + 9 * PAGE)
    assert views.guards(snap, mm) == guards
    both = Entries(snap, mm, guards=True)
    assert addrs(both) == sorted((*addrs(Entries(snap, mm)), *guards))
    assert [page.addr for page in both if not views.has_frame(page.pte)] == list(guards)


def test_what_is_another_one_than_before(process: Process) -> None:
    before = Entries(*state(process))
    process.store(FAR, b"z")
    process.munmap(ADDR + PAGE, PAGE)
    pairs = [
        pair
        for pair in Entries(*state(process)).since(before)
        if (pair[0] and pair[0].pte) != (pair[1] and pair[1].pte)
    ]
    assert [(one and one.addr, other and other.addr) for one, other in pairs] == [
        (ADDR + PAGE, None),
        (None, FAR),
    ]


def test_a_table_is_looked_through_once_while_it_stays(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[bytes] = []
    plain = entries.array

    def counting(form: str, data: object = b"") -> object:
        if isinstance(data, bytes):
            looked.append(data)
        return plain(form, data)

    recorder = Recorder(process.machine)
    before = recorder.snapshot(-1)
    assert len(Entries(before, before.mms[0])) > 6
    process.store(FAR, b"z")
    after = recorder.snapshot(len(recorder) - 1)
    monkeypatch.setattr(entries, "array", counting)
    assert len(Entries(after, after.mms[0])) > 6
    assert len(looked) == 1


def test_tables_of_another_kind_are_compared_page_by_page() -> None:
    found = []
    for shape in (X86_32, X86_64):
        machine = Built(shape)
        space = machine.space()
        machine.task(1, space.number)
        space.map(5 * PAGE, machine.frame("anon"))
        space.map((1 << 21) + PAGE, machine.frame("anon"))
        snap = machine.snapshot()
        found.append(Entries(snap, snap.mms[0]))
    before, after = found
    pairs = list(after.since(before))
    assert [(one and one.addr, other and other.addr) for one, other in pairs] == [
        (5 * PAGE, 5 * PAGE),
        ((1 << 21) + PAGE, (1 << 21) + PAGE),
    ]
