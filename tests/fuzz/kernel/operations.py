"""Sequences of operations, chosen while the model performs them: so they meet what is there."""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.corpus.replay import DISK, FOLDER, RLIMITS, STUB, Answer, Replay, Victim
from tests.corpus.sequences import Op
from tests.fuzz.kernel.perform import FRAMES, OffLimits, Plan, answered, look, perform
from tests.fuzz.kernel.structures import Structures
from tests.soak.arguments import address, arguments, length
from vmlab import Arch, Madv, Map, Mcl, Pr
from vmlab.model.abi.calls import CALLS
from vmlab.model.abi.fcntl import (
    FALLOC_FL_COLLAPSE_RANGE,
    FALLOC_FL_INSERT_RANGE,
    O_DIRECT,
    O_TMPFILE_ALONE,
    Fcntl,
)
from vmlab.model.abi.futex import Futex
from vmlab.model.abi.kinds import Call, Kind, Parameter
from vmlab.model.abi.mman import ULONG_MAX, VM_LOCKED
from vmlab.model.abi.resource import Rlimit
from vmlab.model.abi.time import Clock
from vmlab.model.abi.wait import WNOHANG
from vmlab.model.mmu.page import PAGE_SIZE

LONGEST = 80  # operations of a sequence
_FEW = 6  # processes
_CANDIDATES = 4  # of which the one is taken that was seen least

