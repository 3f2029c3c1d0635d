"""The programs of each family: random ones, always the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.answers.program import PAGE, Step
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_DROPPABLE,
    MAP_FIXED,
    MAP_PRIVATE,
    PROT_READ,
    PROT_WRITE,
    Madv,
)

A = 0x10000000  # bytes: where programs map memory
RW = PROT_READ | PROT_WRITE
ANON = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED


def lazyfree(rng: random.Random) -> list[Step]:
    """MADV_FREE among what else drops, writes and shares pages."""
    pages = rng.choice([8, 40, 100, 200])
    kind = rng.choice([ANON, ANON, ANON, MAP_DROPPABLE | MAP_ANONYMOUS | MAP_FIXED])
    steps: list[Step] = [["mmap", A, pages * PAGE, RW, kind, -1, 0]]
    steps.append(["store", A, 1, pages])
    return [*steps, *_pages(rng, pages, 8, children=2)]


def _pages(rng: random.Random, pages: int, count: int, children: int) -> list[Step]:
    steps: list[Step] = []
    for _ in range(count):
        first = rng.randrange(pages)
        number = rng.choice([1, rng.randint(1, pages - first), pages - first])
        addr, length = A + first * PAGE, number * PAGE
        match rng.randrange(12):
            case 0 | 1 | 2 | 3 | 4:
                steps.append(["madvise", addr, length, Madv.MADV_FREE.value])
            case 5 | 6:
                steps.append(["store", addr, rng.randrange(256), number])
            case 7:
                steps.append(["load", addr, 0, number])
            case 8:
                advice = rng.choice(
                    [
                        Madv.MADV_COLD,
                        Madv.MADV_DONTNEED,
                        Madv.MADV_POPULATE_WRITE,
                        Madv.MADV_POPULATE_READ,
                    ]
                )
                steps.append(["madvise", addr, length, advice.value])
            case 9:
                steps.append([rng.choice(["mlock", "munlock"]), addr, length])
            case 10 | 11 if children:
                inside = _pages(rng, pages, rng.randint(1, 4), children - 1)
                steps.append(["fork", inside])
        steps.append(["smaps", addr])
        steps.append(["smaps", A])
    return steps


FAMILIES: dict[str, tuple[Callable[[random.Random], list[Step]], int]] = {
    "lazyfree": (lazyfree, 60),
}
