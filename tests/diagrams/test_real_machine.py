"""Pictures of the machine itself, at the steps of a recording."""

import pytest

from tests.diagrams.pictures import DOT, drawn, element_ids, words
from vmlab import Machine, Map, Prot
from vmlab.diagrams.call_path import call_path_dot
from vmlab.diagrams.fault_path import OUTCOMES, fault_path_dot, one_fault
from vmlab.diagrams.fault_tree import NODES
from vmlab.record.recorder import Recorder
from vmlab.state import views
from vmlab.state.ids import object_id, parse, pte_id, vma_id

PRIVATE = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS


@pytest.fixture(scope="module")
def recording() -> Recorder:
    """Exec, a shared file, a fork, a write that copies, an exit."""
    machine = Machine()
    machine.fs.write("/shared.dat", b"shared" * 1000)
    with Recorder(machine) as recorder:
        parent = machine.spawn()
        page = parent.mmap(0, 0x4000, Prot.PROT_READ | Prot.PROT_WRITE, PRIVATE, -1, 0)
        parent.store(page, b"parent")
        fd = parent.open("/shared.dat", 2)
        both = Prot.PROT_READ | Prot.PROT_WRITE
        shared = parent.mmap(0, 0x2000, both, Map.MAP_SHARED, fd, 0)
        child = parent.fork()
        child.store(page, b"child")
        child.store(shared, b"child")
        parent.load(shared)
        parent.munmap(page + 0x1000, 0x1000)
        parent.fork().exit(3)
    return recorder


@pytest.mark.parametrize("name", list(DOT))
def test_every_kind_of_step_can_be_drawn(name: str, recording: Recorder):
    last = {step.event.name: step.number for step in recording.steps}
    for number in [-1, *last.values()]:
        snap = recording.snapshot(number)
        found = element_ids(drawn(DOT[name](snap, highlight=recording.marks(number))))
        assert len(found) == len(set(found))


def test_what_a_step_is_about_is_in_the_pictures(recording: Recorder):
    last = {step.event.name: step.number for step in recording.steps}
    for number in last.values():
        snap, marked = recording.snapshot(number), recording.marks(number)
        mm = views.current_mm(snap)
        if mm is None:
            continue
        known = {vma_id(mm.mm, vma.vm_start) for vma in mm.mmap}
        for name in ("address_space", "mm_struct", "vma_tree"):
            found = set(map(object_id, element_ids(drawn(DOT[name](snap, highlight=marked)))))
            assert marked.keys() & known <= found, (name, number)
        pages = {key for key in marked if key.startswith(f"pte_{mm.mm}_")}
        found = set(element_ids(drawn(DOT["page_table"](snap, highlight=marked))))
        for key in pages:
            numbers = (parse(key) or ("", ()))[1]
            reached = len(views.walk(snap, mm, numbers[1])) == views.geometry(snap).levels
            assert not reached or key in found, number


def test_the_gaps_of_the_tree_are_those_of_the_kernel(recording: Recorder):
    for mm in recording.snapshot(len(recording) - 1).mms:
        for vma in mm.mmap:
            if vma.rb_left is None and vma.rb_right is None:
                assert views.gap_before(mm, vma) == vma.rb_subtree_gap


def test_the_pages_of_a_fork_share_frames_until_one_is_written(recording: Recorder):
    snap = recording.snapshot(len(recording) - 1)
    shared = [pages for pages in views.owners(snap).values() if len({p.mm for p in pages}) > 1]
    assert shared
    kinds = views.pages(snap)
    for pages in shared:
        if kinds[pages[0].pfn].kind == "anon":
            assert not any(page.pte & 2 for page in pages)
    dot = DOT["frames"](snap)
    for pages in shared:
        for page in pages:
            assert f"id=edge_{pte_id(page.mm, page.addr)}" in dot


def test_the_way_of_every_fault_ends_somewhere(recording: Recorder):
    events = [step.event for step in recording.steps]
    faults = [at for at, event in enumerate(events) if event.name == "page_fault_user"]
    ends = {*OUTCOMES, "maperr", "accerr", "sigbus"}
    reached = set()
    for start, end in zip(faults, [*faults[1:], len(events)], strict=True):
        fault = one_fault(events[start:end])
        if fault[-1].name != "fault_done":  # the kernel's own copy to user memory
            continue
        dot = fault_path_dot(fault)
        marked = {name for name in NODES if f"fault_{name}" in _marked(dot)}
        assert marked & ends
        reached |= marked
    assert {"anonymous", "new", "cow", "copy", "fault_type"} <= reached


def test_a_page_under_prot_none_keeps_its_frame_but_cannot_be_used():
    machine = Machine()
    process = machine.spawn()
    page = process.mmap(0, 0x1000, Prot.PROT_READ | Prot.PROT_WRITE, PRIVATE, -1, 0)
    process.store(page, b"x")
    frame = views.mapped(machine.snapshot(), machine.snapshot().mms[0])[1].pfn
    process.mprotect(page, 0x1000, Prot.PROT_NONE)
    snap = machine.snapshot()
    assert "style=dotted" in DOT["frames"](snap)
    assert f"- {frame}" in words(drawn(DOT["address_space"](snap)))
    rows = [word.split() for word in words(drawn(DOT["page_table"](snap)))]
    assert [row[-2:] for row in rows if f"{page:#x}" in row] == [[str(frame), "---AD-"]]


def _marked(dot: str) -> set[str]:
    lines = [line.strip() for line in dot.splitlines() if "penwidth=3" in line]
    return {line.split()[0] for line in lines}


def test_the_call_path_of_the_whole_recording(recording: Recorder):
    found = element_ids(drawn(call_path_dot(recording.steps, now=len(recording) // 2)))
    assert f"step_{len(recording) // 2}" in found
    assert len(found) == len(set(found))
