"""Sharing: who shares which frame, what is in it, and what the next write will do."""

from __future__ import annotations

import re

import pytest

from tests.diagrams.pictures import drawn, element_ids, words
from vmlab import (
    MAP_ANONYMOUS,
    MAP_PRIVATE,
    MAP_SHARED,
    O_RDWR,
    PAGE_SIZE,
    PROT_READ,
    PROT_WRITE,
    Machine,
    Process,
    Recorder,
    Snapshot,
)
from vmlab.diagrams.contents import ROOM, contents
from vmlab.diagrams.layout import render_svg
from vmlab.diagrams.room import HEIGHT, WIDTH
from vmlab.diagrams.sharing import sharing_dot, sharing_text
from vmlab.model.abi.mman import Madv
from vmlab.record.highlight import call_marks
from vmlab.record.marks import NO_MARKS, mark_all
from vmlab.state import views
from vmlab.state.ids import ino_id, mm_id, pfn_id, pte_id, vma_id
from vmlab.widgets.pictures import PICTURES, Focus

BSS, HEAP = 0x404000, 0x406000
LOCKED = "the next write copies"
BOTH = PROT_READ | PROT_WRITE
ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS
WIDEST, HIGHEST = 820, 360  # points: what a laptop shows with letters of 10 pixels
NARROWEST, LOWEST = WIDTH, HEIGHT  # the same beside a source


def arrows(dot: str) -> dict[str, tuple[str, str]]:
    """Return for each page the frame its arrow leads to, and the style of the arrow."""
    found = {}
    for line in dot.splitlines():
        key = re.search(r"id=edge_(pte_\w+)", line)
        frame = re.search(r'"sharing.memory":[fr](\d+)', line)
        style = re.search(r"style=(\w+)", line)
        if key and frame and style:
            found[key[1]] = (pfn_id(int(frame[1])), style[1])
    return found


def size(dot: str) -> tuple[float, float]:
    """Return how wide and how high a picture is, in points."""
    found = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', render_svg(dot))
    assert found is not None
    return float(found[1]), float(found[2])


def shown(dot: str) -> str:
    """Return all that a picture says, its tips among them."""
    root = drawn(dot)
    tips = [element.get("{http://www.w3.org/1999/xlink}title", "") for element in root.iter()]
    return "\n".join((*words(root), *tips)).replace("\xa0", " ")


def frame_of(snap: Snapshot, mm: int, addr: int) -> int:
    state = views.find_mm(snap, mm)
    assert state is not None
    return next(page.pfn for page in views.mapped(snap, state) if page.addr == addr)


def file_machine(flags: int) -> tuple[Machine, Process, Process, int]:
    """Two processes that map the same file."""
    machine = Machine()
    machine.fs.write("/a.dat", b"text" * PAGE_SIZE)
    first, second = machine.spawn(), machine.spawn()
    for process in (first, second):
        addr = process.mmap(0, PAGE_SIZE, BOTH, flags, process.open("/a.dat", O_RDWR))
        process.load(addr)
    return machine, first, second, addr


@pytest.fixture
def family() -> tuple[Machine, Process, Process]:
    """A parent that wrote to bss, and its child."""
    machine = Machine()
    parent = machine.spawn()
    parent.store(BSS, b"A")
    return machine, parent, parent.fork()


def test_a_fresh_process_shows_what_it_has_and_how_much_it_has_not():
    machine = Machine()
    process = machine.spawn()
    snap = machine.snapshot()
    said = shown(sharing_dot(snap))
    assert f"{process.pid} a.out" in said
    assert said.count(", no frame yet") == 7
    assert said.count(LOCKED) == 1, "only the legend tells of locks"


def many_regions() -> tuple[Snapshot, list[int]]:
    """A process with ten regions more, none of them touched; and where they are."""
    process = Machine().spawn()
    places = [0x10000000 + turn * 2 * PAGE_SIZE for turn in range(10)]
    for at in places:
        process.mmap(at, PAGE_SIZE, BOTH, ANONYMOUS)
    return process.machine.snapshot(), places


def test_regions_without_frames_are_folded_where_there_is_no_room_and_open():
    snap, places = many_regions()
    folded = element_ids(drawn(sharing_dot(snap)))
    assert "more_unseen_1" in folded
    assert vma_id(1, BSS) not in folded
    opened = element_ids(drawn(sharing_dot(snap, unfold=frozenset({"more_unseen_1"}))))
    assert {vma_id(1, BSS), *(vma_id(1, at) for at in places)} <= set(opened)
    assert not [key for key in opened if key.startswith(("more_unseen", "more_sharing"))]


