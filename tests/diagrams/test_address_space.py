"""The column: high addresses on top, the same address at the same height, pages one by one."""

import re

from tests.diagrams.machines import Machine, three_processes
from tests.diagrams.pictures import drawn, words
from vmlab.diagrams.address_space import PAGES, address_space_dot, address_space_text
from vmlab.diagrams.layout import render_svg
from vmlab.record.marks import mark_all
from vmlab.state.ids import pte_id, vma_id


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
