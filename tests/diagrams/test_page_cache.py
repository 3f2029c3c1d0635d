"""The page cache: pages, holes, mappers, open files."""

import re
from dataclasses import replace

from tests.diagrams.machines import Machine, three_processes
from tests.diagrams.pictures import drawn, element_ids, words
from tests.diagrams.test_sharing import HIGHEST, WIDEST, file_machine, size
from vmlab import MAP_PRIVATE
from vmlab.diagrams.file_mappers import MAPPERS
from vmlab.diagrams.page_cache import page_cache_dot, page_cache_text
from vmlab.state.ids import file_id, ino_id, pfn_id, pte_id, vma_id
from vmlab.state.snapshot import FilesState


def test_an_entry_with_a_cached_frame_has_an_arrow_to_that_page():
    dot = page_cache_dot(three_processes(), inodes=[2])
    assert {vma_id(1, 0x7FFFF7FF1000), vma_id(3, 0x7FFFF7FF1000), ino_id(2), pfn_id(5)} <= set(
        element_ids(drawn(dot))
    )
    assert dot.count(":p7ffff7ff1000:e -> ino_2:row0:w") == 2


def test_whoever_maps_a_file_has_a_dotted_arrow_to_it_touched_or_not():
    machine = Machine()
    file = machine.file("/a", 1)
    space = machine.space()
    machine.task(1, space.number)
    space.vma(0x400000, 1, "r--p", "/a", file=file)
    (arrow,) = re.findall(r".*-> ino_1:.*", page_cache_dot(machine.snapshot()))
    assert ":head:e -> ino_1:head:w" in arrow
    assert "style=dotted" in arrow


def test_a_private_copy_has_no_arrow_to_the_file():
    machine = Machine()
    file = machine.file("/a", 1)
    space = machine.space()
    machine.task(1, space.number)
    space.vma(0x400000, 1, "rw-p", "/a", file=file)
    space.map(0x400000, machine.frame("anon"), "rwd")
    snap = machine.snapshot()
    dot = page_cache_dot(snap)
    assert "ino_1:row0" not in dot
    assert "own copy, frame" in dot
    assert pte_id(1, 0x400000) in element_ids(drawn(dot))
    assert "    page 0: a private copy in frame" in page_cache_text(snap)


def test_holes_are_shown_as_holes():
    machine = Machine()
    machine.file("/sparse", 5)
    inode = machine.inodes[0]
    machine.inodes[0] = replace(inode, i_pages=(inode.i_pages[0], inode.i_pages[4]))
    found = [word.replace("\xa0", " ") for word in words(drawn(page_cache_dot(machine.snapshot())))]
    assert "[1..3] not cached" in found


def test_an_open_file_shows_its_descriptors():
    snap = replace(three_processes(), fds=(FilesState(1, ((3, 2, False),)),))
    dot = page_cache_dot(snap)
    assert file_id(2) in element_ids(drawn(dot))
    assert file_id(1) not in dot
    assert "pid 1 fd 3" in dot


def test_a_mapper_whose_task_is_gone_says_so():
    dot = page_cache_dot(replace(three_processes(), tasks=()))
    assert "no task" in dot


def test_inodes_stand_under_each_other_mapped_or_not():
    machine = Machine()
    file = machine.file("/mapped", 1)
    machine.file("/unmapped", 1)
    space = machine.space()
    machine.task(1, space.number)
    space.vma(0x400000, 1, "r--p", "/mapped", file=file)
    assert "ino_1 -> ino_2" in page_cache_dot(machine.snapshot())


def test_regions_of_which_nothing_is_in_memory_fold():
    machine = Machine()
    file = machine.file("/a", 1)
    space = machine.space()
    machine.task(1, space.number)
    for number in range(50):
        space.vma(0x100000 + number * 0x2000, 1, "r--p", "/a", file=file)
    space.map(0x100000, machine.pages[1].pfn, "r")
    snap = machine.snapshot()
    dot = page_cache_dot(snap)
    assert "49 regions have no frame" in dot
    assert [key for key in element_ids(drawn(dot)) if key.startswith("vma_")] == ["vma_1_100000"]
    opened = element_ids(drawn(page_cache_dot(snap, unfold=frozenset({"more_regions_1_1"}))))
    assert sum(key.startswith("vma_") for key in opened) > 20


def test_many_processes_fold():
    machine = Machine()
    file = machine.file("/a", 1)
    for pid in range(1, 31):
        space = machine.space()
        machine.task(pid, space.number)
        space.vma(0x100000, 1, "r--p", "/a", file=file)
    found = element_ids(drawn(page_cache_dot(machine.snapshot())))
    assert sum(key.startswith("vma_") for key in found) == MAPPERS
    assert "more_mappers_1" in found


def test_the_text_names_pages_and_mappers():
    said = page_cache_text(three_processes(), inodes=[2]).splitlines()
    assert said[0] == "inode 2 /shared.dat, 8 KiB:"
    assert said[1] == "  page 0 in frame 5, refcount 3, mapcount 2"
    assert said[3] == "  mapped by mm 1: 0x7ffff7ff1000-0x7ffff7ff3000 rw-s shared.dat, 8 KiB"


def test_a_file_of_two_processes_fits_a_laptop():
    machine, _, second, addr = file_machine(MAP_PRIVATE)
    second.store(addr, b"mine")
    wide, high = size(page_cache_dot(machine.snapshot()))
    assert wide <= WIDEST
    assert high <= HIGHEST
