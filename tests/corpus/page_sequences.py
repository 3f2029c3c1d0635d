"""More sequences of `sequences`: what becomes of single pages, of every kind."""

from __future__ import annotations

import random

from tests.corpus.edge_sequences import ANON, BRK, FILE, NEWEST, PAGE, A, Op, made
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_DROPPABLE,
    MAP_FIXED,
    MAP_LOCKED,
    MAP_NORESERVE,
    MAP_POPULATE,
    MAP_PRIVATE,
    MAP_SHARED,
)

MEMFD, HOLES = 8, 14
GUARD_INSTALL, GUARD_REMOVE = 102, 103
TABLE_END = A + 508 * PAGE  # four pages before the next page table
ADVICE = [4, 4, 8, 8, 20, 22, 23, 24, 0, 1, 2, GUARD_INSTALL, GUARD_INSTALL, GUARD_REMOVE]


def _mapped(rng: random.Random, process: int, addr: int, length: int) -> Op:
    kind = rng.choice([ANON, ANON, ANON, MAP_SHARED | MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED])
    if kind == ANON:
        kind |= rng.choice([0, 0, MAP_NORESERVE, MAP_LOCKED])
    elif rng.random() < 0.1:
        kind = MAP_DROPPABLE | MAP_ANONYMOUS
    fd, offset = -1, 0
    if not kind & MAP_ANONYMOUS:
        fd, offset = rng.choice([FILE, FILE, 6, MEMFD, HOLES]), rng.randrange(4) * PAGE
    kind |= MAP_FIXED | rng.choice([0, 0, 0, MAP_POPULATE])
    return ["mmap", process, addr, length, rng.choice([3, 3, 3, 1]), kind, fd, offset]


def _page(rng: random.Random, process: int) -> list[Op]:
    base = rng.choice([A, A, TABLE_END])
    addr, length = base + rng.randrange(8) * PAGE, rng.choice([1, 1, 2, 3, 5, 8]) * PAGE
    file_range = [rng.randrange(10) * PAGE + rng.choice([0, 0, 100]), rng.choice([1, 3]) * PAGE]
    access = rng.choice(["st", "st", "st", "ld", "rmw"])
    touch = [access, process, addr, *([7] if access == "st" else [])]
    moved = ["mremap", process, addr, length, length, rng.choice([3, 3, 7]), A + 1024 * PAGE]
    if rng.random() < 0.04:
        touch = ["exit_group", process, 1] if process else ["fork", 0]
    return rng.choice(
        [
            *[[_mapped(rng, process, addr, length)]] * 3,
            *[[touch]] * 5,
            *[[["madvise", process, addr, length, rng.choice(ADVICE)]]] * 4,
            *[[["mprotect", process, addr, length, rng.choice([0, 1, 3, 3])]]] * 2,
            [["mincore", process, addr, length, BRK - PAGE]],
            [["msync", process, addr, length, rng.choice([1, 2, 4, 6])]],
            [[rng.choice(["mlock", "munlock"]), process, addr, length]],
            [moved, ["ld", process, A + 1024 * PAGE], [*moved[:2], moved[6], *moved[3:6], addr]],
            [["munmap", process, addr, length]],
            [["ftruncate", process, MEMFD, rng.choice([0, 5, 20]) * PAGE + rng.choice([0, 9])]],
            [["fallocate", process, MEMFD, rng.choice([0, 1, 3, 3]), *file_range]],
            [["remap_file_pages", process, addr, length, 0, rng.randrange(5), 0]],
        ]
    )


def pages() -> dict[str, list[Op]]:
    """Pages of every kind: written, dropped, guarded, protected, moved, locked, inherited."""
    first = ["mmap", 0, A, 520 * PAGE, 3, ANON | MAP_FIXED, -1, 0]
    return made(_page, 40, first=first, most=4, fork=0.05)