# Left out: what waits, returns a time, or says how signals are handled, which the recorder drops;
# who the parent of the first process is; and of sendfile which pages it moves.
LEFT_OUT = frozenset("pause rt_sigreturn rt_sigaction time times sendfile getppid".split())
# What has structures to read, or stores what no two machines share.
_STRUCTURED = frozenset(
    "setrlimit getrlimit prlimit64 fstat stat lstat newfstatat statx getdents64 uname getrandom "
    "getrusage sysinfo sched_getaffinity getcpu clock_gettime clock_getres gettimeofday shmctl "
    "nanosleep clock_nanosleep rt_sigprocmask rt_sigsuspend rt_sigtimedwait sigaltstack wait4 "
    "waitid setitimer getitimer poll ppoll select pselect6 clone3 set_robust_list futex".split()
)
_WEIGHTS = {"ld": 6, "st": 9, "rmw": 2, "mmap": 6, "munmap": 3, "mprotect": 3, "mremap": 3}
_RARE = {"exit_group": 0.2, "execve": 0.2, "fork": 0.7, "vfork": 0.3, "clone": 0.4, "fetch": 0.3}
_RARE |= {"exit": 0.1, "clone3": 0.3, "rt_sigsuspend": 0.1, "close_range": 0.2}
_BEGIN = ("fork", "vfork", "clone", "clone3")  # a process
_SHARED = (0x11, 0x111, 0x100, 0x511, 0x711, 0xF11, 0x4111, 0x4011, 0x1)  # flags of clone
_NAMES = 0x20000000  # a page with names, for calls that take one
_PIECES = _NAMES + PAGE_SIZE // 2  # and with struct iovecs
_NR_PIECES = 16
_STRUCTURES = Structures(_NAMES + PAGE_SIZE // 4)
_SENT = (0, 17, 23, 28, 65, -1)  # signals that do nothing, or that there are not
_SIZES = (8, 8, 8, 8, 0, 4, 16)  # of a set of signals
_LIMITED = (Rlimit.RLIMIT_DATA, Rlimit.RLIMIT_STACK, Rlimit.RLIMIT_NOFILE, Rlimit.RLIMIT_AS)
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


_FUTEX = [each | private for each in Futex if "PI" not in each.name for private in (0, 128)]
_IOVS = ("iov", "vec", "local_iov", "remote_iov")
_KNOWN = {Kind.FD: 0.8, Kind.DIRFD: 0.3}  # how often a descriptor is one that is open
_P = Parameter
# Of calls whose registers are others than the arguments of their methods.
_REGISTERS: dict[str, tuple[Parameter, ...]] = {
    "pipe": (_P("pipefd", Kind.BUFFER),),
    "pipe2": (_P("pipefd", Kind.BUFFER), _P("flags", Kind.FD_FLAGS)),
    "wait4": (
        *(_P("pid", Kind.WAIT_PID), _P("wstatus", Kind.VECTOR)),
        *(_P("options", Kind.WAIT_OPTIONS), _P("rusage", Kind.VECTOR)),
    ),
    "setrlimit": (_P("resource", Kind.RESOURCE), _P("new_limit", Kind.VECTOR)),
    "prlimit64": (
        *(_P("pid", Kind.PID), _P("resource", Kind.RESOURCE)),
        *(_P("new_limit", Kind.VECTOR), _P("old_limit", Kind.VECTOR)),
    ),
}
# By call, if it matters, and parameter: what can be asked of the kernel of this machine.
_CHOICES: dict[tuple[str, str], Sequence[int]] = {
    ("", "sig"): _SENT,
    ("futex", "op"): _FUTEX,
    ("", "sigsetsize"): _SIZES,
    ("", "clockid"): (*Clock, 10),  # the times of other processes are not modelled
    ("", "seconds"): (0, 3600, -1),
    ("clone3", "size"): (64, 80, 88, 88, 0, 4096),
    ("getcwd", "size"): (0, 1, 5, 64, 4096),
    ("", "buflen"): (0, 1, 100),
    ("", "timeout"): (0, 0, 0, 10),
    ("", "rseq_len"): (0, 1, 16, 31),
    ("", "len"): (24, 24, 0, 25),
    ("setrlimit", "resource"): _LIMITED,
    ("prlimit64", "resource"): _LIMITED,
}


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
        self._with_structures = chance.random() < 0.4
        self.disk = chance.random() < 0.5
        self._names = [name for name in CALLS if name not in LEFT_OUT and self._possible(name)]
        self._names += ["ld", "st", "rmw", "fetch"]
        self.asked: list[Op] = []
        self.replay: Replay
        self.rlimits = {
            name: chance.choice(_LIMITS[name]) for name in RLIMITS if chance.random() < 0.1
        }

    def _possible(self, name: str) -> bool:
        kinds = {parameter.kind for parameter in CALLS[name].parameters}
        if name in _STRUCTURED and not self._with_structures:
            return False
        return self._with_names or not kinds & {Kind.PATH, Kind.PATH_OR_NONE, Kind.NAME}

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
            look(replay, plan, last=number == length)
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
        if self._with_structures:
            stores.append(["store", 0, _NAMES + PAGE_SIZE // 4, _STRUCTURES.data.hex()])
        return [["mmap", 0, _NAMES, PAGE_SIZE, 3, 0x32, -1, 0], *stores] if stores else []

    def _choose(self, replay: Replay) -> Op:
        able = [victim for victim in replay.victims if victim.alive and not victim.suspended]
        if not able:
            return ["ld", 0, 0]
        names = self._names
        if len(replay.victims) >= _FEW:
            names = [name for name in names if name not in _BEGIN]
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
        args = self._arguments(call, victim)
        if name == "mremap" and args[0] in _VVAR:  # what it holds is not modelled, so it stays
            args[0] = _NAMES
        if name == "mmap" and args[1] > FRAMES * PAGE_SIZE:
            args[3] &= ~(Map.MAP_POPULATE | Map.MAP_LOCKED)
            if process.mm.def_flags & VM_LOCKED:
                args[1] = PAGE_SIZE
        if name == "mlockall" and process.mm.total_vm > FRAMES:
            args[0] |= Mcl.MCL_ONFAULT
        if name == "fallocate":
            args[1] &= ~_MOVES  # what moves the blocks of a file of a disk is not modelled
            if 0 <= args[3] < 1 << 63:
                args[3] %= FRAMES * PAGE_SIZE // 8
        return [name, victim.index, *args]

    def _arguments(self, call: Call, victim: Victim) -> list[Any]:
        # As the registers hold them: what the soak draws, or what is more likely to be there.
        chance, name = self.chance, call.name
        parameters = _REGISTERS.get(name, call.parameters)
        whole = replace(call, parameters=tuple(replace(each, default=0) for each in parameters))
        drawn = [*arguments(whole, chance, victim.process), *[0] * len(parameters)]
        return [
            self._value(name, each, value, victim)
            for each, value in zip(parameters, drawn, strict=False)
        ]

    def _value(self, call: str, parameter: Parameter, drawn: Any, victim: Victim) -> int | str:
        special = self._special(call, parameter, drawn, victim)
        if special is not None:
            return special
        kind = parameter.kind
        if kind in (Kind.PATH, Kind.PATH_OR_NONE, Kind.NAME):
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

    def _special(
        self, call: str, parameter: Parameter, drawn: Any, victim: Victim
    ) -> int | str | None:
        # What only some parameters are; None = nothing of that.
        chance, kind, name = self.chance, parameter.kind, parameter.name
        if kind is Kind.PID:
            return str(chance.randrange(len(self.replay.victims))) if drawn > 1 else drawn - 1
        if kind is Kind.PIDFD and drawn > 0:
            return int(_FIRST_PIDFD + drawn % 4)
        if kind in (Kind.FD, Kind.DIRFD) and chance.random() < _KNOWN[kind]:
            table = victim.process.task.files
            return chance.choice(list(table.fd)) if table and table.fd else -1
        if name in _IOVS and self._with_pieces and chance.random() < 0.8:
            return _PIECES + 16 * chance.randrange(_NR_PIECES)
        if self._with_structures:
            place = _STRUCTURES.pointer(call, parameter, chance)
            if place is not None:
                return place
        choices = _CHOICES.get((call, name)) or _CHOICES.get(("", name))
        if choices is not None:
            return int(chance.choice(choices))
        if kind is Kind.WAIT_OPTIONS:
            return int(drawn | WNOHANG)
        return None

    def _name(self) -> int:
        return _NAMES + 64 * self.chance.randrange(len(_PATHS) + 1) + self.chance.choice((0, 0, 3))
