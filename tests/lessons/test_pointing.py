"""What is clicked or typed for an object of a picture, and what it is called."""

import pytest

from vmlab import Machine
from vmlab.lessons.answer_kinds import AnswerError
from vmlab.lessons.pointing import POINTED, Pointed
from vmlab.state.snapshot import Snapshot
from vmlab.widgets.pictures import PICTURES


@pytest.fixture
def snap() -> Snapshot:
    machine = Machine()
    parent = machine.spawn()
    parent.store(0x404000, b"A")
    parent.fork()
    return machine.snapshot()


@pytest.mark.parametrize(
    ("what", "typed", "answer", "shown"),
    [
        ("page", "pte_2_404000", "pte_2_404000", "page 0 of bss in 1001"),
        ("page", "1001 0x404123", "pte_2_404000", "page 0 of bss in 1001"),
        ("page", "Page 0 of bss in 1001", "pte_2_404000", "page 0 of bss in 1001"),
        ("page", "vma_1_403000", "pte_1_403000", "page 0 of data in 1000"),  # of one page
        ("region", "vma_2_404000", "vma_2_404000", "bss in 1001"),
        ("region", "pte_2_405000", "vma_2_404000", "bss in 1001"),
        ("region", "1000 0x405fff", "vma_1_404000", "bss in 1000"),
        ("frame", "pfn_14", "pfn_14", "frame 14"),
        ("frame", "14", "pfn_14", "frame 14"),
        ("frame", "frame 14", "pfn_14", "frame 14"),
        ("frame", "pte_2_404000", "pfn_14", "frame 14"),
        ("process", "task_1001", "task_1001", "process 1001"),
        ("process", "1001", "task_1001", "process 1001"),
    ],
)
def test_an_object_is_named(snap: Snapshot, what: str, typed: str, answer: str, shown: str) -> None:
    kind = Pointed(what, snap)
    assert kind.read(typed) == answer
    assert kind.shown(answer) == shown
    assert kind.read(shown) == answer


@pytest.mark.parametrize(
    ("what", "typed"),
    [
        ("page", "0x404000"),  # whose?
        ("page", "1001 0x1000"),
        ("page", "vma_1_404000"),  # has two pages
        ("page", "mm_1"),
        ("region", "gap_1_406000"),
        ("frame", "9999"),
        ("process", "7"),
        ("process", ""),
    ],
)
def test_what_is_none_is_told_so(snap: Snapshot, what: str, typed: str) -> None:
    with pytest.raises(AnswerError, match="click one, or type"):
        Pointed(what, snap).read(typed)


def test_an_address_is_enough_where_one_process_counts(snap: Snapshot) -> None:
    kind = Pointed("page", snap, mms=(2,))
    assert kind.read("0x404000") == "pte_2_404000"
    assert kind.shown("pte_2_404000") == "page 0 of bss"


def test_a_wrong_one_is_named(snap: Snapshot) -> None:
    kind = Pointed("frame", snap)
    assert kind.wrong("pfn_14", "pfn_12") == "it is not frame 14"
    assert kind.wrong("pfn_12", "pfn_12") == ""


def test_each_has_a_picture(snap: Snapshot) -> None:
    assert set(POINTED.values()) <= set(PICTURES)