def test_a_region_without_a_frame_is_shown_where_it_is_marked():
    snap, places = many_regions()
    dot = sharing_dot(snap, highlight=mark_all(vma_id(1, places[4]), mark="new"))
    found = set(element_ids(drawn(dot)))
    assert found & {vma_id(1, at) for at in places} == {vma_id(1, places[4])}
    assert "more_unseen_1" in found
    assert "no frame yet" in words(drawn(dot))


def test_after_a_fork_both_processes_show_the_same_frame_and_a_lock(
    family: tuple[Machine, Process, Process],
):
    dot = sharing_dot(family[0].snapshot())
    found = arrows(dot)
    assert found[pte_id(1, BSS)] == found[pte_id(2, BSS)]
    assert found[pte_id(1, BSS)][1] == "dashed"
    tips = shown(dot)
    assert tips.count("shared: the next write copies it") == 6, "three pages on each side"
    assert "1001 a.out" in tips
    assert "child of 1000" in tips


def test_after_the_write_of_the_child_both_have_one_of_their_own(
    family: tuple[Machine, Process, Process],
):
    machine, _, child = family
    child.store(BSS, b"B")
    snap = machine.snapshot()
    found = arrows(sharing_dot(snap))
    assert found[pte_id(1, BSS)][0] != found[pte_id(2, BSS)][0]
    assert found[pte_id(2, BSS)][1] == "solid"
    said = sharing_text(snap)
    assert "1000 a.out: page 0 of bss, read-only\n" in said, (
        "the parent's next write copies nothing"
    )
    assert "1001 a.out: page 0 of bss, writable" in said
    assert 'bss page 0, contents: "A", 1 map\n' in said
    assert 'bss page 0, contents: "B", 1 map\n' in said


def test_a_copy_is_known_from_the_events_of_the_call_that_made_it(
    family: tuple[Machine, Process, Process],
):
    machine, _, child = family
    recorder = Recorder(machine)
    old = frame_of(machine.snapshot(), 2, BSS)
    child.store(BSS, b"B")
    new = frame_of(machine.snapshot(), 2, BSS)
    (copied,) = (step.number for step in recorder.steps if step.event.name == "cow_copy")
    before = Focus(call=recorder.steps, now=copied - 1)
    after = Focus(call=recorder.steps, now=len(recorder) - 1)
    assert before.copies == ()
    assert before.new_frames == {new}
    assert after.copies == ((old, new),)
    drawing = PICTURES["sharing"]
    assert "copied ◄" not in shown(drawing.source(recorder.snapshot(copied - 1), before))
    assert "copied ◄" in shown(drawing.source(machine.snapshot(), after))
    assert f"copied from frame {old}" in drawing.text(machine.snapshot(), after)
    child.load(BSS)
    later = Focus(call=recorder.steps, now=len(recorder) - 1)
    assert later.copies == (), "it was another call"


def test_a_copy_whose_original_is_gone_is_not_drawn(family: tuple[Machine, Process, Process]):
    snap = family[0].snapshot()
    dot = sharing_dot(snap, copies=[(9999, frame_of(snap, 1, BSS))])
    assert "copied ◄" not in shown(dot)


def test_frames_stand_in_the_order_of_their_numbers_whatever_is_marked(
    family: tuple[Machine, Process, Process],
):
    machine, parent, child = family
    child.store(BSS, b"B")
    snap = machine.snapshot()
    plain = sharing_dot(snap)

    def order(dot: str) -> list[str]:
        return re.findall(r'ID="(pfn_\d+)"', dot)

    found = order(plain)
    assert found == sorted(found, key=lambda key: int(key[4:]))
    for key in found:
        assert order(sharing_dot(snap, highlight=mark_all(key))) == found
    parent.load(BSS)
    assert order(sharing_dot(machine.snapshot())) == found


def test_a_shared_file_is_one_object_with_arrows_from_both():
    machine, _, second, addr = file_machine(MAP_SHARED)
    second.store(addr, b"both")
    snap = machine.snapshot()
    dot = sharing_dot(snap)
    found = arrows(dot)
    assert found[pte_id(1, addr)][0] == found[pte_id(2, addr)][0]
    inode = next(inode for inode in snap.inodes if inode.name == "/a.dat")
    assert ino_id(inode.ino) in element_ids(drawn(dot))
    assert LOCKED not in sharing_text(snap)
    assert "Page cache of file /a.dat:\n" in sharing_text(snap)


