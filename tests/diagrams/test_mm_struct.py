"""The classic figure: every VMA beside its region, mmap leading to the lowest."""

from dataclasses import replace

from tests.diagrams.machines import three_processes
from tests.diagrams.pictures import drawn, words
from tests.diagrams.test_address_space import heights
from vmlab import Machine
from vmlab.diagrams.mm_struct import mm_struct_dot
from vmlab.diagrams.mm_struct_words import MARKS, mm_struct_text
from vmlab.record.marks import mark_all
from vmlab.state.ids import part, vma_id

SNAP = three_processes()


def said(dot: str) -> list[str]:
    """Return the words of a picture, from the top down."""
    texts = [word.replace("\xa0", " ") for word in words(drawn(dot))]
    return [word for line in texts for word in line.split()]


def test_every_vma_stands_level_with_its_region():
    tops = heights(mm_struct_dot(SNAP))
    for vma in SNAP.mms[0].mmap:
        key = vma_id(1, vma.vm_start)
        assert abs(tops[key] - tops[part(key, "region")]) <= 1


def test_a_vma_that_is_gone_stands_where_it_was():
    space = SNAP.mms[0]
    gone = space.mmap[2]
    less = replace(SNAP, mms=(replace(space, mmap=space.mmap[:2] + space.mmap[3:]),))
    key = vma_id(1, gone.vm_start)
    dot = mm_struct_dot(less, before=SNAP, highlight=mark_all(key, mark="gone"))
    tops = heights(dot)
    assert tops[key] == tops[part(key, "region")]
    lower, upper = (vma_id(1, space.mmap[place].vm_start) for place in (1, 3))
    assert tops[upper] < tops[key] < tops[lower]
    assert "loose" not in dot
    assert key not in mm_struct_dot(less, before=SNAP), "nothing is said of it any more"


def test_mmap_leads_to_the_lowest_vma():
    dot = mm_struct_dot(SNAP)
    assert 'mm_1:mmap:e -> "mm_struct.mmap":row0:w' in dot
    found = [word.replace("\xa0", " ").split() for word in words(drawn(dot))]
    assert ["mmap", "0x400000"] in found


def test_the_places_mm_struct_remembers_stand_beside_the_regions():
    found = said(mm_struct_dot(SNAP))
    assert set(MARKS) <= set(found)
    beside = found[found.index("start_brk", found.index("start_brk") + 1) - 1 :]
    assert beside[:3] == ["brk", "start_brk", "0x406000"]


def test_before_there_is_a_heap_its_place_is_the_end_of_something():
    space = replace(SNAP.mms[0], brk=0x406000, mmap=SNAP.mms[0].mmap[:4])
    assert {"start_brk", "brk"} <= set(said(mm_struct_dot(replace(SNAP, mms=(space,)))))


def test_of_two_places_at_one_address_the_end_is_the_upper_one():
    space = replace(SNAP.mms[0], brk=SNAP.mms[0].start_brk)
    found = said(mm_struct_dot(replace(SNAP, mms=(space,))))
    fields = found.index("start_brk")  # of the structure, in the order of Linux
    assert found.index("brk", fields + 2) < found.index("start_brk", fields + 1)


def test_another_process_may_be_chosen():
    assert "mm_struct 3" in mm_struct_dot(SNAP, mm=3)
    assert "no process" in mm_struct_dot(SNAP, mm=99)


def test_the_text_lists_the_vmas_in_list_order():
    found = mm_struct_text(SNAP).splitlines()
    assert "  start_brk = 0x406000" in found
    starts = [line.split("-")[0].strip() for line in found if line.startswith("  0x")]
    assert starts == sorted(starts, key=lambda start: int(start, 16))
    assert len(starts) == 9


def test_a_process_as_it_begins_fits():
    snap = Machine().spawn().machine.snapshot()
    assert len(snap.mms[0].mmap) == 9
    box = drawn(mm_struct_dot(snap)).get("viewBox")
    assert box is not None
    width, height = map(float, box.split()[2:])
    assert width <= 820
    assert height <= 360
