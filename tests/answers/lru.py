"""Programs about how often pages were accessed, and on which list they therefore stand."""

from __future__ import annotations

import random
import struct

from tests.answers.program import PAGE, TOUCH_LIST, VICTIM_PID, Step
from vmlab.model.abi.mman import MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_SHARED, Madv

A = 0x10000000
ELSEWHERE = A + (1 << 24)
PIECES, OWN = A - 4 * PAGE, A - 2 * PAGE  # where pieces are told, and where they go


def lru(rng: random.Random) -> list[Step]:
    """Accesses for others, MADV_COLD and MADV_FREE, locks, and who copies a page afterwards."""
    pages = rng.choice([2, 8, 40, 70])
    kind = rng.choice([MAP_PRIVATE, MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED])
    steps: list[Step] = [
        ["mmap", PIECES, 4 * PAGE, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0]
    ]
    steps += [
        ["store", PIECES, 1, 4],
        ["mmap", A, pages * PAGE, 3, kind | MAP_ANONYMOUS | MAP_FIXED, -1, 0],
    ]
    steps.append(["store", A, 1, pages])
    return [*steps, *_lru(rng, pages, rng.choice([6, 12]), children=2)]


def _lru(rng: random.Random, pages: int, count: int, children: int) -> list[Step]:
    steps: list[Step] = []
    for _ in range(count):
        first = rng.randrange(pages)
        number = rng.choice([1, 1, rng.randint(1, pages - first), pages - first])
        addr, length = A + first * PAGE, number * PAGE
        match rng.randrange(14):
            case 0 | 1 | 2:
                steps += [["mem_write", addr, rng.randrange(256), min(length, 3)]] * rng.choice(
                    [1, 2, 3]
                )
            case 3:
                steps += [["mem_read", addr, min(length, 3)]] * rng.choice([1, 2])
            case 4 | 5 | 6:
                steps.append(["madvise", addr, length, int(Madv.MADV_COLD)])
            case 7:
                steps.append(["madvise", addr, length, int(Madv.MADV_FREE)])
            case 8:
                advice = rng.choice([Madv.MADV_POPULATE_READ, Madv.MADV_POPULATE_WRITE])
                steps.append(["madvise", addr, length, int(advice)])
            case 9:
                steps.append(["store", addr, rng.randrange(256), number])
            case 10:
                steps.append([rng.choice(["mlock", "munlock"]), addr, length])
            case 11:
                steps += _read_for_others(addr, length)
            case 12 if rng.random() < 0.3:
                steps.append(["mremap", addr, length, length, 7, ELSEWHERE + first * PAGE])
                steps.append(["smaps", ELSEWHERE + first * PAGE])
            case _ if children:
                inside = _lru(rng, pages, rng.randint(1, 4), children - 1)
                steps.append(["fork", [TOUCH_LIST, *inside]])
        steps += [["smaps", addr], ["smaps", A], ["pagemap", addr]]
    return steps


def _read_for_others(addr: int, length: int) -> list[Step]:
    data = struct.pack("<4Q", OWN, 1, addr, length)
    told: list[Step] = [["store", PIECES + at, byte] for at, byte in enumerate(data)]
    return [*told, ["process_vm_readv", VICTIM_PID, PIECES, 1, PIECES + 16, 1, 0]]
