"""The programs of each family: random ones, always the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.answers.program import LIST, PAGE, SIZE, Step
from vmlab.model.abi.clone import Clone
from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_DROPPABLE,
    MAP_FIXED,
    MAP_GROWSDOWN,
    MAP_LOCKED,
    MAP_NORESERVE,
    MAP_POPULATE,
    MAP_PRIVATE,
    MAP_SHARED,
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


SOME_SEALS = [1, 2, 4, 8, 0x10, 0x20, 6, 0xC, 0x18, 0x3F, 0x40, 0]
FDS = [4, 4, 4, 4, 5, 5, 6]


def memfd(rng: random.Random) -> list[Step]:
    """Files in memory: how they are made, sealed, written, resized and mapped."""
    steps: list[Step] = [["mmap", A, 2 * PAGE, RW, ANON, -1, 0], ["store", A, 7, 2]]
    for _ in range(rng.choice([1, 2, 2])):
        steps.append(_memfd_create(rng))
    steps += [["ftruncate", 4, 3 * PAGE], ["ftruncate", 5, 2 * PAGE]]
    steps += _on_files(rng, 14, children=1)
    return [*steps, *([["fcntl", fd, 1034, 0] for fd in (4, 5)])]


def _memfd_create(rng: random.Random) -> Step:
    name = "n" * rng.choice([0, 1, 5, 248, 249]) if rng.random() < 0.9 else "n" * 250
    flags = rng.choice([0, 1, 2, 2, 2, 2, 3, 8, 9, 0x10, 0x12, 0x12])
    if rng.random() < 0.1:
        flags = rng.choice([0x18, 0x20, 1 << 26, 1 << 30, 1 << 31, 0x1A, rng.getrandbits(32)]) & ~4
    return ["memfd_create", name, flags]


def _on_files(rng: random.Random, count: int, children: int) -> list[Step]:
    steps: list[Step] = []
    for _ in range(count):
        fd = rng.choice(FDS)
        place = A + PAGE * rng.choice([16, 32, 48])
        match rng.randrange(15):
            case 0 | 1 | 2 | 3:
                steps.append(["fcntl", fd, 1033, rng.choice(SOME_SEALS)])
            case 4 | 5:
                steps.append(["ftruncate", fd, rng.choice([0, 1, 2, 3, 3, 4]) * PAGE + 5])
            case 6 | 7:
                length = rng.choice([0, 1, PAGE, 2 * PAGE])
                offset = rng.choice([0, 100, PAGE, 2 * PAGE, 3 * PAGE, 4 * PAGE])
                buffer = rng.choice([A, A + PAGE, A + 2 * PAGE - 10, A + 8 * PAGE])
                steps.append(["pwrite64", fd, buffer, length, offset])
            case 8 | 9 | 10:
                kind = rng.choice([1, 1, 1, 2, 3])
                prot = rng.choice([1, 3, 3, 0, 5])
                size = rng.choice([1, 2, 3]) * PAGE
                steps.append(["mmap", place, size, prot, kind | MAP_FIXED, fd, 0])
            case 11:
                steps.append(["mprotect", place, PAGE, rng.choice([0, 1, 3])])
            case 12:
                steps.append(["madvise", place, PAGE, Madv.MADV_REMOVE.value])
            case 13:
                steps.append(
                    rng.choice([["munmap", place, 3 * PAGE], ["close", fd], ["dup2", fd, 6]])
                )
            case 14 if children:
                steps.append(["fork", _on_files(rng, 3, children - 1)])
            case _:
                steps.append(["fcntl", fd, 1034, 0])
    return steps


def fcntl(rng: random.Random) -> list[Step]:
    """Descriptors: what they are flags of, and what else means the same."""
    steps: list[Step] = [
        ["memfd_create", "x", rng.choice([0, 1, 2])],
        ["open", rng.choice(["/", "/dev/null", "/dev/zero"]), rng.choice(OPENS)],
    ]
    for _ in range(14):
        fd = rng.choice([0, 3, 4, 4, 5, 5, 6, 10, 99, -1])
        cmd = rng.choice([0, 0, 1, 1, 2, 3, 3, 1030, 1033, 1034, 1034])
        arg = rng.choice([0, 1, 2, 3, 4, 10, 1023, 1024, 1 << 31, 1 << 32, (1 << 32) + 1, -1])
        steps.append(["fcntl", fd, cmd, arg])
        if rng.random() < 0.2:
            steps.append(rng.choice([["close", fd], ["dup2", 4, 5], ["memfd_create", "y", 1]]))
    return steps


OPENS = [0, 1, 2, 0o2000000, 0o10000000, 0o200000, 0o10200000, 0o2002, 0o102, 0o100000, 0o1001]

CLONE_FLAGS = [flag.value for flag in Clone]
CLONES = 150  # of one program


def clone(rng: random.Random) -> list[Step]:
    """Children that end at once, by flags that may or may not go together."""
    return [["clone", _some(rng) | rng.choice([0, 17, 28])] for _ in range(CLONES)]


def _some(rng: random.Random) -> int:
    chance = rng.choice([0.1, 0.2, 0.4])
    bits = sum(flag for flag in CLONE_FLAGS if rng.random() < chance)
    if rng.random() < 0.7:  # most combinations would lack what these need
        bits |= Clone.CLONE_VM if bits & (Clone.CLONE_SIGHAND | Clone.CLONE_THREAD) else 0
        bits |= Clone.CLONE_SIGHAND if bits & Clone.CLONE_THREAD else 0
    return int(bits)


def clone_pairs(_: random.Random) -> list[Step]:
    """Every pair of flags, alone and together with what threads need."""
    pairs = [one | other for one in CLONE_FLAGS for other in CLONE_FLAGS if one <= other]
    needs = (0, int(Clone.CLONE_VM), int(Clone.CLONE_VM | Clone.CLONE_SIGHAND))
    return [["clone", pair | more | 17] for more in needs for pair in pairs]


FILE_PAGES = 40


def counters(rng: random.Random) -> list[Step]:
    """What status and statm count, after whatever maps, touches, moves and drops pages."""
    steps: list[Step] = [["status"], ["statm"]]
    steps += [["memfd_create", "m", 0], ["ftruncate", 4, FILE_PAGES * PAGE]]
    for place in range(4):
        steps.append(_mapping(rng, place))
    return [*steps, *_on_mappings(rng, 10, children=1), ["status"], ["statm"]]


def _mapping(rng: random.Random, place: int) -> Step:
    prot = rng.choice([RW, RW, RW, PROT_READ])
    kind, fd = rng.choice([(MAP_PRIVATE, -1), (MAP_PRIVATE, -1), (MAP_SHARED, -1), (1, 4), (2, 4)])
    flags = kind | MAP_FIXED | (MAP_ANONYMOUS if fd < 0 else 0)
    flags |= rng.choice([0, 0, 0, MAP_POPULATE, MAP_LOCKED, MAP_NORESERVE])
    pages = rng.choice([1, 3, 20, 33, 40, 70]) if fd < 0 else rng.choice([5, 33, FILE_PAGES])
    return ["mmap", A + (place << 20), pages * PAGE, prot, flags, fd, 0]


def pagemap(rng: random.Random) -> list[Step]:
    """What pagemap says of pages that are mapped, shared, guarded, moved and dropped."""
    steps: list[Step] = [["memfd_create", "m", 0], ["ftruncate", 4, FILE_PAGES * PAGE]]
    steps += [_mapping(rng, place) for place in range(4)]
    for step in _on_mappings(rng, 14, children=2):
        steps += _looked_at(rng, step)
    return steps


def _looked_at(rng: random.Random, step: Step) -> list[Step]:
    # A step without its look at the counters, and then some pages.
    if step[0] in ("status", "statm", "smaps_rollup"):
        places = (rng.randrange(7) << 20 | rng.randrange(40) * PAGE for _ in range(3))
        return [["pagemap", A + place] for place in places]
    if step[0] == "fork":
        return [["fork", [look for inside in step[1] for look in _looked_at(rng, inside)]]]
    return [step]


def proc_mem(rng: random.Random) -> list[Step]:
    """Memory that is read and written through /proc/self/mem, against its rights."""
    steps: list[Step] = [["memfd_create", "m", 0], ["ftruncate", 4, 5 * PAGE]]
    for place in range(4):
        prot = rng.choice([0, 1, 2, 3, 4, 5])
        kind, fd = rng.choice([(2, -1), (2, -1), (1, -1), (2, 4), (1, 4)])
        flags = kind | MAP_FIXED | (MAP_ANONYMOUS if fd < 0 else 0)
        if flags == ANON and rng.random() < 0.3:
            flags |= MAP_GROWSDOWN
        pages = rng.choice([1, 3, 6])
        steps.append(["mmap", A + (place << 20), pages * PAGE, prot, flags, fd, 0])
    return [*steps, *_through_mem(rng, 12, children=1)]


VVAR, VDSO = 0x7FFFF7FF7000, 0x7FFFF7FFD000
SPECIAL = [0, 0x400000, VVAR, 1 << 47, LIST + SIZE]


def _through_mem(rng: random.Random, count: int, children: int) -> list[Step]:
    steps: list[Step] = []
    for _ in range(count):
        base = A + (rng.randrange(4) << 20)
        addr = base + rng.choice([0, 0, 100, PAGE, PAGE + 5, 2 * PAGE, 4 * PAGE, -1, -PAGE])
        page = addr & -PAGE
        length = rng.choice([0, 1, 1, 10, PAGE + 10])
        match rng.randrange(14):
            case 0 | 1 | 2 | 3:
                steps.append(["mem_write", addr, rng.randrange(256), length])
            case 4 | 5 | 6:
                steps.append(["mem_read", addr, min(length, 30)])
            case 7:
                steps.append(["mem_read", rng.choice(SPECIAL), 8])
                steps.append(["mem_write", rng.choice([*SPECIAL, VDSO]), 0, 1])
            case 8:
                steps.append(["mprotect", page, PAGE, rng.choice([0, 1, 3, 5])])
            case 9:
                steps.append(["madvise", page, PAGE, rng.choice(ADVICE).value])
            case 10:
                steps.append(["munmap", page, PAGE])
            case 11:
                steps.append(["ftruncate", 4, PAGE * rng.choice([0, 1, 3, 5])])
            case 12 | 13 if children:
                inside = _through_mem(rng, 4, children - 1)
                steps.append(["fork", [TOUCH_LIST, *inside]])
        steps += [["pagemap", page], ["smaps", base], ["status"]]
    return steps


def clear_refs(rng: random.Random) -> list[Step]:
    """What counts as accessed after it was forgotten."""
    steps: list[Step] = [["memfd_create", "m", 0], ["ftruncate", 4, FILE_PAGES * PAGE]]
    steps += [_mapping(rng, place) for place in range(4)]
    for step in _on_mappings(rng, 8, children=1):
        steps += _forgetful(rng, step)
    return steps


def _forgetful(rng: random.Random, step: Step) -> list[Step]:
    if step[0] == "fork":
        return [["fork", [each for inside in step[1] for each in _forgetful(rng, inside)]]]
    if step[0] in ("status", "statm", "smaps_rollup"):
        kind = rng.choice([1, 1, 2, 3, 4, 5, 5, 0, 6, -1])
        looks: list[Step] = [["smaps", A + (place << 20)] for place in rng.sample(range(4), 2)]
        return [["clear_refs", kind], *looks, ["status"]]
    return [step]


def committed(rng: random.Random) -> list[Step]:
    """What Committed_AS counts."""
    steps: list[Step] = [["committed"], ["memfd_create", "m", 0]]
    steps += [["ftruncate", 4, FILE_PAGES * PAGE], ["committed"]]
    steps += [_mapping(rng, place) for place in range(4)]
    for step in _on_mappings(rng, 8, children=1):
        steps += _promised(rng, step)
    return steps


def _promised(rng: random.Random, step: Step) -> list[Step]:
    if step[0] == "fork":
        return [["fork", [each for inside in step[1] for each in _promised(rng, inside)]]]
    return [["committed"]] if step[0] in ("status", "smaps_rollup") else [step]


LARGE = 300 << 20  # bytes: three are less than HEADROOM, four are more


def overcommit(rng: random.Random) -> list[Step]:
    """Which requests are refused: all that are larger than memory, none, or those over a limit."""
    steps: list[Step] = [["overcommit", rng.choice([0, 1, 2, 2, 2])]]
    return [*steps, *_large_requests(rng, 12, children=1)]


def _large_requests(rng: random.Random, count: int, children: int) -> list[Step]:
    steps: list[Step] = []
    for _ in range(count):
        addr = (1 << 40) + (rng.randrange(4) << 37)
        length = rng.choice([LARGE, LARGE, LARGE, LARGE, 1 << 31, 26 << 30])
        kind = rng.choice([MAP_PRIVATE, MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED])
        kind |= MAP_ANONYMOUS | MAP_FIXED | rng.choice([0, 0, 0, MAP_NORESERVE, MAP_GROWSDOWN])
        match rng.randrange(9):
            case 0 | 1 | 2 | 3:
                prot = RW if length > 1 << 31 else rng.choice([RW, RW, PROT_READ])
                steps.append(["mmap", addr, length, prot, kind, -1, 0])
            case 4:
                steps.append(["mprotect", addr, LARGE, rng.choice([RW, RW, PROT_READ])])
            case 5:
                steps.append(["mremap", addr, LARGE, rng.choice([2, 5, 8]) * LARGE, 1, 0])
            case 6:
                steps.append(["brk", BRK + rng.choice([0, LARGE, 4 * LARGE])])
            case 7:
                steps.append(["munmap", addr, LARGE])
            case 8 if children:
                steps.append(["fork", _large_requests(rng, 2, children - 1)])
    return steps


ADVICE = [
    *(Madv.MADV_DONTNEED, Madv.MADV_DONTNEED, Madv.MADV_REMOVE),
    *(Madv.MADV_POPULATE_READ, Madv.MADV_POPULATE_WRITE, Madv.MADV_POPULATE_WRITE),
    *(Madv.MADV_GUARD_INSTALL, Madv.MADV_GUARD_REMOVE, Madv.MADV_DONTFORK, Madv.MADV_COLD),
]


def _on_mappings(rng: random.Random, count: int, children: int) -> list[Step]:
    steps: list[Step] = []
    for _ in range(count):
        place = rng.randrange(4)
        addr = A + (place << 20) + PAGE * rng.choice([0, 0, 1, 16, 30])
        length = PAGE * rng.choice([1, 4, 17, 32, 33, 70, 256])
        match rng.randrange(12):
            case 0 | 1 | 2:
                steps.append(["madvise", addr, length, Madv.MADV_POPULATE_WRITE.value])
            case 3 | 4:
                steps.append(["madvise", addr, length, rng.choice(ADVICE).value])
            case 5:
                steps.append(["munmap", addr, length])
            case 6:
                steps.append(_mapping(rng, place))
            case 7:
                new = A + (rng.randrange(4, 7) << 20)
                steps.append(
                    rng.choice(
                        [
                            ["mremap", addr, length, length, 3, new],
                            ["mremap", addr, length, 2 * length, 1, 0],
                            ["mremap", addr, length, PAGE, 1, 0],
                            ["mremap", addr, length, length, 5, 0],
                        ]
                    )
                )
            case 8:
                steps.append(["brk", BRK + PAGE * rng.choice([0, 1, 2, 40, 80])])
                steps.append(["madvise", BRK, 40 * PAGE, Madv.MADV_POPULATE_WRITE.value])
            case 9:
                steps.append(["mprotect", addr, length, rng.choice([0, 1, 3, 3, 5])])
            case 10:
                steps.append(["ftruncate", 4, PAGE * rng.choice([0, 3, FILE_PAGES])])
            case 11 if children:
                inside = _on_mappings(rng, 4, children - 1)
                steps.append(["fork", [TOUCH_LIST, ["status"], *inside]])
        steps.append([rng.choice(["status", "status", "smaps_rollup"])])
    return [*steps, ["statm"], ["smaps_rollup"]]


BRK = 0x401000
# A child on the kernel reads its list, so it has pages that one on the model has not: it gets all.
TOUCH_LIST: Step = ["madvise", LIST, SIZE, Madv.MADV_POPULATE_READ.value]


FAMILIES: dict[str, tuple[Callable[[random.Random], list[Step]], int]] = {
    "lazyfree": (lazyfree, 60),
    "memfd": (memfd, 100),
    "fcntl": (fcntl, 60),
    "clone": (clone, 20),
    "clone_pairs": (clone_pairs, 1),
    "counters": (counters, 30),
    "pagemap": (pagemap, 30),
    "proc_mem": (proc_mem, 30),
    "clear_refs": (clear_refs, 30),
    "committed": (committed, 30),
    "overcommit": (overcommit, 40),
}
