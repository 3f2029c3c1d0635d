"""What the menu of an object offers, without any widget."""

from __future__ import annotations

import pytest

from vmlab import Machine, Open, Process
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.abi.mman import MAP_ANONYMOUS, MAP_PRIVATE
from vmlab.state import ids
from vmlab.state.snapshot import Snapshot
from vmlab.state.views import mapped
from vmlab.widgets.click_meaning import Wish
from vmlab.widgets.clickable_view import Pick
from vmlab.widgets.explorer import Explorer
from vmlab.widgets.object_choices import MENUS, choices, meaning, without_menu

ADDR = 0x10000000
PAGE, REGION, GAP = ids.pte_id(1, ADDR + 0x1000), ids.vma_id(1, ADDR), ids.gap_id(1, ADDR + 0x3000)


@pytest.fixture
def process() -> Process:
    process = Machine().spawn()
    process.mmap(ADDR, 0x3000, 3, MAP_PRIVATE | MAP_ANONYMOUS)
    return process


@pytest.fixture
def snap(process: Process) -> Snapshot:
    return process.machine.snapshot()


def offered(snap: Snapshot, key: str, pid: int = 1000) -> dict[str, Wish]:
    found = choices(Pick(key, asked=True), snap, pid, ACTIONS)
    return {each.name: each.wish for each in found}


def test_a_page(snap: Snapshot) -> None:
    found = offered(snap, PAGE)
    assert list(found) == ["store", "load", "protect", "forbid", "madvise", "munmap"]
    page = {"addr": "0x10001000", "length": "1 page"}
    assert (found["store"].call, found["store"].texts["store"]) == ("store", {"addr": "0x10001000"})
    assert found["protect"].texts["mprotect"] == page | {"prot": "r"}
    assert found["forbid"].texts["mprotect"] == page | {"prot": "none"}
    assert found["madvise"].texts["madvise"] == page | {"advice": "dontneed"}
    assert found["munmap"].texts["munmap"] == page


def test_the_words_name_the_place(process: Process) -> None:
    (bss,) = (vma for vma in process.machine.snapshot().mms[0].mmap if vma.vm_start == 0x404000)
    found = choices(
        Pick(ids.pte_id(1, bss.vm_start), asked=True), process.machine.snapshot(), 1000, ACTIONS
    )
    assert found[0].words == "Write page 0 of bss"


def test_a_region(process: Process, snap: Snapshot) -> None:
    assert list(offered(snap, REGION)) == [
        *("store", "load", "protect", "forbid", "mlock", "madvise", "munmap")
    ]
    process.mlock(ADDR, 0x3000)
    process.mprotect(ADDR, 0x3000, 0)
    found = offered(process.machine.snapshot(), REGION)
    assert list(found) == ["store", "load", "unprotect", "munlock", "madvise", "munmap"]
    assert found["unprotect"].texts["mprotect"]["prot"] == "rw"


def test_a_gap_that_has_room(process: Process) -> None:
    process.mmap(ADDR + 0x5000, 0x1000, 3, MAP_PRIVATE | MAP_ANONYMOUS)
    (choice,) = choices(Pick(GAP, asked=True), process.machine.snapshot(), 1000, ACTIONS)
    assert choice.words == "Map 2 pages here"
    assert choice.wish.call == "mmap"
    assert choice.wish.texts["mmap"] == {"addr": "0x10003000", "length": "2 pages"}


def test_a_frame_leads_to_the_pages_that_map_it(process: Process) -> None:
    process.store(ADDR, b"a")
    child = process.fork()
    snap = process.machine.snapshot()
    (frame,) = (page.pfn for page in mapped(snap, snap.mms[0]) if page.addr == ADDR)
    found = choices(Pick(ids.pfn_id(frame), asked=True), snap, 1000, ACTIONS)
    assert [(each.wish.pid, each.wish.addr, each.wish.call) for each in found] == [
        (1000, ADDR, ""),
        (child.pid, ADDR, ""),
    ]


def test_where_it_leads_is_said_from_the_page_to_what_it_lies_in(process: Process) -> None:
    process.store(ADDR, b"a")
    snap = process.machine.snapshot()
    (frame,) = (page.pfn for page in mapped(snap, snap.mms[0]) if page.addr == ADDR)
    (choice,) = choices(Pick(ids.pfn_id(frame)), snap, 1000, ACTIONS)
    assert choice.wish.goes_to == (ids.pte_id(1, ADDR), ids.vma_id(1, ADDR), ids.mm_id(1))


