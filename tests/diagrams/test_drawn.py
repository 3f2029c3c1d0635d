"""Every object that a step names is in the picture of its subject, in the state of that step.

`python -m tests.diagrams.test_drawn [number]` goes through all lessons and so many random
sequences, 1,000 unless told, and shows how far it is.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tqdm import tqdm

from tests.record.runs import ACTS, act, machine
from tests.record.scenes import SCENES, recorded
from vmlab import Machine, Process, Recorder, scenarios
from vmlab.record.highlight import event_ids
from vmlab.state.ids import KINDS, object_id, parse
from vmlab.state.snapshot import Snapshot
from vmlab.widgets.pictures import PICTURES, Focus

LESSONS = Path(__file__).parents[2] / "notebooks"

# The pictures of each kind of object; the object must be in all of them.
SUBJECTS = {
    "mm": ("address_space",),
    "vma": ("address_space", "vma_tree", "mm_struct"),
    "pte": ("address_space",),
    "pfn": ("frames",),
    "task": ("process_tree",),
    "file": ("page_cache",),
    "ino": ("page_cache",),
    "tlb": ("tlb",),
}
# What is never drawn.
NEVER = {"anon_vma": "it ties frames to regions, which the pictures show themselves"}


IDS = re.compile(r'\b(?:ID|id)="?([^" \]]+)')


def drawn_ids(picture: str, snap: Snapshot, focus: Focus) -> set[str]:
    return set(map(object_id, IDS.findall(PICTURES[picture].source(snap, focus))))


def not_drawn(recorder: Recorder, number: int) -> Iterator[str]:
    """Return the objects that a step names and a picture of their subject lacks."""
    event = recorder.steps.events[number]
    snap, before = recorder.snapshot(number), recorder.snapshot(number - 1)
    marks = recorder.marks(number)
    named = {key: parse(key) for key in event_ids(event, snap)}
    wanted: dict[tuple[str, int | None], set[str]] = {}
    for key, (kind, numbers) in ((key, found) for key, found in named.items() if found):
        for picture in SUBJECTS.get(kind, ()):
            # The pictures of one address space show that of the object.
            mm = numbers[0] if kind == "vma" and picture != "address_space" else None
            wanted.setdefault((picture, mm), set()).add(key)
    for (picture, mm), keys in wanted.items():
        focus = Focus(mm=mm, highlight=marks, before=before)
        for key in sorted(keys - drawn_ids(picture, snap, focus)):
            yield f"step {number}, {event.name}: {key} is not in {picture}"


def all_missing(recorder: Recorder) -> list[str]:
    return [line for step in recorder.steps for line in not_drawn(recorder, step.number)]


def check(recorder: Recorder) -> None:
    missing = all_missing(recorder)
    assert not missing, "\n".join(missing[:20])


def random_recording(seed: int, acts: int = 12) -> Recorder:
    """Return what a machine does in some random calls."""
    chance = random.Random(seed)
    where = machine()
    with Recorder(where) as recorder:
        for _ in range(acts):
            numbers = (chance.randrange(16) for _ in range(4))
            act(where, (chance.choice(sorted(ACTS)), *numbers))
    return recorder


def lesson_recordings(path: Path) -> list[Recorder]:
    """Run the cells of a lesson; return a recording of each machine in it."""
    found: list[Recorder] = []

    class Recorded(Machine):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)
            found.append(Recorder(self))

    class Watched:
        # The scenarios of lessons, each with a recorder that listens to its machine.
        def __getattr__(self, name: str) -> object:
            scenario = getattr(scenarios, name)

            def make(*args: object, **options: object) -> object:
                made = scenario(*args, **options)
                if isinstance(made, Process):
                    found.append(Recorder(made.machine))
                return made

            return make

    scope: dict[str, object] = {"Recorded": Recorded, "watched": Watched()}
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            if cell["cell_type"] != "code":
                continue
            with contextlib.suppress(Exception):  # some cells are there to fail
                source = re.sub(r"\bMachine\(", "Recorded(", "".join(cell["source"]))
                exec(re.sub(r"\bscenarios\.", "watched.", source), scope)
    return found


@pytest.mark.parametrize("name", list(SCENES))
def test_every_scene(name: str):
    check(recorded(name))


@pytest.mark.parametrize("seed", range(3))
def test_some_random_sequences(seed: int):
    check(random_recording(seed))


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(LESSONS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_lesson(path: Path):
    for recorder in lesson_recordings(path):
        check(recorder)


def test_it_can_fail(monkeypatch: pytest.MonkeyPatch):
    recorder = recorded("fork")
    kind = PICTURES["vma_tree"]
    blind = replace(kind, source=lambda snap, focus: kind.source(snap, Focus(mm=1)))
    monkeypatch.setitem(PICTURES, "vma_tree", blind)
    with pytest.raises(AssertionError, match=r"vma_2_\w+ is not in vma_tree"):
        check(recorder)


def test_every_kind_of_object_has_a_subject_or_a_reason():
    assert {*SUBJECTS, *NEVER} == set(KINDS) - {"gap", "step"}
    assert SUBJECTS.keys().isdisjoint(NEVER)


def main(number: int) -> None:
    """Go through all lessons and so many random sequences; fail with all that is not drawn."""
    os.nice(19)
    missing: list[str] = []
    for path in tqdm(sorted(LESSONS.glob("*.ipynb")), "lessons"):
        for turn, recorder in enumerate(lesson_recordings(path)):
            missing += (f"{path.stem}, machine {turn}, {line}" for line in all_missing(recorder))
    with ProcessPoolExecutor() as pool:
        for found in tqdm(pool.map(missing_of, range(number)), "random sequences", total=number):
            missing += found
    sys.exit("\n".join(missing) or None)


def missing_of(seed: int) -> list[str]:
    return [f"random sequence {seed}, {line}" for line in all_missing(random_recording(seed))]


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1000)