def _batch(rng: random.Random, process: int) -> list[Op]:
    count = rng.choice([1, 2, 14, 15, 16, 29, 30, 31, 32, 40])
    addr = A + rng.choice([0, 64, 128]) * PAGE
    place = addr + rng.choice([0, 0, 1, count - 1]) * PAGE
    kind = ANON | MAP_FIXED | MAP_POPULATE | rng.choice([0, 0, MAP_LOCKED])
    return rng.choice(
        [
            *[[["mmap", process, addr, count * PAGE, 3, kind, -1, 0]]] * 2,
            [["madvise", process, addr, count * PAGE, rng.choice([8, 8, 20, 23, 4])]],
            [[rng.choice(["mlock", "munlock"]), process, addr, count * PAGE]],
            *[[["st", process, place, 1]]] * 3,
            [["fork", process], ["exit_group", NEWEST, 0], ["st", process, place, 2]],
            [["fork", process], ["munmap", NEWEST, addr, count * PAGE], ["st", process, place, 2]],
            [["munmap", process, addr, count * PAGE]],
        ]
    )


def batches() -> dict[str, list[Op]]:
    """Frames that wait for their lists, locked and not, as copy-on-write shows them."""
    return made(_batch, 30)


VVAR, CLOCKS, VDSO = 0x7FFFF7FF7000, 0x7FFFF7FFB000, 0x7FFFF7FFD000
ZERO = VDSO + 9  # a byte of its header that is 0 everywhere
SPECIAL = {VVAR: 4, CLOCKS: 2, VDSO: 2}  # pages


def _special(rng: random.Random, process: int) -> list[Op]:
    place = rng.choice([*SPECIAL])
    pages = SPECIAL[place]
    part = rng.randrange(pages) if rng.random() < 0.3 else 0
    addr, length = place + part * PAGE, rng.choice([1, pages, pages, pages, pages + 1]) * PAGE
    longer = length + rng.choice([-PAGE, 0, 0, PAGE])
    target = A + rng.choice([0, 16, 32]) * PAGE
    pieces = b"".join(n.to_bytes(8, "little") for n in (A + 64 * PAGE, 8, addr, 8)).hex()
    copy = rng.choice(["process_vm_readv", "process_vm_writev"])
    table = BRK - PAGE
    return rng.choice(
        [
            [["mremap", process, addr, length, longer, rng.choice([0, 1, 1]), 0]],
            [["mremap", process, addr, length, length, rng.choice([3, 3, 5, 7]), target]],
            [["mprotect", process, addr, length, rng.choice([1, 3, 5])]],
            *[[["madvise", process, addr, length, rng.choice([*range(5), 8, 9, *range(10, 24)])]]]
            * 3,
            [["madvise", process, addr, length, rng.choice([24, GUARD_INSTALL, GUARD_REMOVE])]],
            [[rng.choice(["mlock", "mlock", "munlock"]), process, addr, length]],
            [["mlockall", process, rng.choice([1, 3, 5])]],
            [["msync", process, addr, length, rng.choice([2, 4])]],
            [["mincore", process, addr, length, table]],
            [["munmap", process, addr, length]] if rng.random() < 0.2 else [["ld", process, ZERO]],
            [["mmap", process, addr, PAGE, 3, ANON | MAP_FIXED, -1, 0]],
            [["st", process, rng.choice([addr, target]), 1]],
            [
                ["mmap", process, A + 64 * PAGE, PAGE, 3, ANON | MAP_FIXED, -1, 0],
                ["store", process, table, pieces],
                [copy, process, str(process), table, 1, table + 16, 1, 0],
            ],
            [["remap_file_pages", process, addr, PAGE, 0, 0, 0]],
            [["mseal", process, addr, length, 0]]
            if rng.random() < 0.1
            else [["rmw", process, target]],
        ]
    )


def special() -> dict[str, list[Op]]:
    """[vvar] and [vdso], which are no mapping of a file nor of memory."""
    return made(_special, 40, most=2, fork=0.05)
