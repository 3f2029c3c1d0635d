"""From step to step nothing jumps: things keep their order, and what did not change its place."""

from collections.abc import Callable

import pytest

from tests.diagrams.pictures import DOT
from tests.diagrams.test_address_space import heights
from tests.diagrams.test_vma_tree import boxes, centres
from vmlab import Machine, Map, Prot
from vmlab.record.recorder import Recorder
from vmlab.state.ids import parse

FIXED = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS | Map.MAP_FIXED
TREE_EVENTS = {"vma_link", "vma_unlink", "rb_rotate_left", "rb_rotate_right", "rb_recolor"}


@pytest.fixture(scope="module")
def recording() -> Recorder:
    """Regions come and go, and the tree turns."""
    machine = Machine()
    process = machine.spawn()
    with Recorder(machine) as recorder:
        for number in (5, 3, 8, 1, 9, 2):
            process.mmap(0x10000000 + number * 0x2000, 0x1000, Prot.PROT_READ, FIXED)
        for number in (5, 1, 8):
            process.munmap(0x10000000 + number * 0x2000, 0x1000)
    assert {step.event.name for step in recorder.steps} >= TREE_EVENTS
    return recorder


def numbers(recording: Recorder, *names: str) -> list[int]:
    return [step.number for step in recording.steps if step.event.name in names]


def addresses(places: dict[str, float]) -> list[int]:
    """Return the starts of the regions among some objects, in the order of their places."""
    found = []
    for key in sorted(places, key=places.__getitem__):
        kind, values = parse(key) or ("", ())
        if kind == "vma":
            found.append(values[1])
    return found


@pytest.mark.parametrize(
    ("name", "measure", "turn"),
    [("vma_tree", centres, 1), ("address_space", heights, -1), ("mm_struct", heights, -1)],
)
def test_regions_stand_in_the_order_of_their_addresses_at_every_step(
    recording: Recorder, name: str, measure: Callable[[str], dict[str, float]], turn: int
):
    for number in numbers(recording, *TREE_EVENTS):
        found = addresses(measure(DOT[name](recording.snapshot(number))))
        assert found == sorted(found)[::turn], number


def test_a_new_colour_moves_nothing(recording: Recorder):
    compared = 0
    for number in numbers(recording, "rb_recolor"):
        before, after = (
            centres(DOT["vma_tree"](recording.snapshot(at))) for at in (number - 1, number)
        )
        if before.keys() == after.keys():  # the recorder tells of a removal only after it
            compared += 1
            assert before == after, number
    assert compared > 3


def test_a_rotation_moves_nodes_up_and_down_only(recording: Recorder):
    for number in numbers(recording, "rb_rotate_left", "rb_rotate_right"):
        before, after = (DOT["vma_tree"](recording.snapshot(at)) for at in (number - 1, number))
        assert centres(before) == pytest.approx(centres(after), abs=0.01)
        assert before != after


def test_processes_stand_in_the_order_of_their_pids():
    machine = Machine()
    parent = machine.spawn()
    for _ in range(4):
        parent.fork()
        places = boxes(DOT["process_tree"](machine.snapshot()), "task")
        order = {key: top for key, (_, _, top) in places.items()}
        found = sorted(order, key=order.__getitem__)
        children = [key for key in found if key not in ("task_1", "task_1000")]
        assert children == sorted(children)
