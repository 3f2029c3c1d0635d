"""More sequences of `sequences`: arguments and places where one step more or less counts."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_DROPPABLE,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_GROWSDOWN,
    MAP_LOCKED,
    MAP_NORESERVE,
    MAP_POPULATE,
    MAP_PRIVATE,
    MAP_SHARED,
)

Op = list[Any]

A = 0x10000000  # bytes: where sequences map memory, on a boundary of tables
PAGE = 4096
TABLE = 512 * PAGE  # bytes that a last-level page table reaches
USER_END = 0x7FFFFFFFF000
BRK = 0x406000  # where the victim's heap begins
DATA = 0x1800  # bytes of its data that count as such
LOW = 0x1000  # mmap_min_addr
FILE, OTHER_FILE = 3, 6
OPS = 40
NEWEST = -1  # the process that was made last
ANON = MAP_PRIVATE | MAP_ANONYMOUS


def made(
    make: Callable[[random.Random, int], list[Op]],
    count: int,
    *,
    length: int = OPS,
    first: Op | None = None,
    most: int = 1,
    fork: float = 0.0,
) -> dict[str, list[Op]]:
    """Return as many sequences of random operations.

    Args:
        make: returns some operations of a process, or of the newest.
        count: how many sequences.
        length: operations of each, at least.
        first: what half of them begin with.
        most: processes at a time.
        fork: how likely one more is made.
    """
    found = {}
    for seed in range(count):
        rng = random.Random(seed)
        ops: list[Op] = [first] if first and seed % 2 else []
        alive, processes = [0], 1
        while len(ops) < length:
            new = [["fork"]] if len(alive) < most and rng.random() < fork else None
            process = rng.choice(alive)
            for name, *words in new or make(rng, process):
                who = processes - 1 if words[:1] == [NEWEST] else process
                ops.append([name, who, *words[1:]])
                if name == "fork":
                    alive.append(processes)
                    processes += 1
                elif name == "exit_group":
                    alive.remove(who)
        found[str(seed)] = ops
    return found


def _room(pages: int) -> Op:
    return ["mmap", 0, A - 2 * PAGE, pages * PAGE, 3, ANON | MAP_FIXED, -1, 0]


def _place(rng: random.Random) -> int:
    # Near where one page table ends and the next begins.
    return A + rng.randrange(4) * TABLE + rng.choice([-2, -1, 0, 0, 0, 1, 2, 5]) * PAGE


def _size(rng: random.Random) -> int:
    return rng.choice([1, 1, 2, 3, 5, 511, 512, 512, 513, 1024]) * PAGE


def _moved(rng: random.Random, process: int) -> list[Op]:
    addr, length, target = _place(rng), _size(rng), _place(rng) + 4 * TABLE
    kind = rng.choice([ANON, ANON, ANON, MAP_SHARED | MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED])
    more = rng.choice([0, 0, 0, MAP_GROWSDOWN, MAP_NORESERVE]) if kind == ANON else 0
    fd, offset = (-1, 0) if kind & MAP_ANONYMOUS else (FILE, rng.randrange(3) * PAGE)
    new_length = rng.choice([length, length, _size(rng)])
    wrong = rng.choice([1, 100, PAGE - 1])
    flags = rng.choice([0, 1, 1, 3, 3, 3, 5, 5, 7, 7])
    last = addr + length - PAGE
    move = ["mremap", process, addr, length, new_length, flags, target]
    return rng.choice(
        [
            [["mmap", process, addr, length, 3, kind | more | MAP_FIXED, fd, offset]],
            [
                ["mmap", process, addr, length, 3, kind | more | MAP_FIXED, fd, offset],
                ["st", process, rng.choice([addr, last]), 5],
                move,
                ["ld", process, target + rng.choice([0, length - PAGE])],
            ],
            [["st", process, rng.choice([addr, last, target]), rng.randrange(256)]],
            [["ld", process, rng.choice([addr, last, target])]],
            [move],
            [["mremap", process, addr, PAGE, rng.choice([PAGE, 2 * PAGE, length]), 1, 0]],
            [["mremap", process, addr, length, length, 3, addr + rng.choice([-2, 1, 512]) * PAGE]],
            [["mremap", process, addr, length, length, 5, rng.choice([0, addr, target, LOW])]],
            [_wrong_move(rng, process, addr, length, target, wrong)],
            [["munmap", process, target, rng.choice([PAGE, length])]],
            [["mprotect", process, addr, length, rng.choice([1, 3])]],
            [[rng.choice(["mlock", "munlock"]), process, addr, 3 * PAGE]],
        ]
    )


def _wrong_move(
    rng: random.Random, process: int, addr: int, length: int, target: int, wrong: int
) -> Op:
    high = USER_END - length
    old, new, flags, where = rng.choice(
        [
            (length, length, 3, target + wrong),
            (length, length, 5, target + wrong),
            (length, length, 2, target),
            (length, length, 4, target),
            (length, length, 8 | rng.choice([0, 1, 3]), target),
            (length, length + PAGE, 5, target),
            (length, length - PAGE, 5, target),
            (length, length, 3, high + rng.choice([0, PAGE, -PAGE])),
            (length, length, 3, rng.choice([0, -PAGE, USER_END, 1 << 63])),
            (length - wrong, length - wrong, 3, target),
            (length, 0, rng.choice([0, 1, 3]), target),
            (length, rng.choice([USER_END, USER_END + PAGE, -PAGE, -1, 1 << 62]), 1, 0),
            (rng.choice([-1, -PAGE, 1 << 63]), length, rng.choice([0, 1, 3]), target),
            (0, length, rng.choice([0, 1, 3, 5]), target),
            (length, wrong, 0, 0),
        ]
    )
    return ["mremap", process, addr + rng.choice([0, 0, 0, wrong]), old, new, flags, where]


def moves() -> dict[str, list[Op]]:
    """mremap, right and wrong, of what lies across page tables."""
    return made(_moved, 30, first=_room(2051), most=3, fork=0.04)


def _heap(rng: random.Random, process: int) -> list[Op]:
    pages = rng.randrange(14)
    addr = BRK + pages * PAGE
    count = rng.choice([1, 1, 2, 4]) * PAGE
    brk = ["brk", process, addr + rng.choice([0, 0, 0, 1, PAGE - 1])]
    limit = DATA + pages * PAGE + rng.choice([0, 0, 1, -1])
    exact = ["brk", process, addr + rng.choice([0, 0, 1, -1])]
    limited = [
        ["mmap", process, A, PAGE, 3, ANON | MAP_FIXED, -1, 0],
        ["store", process, A, max(limit, 0).to_bytes(8, "little").hex() + "ff" * 8],
        ["setrlimit", process, rng.choice([2, 2, 2, 9]), A],
        exact,
    ]
    fixed = MAP_FIXED | rng.choice([0, 0, MAP_GROWSDOWN, MAP_LOCKED])
    return rng.choice(
        [
            *[[brk]] * 6,
            [exact],
            [["brk", process, rng.choice([0, BRK - 1, BRK, USER_END, USER_END + 1, 1 << 47, -1])]],
            [["st", process, addr + rng.choice([0, PAGE - 1]), 7]],
            [["mmap", process, addr, count, rng.choice([3, 3, 1]), ANON | fixed, -1, 0]],
            [["munmap", process, addr, count]],
            [["munmap", process, addr, count], ["brk", process, addr - PAGE]],
            [["mprotect", process, addr, count, rng.choice([1, 3, 7])]],
            [["mlockall", process, rng.choice([1, 2, 3, 6])], brk],
            [["munlockall", process]],
            [["madvise", process, addr, count, rng.choice([4, 10, 16])]],
            [["mremap", process, addr, count, count, 3, A + 8 * PAGE]],
            limited if rng.random() < 0.5 else [brk],
            [["mseal", process, addr, PAGE, 0]] if rng.random() < 0.1 else [brk],
        ]
    )


def heaps() -> dict[str, list[Op]]:
    """brk up to and beyond limits, neighbours, holes and whatever else lies in the heap."""
    return made(_heap, 24, most=2, fork=0.02)


def _growing(rng: random.Random, process: int) -> list[Op]:
    top = rng.choice([A + 1024 * PAGE, A + 1024 * PAGE, LOW + rng.choice([1, 3, 20]) * PAGE])
    if rng.random() < 0.1:
        top = LOW
    deep = rng.choice([1, 1, 2, 5, 100, 255, 256, 257, 300, 1000])
    below = top - deep * PAGE
    grows = ANON | MAP_FIXED | MAP_GROWSDOWN
    moved = A + 2048 * PAGE
    names = rng.choice(["st", "ld", "rmw"])
    access = [names, process, max(below, 0) + rng.choice([0, 8, PAGE - 1])]
    if names == "st":
        access.append(3)
    return rng.choice(
        [
            [["mmap", process, top, rng.choice([1, 1, 2]) * PAGE, 3, grows, -1, 0]],
            [["mmap", process, top, PAGE, 3, grows | MAP_LOCKED, -1, 0], access],
            [["mmap", process, top, PAGE, 3, grows | MAP_NORESERVE, -1, 0], access],
            *[[access]] * 4,
            [
                *(["mmap", process, LOW + 15 * PAGE, PAGE, 3, grows, -1, 0],),
                *(["st", process, LOW + 15 * PAGE, 1],),
                *(["mremap", process, LOW + 15 * PAGE, PAGE, PAGE, 3, moved],),
                ["st", process, moved - rng.choice([14, 15, 16, 17, 18]) * PAGE, 1],
            ],
            [["mmap", process, max(below, LOW), PAGE, rng.choice([0, 3]), grows, -1, 0]],
            [["mmap", process, max(below, LOW), PAGE, rng.choice([0, 3]), ANON | 16, -1, 0]],
            [["mmap", process, max(below, LOW), PAGE, 3, MAP_PRIVATE | MAP_FIXED, FILE, 0]],
            [["munmap", process, max(below, LOW), 3 * PAGE]],
            [["mprotect", process, max(below, LOW), PAGE, 0x1000003]],
            [["mprotect", process, top, PAGE, rng.choice([0x1000001, 0x1000003, 0x2000001, 1, 0])]],
            [["mmap", process, below, PAGE, 3, rng.choice([ANON, ANON | 1 << 20]), -1, 0]],
            [["mlockall", process, rng.choice([1, 2, 3, 6])]],
            [["munlockall", process]],
            [["mremap", process, top, PAGE, 3 * PAGE, 0, 0]],
            _stack_limit(rng, process, top),
        ]
    )


def _stack_limit(rng: random.Random, process: int, top: int) -> list[Op]:
    if rng.random() < 0.6:
        return [["st", process, USER_END - rng.choice([33, 34, 40, 2000, 2048, 2049]) * PAGE, 1]]
    pages = rng.choice([2, 3, 101, 257, 34])
    limit = (pages * PAGE).to_bytes(8, "little").hex() + "ff" * 8
    where = A + 3000 * PAGE
    return [
        ["mmap", process, where, PAGE, 3, ANON | MAP_FIXED, -1, 0],
        ["store", process, where, limit],
        ["setrlimit", process, 3, where],
        ["st", process, top - (pages - rng.choice([0, 1, 2])) * PAGE, 1],
    ]


def growth() -> dict[str, list[Op]]:
    """Mappings that grow down, to limits, neighbours, the lowest address and their own begin."""
    return made(_growing, 24, most=2, fork=0.02)


def _merging(rng: random.Random, process: int) -> list[Op]:
    first = rng.randrange(10)
    addr, length = A + first * PAGE, rng.choice([1, 1, 2, 3]) * PAGE
    kinds = [ANON, ANON, ANON, ANON | MAP_GROWSDOWN, ANON | MAP_NORESERVE, ANON | MAP_LOCKED]
    kinds += [MAP_SHARED | MAP_ANONYMOUS, MAP_DROPPABLE | MAP_ANONYMOUS, ANON | MAP_POPULATE]
    fixed = rng.choice([MAP_FIXED, MAP_FIXED, MAP_FIXED, MAP_FIXED_NOREPLACE])
    kind, prot = rng.choice(kinds) | fixed, rng.choice([3, 3, 3, 1])
    of_file = rng.choice([MAP_PRIVATE, MAP_SHARED]) | MAP_FIXED
    fd, at = rng.choice([FILE, FILE, OTHER_FILE, 8]), (first + rng.choice([0, 0, 0, 1])) * PAGE
    advice = rng.choice([4, 8, 10, 10, 11, 14, 15, 16, 17, 18, 19])
    other = A + rng.randrange(12) * PAGE
    lock = rng.choice([["mlock", process, addr, length], ["mlock2", process, addr, length, 1]])
    return rng.choice(
        [
            *[[["mmap", process, addr, length, prot, kind, -1, 0]]] * 3,
            [["mmap", process, addr, length, prot, of_file, fd, at]],
            *[[["st", process, addr, 1]]] * 3,
            [["ld", process, addr + length]],
            *[[["mprotect", process, addr, length, rng.choice([0, 1, 3, 3])]]] * 2,
            *[[["madvise", process, addr, length, advice]]] * 2,
            [lock],
            [["munlock", process, addr, length]],
            [["munmap", process, addr, length]],
            *[[["mremap", process, addr, length, length, 3, other]]] * 2,
            [["mremap", process, addr, length, length, 7, other]],
            [["mremap", process, addr, PAGE, length, rng.choice([0, 1]), 0]],
            [["mseal", process, addr, PAGE, 0]]
            if rng.random() < 0.04
            else [["st", process, addr, 2]],
        ]
    )


def merges() -> dict[str, list[Op]]:
    """Neighbours of every kind that become one mapping or do not, after forks too."""
    return made(_merging, 50, first=_room(15), most=4, fork=0.05)


def _huge(rng: random.Random, process: int) -> list[Op]:
    size = rng.choice([0, 0, 0, 0, 21 << 26, 21 << 26, 30 << 26, 12 << 26, 20 << 26])
    flags = 0x40000 | size | rng.choice([MAP_PRIVATE, MAP_SHARED, 3, 0, 8])
    flags |= rng.choice([0, MAP_FIXED, MAP_FIXED, MAP_FIXED_NOREPLACE])
    flags |= rng.choice([MAP_ANONYMOUS] * 6 + [0])
    flags |= rng.choice([0, 0, 0, MAP_GROWSDOWN, MAP_POPULATE, 0x80000, 0x2000000])
    addr = A + rng.choice([0, 0, 0, PAGE, TABLE, TABLE - PAGE, USER_END - A, USER_END - A - TABLE])
    length = rng.choice([0, 1, PAGE, TABLE - 1, TABLE, TABLE, TABLE + 1, 2 * TABLE, 1 << 30])
    length = rng.choice([length, length, length, USER_END, USER_END + 1, -1, -TABLE, 1 << 47])
    offset = rng.choice([0, 0, 0, PAGE, TABLE, TABLE + PAGE, 1 << 63, (1 << 63) - TABLE, -TABLE])
    return [["mmap", process, addr, length, rng.choice([0, 1, 3]), flags, -1, offset]]


def _ending(rng: random.Random, process: int) -> list[Op]:
    if rng.random() < 0.15:
        return _huge(rng, process)
    length = rng.choice([0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE, -1, -PAGE, 1 - PAGE, 1 << 63])
    length = rng.choice([length, length, USER_END, USER_END - A, USER_END - PAGE, 1 << 47])
    ends = [USER_END, USER_END - PAGE, 1 << 47, (1 << 64) - PAGE, (1 << 64) - 2 * PAGE, 1 << 63]
    addr = rng.choice([A, A, A, A + 2 * PAGE, 0, LOW, *ends, USER_END - length])
    addr = addr + rng.choice([0, 0, 0, 0, 1, PAGE - 1]) & (1 << 64) - 1
    flags = rng.choice([ANON, ANON | MAP_FIXED, MAP_SHARED | MAP_ANONYMOUS, MAP_PRIVATE])
    flags |= rng.choice([0, 0, 0, 0, 4, MAP_FIXED_NOREPLACE, 1 << 30, 0x40000])
    offset = rng.choice([0, 0, PAGE, 1, 1 << 63, (1 << 63) - PAGE, -PAGE, (1 << 64) - PAGE])
    prot = rng.choice([0, 1, 3, 3, 3, 7, 8, 0x1000003, 0x2000003, 0x3000003, 1 << 40])
    what = rng.choice(
        [
            ["munmap", process, addr, length],
            ["mprotect", process, addr, length, prot],
            ["madvise", process, addr, length, rng.choice([0, 4, 8, 9, 14, 20, 21, 22, 23, 77])],
            ["msync", process, addr, length, rng.choice([0, 1, 2, 3, 4, 5, 6, 7, 8])],
            ["mlock", process, addr, length],
            ["munlock", process, addr, length],
            ["mincore", process, addr, length, A + rng.choice([0, 0, PAGE, 8 * PAGE - 4])],
            ["mseal", process, addr, rng.choice([length, length & 1 << 63]), rng.choice([0, 0, 1])],
            ["mremap", process, addr, length, rng.choice([length, PAGE]), rng.choice([0, 1]), 0],
            ["mmap", process, addr, length, prot & 7, flags, -1 if flags & 32 else FILE, offset],
            ["mmap", process, addr, PAGE, 3, flags, -1 if flags & 32 else FILE, 0],
        ]
    )
    if addr < BRK < addr + (length & (1 << 64) - 1) <= USER_END:
        return []  # it would take the program away
    if rng.random() < 0.3:
        return [["mmap", process, A, 4 * PAGE, 3, ANON | MAP_FIXED, -1, 0], what]
    return [what]


def ends() -> dict[str, list[Op]]:
    """Addresses and lengths at both ends of user space and where they overflow."""
    return made(_ending, 36, first=_room(6))
