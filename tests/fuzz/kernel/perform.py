"""The model performs a sequence, as far as the kernel of this machine may too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.corpus.record import ALL_EVERY, snapped
from tests.corpus.replay import ENTRY, Answer, Replay, Victim
from tests.corpus.sequences import Op
from vmlab.errors import Signal, Sleeps
from vmlab.model.abi.mman import VM_EXEC
from vmlab.model.abi.time import NSEC_PER_SEC

FRAMES = 1 << 14  # that a sequence may use: the kernel's are real
_SIGNALS_OF_FAULTS = sum(1 << signal - 1 for signal in (4, 5, 7, 8, 11))
_SOON = 100 * NSEC_PER_SEC


class OffLimits(Exception):
    """An operation that is not for the kernel of this machine; the sequence ends before it."""


@dataclass
class Plan:
    """A sequence, and what the model answers."""

    rlimits: dict[str, int]
    disk: bool  # there are files on a disk too
    init: dict[str, Any]
    steps: list[list[Any]] = field(default_factory=list)

    @property
    def ops(self) -> list[Op]:
        """Return the operations."""
        return [step[0] for step in self.steps]


def perform(replay: Replay, op: Op) -> Answer:
    """Let the model perform an operation.

    Raises:
        OffLimits: nobody is there to do it, or it is not for the kernel of this machine.
    """
    if op[1] >= len(replay.victims):
        raise OffLimits
    victim = replay.victims[op[1]]
    if not victim.alive or victim.suspended or _code(victim) is None:
        raise OffLimits
    before = _code(victim)
    try:
        answer = replay.step(op)
    except (Signal, Sleeps):  # it took away its own code, or would wait for others
        raise OffLimits from None
    if any(_harmed(each) for each in replay.victims if each.alive):
        raise OffLimits
    awake = [each for each in replay.victims if each.alive and not each.suspended]
    if "executed" in answer or any(_code(each) != before for each in awake):
        raise OffLimits
    if takes_much(replay):
        raise OffLimits
    return answer


def _harmed(victim: Victim) -> bool:
    # Would the signals that the recorder drops, or lets through, make a difference?
    task = victim.process.task
    signal = task.signal
    soon = signal.it_real is not None and signal.it_real < task.system.clock + _SOON
    often = 0 < signal.it_real_incr < _SOON
    return victim.process.state in "ZX" or bool(task.blocked & _SIGNALS_OF_FAULTS) or soon or often


def takes_much(replay: Replay) -> bool:
    """Say whether it is too much memory for the kernel of this machine."""
    return len(replay.machine.system.mem_map) > FRAMES


def _code(victim: Victim) -> bytes | None:
    # What the victim runs on; None if it cannot.
    process = victim.process
    entry = process.pagemap(ENTRY)[0]
    vma = next((vma for vma in process.mm if ENTRY in range(vma.vm_start, vma.vm_end)), None)
    if vma is None or not entry.present or not vma.vm_flags & VM_EXEC:
        return None
    return bytes(process.task.system.ram.frame(entry.pfn))


def look(replay: Replay, plan: Plan, *, last: bool) -> None:
    """Add a snapshot to the last step where a recording has one."""
    number, disk = len(plan.steps), plan.disk
    if snapped(number, last=last, disk=disk):
        big = last or disk or not number % ALL_EVERY
        plan.steps[-1].append(replay.snapshot(big=big))


def answered(rlimits: dict[str, int], ops: list[Op], *, disk: bool = False) -> Plan:
    """Return what the model answers to a sequence.

    Raises:
        OffLimits: it is not for the kernel of this machine.
    """
    replay = Replay(rlimits, disk=disk)
    plan = Plan(rlimits, disk, replay.init)
    for number, op in enumerate(ops, 1):
        plan.steps.append([op, perform(replay, op)])
        look(replay, plan, last=number == len(ops))
    return plan
