"""Ask the model and the kernel of this machine; find the shortest way to where they differ."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.corpus.compare import first_difference, show_op
from tests.corpus.record import NoAnswer, Record, in_child, on_disk
from tests.corpus.sequences import Op
from tests.fuzz.kernel.operations import Planner, Seen
from tests.fuzz.kernel.perform import OffLimits, Plan, answered, takes_much
from tests.fuzz.run import TooLong, limited

_TIMES = 3  # that the kernel is asked before it counts as certain
_ATTEMPTS = 200  # at a shorter sequence
_PATIENCE = 20  # seconds of the CPU that the model may take for a sequence


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the two first differ."""

    step: int  # from 0; -1 = the state after execve
    op: Op
    place: str  # of the answer
    kernel: str
    model: str

    @property
    def kind(self) -> tuple[str, str]:
        """Return what other differences of the same cause have in common, as far as one sees."""
        letters = "".join(letter for letter in self.place if not letter.isdigit())
        return (str(self.op[0]) if self.op else "execve", letters)

    def __str__(self) -> str:
        name = show_op(self.op) if self.op else "execve"
        where = f"step {self.step}: {name}: {self.place}"
        return f"{where}\n    kernel {self.kernel}\n    model  {self.model}"


@dataclass
class Outcome:
    """What came of some sequences."""

    sequences: int = 0
    operations: int = 0
    unsteady: int = 0  # sequences that the kernel answers now so, now so
    answers: Counter[tuple[str, object]] = field(default_factory=Counter)
    found: list[tuple[Record, Difference]] = field(default_factory=list)


def difference(plan: Plan, record: Record) -> Difference | None:
    """Return where the kernel's answers first differ from the model's; None if they agree."""
    found = first_difference(record["init"], plan.init)
    if found:
        return Difference(-1, [], *found)
    for number, (theirs, mine) in enumerate(zip(record["steps"], plan.steps, strict=True)):
        found = first_difference(_seen(theirs), _seen(mine))
        if found:
            return Difference(number, mine[0], *found)
    return None


def _seen(step: list[Any]) -> dict[str, Any]:
    answer = {key: value for key, value in step[1].items() if value != "?"}
    return {**answer, "snapshot": step[2]} if len(step) > 2 else answer


def tried(
    rlimits: dict[str, int], ops: list[Op], *, disk: bool
) -> tuple[Record, Difference] | None:
    """Ask both; return the kernel's answers and where they differ, if it always answers so."""
    try:
        plan = answered(rlimits, ops, disk=disk)
        records = [in_child(rlimits, ops, disk=disk) for _ in range(_TIMES)]
    except (OffLimits, NoAnswer):
        return None
    differences = [difference(plan, record) for record in records]
    if differences[0] is None or any(one != differences[0] for one in differences):
        return None
    return records[0], differences[0]


def shortest(
    rlimits: dict[str, int], ops: list[Op], kind: tuple[str, str], *, disk: bool
) -> list[Op]:
    """Leave out operations as long as the two differ in the same way: halves, then fewer."""
    size, attempts = max(1, len(ops) // 2), 0
    while attempts < _ATTEMPTS:
        for start in range(0, len(ops), size):
            attempts += 1
            fewer = ops[:start] + ops[start + size :]
            found = tried(rlimits, fewer, disk=disk) if fewer else None
            if found is not None and found[1].kind == kind:
                ops = fewer[: found[1].step + 1]
                break
        else:
            if size == 1:
                return ops
            size //= 2
    return ops


class Finder:
    """Compares sequence after sequence, each time what was seen least; tells each cause once."""

    def __init__(self) -> None:
        self._seen = Seen()
        self._kinds: set[tuple[str, str]] = set()

    def compare(self, seed: int) -> Outcome:
        """Compare the sequence that a seed chooses."""
        self._seen.outcomes.clear()
        planner = Planner(random.Random(seed), self._seen)
        try:
            with limited(_PATIENCE):
                plan = planner.plan()
        except TooLong:
            return self._too_long(planner)
        outcome = Outcome(1, len(plan.steps), answers=Counter(self._seen.outcomes))
        if not plan.steps:
            return outcome
        try:
            found = difference(plan, in_child(plan.rlimits, plan.ops, disk=plan.disk))
        except NoAnswer:
            outcome.found.append(_slow(planner, plan.ops, "waits", "answers"))
            return outcome
        if found is None or found.kind in self._kinds:
            return outcome
        certain = tried(plan.rlimits, plan.ops[: found.step + 1], disk=plan.disk)
        if certain is None:
            outcome.unsteady = 1
            return outcome
        self._kinds.add(certain[1].kind)
        ops = shortest(plan.rlimits, plan.ops[: found.step + 1], certain[1].kind, disk=plan.disk)
        record, short = tried(plan.rlimits, ops, disk=plan.disk) or certain
        head = {"id": f"fuzz-{seed}", "rlimits": plan.rlimits, **on_disk(plan.disk)}
        outcome.found.append(({**head, **record}, short))
        return outcome

    def _too_long(self, planner: Planner) -> Outcome:
        ops = planner.asked
        if takes_much(planner.replay):
            return Outcome(1)
        slow = _slow(planner, ops, "answers", f"not within {_PATIENCE} s")
        return Outcome(1, len(ops), found=[slow])


def _slow(planner: Planner, ops: list[Op], kernel: str, model: str) -> tuple[Record, Difference]:
    # A sequence that one of both does not come to the end of.
    found = Difference(len(ops) - 1, ops[-1], "time", kernel, model)
    steps = [[op] for op in ops]
    return {"rlimits": planner.rlimits, **on_disk(planner.disk), "steps": steps}, found
