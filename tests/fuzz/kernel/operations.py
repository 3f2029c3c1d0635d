"""Sequences of operations, chosen while the model performs them: so they meet what is there."""

from __future__ import annotations

import random
import struct
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.corpus.record import ALL_EVERY, snapped
from tests.corpus.replay import DISK, ENTRY, FOLDER, RLIMITS, STUB, Answer, Replay, Victim
from tests.corpus.sequences import Op
from tests.soak.arguments import address, arguments, length
from vmlab import Arch, Madv, Map, Mcl, Pr
from vmlab.errors import Signal, Sleeps
from vmlab.model.abi.calls import CALLS
from vmlab.model.abi.fcntl import (
    FALLOC_FL_COLLAPSE_RANGE,
    FALLOC_FL_INSERT_RANGE,
    O_DIRECT,
    O_TMPFILE_ALONE,
    Fcntl,
)
from vmlab.model.abi.kinds import Kind, Parameter
from vmlab.model.abi.mman import ULONG_MAX, VM_EXEC, VM_LOCKED
from vmlab.model.mmu.page import PAGE_SIZE

LONGEST = 80  # operations of a sequence
_FEW = 6  # processes
_FRAMES = 1 << 14  # that a sequence may use: the kernel's are real
_CANDIDATES = 4  # of which the one is taken that was seen least

# Left out: what takes from memory what the table gives as values, waits, or ends a thread alone.
# What tells or stores numbers that no two machines share is left out too, and what reaches beyond
# the folder and the descriptors of a sequence.
_LEFT_OUT = frozenset(
    "pipe getrlimit setrlimit prlimit64 rt_sigaction wait4 exit getpid fstat shmctl "
    "set_tid_address process_vm_readv process_vm_writev "
    "stat lstat newfstatat getcwd chdir fchdir close_range ioctl pipe2 gettid getppid getpgrp "
    "getpgid setpgid getsid setsid uname getrandom getrusage sysinfo times sched_getaffinity "
    "getcpu time clock_gettime clock_getres gettimeofday "
    "clone3 futex set_robust_list get_robust_list rseq sched_yield nanosleep clock_nanosleep "
    "rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend sigaltstack pause "
    "waitid alarm setitimer getitimer statx faccessat2 getdents64 sendfile "
    "poll ppoll select pselect6 rt_sigtimedwait "
    "kill tkill tgkill".split()
)
_WEIGHTS = {"ld": 6, "st": 9, "rmw": 2, "mmap": 6, "munmap": 3, "mprotect": 3, "mremap": 3}
_RARE = {"exit_group": 0.2, "execve": 0.2, "fork": 0.7, "vfork": 0.3, "clone": 0.4, "fetch": 0.3}
_SHARED = (0x11, 0x111, 0x100, 0x511, 0x711, 0xF11, 0x4111, 0x4011, 0x1)  # flags of clone
_NAMES = 0x20000000  # a page with names, for calls that take one
_PIECES = _NAMES + PAGE_SIZE // 2  # and with struct iovecs
_NR_PIECES = 16
_FIRST_PIDFD = 15  # the lowest free descriptor
_PATHS = (
    f"{DISK}/d.dat",
    f"{DISK}/n",
    f"{FOLDER}/a.dat",
    f"{FOLDER}/b.dat",
    f"{FOLDER}/n",
    FOLDER,
    f"{FOLDER}/a.dat/x",
    STUB,
)
_VVAR = range(0x7FFFF7FF0000, 0x7FFFF7FFF000)  # the clock ticks there, and in [vdso] is code
# And a file without a name has one that tells its number.
_NOT_MODELLED = {Kind.MAP_FLAGS: Map.MAP_HUGETLB, Kind.OPEN_FLAGS: O_TMPFILE_ALONE | O_DIRECT}
_COMMANDS: dict[Kind, Any] = {  # of these no other is modelled
    Kind.FCNTL_COMMAND: Fcntl,
    Kind.OPTION: Pr,
    Kind.ARCH_CODE: Arch,
}
# There is no reclaim, and no huge page.
_ADVICE = [each for each in Madv if each not in (Madv.MADV_PAGEOUT, Madv.MADV_COLLAPSE)]
_MOVES = FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE
_LIMITS = {"stack": (1 << 16, 1 << 20), "as": (1 << 23, 1 << 30), "data": (1 << 16, 1 << 20)}


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


