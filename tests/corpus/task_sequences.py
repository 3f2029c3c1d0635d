"""The sequences that `record` makes of calls about processes, as `sequences.py` has others."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

from tests.corpus.sequences import LARGE, OPS, PAGE, PAGES, A, Op, some_range
from vmlab.model.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, Madv

PRIVATE = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED


def pidfds() -> dict[str, list[Op]]:
    """pidfd_open, what else a pidfd is good for, and advice through it."""
    return {str(seed): _pidfds(random.Random(seed)) for seed in range(40)}


THREAD = 0x10900  # CLONE_VM, CLONE_SIGHAND, CLONE_THREAD
FIRST_FREE = 15  # descriptor
REMOTE = [3, 20, 20, 20, 21]  # advice that is for others too
STAT = A + 512  # where a struct stat goes


def _pidfds(rng: random.Random) -> list[Op]:
    ops: list[Op] = [["mmap", 0, A, PAGES * PAGE, 3, PRIVATE, -1, 0]]
    ops += [["st", 0, A + page * PAGE, page] for page in (0, 2, 3, 5)]
    ops.append(["pidfd_open", 0, "0", 0])
    alive, made, threads = [0], 1, 0
    childless: set[int] = set()  # who may end: of others the children would go to init
    while len(ops) < OPS:
        process = rng.choice(alive)
        kind = rng.random()
        if kind < 0.13 and made < 4:
            childless.discard(process)
        if kind < 0.1 and made < 4:
            ops += [["fork", process], ["pidfd_open", process, str(made), 0]]
            alive.append(made)
            childless.add(made)
            made += 1
        elif kind < 0.13 and made < 4:  # it borrows the memory that it gives advice about
            inside = [each for _ in range(3) for each in _about_pidfds(rng, made, made)]
            ops += [["vfork", process], *inside, ["exit_group", made, 1]]
            made += 1
        elif kind < 0.17 and not threads:
            ops.append(["clone", 0, THREAD])
            threads = made
            made += 1
        elif kind < 0.25 and process in childless:
            ops.append(["exit_group", process, 3])
            alive.remove(process)
            childless.remove(process)
        else:
            ops += _about_pidfds(rng, process, made)
    return ops


def _about_pidfds(rng: random.Random, process: int, made: int) -> list[Op]:
    fd = FIRST_FREE + rng.choice([0, 0, 0, 0, 1, 1, 2] if process == 0 else [0, 0, 0, 1])
    way = rng.randrange(8)
    if way < 2:
        who = rng.choice([*map(str, range(made)), *map(str, range(made)), 0, -1, 99_999_999])
        return [["pidfd_open", process, who, rng.choice([0, 0, 0x80, 0x800, 0x880, 1, 1 << 32])]]
    if way < 6:
        return _advise(rng, process, rng.choice([*[fd] * 9, -10000, -10000, -10001, -1, 3]))
    if way == 6:
        place = A + rng.randrange(PAGES) * PAGE
        return [
            rng.choice([["st", process, place, 9], ["ld", process, place], ["close", process, fd]])
        ]
    bad = rng.choice([A + 64, A + 64, 1 << 62])
    return rng.choice(
        [
            [["fstat", process, fd, STAT], ["load", process, STAT + 16, 12]],
            [["fstat", process, fd, STAT], ["load", process, STAT + 48, 24]],
            [["fcntl", process, fd, rng.choice([1, 3, 1034]), 0]],
            [["fcntl", process, fd, 4, rng.choice([0, 0x800, 0x4000, 0x42480, 0x80])]],
            [["fcntl", process, fd, rng.choice([2, 1030, 1033]), rng.choice([0, 1, 30])]],
            [["dup2", process, fd, FIRST_FREE + 1]],
            [[rng.choice(["read", "write"]), process, fd, bad, rng.choice([0, 8])]],
            [[rng.choice(["pread64", "pwrite64"]), process, fd, bad, 8, rng.choice([0, -1])]],
            [[rng.choice(["readv", "writev"]), process, fd, bad, rng.choice([0, 1, 1025])]],
            [["lseek", process, fd, 0, rng.randrange(6)]],
            [["ftruncate", process, fd, rng.choice([0, 100, -1])]],
            [
                [
                    "fallocate",
                    process,
                    fd,
                    rng.choice([0, 3, 8]),
                    rng.choice([0, -1, 1]),
                    LARGE[-1] >> 1,
                ]
            ],
            [["mmap", process, 0, PAGE, rng.choice([1, 3, 4]), rng.choice([1, 2]), fd, 0]],
        ]
    )


def _advise(rng: random.Random, process: int, fd: int) -> list[Op]:
    pieces = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        addr, length = some_range(rng)
        pieces.append((addr, rng.choice([length, length, length, 0, 10])))
    if rng.random() < 0.25:
        odd = [
            (A + 5, PAGE),
            (A + PAGES * PAGE, PAGE),
            (1 << 62, PAGE),
            (A, (1 << 64) - 1),
            (A + 1, 0),
        ]
        pieces.insert(rng.randrange(len(pieces) + 1), rng.choice(odd))
    data = b"".join(struct.pack("<2Q", *piece) for piece in pieces)
    count = len(pieces) if rng.random() < 0.9 else rng.choice([0, 1025, 1 << 32, 1 << 32 | 1])
    vec = A if rng.random() < 0.95 else A + PAGES * PAGE - 8
    advice = rng.choice(REMOTE) if rng.random() < 0.6 else rng.choice([*map(int, Madv), 99, -1])
    flags = rng.choice([0] * 12 + [1, 1 << 32])
    return [
        ["store", process, A, data.hex()],
        ["process_madvise", process, fd, vec, count, advice, flags],
    ]


def life() -> dict[str, list[Op]]:
    """How processes begin, are called, are told of and end; pipes between them."""
    return {str(seed): _Life(random.Random(seed)).ops() for seed in range(40)}


STATUS, ENDS, ACTION, TEXT = A + 256, A + 264, A + 288, A + PAGE - 16
NO_WAITING = 1 | 0x40000000  # WNOHANG, __WALL
PERSONALITIES = [-1, -1, 0, 0x40000, 0x440000, 0x240000, 0x40008, 0x7FFFFFFF, 1 << 32 | 0x40000]
NONBLOCK = 0x800


class _Life:
    # Whoever is alive, and which descriptors each has open.

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.open: dict[int, dict[int, bool]] = {0: {}}  # whether it is the end to write to
        self.parents: dict[int, int] = {}
        self.threads: set[int] = set()
        self.made = 1

    def ops(self) -> list[Op]:
        """Return the sequence."""
        ops: list[Op] = [["mmap", 0, A, 2 * PAGE, 3, PRIVATE, -1, 0], ["st", 0, A, 1]]
        while len(ops) < OPS:
            process = self.rng.choice(list(self.open))
            ops += self._some(process)
        return ops

    def _some(self, process: int) -> list[Op]:
        rng = self.rng
        match rng.randrange(11):
            case 0:
                return self._make(process)
            case 1:
                return self._end(process)
            case 2:
                return [["getpid", process]]
            case 3 | 4:
                return [["wait4", process, -1, STATUS, NO_WAITING, 0], ["load", process, STATUS, 4]]
            case 5:
                persona = rng.choice(PERSONALITIES)
                place = A + (4 + rng.randrange(4)) * PAGE
                return [
                    ["personality", process, persona],
                    ["mmap", process, place, PAGE, rng.choice([1, 3]), PRIVATE, -1, 0],
                ]
            case 6:
                return [self._action(process)]
            case 7:
                return self._pipe(process)
            case _:
                return self._through_pipes(process)

    def _make(self, process: int) -> list[Op]:
        if self.made == 5 or process in self.threads:
            return []
        flags = self.rng.choice([17, 17, THREAD, 0x100 | 17, 0x100])
        child, self.made = self.made, self.made + 1
        self.open[child] = dict(self.open[process])
        self.parents[child] = process
        if flags == THREAD:
            self.threads.add(child)
        return [["clone", process, flags]]

    def _end(self, process: int) -> list[Op]:
        # Of a parent the children would go to init, and it would wait for its threads.
        if not process or process in self.parents.values():
            return []
        del self.open[process]
        call = "exit" if process in self.threads else self.rng.choice(["exit", "exit_group"])
        self.parents.pop(process) if process in self.threads else None
        return [[call, process, self.rng.choice([0, 3, 255, 256, -1])]]

    def _action(self, process: int) -> Op:
        signal = self.rng.choice([1, 2, 7, 9, 10, 11, 12, 19, 31, 64, 65, 0, -1, 1 << 32 | 11])
        return ["rt_sigaction", process, signal, ACTION, 0, 8]

    def _pipe(self, process: int) -> list[Op]:
        mine = self.open[process]
        reader, writer = [fd for fd in range(FIRST_FREE, 99) if fd not in mine][:2]
        mine |= {reader: False, writer: True}
        where = self.rng.choice([ENDS, ENDS, A + PAGE + 32])
        never_sleep: list[Op] = [["fcntl", process, fd, 4, NONBLOCK] for fd in (reader, writer)]
        return [["pipe", process, where], ["load", process, where, 8], *never_sleep]

    def _through_pipes(self, process: int) -> list[Op]:
        mine = self.open[process]
        if not mine:
            return []
        fd = self.rng.choice(list(mine))
        count = self.rng.choice([0, 1, 16, 40])
        if self.rng.random() < (0.4 if mine[fd] else 0.1):
            del mine[fd]
            return [["close", process, fd]]
        call = self.rng.choice(["write" if mine[fd] else "read"] * 5 + ["read", "write"])
        return [
            [call, process, fd, TEXT, count],
            ["load", process, TEXT, 4],
            *([["st", process, TEXT, count]] if self.rng.random() < 0.5 else []),
        ]


FAMILIES: dict[str, Callable[[], dict[str, list[Op]]]] = {"pidfds": pidfds, "life": life}
