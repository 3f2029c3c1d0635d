"""What a click means, without any widget."""

from __future__ import annotations

import pytest

from vmlab import Machine
from vmlab.model.kernel.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE
from vmlab.record import ids
from vmlab.record.snapshot import Snapshot
from vmlab.widgets.diagram_view import Pick
from vmlab.widgets.pointing import Wish, wish

ADDR = 0x10000000


@pytest.fixture
def snap() -> Snapshot:
    machine = Machine()
    machine.spawn().mmap(ADDR, 0x3000, 3, MAP_PRIVATE | MAP_ANONYMOUS)
    return machine.snapshot()


def test_a_region(snap: Snapshot) -> None:
    asked = wish(Pick(ids.vma_id(1, ADDR)), snap)
    assert (asked.pid, asked.addr, asked.call) == (1000, ADDR, "")
    assert asked.texts["mprotect"] == {"addr": "0x10000000", "length": "3 pages"}
    assert asked.texts["write"] == {"addr": "0x10000000"}
    assert asked.texts["mremap"] == {"old_address": "0x10000000", "old_size": "3 pages"}


def test_a_page(snap: Snapshot) -> None:
    asked = wish(Pick(ids.pte_id(1, ADDR + 0x1000)), snap)
    assert asked.call == "write"
    assert asked.texts["write"] == {"addr": "0x10001000"}
    assert asked.texts["munmap"] == {"addr": "0x10001000", "length": "1 page"}
    assert wish(Pick(ids.pte_id(1, ADDR), shift=True), snap).call == "read"


def test_a_click_does_not_end_the_process() -> None:
    machine = Machine()
    process = machine.spawn()
    for prot, call in ((1, "read"), (0, ""), (3, "write")):
        process.mmap(ADDR, 0x1000, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
        asked = wish(Pick(ids.pte_id(1, ADDR)), machine.snapshot())
        assert asked.call == call
        assert asked.texts["write"] == {"addr": "0x10000000"}


def test_a_gap(snap: Snapshot) -> None:
    assert wish(Pick(ids.gap_id(1, ADDR + 0x3000)), snap).texts == {"mmap": {"addr": "0x10003000"}}
    assert wish(Pick(ids.gap_id(1, 0)), snap).texts == {"mmap": {"addr": "0x1000"}}


def test_a_process_an_address_space_a_fold_a_step(snap: Snapshot) -> None:
    assert wish(Pick("task_1000"), snap) == Wish(pid=1000)
    assert wish(Pick("mm_1"), snap) == Wish(pid=1000)
    assert wish(Pick("more_regions_1"), snap) == Wish(unfold="more_regions_1")
    assert wish(Pick("step_12"), snap) == Wish(step=12)


@pytest.mark.parametrize("key", ["", "mm_9", "vma_9_1000", "gap_9_0", "pfn_3", "file_1", "rb_a_b"])
def test_nothing(snap: Snapshot, key: str) -> None:
    assert wish(Pick(key), snap) == Wish()


def test_a_shared_address_space_keeps_the_chosen_process() -> None:
    machine = Machine()
    child = machine.spawn().vfork()
    snap = machine.snapshot()
    assert wish(Pick("mm_1"), snap).pid == 1000
    assert wish(Pick("mm_1"), snap, child.pid).pid == child.pid