def test_a_page_table_leads_to_its_process(process: Process) -> None:
    child = process.fork()
    snap = process.machine.snapshot()
    (choice,) = choices(Pick(ids.pfn_id(snap.mms[1].pgd)), snap, 1000, ACTIONS)
    assert choice.words == f"Go to process {child.pid}: this is its PGD"
    assert (choice.wish.pid, choice.wish.call) == (child.pid, "")
    assert choice.wish.goes_to == (ids.mm_id(2), ids.task_id(child.pid))


def test_a_page_of_a_file_offers_the_file(snap: Snapshot) -> None:
    (page, *_) = (page for page in snap.pages if page.kind == "file")
    found = offered(snap, ids.pfn_id(page.pfn))
    assert list(found)[-3:] == ["private", "shared", "open"]


def test_every_frame_has_a_menu_unless_it_is_said_to_have_none(process: Process) -> None:
    process.store(ADDR, b"a")
    process.fork()
    snap = process.machine.snapshot()
    for page in snap.pages:
        key = ids.pfn_id(page.pfn)
        assert bool(offered(snap, key)) == (key not in without_menu(snap, {key})), page


def test_a_file_is_mapped_whole(process: Process) -> None:
    process.machine.fs.write("/a.dat", b"a" * 5000)
    process.open("/a.dat", Open.O_RDWR)
    snap = process.machine.snapshot()
    (file,) = (file for file in snap.files if file.path == "/a.dat")
    for key in (ids.file_id(file.file), ids.ino_id(file.ino)):
        found = offered(snap, key)
        assert list(found) == ["private", "shared", "open"]
        assert found["shared"].texts["mmap"] == {
            "fd": "/a.dat",
            "addr": "",
            "length": "2 pages",
            "flags": "shared",
            "offset": "0",
        }


def test_a_process_and_an_address_space(process: Process) -> None:
    child = process.fork()
    snap = process.machine.snapshot()
    assert list(offered(snap, ids.task_id(1000))) == ["fork_1000", "exit_1000"]
    for key in (ids.task_id(child.pid), ids.mm_id(2)):
        found = offered(snap, key)
        assert list(found) == [f"{what}_{child.pid}" for what in ("choose", "fork", "exit")]
        assert found[f"fork_{child.pid}"] == Wish(child.pid, call="fork")


def test_only_calls_that_can_be_made_are_offered(snap: Snapshot) -> None:
    asked = Pick(PAGE, asked=True)
    assert [each.name for each in choices(asked, snap, 1000, ["load"])] == ["load"]
    assert choices(asked, snap, 1000, []) == ()


def test_a_plain_click_offers_where_it_makes_no_call(snap: Snapshot) -> None:
    for key, opens in ((REGION, True), (GAP, True), (PAGE, False), ("mm_1", False)):
        assert bool(choices(Pick(key), snap, 1000, ACTIONS)) == opens
        assert choices(Pick(key, shift=True), snap, 1000, ACTIONS) == ()


@pytest.mark.parametrize(
    "key", ["", "mm_9", "vma_9_1000", "gap_9_0", "pfn_9999", "tlb_9_1", "ino_99"]
)
def test_what_is_not_there_offers_nothing(snap: Snapshot, key: str) -> None:
    assert offered(snap, key) == {}


def test_what_was_chosen_is_what_was_offered(snap: Snapshot) -> None:
    for key in (PAGE, REGION, GAP, "task_1000"):
        for name, wish in offered(snap, key).items():
            assert meaning(Pick(key, choice=name), snap, 1000) == wish
    assert meaning(Pick(PAGE, choice="something else"), snap, 1000) == Wish()


def test_every_choice_of_every_object_can_be_made(process: Process) -> None:
    process.machine.fs.write("/a.dat", b"a" * 5000)
    process.open("/a.dat", Open.O_RDWR)
    process.store(ADDR + 0x1000, b"a")
    calls = ["fork", "exit_group", "store", "load", "mmap", "munmap", "mprotect"]
    explorer = Explorer(process.machine, calls=[*calls, "madvise", "mlock", "munlock", "open"])
    snap = process.machine.snapshot()
    objects = [PAGE, REGION, GAP, "task_1000", "mm_1"]
    objects += [ids.ino_id(inode.ino) for inode in snap.inodes]
    for key in objects:
        assert key.partition("_")[0] in MENUS
        for name, wish in offered(snap, key).items():
            explorer.point(Pick(key, choice=name))
            assert explorer.controls.problem == {}
            if wish.call:
                explorer.undo()
