"""Pages go to swap and come back with what was in them, slots are counted, and states keep both."""

import random

import pytest

from vmlab import Machine, Madv, Map, MiB, Process, Prot, Snapshot
from vmlab.model.linux.arch.x86.include.pgtable_64 import pte_to_swp_entry, swp_entry_to_pte
from vmlab.model.linux.include.swap import swp_entry
from vmlab.model.linux.mm.pgtable import PRESENT, is_swap_pte
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.mmu.page import PAGE_SIZE

RW = Prot.PROT_READ | Prot.PROT_WRITE
PAGES = 6


def begin(*, zram: bool = False, flags: int = Map.MAP_PRIVATE) -> tuple[Process, int]:
    """A process on a machine with swap, and where its memory is."""
    process = Machine(ram=4 * MiB, swap=MiB, zram=zram).spawn()
    return process, process.mmap(0, PAGES * PAGE_SIZE, RW, flags | Map.MAP_ANONYMOUS)


def out(process: Process, place: int, pages: int = 1) -> None:
    process.madvise(place, pages * PAGE_SIZE, Madv.MADV_PAGEOUT)


def faults(process: Process, place: int) -> tuple[int, int]:
    """How many minor and major faults a load takes."""
    before = process.min_flt, process.maj_flt
    process.load(place)
    return process.min_flt - before[0], process.maj_flt - before[1]


def free_kb(process: Process) -> int:
    lines = dict(line.split(":") for line in process.machine.meminfo().splitlines())
    return int(lines["SwapFree"].split()[0])


@pytest.mark.parametrize("offset", [1, 2, 511, 1 << 20, (1 << 49) - 1])
@pytest.mark.parametrize("type", [0, 1, 22])
def test_an_entry_tells_area_and_slot_and_looks_like_no_frame(type: int, offset: int) -> None:
    pte = swp_entry_to_pte(swp_entry(type, offset))
    assert pte_to_swp_entry(pte) == swp_entry(type, offset)
    assert is_swap_pte(pte)
    assert not pte & PRESENT


def test_a_page_on_a_disk_is_still_in_a_frame() -> None:
    process, place = begin()
    process.store(place, b"x")
    out(process, place)
    assert not process.pagemap(place)[0].present
    assert process.pagemap(place)[0].raw == 1 << 62 | 1 << 5
    assert faults(process, place) == (1, 0)
    assert process.load(place) == b"x"


def test_a_page_of_zeros_is_only_marked() -> None:
    process, place = begin()
    process.store(place, b"\0")
    out(process, place)
    assert faults(process, place) == (0, 1)


def test_compressed_memory_keeps_no_frame_and_gives_the_slot_back() -> None:
    process, place = begin(zram=True)
    process.store(place, b"x")
    everything = free_kb(process)
    out(process, place)
    assert free_kb(process) == everything - 4
    assert faults(process, place) == (0, 1)
    assert free_kb(process) == everything


def test_what_fork_copied_is_written_by_one_and_kept_by_the_other() -> None:
    process, place = begin()
    process.store(place, b"x")
    out(process, place)
    child = process.fork()
    assert process.pagemap(place)[0].swap == child.pagemap(place)[0].swap
    child.store(place, b"y")
    assert (process.load(place), child.load(place)) == (b"x", b"y")
    child.exit(0)
    validate_machine(process.task.system)


def test_the_slot_goes_with_the_last_that_needs_it() -> None:
    process, place = begin()
    everything = free_kb(process)
    process.store(place, b"x")
    out(process, place)
    child = process.fork()
    process.munmap(place, PAGE_SIZE)
    assert free_kb(process) == everything - 4
    child.exit(0)
    assert free_kb(process) == everything


def test_shared_memory_has_no_entry_in_a_table() -> None:
    process, place = begin(flags=Map.MAP_SHARED)
    process.store(place, b"x")
    out(process, place)
    assert process.pagemap(place)[0].raw == 0
    assert "Swap:                  4 kB" in process.smaps()
    assert "VmSwap:\t       0 kB" in process.status()
    assert process.load(place) == b"x"
    assert "Swap:                  4 kB" not in process.smaps()


def test_a_full_area_leaves_pages_where_they_are() -> None:
    process = Machine(swap=3 * PAGE_SIZE).spawn()
    place = process.mmap(0, PAGES * PAGE_SIZE, RW, Map.MAP_PRIVATE | Map.MAP_ANONYMOUS)
    for page in range(PAGES):
        process.store(place + page * PAGE_SIZE, b"x")
    out(process, place, PAGES)
    assert [entry.present for entry in process.pagemap(place, PAGES)] == [False] * 2 + [True] * 4


@pytest.mark.parametrize("zram", [False, True])
@pytest.mark.parametrize("flags", [Map.MAP_PRIVATE, Map.MAP_SHARED])
def test_nothing_is_lost_in_any_order(zram: bool, flags: int) -> None:
    process, place = begin(zram=zram, flags=flags)
    rng = random.Random(zram * 2 + flags)
    holders = {process: [0] * PAGES}
    for number in range(120):
        who = rng.choice(list(holders))
        page = rng.randrange(PAGES)
        addr = place + page * PAGE_SIZE
        match rng.randrange(6):
            case 0 | 1:
                out(who, addr, rng.randrange(1, PAGES - page + 1))
            case 2:
                value = rng.randrange(3)
                who.store(addr, bytes([value]))
                for other in holders if flags == Map.MAP_SHARED else [who]:
                    holders[other][page] = value
            case 3:
                who.madvise(addr, PAGE_SIZE, Madv.MADV_WILLNEED)
            case 4 if len(holders) < 3:
                holders[who.fork()] = list(holders[who])
            case _:
                assert who.load(addr)[0] == holders[who][page]
        if number % 10 == 0:
            validate_machine(process.task.system)
    for who, values in holders.items():
        assert [who.load(place + page * PAGE_SIZE)[0] for page in range(PAGES)] == values


@pytest.mark.parametrize("flags", [Map.MAP_PRIVATE, Map.MAP_SHARED])
def test_a_state_keeps_what_is_in_swap(flags: int) -> None:
    process, place = begin(flags=flags)
    for page in range(3):
        process.store(place + page * PAGE_SIZE, bytes([page]))
    out(process, place, 3)
    snap = process.machine.snapshot()
    again = Machine.from_snapshot(Snapshot.from_json(snap.to_json()))
    assert again.snapshot() == snap
    other = again[process.pid]
    assert [other.load(place + page * PAGE_SIZE)[0] for page in range(3)] == [0, 1, 2]
