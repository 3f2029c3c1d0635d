"""Which pictures show what a step is about, and what a picture says that does not."""

import pytest

from tests.diagrams.lesson_states import STATES
from tests.diagrams.test_drawn import drawn_ids
from tests.record.scenes import SCENES, recorded
from vmlab import Machine
from vmlab.record.marks import mark_all
from vmlab.state import views
from vmlab.state.ids import file_id, object_id, parse, pfn_id, pte_id, task_id, tlb_id, vma_id
from vmlab.widgets.pictures import PICTURES, Focus, shown_in

SNAP = Machine().spawn().machine.snapshot()
PRESENT = views.mapped(SNAP, SNAP.mms[0])[0].addr
TEXT = vma_id(1, 0x401000)


def offered(*keys: str, focus: Focus | None = None) -> tuple[str, ...]:
    base = focus or Focus()
    marked = Focus(mm=base.mm, mms=base.mms, highlight=mark_all(*keys))
    return shown_in(tuple(PICTURES), SNAP, marked)


def test_each_kind_of_object_has_its_pictures():
    assert offered(task_id(1000)) == ("process_tree",)
    assert offered(TEXT) == ("address_space", "vma_tree", "mm_struct")
    assert offered(pte_id(1, 0x401000)) == ("address_space", "page_table")
    assert offered(pte_id(1, PRESENT)) == ("sharing", "address_space", "page_table")
    assert offered(file_id(1)) == ("page_cache",)
    assert offered(tlb_id(1, 0x401)) == ("tlb",)
    assert offered("step_1") == ()


def test_the_picture_that_shows_most_of_the_marked_comes_first():
    assert offered(TEXT, pfn_id(3), pfn_id(4))[0] == "frames"


def test_pictures_of_one_address_space_show_no_other():
    assert offered(vma_id(2, 0x401000)) == ("address_space",)
    assert offered(vma_id(2, 0x401000), focus=Focus(mms=(1,))) == ()


def test_a_frame_that_no_page_shows_is_not_shared():
    table = SNAP.mms[0].pgd
    assert offered(pfn_id(table)) == ("frames",)


def test_a_picture_lacks_a_step_of_which_it_shows_nothing():
    marked = Focus(highlight=mark_all(task_id(1000)))
    lacking = {
        name for name, kind in PICTURES.items() if kind.lacks(marked, kind.svg(SNAP, marked))
    }
    assert {"process_tree", "mm_struct", "call_path", "memory_over_time"}.isdisjoint(lacking)
    assert {"vma_tree", "frames", "tlb"} <= lacking


def test_where_nothing_is_marked_nothing_is_lacking():
    for kind in PICTURES.values():
        assert not kind.lacks(Focus(), kind.svg(SNAP, Focus()))


def test_the_path_of_a_fault_shows_the_step_by_its_end():
    snap, focus = STATES["copy-on-write"]().shown()
    kind = PICTURES["fault_path"]
    assert focus.highlight
    assert not kind.lacks(focus, kind.svg(snap, focus))


@pytest.mark.parametrize("name", list(SCENES))
def test_what_a_picture_promises_it_shows(name: str):
    recorder = recorded(name)
    for step in recorder.steps:
        marks = recorder.marks(step.number)
        snap, before = recorder.snapshot(step.number), recorder.snapshot(step.number - 1)
        parsed = {key: found for key in marks if key == object_id(key) if (found := parse(key))}
        mms = [numbers[0] for kind, numbers in parsed.values() if kind in ("vma", "pte")]
        focus = Focus(mm=next(iter(mms), None), highlight=marks, before=before)
        for picture in shown_in(tuple(PICTURES), snap, focus):
            kind = PICTURES[picture]
            promised = {key for key, found in parsed.items() if kind.sees(snap, focus, *found)}
            missing = promised - drawn_ids(picture, snap, focus)
            assert not missing, f"step {step.number}, {step.event.name}, {picture}"
