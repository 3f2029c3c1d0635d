"""The column: high addresses on top, the same address at the same height, pages one by one."""

import itertools
import re
from dataclasses import replace

from tests.diagrams.machines import Machine, three_processes
from tests.diagrams.pictures import drawn, element_ids, words
from vmlab import Machine as Vmlab
from vmlab.diagrams.address_space import PAGES, address_space_dot
from vmlab.diagrams.address_space_words import address_space_text
from vmlab.diagrams.layout import render_svg
from vmlab.diagrams.regions import owner
from vmlab.record.marks import Mark, Marks, mark_all
from vmlab.record.recorder import Recorder
from vmlab.state.ids import mm_id, pfn_id, pte_id, vma_id


def heights(dot: str) -> dict[str, float]:
    """Return the top of each cell with an id."""
    found = re.findall(r'id="a_([^"]*)".*\n<polygon [^>]*points="([^"]*)"', render_svg(dot))
    return {
        key: min(float(point.split(",")[1]) for point in points.split()) for key, points in found
    }


def test_high_addresses_stand_on_top():
    tops = heights(address_space_dot(three_processes(), mms=[1]))
    order = [vma_id(1, vma.vm_start) for vma in reversed(three_processes().mms[0].mmap)]
    assert sorted(order, key=tops.__getitem__) == order


def test_the_same_address_has_the_same_height():
    tops = heights(address_space_dot(three_processes()))
    for start in (0x400000, 0x406000, 0x7FFFF7FFD000, 0x7FFFFFFDE000):
        assert len({tops[vma_id(mm, start)] for mm in (1, 2, 3)}) == 1


def test_an_object_keeps_its_height_when_another_is_marked():
    plain = heights(address_space_dot(three_processes()))
    marked = heights(address_space_dot(three_processes(), highlight=mark_all(pte_id(2, 0x407000))))
    assert all(abs(plain[key] - marked[key]) <= 1 for key in plain)


def test_pages_say_their_frame_and_what_the_entry_allows():
    found = words(drawn(address_space_dot(three_processes(), mms=[2])))
    assert "r zero" in found
    assert sum(bool(re.fullmatch(r"[rw] (\d+|zero)", word)) for word in found) == 5


def test_a_region_of_many_pages_counts_them_and_shows_those_that_are_present():
    machine = Machine()
    space = machine.space()
    machine.task(1, space.number)
    space.vma(0x10000, PAGES, "rw-p")
    space.vma(0x80000, PAGES + 1, "rw-p")
    space.map(0x82000, machine.frame("anon"), "rw")
    dot = address_space_dot(machine.snapshot())
    assert pte_id(1, 0x10000) in dot
    assert pte_id(1, 0x82000) in dot
    assert pte_id(1, 0x80000) not in dot
    assert f"1 of {PAGES + 1} pages present" in dot
    marked = address_space_dot(machine.snapshot(), highlight=mark_all(pte_id(1, 0x80000)))
    assert pte_id(1, 0x80000) in marked


def test_a_large_region_keeps_its_size_when_a_page_comes():
    def size(*pages: int) -> str | None:
        machine = Machine()
        space = machine.space()
        machine.task(1, space.number)
        space.vma(0x80000, 5 * PAGES, "rw-p")
        for page in pages:
            space.map(0x80000 + page * 0x1000, machine.frame("anon"), "rw")
        return drawn(address_space_dot(machine.snapshot())).get("viewBox")

    assert size() == size(1) == size(1, 7, 9) == size(*range(20))


def test_a_shared_address_space_is_drawn_once_for_all_its_tasks():
    machine = Machine()
    space = machine.space()
    machine.task(1, space.number)
    machine.task(2, space.number)
    space.vma(0x10000, 1, "rw-p")
    dot = address_space_dot(machine.snapshot())
    assert "pid 1, 2 a.out" in dot
    assert dot.count('ID="vma_1_10000"') == 1


def test_the_text_goes_from_the_top_down():
    said = address_space_text(three_processes(), mms=[1]).splitlines()
    assert said[0] == ("Address space of pid 1 a.out (mm 1): 9 VMAs, 51 pages. From the top:")
    assert said[1] == "  0x7ffffffde000-0x7ffffffff000 rw-p stack, 132 KiB, 1 of 33 pages present"
    assert said[-1] == "  free 4 MiB"


