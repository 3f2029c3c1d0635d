"""An Explorer that is interrupted goes on: the next press shows what is there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.interrupting import A, Interrupter, places, process
from vmlab import Explorer, Recorder
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.widgets.pictures import PICTURES

PRESSES: dict[str, Callable[[Explorer], object]] = {
    "call": lambda explorer: explorer.fork(),
    "button": lambda explorer: explorer.controls._handle_custom_msg(
        {"event": "call", "name": "fork"}, []
    ),
    "step": lambda explorer: setattr(explorer.player, "step", 1),
    "undo": lambda explorer: explorer.undo(),
    "refresh": lambda explorer: explorer.refresh(),
}


def opened() -> Explorer:
    explorer = Explorer(process().machine, show="address_space")
    explorer.store(addr=A, data=b"x")
    return explorer


@pytest.mark.parametrize("name", PRESSES)
def test_it_draws_again(name: str) -> None:
    press = PRESSES[name]
    for at in places(partial(press, opened()), 8):
        explorer = opened()
        Interrupter(at).run(partial(press, explorer))
        explorer.munmap(addr=A, length=4096)
        machine = explorer.machine
        validate_machine(machine.system)
        assert explorer.player.count == len(explorer.timeline.recorder) + 1
        recorder = Recorder.of(machine)
        assert recorder is not None
        assert recorder.snapshot(len(recorder) - 1) == machine.snapshot()
        now = explorer.timeline.scene(explorer.player.step)
        words = PICTURES["address_space"].text(now.snapshot, explorer._focus(now))
        assert next(iter(explorer.pictures)).description == words
