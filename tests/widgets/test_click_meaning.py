"""What a click means, without any widget."""

from __future__ import annotations

import pytest

from vmlab import Machine, Madv, Open
from vmlab.model.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE
from vmlab.state import ids
from vmlab.state.snapshot import Snapshot
from vmlab.state.views import mapped
from vmlab.widgets.call_forms import FORMS
from vmlab.widgets.click_meaning import Wish, hints, wish
from vmlab.widgets.clickable_view import Pick

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
    assert asked.texts["store"] == {"addr": "0x10000000"}
    assert asked.texts["mincore"] == {"addr": "0x10000000", "length": "3 pages"}
    assert asked.texts["mremap"] == {"old_address": "0x10000000", "old_size": "3 pages"}
    assert asked.texts["write"] == asked.texts["pread64"] == {"buf": "0x10000000"}
    assert not {"mmap", "brk", "fork", "ftruncate"} & set(asked.texts)


def test_a_page(snap: Snapshot) -> None:
    asked = wish(Pick(ids.pte_id(1, ADDR + 0x1000)), snap)
    assert asked.call == "store"
    assert asked.texts["store"] == {"addr": "0x10001000"}
    assert asked.texts["munmap"] == {"addr": "0x10001000", "length": "1 page"}
    assert wish(Pick(ids.pte_id(1, ADDR), shift=True), snap).call == "load"


