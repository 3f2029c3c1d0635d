"""What was covered: operations, answers, signals, events; and what never happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from vmlab.errors import Killed, LinuxError, ProcessError, Signal
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.trace.event import Event

_PARTS = ("operations", "calls", "answers", "signals", "reasons", "events")


@dataclass
class Tally:
    """Counts, that can be added up."""

    operations: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)  # errno names; '' = none
    signals: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)  # why a call failed, as a code
    events: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add what another one counted."""
        for part in _PARTS:
            getattr(self, part).update(getattr(other, part))

    def failed(self, failure: Exception) -> None:
        """Count an answer that is a failure."""
        if isinstance(failure, LinuxError):
            self.answers[failure.name] += 1
            self.reasons[failure.check.code] += 1
        elif isinstance(failure, Signal):
            self.signals[f"{failure.name} {failure.code_name}"] += 1
        elif isinstance(failure, Killed):
            self.signals[f"killed by {failure.name}"] += 1
        elif isinstance(failure, ProcessError):
            self.reasons[failure.code] += 1

    def __str__(self) -> str:
        kinds = {kind.name for kind in Event.__subclasses__()}
        never = {
            "calls": set(ACTIONS) - set(self.calls),
            "events": kinds - set(self.events),
        }
        lines = [f"{part}: {_counts(getattr(self, part))}" for part in _PARTS]
        lines += [
            f"{part} never seen: {', '.join(sorted(never[part])) or 'none'}" for part in never
        ]
        return "\n".join(lines)


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name or 'done'} {count}" for name, count in counter.most_common()) or "none"