def test_a_private_copy_stands_apart_from_the_page_of_the_file():
    machine, _, second, addr = file_machine(MAP_PRIVATE)
    before = sharing_text(machine.snapshot())
    assert before.count("a.dat, read-only, the next write copies") == 2
    second.store(addr, b"mine")
    snap = machine.snapshot()
    found = arrows(sharing_dot(snap))
    cached = frame_of(snap, 1, addr)
    assert found[pte_id(1, addr)][0] == pfn_id(cached)
    assert found[pte_id(2, addr)][0] != pfn_id(cached)
    copy, file = sharing_text(snap).split("Page cache of file /a.dat:\n")
    assert 'a.dat page 0, contents: "mine' in copy
    assert 'page 0, contents: "text' in file


def test_a_file_keeps_its_page_in_the_picture_when_nobody_maps_it_any_more():
    machine, first, second, addr = file_machine(MAP_PRIVATE)
    first.store(addr, b"one")
    second.store(addr, b"two")
    assert 'page 0, contents: "texttexttextt...", 0 maps' in sharing_text(machine.snapshot())


def test_the_zero_page_and_guards_stand_as_what_they_are():
    machine = Machine()
    process = machine.spawn()
    addr = process.mmap(0, 2 * PAGE_SIZE, BOTH, ANONYMOUS)
    process.load(addr)
    process.madvise(addr + PAGE_SIZE, PAGE_SIZE, Madv.MADV_GUARD_INSTALL)
    snap = machine.snapshot()
    said = shown(sharing_dot(snap))
    assert "zero page, contents: zeros, 1 map" in said
    assert "guard, any access is an error" in said
    assert pte_id(1, addr + PAGE_SIZE) in element_ids(drawn(sharing_dot(snap)))


def test_six_processes_are_named_and_those_that_share_what_is_in_focus_are_open():
    machine = Machine()
    parent = machine.spawn()
    parent.store(BSS, b"A")
    children = [parent.fork() for _ in range(5)]
    children[0].store(BSS, b"B")
    snap = machine.snapshot()
    folded = sharing_dot(snap, mm=2)
    said = shown(folded)
    for pid in range(1000, 1006):
        assert f"{pid} a.out" in said
    assert said.count("shares 2 frames") + said.count("shares 3 frames") == 4
    opened = arrows(sharing_dot(snap, mm=2, highlight=mark_all(pte_id(1, BSS))))
    assert {key for key in opened if key.endswith(f"{BSS:x}")} == {
        pte_id(mm, BSS) for mm in range(1, 7)
    }
    one = sharing_dot(snap, mm=2, unfold=frozenset({"more_sharing_5"}))
    assert pte_id(5, BSS) in arrows(one)


def test_a_frame_of_a_page_table_is_a_click_away(family: tuple[Machine, Process, Process]):
    snap = family[0].snapshot()
    table = pfn_id(snap.mms[0].pgd)
    assert "frames hold page tables" in shown(sharing_dot(snap))
    assert table not in element_ids(drawn(sharing_dot(snap)))
    opened = drawn(sharing_dot(snap, unfold=frozenset({"more_frames"})))
    assert table in element_ids(opened)
    assert {"PGD of 1000", "PGD of 1001"} <= set(words(opened))


def test_only_the_processes_asked_for_are_drawn(family: tuple[Machine, Process, Process]):
    dot = sharing_dot(family[0].snapshot(), mms=[2])
    assert mm_id(1) not in element_ids(drawn(dot))
    assert "1000 a.out" not in sharing_text(family[0].snapshot(), mms=[2])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"", "zeros"),
        (b"A", '"A"'),
        (b"hello, memory\n", '"hello, memory"'),
        (b"two\nlines", '"two\\nlines"'),
        (b"a rather long text", '"a rather long..."'),
        (b"\0" * 16 + b"late", '+0x10 "late"'),
        (b"\x07\x1b[31m", "07 1b 5b 33"),
        (b"\xff\xfe\x00\x01", "ff fe 00 01"),
        ("한글".encode(), '"한글"'),
        ("\u202eevil".encode(), "e2 80 ae 65"),
        (b'"]; </svg><b>', '""]; </svg><b>"'),
        (b"ab\xf0\x9f", '"ab"'),
    ],
)
def test_the_first_bytes_are_text_where_they_are_text(written: bytes, said: str):
    machine = Machine()
    process = machine.spawn()
    process.store(BSS, written or b"\0")
    snap = machine.snapshot()
    found = contents(snap, frame_of(snap, 1, BSS))
    assert found == said
    assert len(found) <= ROOM + 2
    drawn(sharing_dot(snap))


