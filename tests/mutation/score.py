"""How many mutants of each file are noticed: counted, told, and kept for `docs/evidence.md`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

STORED = Path(__file__).with_name("score.json")
WORDS = KILLED, EQUIVALENT, SURVIVED = "killed", "equivalent", "survived"
Score = dict[str, dict[str, int]]  # file, below vmlab/model/linux -> how many of each


def share(counts: dict[str, int]) -> float:
    """Return which part of the mutants that change something was noticed."""
    judged = counts.get(KILLED, 0) + counts.get(SURVIVED, 0)
    return counts.get(KILLED, 0) / judged if judged else 1.0


def total(score: Score) -> dict[str, int]:
    """Return the counts of all files together."""
    counts: Counter[str] = Counter()
    for each in score.values():
        counts.update(each)
    return counts


def read() -> Score:
    """Return what is stored."""
    found: Score = json.loads(STORED.read_text())
    return found


def store(new: Score) -> None:
    """Store the counts of some files beside those of the others."""
    score = (read() if STORED.exists() else {}) | new
    lines = [f"  {json.dumps(name)}: {json.dumps(score[name])}" for name in sorted(score)]
    STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
