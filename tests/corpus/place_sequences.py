"""More sequences of `sequences`: where the kernel puts mappings and their page tables."""

from __future__ import annotations

import random

from tests.corpus.edge_sequences import ANON, FILE, PAGE, TABLE, A, Op, made
from tests.corpus.page_sequences import VVAR
from vmlab.model.abi.mman import (
    MAP_32BIT,
    MAP_ABOVE4G,
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_GROWSDOWN,
    MAP_PRIVATE,
    MAP_SHARED,
)

ZERO = 9  # the descriptor of /dev/zero
GUARD = 102
MIB, GIB = 1 << 20, 1 << 30
STUB = 0x400120  # where the victim has its own path
UNLIMITED = "ff" * 16


def _area(rng: random.Random, process: int) -> list[Op]:
    low = rng.choice([0, 0, MAP_32BIT, MAP_32BIT, MAP_ABOVE4G])
    size = rng.choice([1, 1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 1024, 5 * 512, 1 << 16])
    length = rng.choice([size, size, size, 1 << 17, (1 << 18) - 600]) * PAGE
    place = rng.choice([GIB, GIB, 0x7FFFF7D00000, 4 * GIB])
    place += rng.choice([0, 1, 256, 257, 258, 300, 512, 600]) * PAGE
    hint = rng.choice([0, 0, 0, place, place + 5, 1, 2 * GIB - PAGE, 4 * GIB - PAGE])
    grows = ANON | MAP_FIXED | MAP_GROWSDOWN
    fd = rng.choice([ZERO, ZERO, FILE])
    offset = rng.choice([0, PAGE, MIB, 2 * MIB - PAGE, 2 * MIB, 3 * MIB])
    kind = rng.choice([MAP_PRIVATE, MAP_SHARED])
    return rng.choice(
        [
            *[[["mmap", process, hint, length, 0, ANON | low, -1, 0]]] * 4,
            [["mmap", process, hint, length, 0, MAP_SHARED | MAP_ANONYMOUS | low, -1, 0]],
            *[[["mmap", process, hint, length, 1, kind | low, fd, offset]]] * 2,
            *[[["mmap", process, place, rng.choice([1, 2, 3]) * PAGE, 3, grows, -1, 0]]] * 2,
            [["mmap", process, place, rng.choice([1, 256]) * PAGE, 0, ANON | MAP_FIXED, -1, 0]],
            *[[["munmap", process, place, rng.choice([1, 2, 255, 256, 257, 512]) * PAGE]]] * 2,
            [["mremap", process, place, PAGE, length, 1, 0]],
            [["mremap", process, place, PAGE, PAGE, 5, rng.choice([0, hint, place])]],
        ]
    )


def areas() -> dict[str, list[Op]]:
    """Where a mapping goes without a place given, from above, from below and below 2 GiB.

    A third begins with a stack without limit, which lays memory out from below, and a third with
    all room above 4 GiB taken.
    """
    from_below: list[Op] = [
        ["mmap", 0, A, PAGE, 3, ANON | MAP_FIXED, -1, 0],
        ["store", 0, A, UNLIMITED],
        ["setrlimit", 0, 3, A],
        ["execve", 0, STUB, 0, 0],
    ]
    taken = ["mmap", 0, 4 * GIB, VVAR - 4 * GIB, 0, ANON | MAP_FIXED, -1, 0]
    settings: list[list[Op]] = [from_below, [taken], []]
    return {key: settings[int(key) % 3] + ops for key, ops in made(_area, 40).items()}


def _table(rng: random.Random, process: int) -> list[Op]:
    low = rng.choice([0, 0, 1, 5, 500, 511])
    pages = rng.choice([512 - low, 512, 513, 512 - low + 512, 511 - low, 1024]) or 1
    addr, length = A + rng.randrange(3) * TABLE + low * PAGE, pages * PAGE
    far = rng.choice([64, 512]) * TABLE
    target = addr + far + rng.choice([0, 0, 0, PAGE])
    places = [addr, addr + length - PAGE, addr - PAGE, addr + TABLE - low * PAGE]
    fixed = ["mmap", process, addr, length, 3, ANON | MAP_FIXED, -1, 0]
    near = rng.choice([addr - PAGE, target - PAGE, addr - low * PAGE, target - target % TABLE])
    return rng.choice(
        [
            *[[fixed, ["st", process, rng.choice(places[:2]), 1]]] * 2,
            [["mmap", process, near, PAGE, 3, ANON | MAP_FIXED, -1, 0], ["st", process, near, 2]],
            [["st", process, rng.choice(places), 3]],
            *[
                [
                    *(fixed, ["st", process, rng.choice([places[1], places[3]]), 1]),
                    ["mremap", process, addr, length, length, rng.choice([3, 7, 7]), target],
                    ["st", process, rng.choice([addr, target, target + length - PAGE]), 4],
                ]
            ]
            * 3,
            [["mremap", process, addr, length, length, rng.choice([3, 5, 7]), target]],
            [["madvise", process, rng.choice(places), PAGE, GUARD]],
            *[[["madvise", process, addr, length, 4]]] * 2,
            [["munmap", process, addr, rng.choice([PAGE, length])]],
            [["munmap", process, target, rng.choice([PAGE, length])]],
        ]
    )


def tables() -> dict[str, list[Op]]:
    """Page tables that move whole, entry by entry, or go."""
    return made(_table, 80, length=10, most=2, fork=0.08)