class Seen:
    """Counts what was asked and answered, to ask next what was seen least."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.shapes: Counter[tuple[object, ...]] = Counter()
        self.outcomes: Counter[tuple[str, object]] = Counter()  # call, errno or signal

    def weight(self, name: str) -> float:
        """Return how often a call is to be chosen beside others."""
        return (_WEIGHTS.get(name, 1) * _RARE.get(name, 1)) / (1 + self.calls[name]) ** 0.25

    def count(self, op: Op, answer: Answer) -> None:
        """Count one operation."""
        self.calls[op[0]] += 1
        self.shapes[_shape(op)] += 1
        result = answer.get("r", answer.get("sig", 0))
        failed = isinstance(result, int) and (result < 0 or "sig" in answer)
        self.outcomes[op[0], result if failed else 0] += 1


def _shape(op: Op) -> tuple[object, ...]:
    # The flags of a call as they are; of other numbers only what kind they are.
    call = CALLS.get(op[0])
    if call is None:
        return (op[0], op[2] % PAGE_SIZE == 0)
    plain = {Kind.ADDRESS, Kind.HINT, Kind.BREAK, Kind.BUFFER, Kind.VECTOR, Kind.LENGTH, Kind.COUNT}
    return (
        op[0],
        *(
            (arg == 0, arg % PAGE_SIZE, arg.bit_length() > 40) if each.kind in plain else arg
            for each, arg in zip(call.parameters, op[2:], strict=False)
        ),
    )


class Planner:
    """Chooses the operations of one sequence.

    Args:
        chance: chooses.
        seen: what was asked before.

    Attributes:
        asked: the operations so far.
        replay: the model that answers them.
        rlimits: limits of the process, by name.
        disk: whether there are files on a disk too.
    """

    def __init__(self, chance: random.Random, seen: Seen) -> None:
        self.chance, self.seen = chance, seen
        self._with_names = chance.random() < 0.2
        self._with_pieces = chance.random() < 0.3
        self.disk = chance.random() < 0.5
        self._names = [name for name in CALLS if name not in _LEFT_OUT and self._possible(name)]
        self._names += ["ld", "st", "rmw", "fetch"]
        self.asked: list[Op] = []
        self.replay: Replay
        self.rlimits = {
            name: chance.choice(_LIMITS[name]) for name in RLIMITS if chance.random() < 0.1
        }

    def _possible(self, name: str) -> bool:
        kinds = {parameter.kind for parameter in CALLS[name].parameters}
        return self._with_names or not kinds & {Kind.PATH, Kind.NAME}

    def plan(self) -> Plan:
        """Return a sequence and the model's answers."""
        replay = self.replay = Replay(self.rlimits, disk=self.disk)
        plan = Plan(self.rlimits, self.disk, replay.init)
        first = self._first()
        length = self.chance.randrange(4, LONGEST)
        for number in range(1, length + 1):
            op = first[number - 1] if number <= len(first) else self._choose(replay)
            self.asked.append(op)
            try:
                answer = perform(replay, op)
            except OffLimits:
                return answered(self.rlimits, plan.ops, disk=self.disk)
            self.seen.count(op, answer)
            plan.steps.append([op, answer])
            _look(replay, plan, last=number == length)
        return plan

    def _first(self) -> list[Op]:
        stores: list[Op] = []
        if self._with_names:
            names = [path.encode() + b"\0" for path in _PATHS]
            stores += (
                ["store", 0, _NAMES + 64 * place, name.hex()] for place, name in enumerate(names)
            )
        if self._with_pieces:
            chance, process = self.chance, self.replay.victims[0].process
            places = [address(chance, process) & ULONG_MAX for _ in range(_NR_PIECES)]
            pieces = [
                (_NAMES if place in _VVAR else place, length(chance, process) & ULONG_MAX)
                for place in places
            ]
            data = b"".join(struct.pack("<2Q", *piece) for piece in pieces)
            stores.append(["store", 0, _PIECES, data.hex()])
        return [["mmap", 0, _NAMES, PAGE_SIZE, 3, 0x32, -1, 0], *stores] if stores else []

    def _choose(self, replay: Replay) -> Op:
        able = [victim for victim in replay.victims if victim.alive and not victim.suspended]
        if not able:
            return ["ld", 0, 0]
        names = self._names
        if len(replay.victims) >= _FEW:
            names = [name for name in names if name not in ("fork", "vfork", "clone")]
        weights = [self.seen.weight(name) for name in names]
        candidates = [
            self._op(name, self.chance.choice(able))
            for name in self.chance.choices(names, weights, k=_CANDIDATES)
        ]
        return min(candidates, key=lambda op: self.seen.shapes[_shape(op)])

    def _op(self, name: str, victim: Victim) -> Op:
        chance, process = self.chance, victim.process
        if name not in CALLS:
            byte = [chance.randrange(256)] if name == "st" else []
            place = address(chance, process) + chance.choice((0, 0, 1, 4095))
            place = _NAMES if place in _VVAR else place
            return [name, victim.index, place & (1 << 64) - 1, *byte]
        call = CALLS[name]
        if name == "execve":
            return [name, victim.index, self._name(), 0, 0]
        if name == "clone":
            return [name, victim.index, chance.choice(_SHARED)]
        drawn = arguments(call, chance, process)
        defaults = [parameter.default for parameter in call.parameters[len(drawn) :]]
        if name == "mremap" and drawn[0] in _VVAR:  # what it holds is not modelled, so it stays
            drawn = (_NAMES, *drawn[1:])
        values = zip(call.parameters, [*drawn, *defaults], strict=True)
        args = [self._value(each, value) for each, value in values]
        if name == "mmap" and args[1] > _FRAMES * PAGE_SIZE:
            args[3] &= ~(Map.MAP_POPULATE | Map.MAP_LOCKED)
            if process.mm.def_flags & VM_LOCKED:
                args[1] = PAGE_SIZE
        if name == "mlockall" and process.mm.total_vm > _FRAMES:
            args[0] |= Mcl.MCL_ONFAULT
        if name == "fallocate":
            args[1] &= ~_MOVES  # what moves the blocks of a file of a disk is not modelled
            if 0 <= args[3] < 1 << 63:
                args[3] %= _FRAMES * PAGE_SIZE // 8
        return [name, victim.index, *args]

    def _value(self, parameter: Parameter, drawn: Any) -> int | str:
        # What the soak draws, but for what a register cannot hold and what is not modelled.
        kind = parameter.kind
        if kind is Kind.PID:  # numbers of processes differ, those of nobody do not
            return str(self.chance.randrange(len(self.replay.victims))) if drawn > 1 else drawn - 1
        if kind is Kind.PIDFD and drawn > 0:
            return int(_FIRST_PIDFD + drawn % 4)
        if parameter.name in ("iov", "vec") and self._with_pieces and self.chance.random() < 0.8:
            return _PIECES + 16 * self.chance.randrange(_NR_PIECES)
        if kind in (Kind.PATH, Kind.NAME):
            return self._name()
        if kind in _COMMANDS:
            return int(self.chance.choice(list(_COMMANDS[kind])))
        if kind is Kind.FCNTL_ARGUMENT:
            return int(drawn or 0) & ~O_DIRECT
        if kind is Kind.ADVICE:
            return int(self.chance.choice(_ADVICE))
        if kind in (Kind.BUFFER, Kind.ARGUMENT) and drawn in _VVAR:
            return _NAMES
        return int(drawn or 0) & ~_NOT_MODELLED.get(kind, 0)

    def _name(self) -> int:
        return _NAMES + 64 * self.chance.randrange(len(_PATHS) + 1) + self.chance.choice((0, 0, 3))


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
    awake = [each for each in replay.victims if each.alive and not each.suspended]
    if "executed" in answer or any(_code(each) != before for each in awake):
        raise OffLimits
    if takes_much(replay):
        raise OffLimits
    return answer


def takes_much(replay: Replay) -> bool:
    """Say whether it is too much memory for the kernel of this machine."""
    return len(replay.machine.system.mem_map) > _FRAMES


def _code(victim: Victim) -> bytes | None:
    # What the victim runs on; None if it cannot.
    process = victim.process
    entry = process.pagemap(ENTRY)[0]
    vma = next((vma for vma in process.mm if ENTRY in range(vma.vm_start, vma.vm_end)), None)
    if vma is None or not entry.present or not vma.vm_flags & VM_EXEC:
        return None
    return bytes(process.task.system.ram.frame(entry.pfn))


def _look(replay: Replay, plan: Plan, *, last: bool) -> None:
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
        _look(replay, plan, last=number == len(ops))
    return plan
