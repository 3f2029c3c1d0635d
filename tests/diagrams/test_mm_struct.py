"""The classic figure: every VMA beside its region, mmap leading to the lowest."""

from tests.diagrams.machines import three_processes
from tests.diagrams.pictures import drawn, words
from tests.diagrams.test_address_space import heights
from vmlab.diagrams.mm_struct import MARKS, mm_struct_dot, mm_struct_text
from vmlab.record.ids import part, vma_id


def test_every_vma_stands_level_with_its_region():
    tops = heights(mm_struct_dot(three_processes()))
    for vma in three_processes().mms[0].mmap:
        key = vma_id(1, vma.vm_start)
        assert abs(tops[key] - tops[part(key, "region")]) < 1


def test_mmap_leads_to_the_lowest_vma():
    dot = mm_struct_dot(three_processes())
    assert 'mm_1:mmap:e -> "mm_1.mmap":row0:w' in dot
    assert "0x400000" in words(drawn(dot))


def test_the_places_mm_struct_remembers_stand_beside_the_regions():
    found = " ".join(words(drawn(mm_struct_dot(three_processes()))))
    for mark in MARKS:
        assert f"{mark} 0x".replace(" ", "\xa0") in found or f"{mark} 0x" in found


def test_another_process_may_be_chosen():
    assert "mm_struct 3" in mm_struct_dot(three_processes(), mm=3)
    assert "no process" in mm_struct_dot(three_processes(), mm=99)


def test_the_text_lists_the_vmas_in_list_order():
    said = mm_struct_text(three_processes()).splitlines()
    assert "  start_brk = 0x406000" in said
    starts = [line.split("-")[0].strip() for line in said if line.startswith("  0x")]
    assert starts == sorted(starts, key=lambda start: int(start, 16))
    assert len(starts) == 9
