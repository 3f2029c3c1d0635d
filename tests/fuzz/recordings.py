"""Mutants of recordings: each is refused, or can be gone through."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any

from tests.fuzz.mutate import Change, Mutator, changed
from tests.fuzz.states import any_act
from tests.record.runs import machine, run
from vmlab import Recorder, StateError
from vmlab.record.recording_migrations import MIGRATIONS
from vmlab.state import files as state_file

_RUNS = 5
_HEAD = ("format", "version", "sha256")


@cache
def bases() -> dict[str, Any]:
    """Return the bodies of recordings, by name."""
    found = {}
    for seed in range(_RUNS):
        chance = random.Random(seed)
        m = machine()
        with Recorder(m) as recorder:
            run(m, [any_act(chance) for _ in range(8)])
            m.restore(recorder.start)
            m.from_maps("400000-401000 r-xp 00000000 08:01 5 /bin/x\n")
        data = json.loads(recorder.to_json())
        found[f"run {seed}"] = {name: data[name] for name in data if name not in _HEAD}
    return found


@cache
def _mutator(base: str) -> Mutator:
    return Mutator(bases()[base])


def choose(chance: random.Random) -> tuple[str, list[Change]]:
    """Choose a base and changes of it."""
    base = chance.choice(list(bases()))
    return base, _mutator(base).changes(chance)


def attempt(base: str, changes: list[Change], seed: int) -> str:
    """Load a mutant and look at some of its steps; return 'refused' or 'loaded'.

    Args:
        base: the name of a recording.
        changes: of its body.
        seed: of the steps.
    """
    text = state_file.write("vmlab-recording", changed(bases()[base], changes), MIGRATIONS)
    try:
        recorder = Recorder.from_json(text)
    except StateError as failure:
        str(failure)
        return "refused"
    chance = random.Random(seed)
    for step in (len(recorder) - 1, chance.randrange(-1, len(recorder))):
        recorder.goto(step)
    assert recorder.snapshot(len(recorder) - 1) == recorder.machine.snapshot()
    recorder.transcript()
    run(recorder.machine, [any_act(chance) for _ in range(3)])
    return "loaded"
