"""What came of long runs of random calls: kept for `docs/evidence.md`.

`runs.json` has one entry a run, written after somebody looked at each kind of difference.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

STORED = Path(__file__).with_name("runs.json")


@dataclass(frozen=True, slots=True)
class Run:
    """One run, or several on the same code."""

    code: str  # commit, if it was noted
    seeds: str  # of the first sequence of each
    operations: int
    sequences: int
    rate: int | None  # operations a second; None = not noted
    calls: int | None  # and accesses; None = not noted
    of_harness: int  # kinds of differences that come from how both are started and watched
    mended: int  # from the model, which answers as the kernel now
    left: int  # from the model, which does not


def read() -> list[Run]:
    """Return what is stored, in order."""
    return [Run(**each) for each in json.loads(STORED.read_text())]
