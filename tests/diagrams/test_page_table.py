"""Page tables: the walk to its end or its hole, bits as they stand, small tables whole."""

from tests.diagrams.machines import Machine, three_processes
from tests.diagrams.pictures import drawn, element_ids, words
from vmlab.diagrams.page_table import page_table_dot
from vmlab.diagrams.page_table_words import page_table_text
from vmlab.model.mmu.pte import TINY
from vmlab.record.marks import Marks, mark_all
from vmlab.state import views
from vmlab.state.ids import entry_id, part, pfn_id, pte_id
from vmlab.state.snapshot import Snapshot


def marked_edges(dot: str) -> int:
    return sum("->" in line and "penwidth=2.5" in line for line in dot.splitlines())


def test_a_walk_is_marked_down_to_the_frame():
    dot = page_table_dot(three_processes(), addr=0x407123)
    found = words(drawn(dot))
    assert marked_edges(dot) == 4
    assert "physical 0x19123".replace(" ", "\xa0") in found or "physical 0x19123" in found
    assert "000000111" in found  # bits 20 to 12


def test_only_bits_that_there_are_are_explained():
    assert "N no execute" in page_table_dot(three_processes())
    tiny = Machine(TINY)
    tiny.task(1, tiny.space().number)
    dot = page_table_dot(tiny.snapshot())
    assert "D dirty" in dot
    assert "N no execute" not in dot


def test_a_walk_into_a_hole_ends_there():
    dot = page_table_dot(three_processes(), addr=0x500123)
    assert marked_edges(dot) == 3
    assert pte_id(1, 0x500000) in element_ids(drawn(dot))
    dot = page_table_dot(three_processes(), addr=0x100000000000)
    assert marked_edges(dot) == 0
    assert part(pfn_id(7), "e32") in element_ids(drawn(dot))


def test_every_mapped_page_has_a_row_with_its_bits():
    dot = page_table_dot(three_processes())
    found = [word.replace("\xa0", " ") for word in words(drawn(dot))]
    assert "    7 0x407000          25 P-UADN" in found
    assert "    1 0x401000           2 P-UA--" in found


def test_tiny_tables_are_shown_whole():
    machine = Machine(TINY)
    space = machine.space()
    machine.task(1, space.number)
    space.map(0x10, machine.frame("anon"), "rwd")
    found = element_ids(drawn(page_table_dot(machine.snapshot())))
    assert {pte_id(1, addr) for addr in (0, 0x10, 0x20, 0x30)} <= set(found)


def many_tables() -> Snapshot:
    machine = Machine()
    space = machine.space()
    machine.task(1, space.number)
    for number in range(40):
        space.map(0x40000000 + number * 0x200000, machine.frame("anon"), "rw")
    return machine.snapshot()


MIDDLE = 0x40000000 + 20 * 0x200000


def test_many_tables_fold_but_not_what_must_be_seen():
    snap = many_tables()
    leaf = views.walk(snap, snap.mms[0], MIDDLE)[-1].table
    assert pte_id(1, MIDDLE) not in element_ids(drawn(page_table_dot(snap)))
    for dot in (
        page_table_dot(snap, addr=MIDDLE),
        page_table_dot(snap, highlight=mark_all(pte_id(1, MIDDLE))),
        page_table_dot(snap, highlight=mark_all(pfn_id(leaf))),
    ):
        found = element_ids(drawn(dot))
        assert pte_id(1, MIDDLE) in found
        assert len(found) < 60


def test_it_says_whose_tables_they_are_and_which_place_is_walked():
    snap = three_processes()
    assert "Page tables of pid 2 a.out" in page_table_dot(snap, mm=2)
    assert "pid 2 a.out: walk of page 1 of the heap (0x407123)" in page_table_dot(
        snap, mm=2, addr=0x407123
    )
    said = page_table_text(snap, mm=2, addr=0x407123).splitlines()
    assert said[1] == "Walk of page 1 of the heap (0x407123):"
    assert "  page 0 of text (0x401000): frame 2, read-only, executable, accessed" in said
    assert "walk of 0x500000" in page_table_dot(snap, addr=0x500000).replace(" (0x500000)", "")


def test_what_is_off_the_walk_is_folded():
    snap = three_processes()
    whole = element_ids(drawn(page_table_dot(snap)))
    walked = element_ids(drawn(page_table_dot(snap, addr=0x407123)))
    stack = pte_id(1, 0x7FFFFFFFE000)
    assert stack in whole
    assert stack not in walked
    assert "more_tables_1" in walked
    assert "more_tables_1" not in whole
    beside = element_ids(drawn(page_table_dot(crowded(), addr=0x40000000 + 50 * 0x1000)))
    rows = {pte_id(1, 0x40000000 + page * 0x1000) for page in (49, 50, 51)}
    assert {key for key in beside if key.startswith("pte_")} == rows


def crowded() -> Snapshot:
    machine = Machine()
    space = machine.space()
    machine.task(1, space.number)
    for number in range(100):
        space.map(0x40000000 + number * 0x1000, machine.frame("anon"), "rw")
    return machine.snapshot()


def test_folds_of_entries_and_of_tables_open():
    snap = many_tables()
    pmd = views.walk(snap, snap.mms[0], MIDDLE)[2].table
    rows = f"more_entries_{pmd}"
    assert rows in element_ids(drawn(page_table_dot(snap)))
    found = element_ids(drawn(page_table_dot(snap, unfold=frozenset({rows}))))
    assert rows not in found
    assert "more_tables_1" in found
    opened = page_table_dot(snap, unfold=frozenset({rows, "more_tables_1"}))
    assert pte_id(1, MIDDLE) in element_ids(drawn(opened))


def test_a_walk_numbers_the_entries_that_it_read():
    snap = three_processes()
    walk = views.walk(snap, snap.mms[0], 0x407123)
    keys = [entry_id(step.table, step.index) for step in walk[:3]]
    turns = {key: turn for turn, key in enumerate((*keys, pte_id(1, 0x407000)), 1)}
    marks = Marks(dict.fromkeys(turns, "looked"), turns)
    plain = page_table_dot(snap, addr=0x407123)
    walked = page_table_dot(snap, addr=0x407123, highlight=marks)
    assert drawn(plain).get("viewBox") == drawn(walked).get("viewBox")
    said = page_table_text(snap, addr=0x407123, highlight=marks).splitlines()[2:6]
    assert [line.split(":")[0].strip() for line in said] == [
        f"{turn}. looked at" for turn in range(1, 5)
    ]


def test_the_text_tells_the_walk_level_by_level():
    said = page_table_text(three_processes(), addr=0x407123).splitlines()
    assert [line.split()[0] for line in said[2:6]] == ["PGD", "PUD", "PMD", "PTE"]
    assert said[5].endswith("entry 7: frame 25, read-only, accessed, dirty")
    assert page_table_text(three_processes(), addr=0x500000).count("not present") == 1
