"""Programs about which pages of a file of the disk are cached: all of it is one hole."""

from __future__ import annotations

import random

from tests.answers.program import DISK_FOLDER, PAGE, Step
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_PRIVATE,
    MAP_SHARED,
    PROT_READ,
    Madv,
)

CORE = 0x10000000  # where mincore tells
READ = CORE + PAGE
MAPPED = CORE + (1 << 20)
PAGES = 64
_ADVICE = [0, 0, 1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 5, 6, -1]
_MADV = [Madv.MADV_NORMAL, Madv.MADV_RANDOM, Madv.MADV_SEQUENTIAL, Madv.MADV_WILLNEED]
_FILE = 4
_LENGTHS = [1, 1, PAGE, PAGE + 1, 5 * PAGE]  # bytes


def advice(rng: random.Random) -> list[Step]:
    """What is read ahead and what is dropped, as a program says how it will read."""
    size = PAGES * PAGE + rng.choice([0, 0, 5, -1, -5 * PAGE + 100])
    anonymous = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    steps: list[Step] = [
        ["mmap", CORE, 6 * PAGE, 3, anonymous, -1, 0],
        ["store", CORE, 0],
        ["open", f"{DISK_FOLDER}/f", rng.choice([0, 2, 2, 2])],
        ["truncate", f"{DISK_FOLDER}/f", size],
        ["mmap", MAPPED, (PAGES + 2) * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, _FILE, 0],
        ["open", "/dev/null", 2],
        ["memfd_create", "m", 0],
    ]
    for _ in range(12):
        steps.append(_step(rng, size))
        steps += [["mincore", MAPPED, (PAGES + 1) * PAGE, CORE], ["bytes", CORE, PAGES + 1]]
    return steps


def _step(rng: random.Random, size: int) -> Step:
    page = rng.choice([0, 0, 1, 2, 10, 30, 31, 60, PAGES - 1, PAGES, PAGES + 9])
    offset = page * PAGE + rng.choice([0, 0, 1, 100, -1])
    length = rng.choice([0, 1, PAGE, 3 * PAGE - 1, 20 * PAGE, size - offset, 1 << 40])
    fd = rng.choice([_FILE] * 12 + [5, 6, 99])
    match rng.randrange(11):
        case 0 | 1 | 2 | 3:
            length = rng.choice([length, length, length, -1, (1 << 63) - 1])
            return ["fadvise64", fd, offset, length, rng.choice(_ADVICE)]
        case 4 | 5 | 6:
            return ["readahead", fd, offset, length]
        case 7 | 8:
            return ["load", MAPPED + min(page, (size - 1) // PAGE) * PAGE]
        case 9:
            return ["pread64", _FILE, READ, rng.choice(_LENGTHS), max(offset, 0)]
    return ["madvise", MAPPED, PAGES * PAGE, int(rng.choice(_MADV))]