def fits(dot: str) -> bool:
    """Say whether a picture is shown whole with text that can be read."""
    box = drawn(dot).get("viewBox")
    assert box is not None
    width, height = map(float, box.split()[2:])
    return width <= 820 and height <= 360


def test_two_processes_of_nine_regions_fit():
    process = Vmlab().spawn()
    process.fork()
    snap = process.machine.snapshot()
    assert [len(mm.mmap) for mm in snap.mms] == [9, 9]
    assert fits(address_space_dot(snap))


def test_of_six_processes_all_are_named_and_those_that_share_are_open():
    process = Vmlab().spawn()
    children = [process.fork() for _ in range(5)]
    for child in children[:3]:
        child.store(0x404000, b"x")
    frame = children[3].fork().pagemap(0x403000)[0].pfn
    children[4].exit(0)
    snap = process.machine.snapshot()
    found = element_ids(drawn(address_space_dot(snap, mm=4)))
    assert {mm_id(mm.mm) for mm in snap.mms} <= set(found)
    assert vma_id(4, 0x404000) in found
    assert fits(address_space_dot(snap, highlight=mark_all(pfn_id(frame))))


def test_the_two_regions_of_constants_are_told_apart():
    found = words(drawn(address_space_dot(Vmlab().spawn().machine.snapshot())))
    assert {"headers", "constants"} <= set(found)


def test_a_gap_says_what_was_there():
    before = three_processes()
    first = before.mms[0]
    mmap = tuple(vma for vma in first.mmap if vma.vm_start != 0x406000)
    after = replace(before, mms=(replace(first, mmap=mmap), *before.mms[1:]))
    dot = address_space_dot(after, before=before)
    assert "was heap, 4 pages" in words(drawn(dot))
    assert vma_id(1, 0x406000) in element_ids(drawn(dot))
    assert "  gone: was heap, 4 pages" in address_space_text(after, before=before).splitlines()


def test_what_lies_next_to_a_changed_region_is_not_folded():
    machine = Machine()
    space = machine.space()
    machine.task(1, space.number)
    starts = [0x10000 + turn * 0x1000 for turn in range(20)]
    for start in starts:
        space.vma(start, 1, "rw-p" if start & 0x1000 else "r--p")

    def beside(mark: Mark) -> list[bool]:
        marks = mark_all(vma_id(1, starts[10]), mark=mark)
        found = element_ids(drawn(address_space_dot(machine.snapshot(), highlight=marks)))
        return [vma_id(1, start) in found for start in starts[9:12]]

    assert beside("new") == beside("changed") == [True, True, True]
    assert beside("looked") == [False, True, False]


def test_an_address_space_that_is_gone_leaves_its_name():
    before = three_processes()
    after = replace(before, mms=before.mms[:2], tasks=before.tasks[:2])
    assert mm_id(3) in element_ids(drawn(address_space_dot(after, before=before)))
    assert mm_id(3) not in element_ids(drawn(address_space_dot(after)))


def test_an_address_space_under_construction_has_a_column_and_says_so():
    process = Vmlab().spawn()
    with Recorder(process.machine) as recorder:
        process.fork()
    links = [s.number for s in recorder.steps if s.event.name == "vma_link"]
    snap = recorder.snapshot(links[0])
    assert "child of 1000, not ready yet" in words(drawn(address_space_dot(snap)))
    assert mm_id(2) in element_ids(drawn(address_space_dot(snap)))


def test_the_address_space_of_a_new_program_is_not_called_a_child():
    process = Vmlab().spawn()
    with Recorder(process.machine) as recorder:
        process.execve("/bin/a.out")
    owners = [
        [owner(recorder.snapshot(step.number), mm) for mm in recorder.snapshot(step.number).mms]
        for step in recorder.steps
    ]
    assert [name for name, _ in itertools.groupby(map(tuple, owners))] == [
        ("pid 1000 a.out",),
        ("pid 1000 a.out", "new program of 1000, not ready yet"),
        ("no task any more", "pid 1000 a.out"),
        ("pid 1000 a.out",),
    ]


def test_the_text_says_what_is_marked():
    marks = Marks({vma_id(1, 0x406000): "new", pte_id(1, 0x407000): "looked"})
    said = address_space_text(three_processes(), mms=[1], highlight=marks).splitlines()
    assert any(line.startswith("  new: 0x406000-") for line in said)
    assert any(line.startswith("  looked at: page 1 of the heap") for line in said)
