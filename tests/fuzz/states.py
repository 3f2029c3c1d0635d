"""Mutants of states: each is refused with a field named, or makes a machine that goes on."""

from __future__ import annotations

import gzip
import random
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz.mutate import Change, Mutator, changed
from tests.record.runs import ACTS, Act, act, machine, run
from vmlab import Killed, LinuxError, Machine, StateError
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.state import files as state_file
from vmlab.state.check import check
from vmlab.state.codec import encode

FILES = Path(__file__).parents[1] / "state" / "files"
_RUNS = 6  # random machines
_NAMES = sorted(ACTS)


@cache
def bases() -> dict[str, Any]:
    """Return states, as JSON data, by name: those that older versions wrote, and new ones."""
    found = {}
    for file in sorted(FILES.glob("*.json.gz")):
        text = gzip.decompress(file.read_bytes()).decode()
        body, _ = state_file.read(state_file.STATE, text, {"snapshot"}, state_file.MIGRATIONS)
        found[file.name] = body["snapshot"]
    for seed in range(_RUNS):
        chance = random.Random(seed)
        m = machine()
        run(m, [any_act(chance) for _ in range(60)])
        found[f"run {seed}"] = encode(m.snapshot())
    return found


@cache
def _mutator(base: str) -> Mutator:
    return Mutator(bases()[base])


def any_act(chance: random.Random) -> Act:
    """Choose something that a process may do."""
    a, b, c, d = (chance.randrange(16) for _ in range(4))
    return chance.choice(_NAMES), a, b, c, d


def choose(chance: random.Random) -> tuple[str, list[Change]]:
    """Choose a base and changes of it."""
    base = chance.choice(list(bases()))
    return base, _mutator(base).changes(chance)


def attempt(base: str, changes: list[Change], seed: int) -> str:
    """Load a mutant and go on with it; return 'refused' or 'loaded'.

    Args:
        base: the name of a state.
        changes: of it.
        seed: of what is done with the machine.
    """
    data = changed(bases()[base], changes)
    try:
        snap = state_file.read_snapshot(data, "snapshot")
        check(snap)
    except StateError as failure:
        str(failure)
        return "refused"
    m = Machine.from_snapshot(snap)
    assert m.snapshot() == snap
    go_on(m, random.Random(seed))
    return "loaded"


def go_on(m: Machine, chance: random.Random) -> None:
    """Use a machine in every way, and check it after each."""
    validate_machine(m.system)
    for process in list(m.processes.values()):
        if process.state == "R":
            process.schedule()
            validate_machine(m.system)
        _look(process)
    for _ in range(20):
        with suppress(Killed, LinuxError):  # of the new process that there must be
            act(m, any_act(chance))
        validate_machine(m.system)
    for process in list(m.processes.values()):
        _look(process)
    check(m.snapshot())
    for process in list(m.processes.values()):
        if process.state == "R" and process.task.mm:
            process.exit(1)
            validate_machine(m.system)
    check(m.snapshot())


def _look(process: Any) -> None:
    process.status()
    process.statm()
    if process.task.mm:
        process.maps()
        process.smaps()
        process.smaps_rollup()
        process.pagemap(0x10000000, 4)
