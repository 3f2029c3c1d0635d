"""A recorder that is interrupted still has the machine it records, and all of its states."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.interrupting import A, Interrupter, places, process
from vmlab import Recorder, watch
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.mmu.page import PAGE_SIZE


def recorded() -> Recorder:
    """A recording of two calls, of which the last one is undone."""
    p = process()
    recorder = Recorder(p.machine)
    p.mprotect(A, PAGE_SIZE, 1)
    p.munmap(A, PAGE_SIZE)
    return recorder.undo()


WAYS: dict[str, Callable[[Recorder], object]] = {
    "undo": lambda recorder: recorder.undo(),
    "redo": lambda recorder: recorder.redo(),
    "branch": lambda recorder: recorder.branch(-1),
    "load": lambda recorder: recorder.load(recorder.machine.snapshot().to_json()),
    "call": lambda recorder: recorder.machine[1000].fork(),
    "close": lambda recorder: recorder.close(),
    "another": lambda recorder: Recorder(recorder.machine),
}


@pytest.mark.parametrize("name", WAYS)
def test_an_interrupt_leaves_machine_and_recording_together(name: str) -> None:
    way = WAYS[name]
    for at in places(partial(way, recorded()), 12):
        recorder = recorded()
        machine = recorder.machine
        Interrupter(at).run(partial(way, recorder))
        validate_machine(machine.system)
        now = Recorder.of(machine)
        if now is None:
            now = recorder  # it was closed
        assert now.snapshot(len(now) - 1) == machine.snapshot()
        for step in range(-1, len(now)):
            now.snapshot(step)
        assert now.from_json(now.to_json()).machine.snapshot() == machine.snapshot()
        now.listen()
        machine[1000].mmap(0, PAGE_SIZE, 3, 0x22)
        before = now.snapshot(now.calls[-1].first - 1)
        now.undo()
        assert machine.snapshot() == before


def test_a_watch_that_is_interrupted_gives_the_machine_back() -> None:
    p = process()

    def look() -> None:
        with watch(p.machine, "vma_link"):
            p.munmap(A, PAGE_SIZE)

    for at in places(look, 12):
        p = process()
        Interrupter(at).run(look)
        p.fork()
        validate_machine(p.machine.system)
