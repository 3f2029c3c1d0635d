"""Running mutants: each ends within seconds, and is refused or works."""

from __future__ import annotations

import gc
import json
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from tests.fuzz import (
    answers,
    elf,
    fields,
    maps,
    recordings,
    scripts,
    states,
    strace,
    vmproc,
    vmrun,
)
from tests.fuzz.mutate import Change

KINDS: dict[str, ModuleType] = {
    "states": states,
    "recordings": recordings,
    "answers": answers,
    "maps": maps,
    "elf": elf,
    "scripts": scripts,
    "strace": strace,
    "fields": fields,
    "vmproc": vmproc,
    "vmrun": vmrun,
}
KEPT = Path(__file__).with_name("kept.json")
PATIENCE = 2  # seconds of the CPU for one mutant


class TooLong(Exception):
    """A mutant that does not come to an end."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mutant: what is changed, and what is done with it."""

    kind: str
    base: str
    changes: list[Change]
    seed: int

    def attempt(self) -> str:
        """Try it; return 'refused' or 'loaded'."""
        with limited(PATIENCE):
            outcome: str = KINDS[self.kind].attempt(self.base, self.changes, self.seed)
            return outcome

    def __str__(self) -> str:
        return json.dumps([self.kind, self.base, self.changes, self.seed])


def mutant(kind: str, seed: int) -> Mutant:
    """Return the mutant of a kind that a seed makes."""
    base, changes = KINDS[kind].choose(random.Random(seed))
    return Mutant(kind, base, changes, seed)


def kept() -> list[Mutant]:
    """Return those that once broke something."""
    rows: list[Any] = json.loads(KEPT.read_text())
    return [
        Mutant(kind, base, [(tuple(place), value) for place, value in changes], seed)
        for kind, base, changes, seed in rows
    ]


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TooLong where a block takes more than so many seconds of the CPU."""

    def too_long(number: int, frame: FrameType | None) -> None:
        raise TooLong

    gc.freeze()  # to look through all that stands would count as time of the block
    before = signal.signal(signal.SIGVTALRM, too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        gc.unfreeze()
