"""The sequences that `record` makes, by family: what is asked, without the answers.

An operation is `[name, process, arguments...]`, see `data/README.md`. Random ones are always the
same for the same seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.corpus import edge_sequences, page_sequences, place_sequences
from tests.corpus.ahead_sequences import ahead
from tests.corpus.disk_sequences import disk
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_DROPPABLE,
    MAP_FIXED,
    MAP_LOCKED,
    MAP_PRIVATE,
    MAP_SHARED,
    Madv,
)

Op = list[Any]

A = 0x10000000  # bytes: where sequences map memory
PAGE = 4096
PAGES = 24  # from A on
USER_END = 0x7FFFFFFFF000
BRK = 0x406000  # where the victim's heap begins
STACK = 0x7FFFFFFDE000  # where its stack ends, with the pages that are not there yet below
OPS = 40
FILE = 3


def some_range(rng: random.Random) -> tuple[int, int]:
    first = rng.randrange(PAGES)
    return A + first * PAGE, rng.choice([1, 1, 2, 3, 5, 8]) * PAGE


def _mmap(rng: random.Random, process: int) -> Op:
    addr, length = some_range(rng)
    fixed = rng.choice([MAP_FIXED, MAP_FIXED, 0])
    kind = rng.choice([MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED])
    flags = rng.choice([kind, kind, kind, MAP_DROPPABLE]) | rng.choice([0, 0, 0, MAP_LOCKED])
    prot = rng.choice([3, 3, 3, 1, 0])
    if rng.random() < 0.25:
        return ["mmap", process, addr, length, prot, kind | fixed, FILE, rng.randrange(4) * PAGE]
    return ["mmap", process, addr, length, prot, flags | MAP_ANONYMOUS | fixed, -1, 0]


def _access(rng: random.Random, process: int) -> Op:
    addr = rng.choice([A + rng.randrange(PAGES) * PAGE, BRK + rng.randrange(8) * PAGE])
    if rng.random() < 0.2:
        addr = STACK + rng.randrange(-12, 8) * PAGE
    name = rng.choice(["ld", "st"])
    return [name, process, addr + rng.randrange(PAGE), *([rng.randrange(256)] * (name == "st"))]


def _lock(rng: random.Random, process: int) -> Op:
    addr, length = some_range(rng)
    return rng.choice(
        [
            ["mlock2", process, addr, length, rng.choice([1, 1, 1, 0, 2, 1 << 32])],
            ["mlock2", process, addr + 5, length, 1],
            ["mlock", process, addr, length],
            ["munlock", process, addr, length],
            ["mlockall", process, rng.choice([1, 2, 3, 5, 6, 7])],
            ["mlockall", process, rng.choice([1, 2, 3, 5, 6, 7, 0, 4, 8, 9, 1 << 32 | 2])],
            ["munlockall", process],
        ]
    )


def _change(rng: random.Random, process: int) -> Op:
    addr, length = some_range(rng)
    other = A + rng.randrange(PAGES) * PAGE
    advice = rng.choice([Madv.MADV_DONTNEED, Madv.MADV_FREE, Madv.MADV_DONTNEED_LOCKED]).value
    return rng.choice(
        [
            ["munmap", process, addr, length],
            ["mprotect", process, addr, length, rng.choice([0, 1, 3])],
            ["mremap", process, addr, PAGE, length, rng.choice([0, 1]), 0],
            ["mremap", process, addr, length, length, 3, other + PAGES * PAGE],
            ["mremap", process, addr, length, length, 5, 0],
            ["brk", process, BRK + rng.randrange(12) * PAGE],
            ["madvise", process, addr, length, advice],
        ]
    )


def _processes(rng: random.Random, process: int, made: int) -> Op:
    if process:
        return rng.choice([["exit_group", process, 3], ["execve", process, 0x400120, 0, 0]])
    return ["fork", 0] if made < 3 else ["execve", 0, 0x400120, 0, 0]


def locks() -> dict[str, list[Op]]:
    """mlock2, mlockall and munlockall, and whatever maps, moves, grows or copies memory."""
    return {str(seed): _locks(random.Random(seed)) for seed in range(14)}


def _locks(rng: random.Random) -> list[Op]:
    ops: list[Op] = []
    alive, made = [0], 1
    while len(ops) < OPS:
        process = rng.choice(alive)
        make = rng.choice([_mmap, _mmap, _access, _access, _lock, _lock, _change, _change])
        if rng.random() < 0.06:
            op = _processes(rng, process, made)
            if op[0] == "fork":
                alive.append(made)
                made += 1
            elif op[0] == "exit_group":
                alive.remove(process)
        else:
            op = make(rng, process)
        ops.append(op)
    return ops


def limits() -> dict[str, list[Op]]:
    """getrlimit, setrlimit, prlimit64: right, wrong, of others, and what they forbid."""
    return {str(seed): _limits(random.Random(seed)) for seed in range(8)}


SMALL = [0, 1, 3, 8 * PAGE, 1 << 20, 1 << 20, 64 << 20]  # limits
LARGE = [1 << 20, (1 << 20) + 1, 1 << 40, (1 << 64) - 1, (1 << 64) - 1]
BAD = [0, 0x5000, A + PAGE - 8, (1 << 64) - 8, 0xFFFF800000000000]  # addresses


def _limits(rng: random.Random) -> list[Op]:
    ops: list[Op] = [["mmap", 0, A, PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0]]
    alive = [0]
    known = {2, 3, 4, 7, 8, 9, 10}  # resources of which the first process has no limits of its own
    ops += [["store", 0, A + 64, ((1 << 64) - 1).to_bytes(8, "little").hex() * 2]]
    for resource in (0, 1, 5):
        ops += [["setrlimit", 0, resource, A + 64], ["getrlimit", 0, resource, A + 80]]
        known.add(resource)
    while len(ops) < OPS:
        process = rng.choice(alive)
        resource = rng.choice([*sorted(known), rng.choice([7, 9, 2, 16, -1, 1 << 32 | 9])])
        pair = (rng.choice(SMALL), rng.choice(LARGE)) if rng.random() < 0.8 else (9, 8)
        data = b"".join(limit.to_bytes(8, "little") for limit in pair)
        new = rng.choice([A, A, A, A, rng.choice(BAD)])
        old = rng.choice([A + 32, A + 32, A + 32, rng.choice(BAD)])
        who = rng.choice(["0", "0", rng.choice(alive), 0, 0, 99_999_999, -1])
        ops += [["store", process, A, data.hex()]]
        ops += rng.choice(
            [
                [["setrlimit", process, resource, new]],
                [["getrlimit", process, resource, old], ["load", process, A + 32, 16]],
                [["prlimit64", process, str(who) if who in alive else who, resource, new, old]],
                [["prlimit64", process, 0, resource, 0, old], ["load", process, A + 32, 16]],
                [["mmap", process, 0, 2 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0]],
                [["brk", process, BRK + rng.choice([PAGE, 1 << 20])]],
                [["st", process, STACK - rng.choice([0, 8, 300, 2000]) * PAGE, 1]],
                [["fork", process]],
            ]
        )
        if ops[-1][0] == "fork":
            if len(alive) < 3 and not process:
                alive.append(len(alive))
            else:
                del ops[-1]
    return ops


def asked() -> dict[str, list[Op]]:
    """prctl, arch_prctl, membarrier: what a process asks for itself, and its children inherit."""
    return {str(seed): _asked(random.Random(seed)) for seed in range(6)}


BARRIERS = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 3, 1024, -1, 1 << 32 | 8]
NAMES = [b"tea\0", b"\0", b"a name of 20 letters\0", b"fifteen letters\0", b"no end yet......"]


def _asked(rng: random.Random) -> list[Op]:
    private = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    ops: list[Op] = [["mmap", 0, A, 2 * PAGE, 3, private, -1, 0]]
    alive, made = [0], 1
    while len(ops) < OPS:
        process = rng.choice(alive)
        name = rng.choice(NAMES)
        place = rng.choice([A, A + 40, A + 2 * PAGE - len(name), A + PAGE - 3])
        where = rng.choice([place, place, place, A + 64, *BAD])
        few = [rng.choice([0, 0, 0, 0, 1, 2]) for _ in range(3)]
        base = rng.choice([A, 0, 1, USER_END - 1, USER_END, 1 << 47, (1 << 64) - 1])
        set_mm = [rng.choice([1, 6, 7, 12, 14, 15, 15, 99]), where, rng.choice([0, 0, 104, 3])]
        ops += rng.choice(
            [
                [["store", process, place, name.hex()], ["prctl", process, 15, where, *few]],
                [["prctl", process, 16, where, *few], ["load", process, A + 64, 16]],
                [["prctl", process, 41, rng.choice([0, 1, 1, 2]), *few]],
                [["prctl", process, 42, *([0] * 4 if rng.random() < 0.8 else [0, *few])]],
                [["prctl", process, 35, *set_mm, rng.choice([0, 0, 0, 1])]],
                [["prctl", process, rng.choice([0x53564D41, 999, -1, 1 << 32 | 42]), 0, 0, 0, 0]],
                [["arch_prctl", process, rng.choice([0x1001, 0x1002, 1 << 32 | 0x1002]), base]],
                [["arch_prctl", process, rng.choice([0x1003, 0x1004]), where]],
                [["arch_prctl", process, rng.choice([0x1000, 0x1005, -1]), where]],
                [["load", process, A + 64, 16]],
                [["membarrier", process, rng.choice(BARRIERS), rng.choice([0, 0, 0, 1, 2]), 0]],
                [["membarrier", process, rng.choice(BARRIERS), 0, 0]],
                [["membarrier", process, 512, 0, 0]],
                [["fork", process]],
                [["execve", process, 0x400120, 0, 0], ["mmap", process, *ops[0][2:]]],
            ]
        )
        if ops[-1][0] == "fork":
            if made < 4:
                alive.append(made)
                made += 1
            else:
                del ops[-1]
    return ops


def remap() -> dict[str, list[Op]]:
    """remap_file_pages over shared mappings of files and of nothing."""
    return {str(seed): _remap(random.Random(seed)) for seed in range(8)}


def _remap(rng: random.Random) -> list[Op]:
    ops: list[Op] = []
    while len(ops) < OPS:
        addr, length = some_range(rng)
        kind = rng.choice([MAP_SHARED, MAP_SHARED, MAP_SHARED, MAP_PRIVATE]) | MAP_FIXED
        anon = rng.choice([0, 0, MAP_ANONYMOUS])
        fd = rng.choice([3, 3, 3, 4, 6, 8, 14])
        prot = rng.choice([3, 3, 1, 0, 7])
        pgoff = rng.choice([0, 1, 2, 5, 40, (1 << 64) - 1, 1 << 52, -3])
        wrong = rng.random() < 0.15
        size = length if not wrong else rng.choice([0, 100, 5000, -PAGE, 1 << 47, (1 << 64) - 1])
        flags = rng.choice([0, 0, 0, 0x10000, 0x10000, 0x2000, -1])
        lock = rng.choice([["mlock", 0, addr, PAGE], ["mseal", 0, addr, PAGE, 0]])
        ops.append(
            rng.choice(
                [
                    ["mmap", 0, addr, length, prot, kind | anon, -1 if anon else fd, 0],
                    ["mmap", 0, addr, 8 * PAGE, 3, MAP_SHARED | MAP_FIXED, 3, 0],
                    [
                        *("remap_file_pages", 0, addr + rng.choice([0, 0, 7]), size),
                        *(rng.choice([0, 0, 0, 0, 1]), pgoff, flags),
                    ],
                    ["remap_file_pages", 0, addr, length, 0, rng.randrange(6), flags],
                    ["remap_file_pages", 0, addr, length, 0, rng.randrange(20), 0x10000],
                    rng.choice([["munmap", 0, addr, PAGE], ["mprotect", 0, addr, PAGE, prot]]),
                    rng.choice([lock, ["munlock", 0, addr, PAGE], ["ftruncate", 0, 8, 8 * PAGE]]),
                    [rng.choice(["ld", "rmw"]), 0, addr + rng.randrange(PAGE)],
                ]
            )
        )
    return ops


def seals() -> dict[str, list[Op]]:
    """mseal, mlock2 and shmdt of what is there, in pieces, moved, or gone."""
    return {str(seed): _seals(random.Random(seed)) for seed in range(24)}


def _seals(rng: random.Random) -> list[Op]:
    ops: list[Op] = [["shmget", 0, 0, size * PAGE, 0o600] for size in (1, 4, 3)]
    ops.append(["mmap", 0, A, 8 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0])
    while len(ops) < OPS:
        addr, length = some_range(rng)
        odd = rng.choice([0, 1, 5000, 1 << 47, (1 << 64) - PAGE, (1 << 64) - 1])
        size = length if rng.random() < 0.85 else odd
        place = addr + (5 if rng.random() < 0.1 else 0)
        flags = rng.choice([0, 0, 0, 0x1000, 0x5000, 0x2000])
        attached = [op[3] for op in ops if op[0] == "shmat"]
        ops.append(
            rng.choice(
                [
                    [
                        "mseal",
                        0,
                        place,
                        PAGE if rng.random() < 0.7 else size,
                        rng.choice([0] * 9 + [1]),
                    ],
                    ["mlock2", 0, place, size, rng.choice([0, 0, 1, 1, 1, 2, 1 << 32 | 1])],
                    ["mlock2", 0, addr, length, rng.choice([0, 1])],
                    ["shmat", 0, rng.randrange(4), rng.choice([addr, addr, addr, 0]), flags],
                    ["shmat", 0, 1, addr, 0x4000],
                    ["shmdt", 0, rng.choice(attached or [place])],
                    ["shmdt", 0, rng.choice([*attached, place])],
                    _mmap(rng, 0),
                    _change(rng, 0),
                    _access(rng, 0),
                ]
            )
        )
    return ops


FAMILIES: dict[str, Callable[[], dict[str, list[Op]]]] = {
    "locks": locks,
    "limits": limits,
    "asked": asked,
    "remap": remap,
    "seals": seals,
    "moves": edge_sequences.moves,
    "heaps": edge_sequences.heaps,
    "growth": edge_sequences.growth,
    "merges": edge_sequences.merges,
    "ends": edge_sequences.ends,
    "pages": page_sequences.pages,
    "batches": page_sequences.batches,
    "special": page_sequences.special,
    "areas": place_sequences.areas,
    "tables": place_sequences.tables,
    "disk": disk,
    "ahead": ahead,
}
ON_DISK = frozenset({"disk", "ahead"})  # families whose sequences have files on a disk too
