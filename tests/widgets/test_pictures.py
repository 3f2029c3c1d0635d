"""Which pictures show what a step is about."""

from vmlab import Machine
from vmlab.state.ids import task_id, vma_id
from vmlab.widgets.pictures import PICTURES, Focus, drawn_ids, shown_in


def test_the_picture_that_shows_most_of_the_marked_comes_first():
    snap = Machine().spawn().machine.snapshot()
    names = ("process_tree", "address_space", "frames")
    drawn = {name: drawn_ids(PICTURES[name].svg(snap, Focus())) for name in names}
    assert shown_in({task_id(1000)}, drawn) == ("process_tree",)
    assert shown_in({vma_id(1, 0x401000)}, drawn) == ("address_space",)
    assert shown_in({"step_1"}, drawn) == ()
    both = {"tlb": {"pte_1_0"}, "frames": {"pte_1_0", "pfn_3"}}
    assert shown_in({"pte_1_0", "pfn_3"}, both) == ("frames", "tlb")