def touched() -> Machine:
    """A parent and a child with pages in nearly all regions that a fresh process has."""
    machine = Machine()
    parent = machine.spawn()
    for addr in (0x400000, 0x401000, 0x402000):
        parent.load(addr)
    parent.store(0x403000, b"data")
    parent.store(BSS, b"bss")
    parent.store(parent.brk(parent.brk(0) + PAGE_SIZE) - PAGE_SIZE, b"heap")
    parent.store(parent.mm.start_stack, b"stack")
    parent.store(parent.mmap(0, PAGE_SIZE, BOTH, ANONYMOUS), b"anonymous")
    shared = parent.mmap(0, PAGE_SIZE, BOTH, MAP_SHARED | MAP_ANONYMOUS)
    parent.store(shared, b"shared")
    child = parent.fork()
    child.load(shared)
    return machine


def test_two_processes_of_nine_regions_fit_a_laptop():
    wide, high = size(sharing_dot(touched().snapshot()))
    assert wide <= WIDEST
    assert high <= HIGHEST


def test_six_processes_fit_a_laptop():
    machine = Machine()
    parent = machine.spawn()
    parent.store(BSS, b"A")
    for _ in range(5):
        parent.fork()
    snap = machine.snapshot()
    frame = pfn_id(frame_of(snap, 1, BSS))
    for highlight in (NO_MARKS, mark_all(frame)):
        wide, high = size(sharing_dot(snap, mm=1, highlight=highlight))
        assert wide <= WIDEST
        assert high <= HIGHEST


def test_a_child_under_construction_is_called_a_child():
    process = Machine().spawn()
    with Recorder(process.machine) as recorder:
        process.fork()
    links = [step.number for step in recorder.steps if step.event.name == "vma_link"]
    snap = recorder.snapshot(links[-1])
    assert {"child of 1000", "not ready yet"} <= set(words(drawn(sharing_dot(snap))))


def test_where_it_is_narrow_all_processes_stand_on_one_side(
    family: tuple[Machine, Process, Process],
) -> None:
    machine, _, _ = family
    snap = machine.snapshot()
    wide, narrow = sharing_dot(snap), sharing_dot(snap, narrow=True)
    width = {
        dot: float(render_svg(dot).split('width="')[1].split("pt")[0]) for dot in (wide, narrow)
    }
    assert width[narrow] < 0.75 * width[wide]
    assert {} != arrows(narrow).items() <= arrows(wide).items()
    for line in narrow.splitlines():
        if "id=edge_pte" in line:
            assert line.index("mm_") < line.index("sharing.memory")


def with_a_heap(machine: Machine) -> Process:
    """Return a process that has touched its data, its stack and eight pages of its heap."""
    process = machine.spawn()
    assert process.brk(HEAP + 8 * PAGE_SIZE) == HEAP + 8 * PAGE_SIZE
    for addr in (BSS, *range(HEAP, HEAP + 8 * PAGE_SIZE, PAGE_SIZE)):
        process.store(addr, b"x")
    return process


@pytest.mark.parametrize("nr_children", [0, 1, 2, 4, 9])
def test_where_it_is_narrow_all_of_it_has_room(nr_children: int) -> None:
    machine = Machine()
    process = with_a_heap(machine)
    with Recorder(machine) as recorder:
        for _ in range(nr_children):
            process.fork()
        process.store(BSS, b"y")
    snap = machine.snapshot()
    marks = (NO_MARKS, call_marks(recorder.steps.events, recorder.start, snap))
    for highlight in marks:
        wide, high = size(sharing_dot(snap, mm=1, highlight=highlight, narrow=True))
        assert wide <= NARROWEST
        assert high <= LOWEST


def test_where_it_is_narrow_what_is_marked_comes_first() -> None:
    machine = Machine()
    with_a_heap(machine).fork()
    marked = HEAP + 5 * PAGE_SIZE
    dot = sharing_dot(machine.snapshot(), highlight=mark_all(pte_id(1, marked)), narrow=True)
    assert f"p{marked:x}" in dot
    assert f"p{HEAP:x}" not in dot
    assert "7 more pages" in dot
