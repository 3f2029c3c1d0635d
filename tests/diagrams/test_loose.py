"""What a step is about and a picture has no place for stands beside it."""

from tests.diagrams.machines import three_processes
from tests.diagrams.pictures import DOT, TEXT, drawn, element_ids, words
from vmlab.diagrams.loose import LIMIT
from vmlab.record.marks import mark_all
from vmlab.state.ids import file_id, pfn_id, pte_id, task_id, tlb_id

NOWHERE = {
    "address_space": pte_id(1, 0x50000000),
    "frames": pfn_id(900),
    "page_cache": file_id(900),
    "process_tree": task_id(900),
    "page_table": pte_id(1, 0x50000000),
    "tlb": tlb_id(1, 0x50000),
}


def test_what_has_no_place_is_there_nevertheless():
    for name, key in NOWHERE.items():
        found = element_ids(drawn(DOT[name](three_processes(), highlight=mark_all(key))))
        assert found.count(key) == 1, name


def test_the_words_tell_of_it_too():
    for name, key in NOWHERE.items():
        if name != "address_space":  # it says what a page is called
            said = TEXT[name](three_processes(), highlight=mark_all(key, mark="gone"))
            assert said.splitlines()[-1].strip().startswith("gone: "), name


def test_what_has_a_place_stands_nowhere_else():
    found = element_ids(drawn(DOT["frames"](three_processes(), highlight=mark_all(pfn_id(5)))))
    assert "loose" not in found


def test_of_many_some_are_counted():
    many = mark_all(*map(pfn_id, range(900, 905 + LIMIT)), mark="gone")
    assert "5 more" in words(drawn(DOT["frames"](three_processes(), highlight=many)))