def test_a_click_does_not_end_the_process() -> None:
    machine = Machine()
    process = machine.spawn()
    for prot, call in ((1, "load"), (0, ""), (3, "store")):
        process.mmap(ADDR, 0x1000, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
        asked = wish(Pick(ids.pte_id(1, ADDR)), machine.snapshot())
        assert asked.call == call
        assert asked.texts["store"] == {"addr": "0x10000000"}


def test_nor_does_one_beyond_a_file_in_a_guard_region_or_in_vvar() -> None:
    machine = Machine()
    machine.fs.write("/f", b"x" * 5000)
    process = machine.spawn()
    fd = process.open("/f", Open.O_RDWR)
    process.mmap(ADDR, 0x3000, 3, MAP_PRIVATE | MAP_FIXED, fd, 0)
    process.mmap(ADDR + 0x3000, 0x2000, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
    process.madvise(ADDR + 0x3000, 0x1000, Madv.MADV_GUARD_INSTALL)
    snap = machine.snapshot()

    def call(addr: int) -> str:
        return wish(Pick(ids.pte_id(1, addr)), snap).call

    assert [call(ADDR + page * 0x1000) for page in range(5)] == ["store", "store", "", "", "store"]
    assert call(process.mm.vdso - 0x6000) == ""


def test_a_gap(snap: Snapshot) -> None:
    assert wish(Pick(ids.gap_id(1, ADDR + 0x3000)), snap).texts == {"mmap": {"addr": "0x10003000"}}
    assert wish(Pick(ids.gap_id(1, 0)), snap).texts == {"mmap": {"addr": "0x10000"}}


@pytest.mark.parametrize("pages", [1, 2, 3, 4])
def test_what_is_mapped_in_a_gap_fits_it(pages: int) -> None:
    machine = Machine()
    process = machine.spawn()
    flags = MAP_PRIVATE | MAP_ANONYMOUS
    process.mmap(ADDR, 0x1000, 3, flags)
    process.mmap(ADDR + (pages + 1) * 0x1000, 0x1000, 1, flags)
    asked = wish(Pick(ids.gap_id(1, ADDR + 0x1000), shift=True), machine.snapshot())
    wanted = {1: "1 page", 2: "2 pages", 3: "3 pages"}
    fields = {"addr": f"{ADDR + 0x1000:#x}"} | ({"length": wanted[pages]} if pages < 4 else {})
    assert (asked.call, asked.texts) == ("mmap", {"mmap": fields})
    assert process.mmap(ADDR + 0x1000, pages * 0x1000, 3, flags) == ADDR + 0x1000


def test_what_stands_in_the_field_is_mapped_if_it_fits() -> None:
    machine = Machine()
    process = machine.spawn()
    flags = MAP_PRIVATE | MAP_ANONYMOUS
    process.mmap(ADDR, 0x1000, 3, flags)
    process.mmap(ADDR + 0x3000, 0x1000, 1, flags)
    gap, snap = Pick(ids.gap_id(1, ADDR + 0x1000)), machine.snapshot()
    at = {"addr": f"{ADDR + 0x1000:#x}"}
    for text, length in (("1 page", None), ("8192", None), ("9K", "2 pages"), ("many", None)):
        filled = wish(gap, snap, texts={"mmap": {"length": text}}).texts["mmap"]
        assert filled == at | ({"length": length} if length else {})


def test_nothing_is_mapped_in_the_guard_gap_of_a_stack() -> None:
    machine = Machine()
    process = machine.spawn()
    (stack,) = (vma for vma in machine.snapshot().mms[0].mmap if vma.name == "[stack]")
    guard = machine.snapshot().system.stack_guard_gap
    flags = MAP_PRIVATE | MAP_ANONYMOUS
    for room, call in ((0x2000, "mmap"), (0, "")):
        end = stack.vm_start - guard - room
        process.mmap(end - 0x1000, 0x1000, 1, flags | MAP_FIXED)
        asked = wish(Pick(ids.gap_id(1, end), shift=True), machine.snapshot())
        assert asked.call == call
        if call:
            assert asked.texts["mmap"] == {"addr": f"{end:#x}", "length": "2 pages"}
            assert process.mmap(end, 0x2000, 3, flags) == end
            process.munmap(end, 0x2000)


def test_a_process_an_address_space_a_fold_a_step(snap: Snapshot) -> None:
    assert wish(Pick("task_1000"), snap) == Wish(pid=1000)
    assert wish(Pick("mm_1"), snap) == Wish(pid=1000)
    assert wish(Pick("more_regions_1"), snap) == Wish(unfold="more_regions_1")
    assert wish(Pick("step_12"), snap) == Wish(step=12)


@pytest.mark.parametrize(
    "key", ["", "mm_9", "vma_9_1000", "gap_9_0", "pfn_3", "tlb_9_1", "file_99", "rb_a_b"]
)
def test_nothing(snap: Snapshot, key: str) -> None:
    assert wish(Pick(key), snap) == Wish()


def test_a_shared_address_space_keeps_the_chosen_process() -> None:
    machine = Machine()
    child = machine.spawn().vfork()
    snap = machine.snapshot()
    assert wish(Pick("mm_1"), snap).pid == 1000
    assert wish(Pick("mm_1"), snap, child.pid).pid == child.pid


def test_with_shift_a_region_is_unmapped_and_a_gap_mapped(snap: Snapshot) -> None:
    asked = wish(Pick(ids.vma_id(1, ADDR), shift=True), snap)
    assert (asked.call, asked.texts["munmap"]) == (
        "munmap",
        {"addr": "0x10000000", "length": "3 pages"},
    )
    asked = wish(Pick(ids.gap_id(1, ADDR + 0x3000), shift=True), snap)
    assert (asked.call, asked.texts) == ("mmap", {"mmap": {"addr": "0x10003000"}})


def test_a_plain_click_maps_and_unmaps_nothing(snap: Snapshot) -> None:
    calls = {
        wish(Pick(key), snap).call
        for mm in snap.mms
        for vma in mm.mmap
        for key in (
            *(ids.vma_id(mm.mm, vma.vm_start), ids.gap_id(mm.mm, vma.vm_end)),
            *(ids.pte_id(mm.mm, vma.vm_start), ids.mm_id(mm.mm), ids.pfn_id(mm.pgd)),
        )
    }
    assert calls == {"", "load", "store"}


def test_a_gap_below_what_may_be_mapped(snap: Snapshot) -> None:
    machine = Machine.from_snapshot(snap)
    asked = wish(Pick(ids.gap_id(1, 0)), snap)
    addr = int(asked.texts["mmap"]["addr"], 16)
    assert machine[1000].mmap(addr, 0x1000, 3, MAP_PRIVATE | MAP_ANONYMOUS) == addr


def test_a_frame_and_a_tlb_entry_lead_to_their_page() -> None:
    machine = Machine()
    parent = machine.spawn()
    parent.mmap(ADDR, 0x1000, 3, MAP_PRIVATE | MAP_ANONYMOUS)
    parent.store(ADDR, b"a")
    child = parent.fork()
    child.load(ADDR, 1)
    snap = machine.snapshot()
    frame = next(page.pfn for page in mapped(snap, snap.mms[0]) if page.addr == ADDR)
    asked = wish(Pick(ids.pfn_id(frame)), snap, child.pid)
    assert (asked.pid, asked.addr, asked.call) == (child.pid, ADDR, "")
    assert asked.texts["munmap"] == {"addr": "0x10000000", "length": "1 page"}
    assert wish(Pick(ids.pfn_id(frame)), snap).pid == parent.pid
    entry = next(entry for entry in snap.tlb.entries if entry.vpn == ADDR >> 12)
    asked = wish(Pick(ids.tlb_id(entry.asid, entry.vpn)), snap)
    assert (asked.pid, asked.addr, asked.call) == (child.pid, ADDR, "")


def test_a_file_fills_the_field_for_files() -> None:
    machine = Machine()
    machine.fs.write("/a.dat", b"a")
    process = machine.spawn()
    process.open("/a.dat", 0)
    snap = machine.snapshot()
    file = next(file for file in snap.files if file.path == "/a.dat")
    for key in (ids.file_id(file.file), ids.ino_id(file.ino)):
        texts = wish(Pick(key), snap).texts
        assert texts["mmap"] == {"fd": "/a.dat", "length": "1 page"}
        assert texts["execve"] == texts["openat"] == {"path": "/a.dat"}


def test_the_hints_say_what_can_be_done() -> None:
    everything = hints(FORMS)
    assert everything[""] == (
        "Click a page to write it, a region or a gap for its menu. "
        "All that can be done: right click, long press, or the key m."
    )
    assert everything["vma"] == "click opens its menu, Shift-click unmaps"
    assert everything["pte"] == "click writes, Shift-click reads"
    assert hints(["load"])["pte"] == "click reads"
    assert hints(["fork"])["vma"] == hints(["fork"])[""] == hints(["fork"])["gap"] == ""
    assert hints(["mmap"])[""].startswith("Click a gap for its menu.")
