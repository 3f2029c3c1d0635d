"""What a step is about, what happened to it, and what is left of that at the end of a call."""

import pytest

from tests.record.scenes import recorded
from vmlab import Machine, Map, Process, Prot, Recorder
from vmlab.record.highlight import call_marks, event_ids, speaks_of
from vmlab.record.marks import Marks, mark_all
from vmlab.state.ids import entry_id, mm_id, pfn_id, pte_id, task_id, tlb_id, vma_id

A = 0x10000000
RW = Prot.PROT_READ | Prot.PROT_WRITE
FIXED = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_FIXED


@pytest.fixture
def process() -> Process:
    """It has eight pages at A; the first one was written."""
    new = Machine().spawn()
    new.mmap(A, 0x8000, RW, FIXED)
    new.store(A, b"first")
    return new


def marks_of(process: Process, call: str, *args: object) -> Marks:
    """Return the marks at the end of a call."""
    with Recorder(process.machine) as recorder:
        getattr(process, call)(*args)
    return call_marks(recorder.steps.events, recorder.start, recorder.snapshot(len(recorder) - 1))


def test_a_region_that_is_cut_leaves_two_and_the_part_above_is_new(process: Process):
    marks = marks_of(process, "munmap", A + 0x2000, 0x2000)
    assert marks[vma_id(1, A)] == "changed"
    assert marks[vma_id(1, A + 0x4000)] == "new"
    assert len([key for key in marks if key.startswith("vma")]) == 2


def test_a_region_that_loses_its_beginning_is_the_same_one(process: Process):
    marks = marks_of(process, "munmap", A, 0x2000)
    assert marks[vma_id(1, A + 0x2000)] == "changed"
    assert vma_id(1, A) not in marks


def test_what_is_unmapped_is_gone_as_a_whole(process: Process):
    frame = process.pagemap(A)[0].pfn
    marks = marks_of(process, "munmap", A, 0x8000)
    assert marks[vma_id(1, A)] == "gone"
    assert marks[pfn_id(frame)] == "gone"
    assert pte_id(1, A) not in marks


def test_nodes_that_a_call_only_recoloured_or_looked_at_are_not_marked(process: Process):
    with Recorder(process.machine) as recorder:
        process.mmap(0x20000000, 0x1000, RW, FIXED)
    marks = call_marks(recorder.steps.events, recorder.start, process.machine.snapshot())
    assert any(step.event.name == "rb_recolor" for step in recorder.steps)
    assert [key for key in marks if key.startswith("vma")] == [vma_id(1, 0x20000000)]


def test_a_copy_on_write_changes_one_page_and_takes_a_new_frame(process: Process):
    old = process.pagemap(A)[0].pfn
    child = process.fork()
    marks = marks_of(child, "store", A, b"B")
    assert marks[pte_id(2, A)] == "changed"
    assert marks[pfn_id(old)] == "changed"
    assert marks[pfn_id(child.pagemap(A)[0].pfn)] == "new"


def test_an_access_marks_the_page_that_it_reached(process: Process):
    process.load(A)
    marks = marks_of(process, "load", A)
    assert marks[pte_id(1, A)] == "looked"


def test_a_child_is_new_as_a_whole(process: Process):
    marks = marks_of(process, "fork")
    assert marks.of("new") >= {task_id(1001), mm_id(2)}
    assert marks[pte_id(1, A)] == "changed"
    assert not any(key.startswith(("vma_2", "pte_2")) for key in marks)


def test_find_vma_numbers_the_nodes_that_it_compared():
    recorder = recorded("execve")
    searches = [step for step in recorder.steps if step.event.name == "find_vma"]
    assert any(step.event.values()["compared"] > 2 for step in searches)
    for step in searches:
        marks = recorder.marks(step.number)
        turns = sorted(filter(None, map(marks.turn, marks)))
        assert turns == list(range(1, step.event.values()["compared"] + 1))
        assert set(marks.values()) == {"looked"}


def test_a_page_walk_numbers_the_entries_that_it_read():
    recorder = recorded("fault_copy_on_write")
    walks = [step for step in recorder.steps if step.event.name == "page_walk"][:4]
    assert [step.event.values()["level"] for step in walks] == ["PGD", "PUD", "PMD", "PTE"]
    for turn, step in enumerate(walks, 1):
        said, marks = step.event.values(), recorder.marks(step.number)
        ways = {marks.turn(key): key for key in marks if marks.turn(key)}
        assert sorted(ways) == list(range(1, turn + 1))
        assert {marks[key] for key in ways.values()} == {"looked"}
        last = ways[turn]
        assert last == entry_id(said["pfn"], said["index"]) or last.startswith("pte_")


def test_steps_mark_what_comes_and_what_goes():
    recorder = recorded("munmap")
    last = {step.event.name: recorder.marks(step.number) for step in recorder.steps}
    assert "gone" in last["vma_unlink"].values()
    assert "gone" in last["mm_page_free"].values()
    assert recorder.marks(-1) == Marks()


def test_an_entry_of_the_tlb_is_marked_when_it_is_used(process: Process):
    with Recorder(process.machine) as recorder:
        process.load(A)
        process.load(A)
    hit = next(step for step in recorder.steps if step.event.name == "tlb_hit")
    asid = recorder.snapshot(hit.number).tlb.asid
    assert recorder.marks(hit.number)[tlb_id(asid, A >> 12)] == "looked"


def test_an_event_about_several_pages_names_each(process: Process):
    process.store(A + 0x1000, b"second")
    with Recorder(process.machine) as recorder:
        process.fork()
    step = next(step for step in recorder.steps if step.event.name == "pte_wrprotect")
    nr_pages = step.event.values()["nr_pages"]
    ids = event_ids(step.event, recorder.snapshot(step.number))
    assert len([key for key in ids if key.startswith("pte")]) == nr_pages


def test_a_step_speaks_of_the_address_space_under_construction(process: Process):
    with Recorder(process.machine) as recorder:
        process.fork()
    spoken = {speaks_of(step.event, recorder.snapshot(step.number)) for step in recorder.steps}
    assert spoken == {None, 1, 2}


def test_numbers_are_those_of_whole_objects():
    marks = mark_all("pfn_9.e255", "pfn_7", "vma_1_401000", "pte_2_7000", "more_vmas")
    assert marks.numbers("pfn") == {(7,)}
    assert marks.numbers("vma") == {(1, 0x401000)}
    assert marks.numbers("pte") == {(2, 0x7000)}
    assert marks.numbers("mm") == set()
