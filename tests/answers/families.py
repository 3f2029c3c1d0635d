"""The programs of each family: random ones, always the same for the same seed."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

from tests.answers.advice import advice
from tests.answers.ipc import msg, sem
from tests.answers.lru import lru
from tests.answers.names import names
from tests.answers.process import clocks, futexes, itself, signals
from tests.answers.program import FOLDER, LIST, PAGE, SIZE, TOUCH_LIST, Step
from tests.answers.timers import ignored, sigqueue, timers
from vmlab.model.abi.clone import Clone
from vmlab.model.abi.fcntl import Open
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

FOLDER_FD = 6  # of the programs of `files`
PATHS = [
    *("f", "d", "d/g", ".", "..", "new", "d/new", "f/", "d/", "new/", "f/x", "none/x", "d/../f"),
    *(f"{FOLDER}/f", f"{FOLDER}/d", FOLDER, f"{FOLDER}/", "", "x" * 255, "x" * 256, "x" * 5000),
    *("/dev/null", "/dev/zero", "/dev/null/", "d/.", "d/..", "./d//g", f"{FOLDER}/new"),
]
LARGEST = (1 << 63) - 1


def files(rng: random.Random) -> list[Step]:
    """What is opened how, where it is read and written, and what it is."""
    steps: list[Step] = [["mmap", A, 4 * PAGE, RW, ANON, -1, 0], ["store", A, 7, 2]]
    steps.append(["memfd_create", "x", rng.choice([0, 2])])
    steps.append(["open", f"{FOLDER}/f", rng.choice([2, 2, 0, 1, 0o2002, 0o10000000])])
    steps.append(["open", FOLDER, rng.choice([0, 0, 0o200000, 0o10000000])])
    steps.append(["open", rng.choice(["/dev/null", "/dev/zero"]), 2])
    steps.append(["ftruncate", 4, rng.choice([0, 5, PAGE, 9 * PAGE + 5, 1 << 40, LARGEST])])
    for _ in range(20):
        steps += rng.choice(ON_FILES)(rng, rng.choice([4, 4, 4, 5, 5, 6, 7, 8, -1]))
    return steps


def _seek(rng: random.Random, fd: int) -> list[Step]:
    near = rng.choice([0, 1, 4, 9, 1 << 28]) * PAGE + rng.choice([-1, 0, 0, 1, 5, 7])
    offset = rng.choice([near, near, near, -near, LARGEST, -LARGEST - 1, LARGEST - near])
    whence = rng.choice([0, 1, 2, 3, 3, 3, 4, 4, 4, 5, 1 << 31])
    return [["lseek", fd, offset, whence], ["lseek", fd, 0, 1]]


def _move(rng: random.Random, fd: int) -> list[Step]:
    length = rng.choice([0, 1, 100, PAGE, 2 * PAGE])
    place = rng.choice([0, 1, 4, 9, 1 << 28]) * PAGE + rng.choice([0, 0, 1, 100])
    if rng.random() < 0.5:
        return [["pwrite64", fd, A, length, place]]
    return [[rng.choice(["read", "write"]), fd, A + PAGE, length], ["lseek", fd, 0, 1]]


def _vector(rng: random.Random, fd: int) -> list[Step]:
    # Where the pieces are is stored byte by byte; a hole of the address space follows A.
    place = A + 2 * PAGE + rng.choice([0, 0, 0, PAGE - 24, 2 * PAGE - 24])
    data = b"".join(
        struct.pack("<2Q", *rng.choice(PIECES)) for _ in range(rng.choice([0, 1, 2, 3, 3]))
    )
    steps: list[Step] = [
        ["store", place + at, byte] for at, byte in enumerate(data) if place + at < A + 4 * PAGE
    ]
    number = len(data) // 16 + rng.choice([0, 0, 0, 1])
    if rng.random() < 0.1:
        place, number = rng.choice([(0, 0), (0, 1), (A, 1025), (1 << 62, 2), (A, (1 << 63))])
    call = rng.choice(["readv", "writev"])
    if rng.random() < 0.5:
        steps.append(["p" + call, fd, place, number, rng.choice([0, 5, PAGE - 1, 3 * PAGE, -1])])
    else:
        steps.append([call, fd, place, number])
    return [*steps, ["lseek", fd, 0, 1], ["lseek", fd, 0, 4], ["bytes", A + 1000, 16]]


def fallocate(rng: random.Random) -> list[Step]:
    """Pages before anybody uses them, and holes: of files, and in mappings of them."""
    steps: list[Step] = [["mmap", A, 4 * PAGE, RW, ANON, -1, 0], ["store", A, 7, 2]]
    steps.append(["memfd_create", "x", 2])
    steps.append(["open", f"{FOLDER}/f", rng.choice([2, 2, 0, 1, 0o10000000])])
    steps.append(["open", FOLDER, 0])
    steps.append(["open", rng.choice(["/dev/null", "/dev/zero"]), 2])
    steps.append(["ftruncate", 4, rng.choice([0, 5, PAGE, 9 * PAGE + 5])])
    for kind, place in ((1, MAPPED), (2, MAPPED + 16 * PAGE)):
        steps.append(["mmap", place, 12 * PAGE, RW, kind | MAP_FIXED, 4, 0])
    for _ in range(16):
        steps += _fallocate(rng)
    return [*steps, ["fcntl", 4, 1034, 0]]


OTHER_MODES = [2, 4, 8, 9, 0x10, 0x11, 0x20, 0x21, 0x40, 0x41, 0x43, 0x80, 0x100, 1 << 31]
MAPPED = A + 16 * PAGE


def _fallocate(rng: random.Random) -> list[Step]:
    fd = rng.choice([4, 4, 4, 4, 5, 6, 7, 99])
    page = rng.randrange(13)
    match rng.randrange(16):
        case 0 | 1 | 2 | 3 | 4 | 5:
            mode = rng.choice([0, 0, 0, 1, 1, 1, 3, 3, 3, 3, rng.choice(OTHER_MODES)])
            offset = page * PAGE + rng.choice([0, 0, 5, -1])
            length = rng.choice([1, PAGE, PAGE, 3 * PAGE + 7, 0, -1, LARGEST])
            if length == LARGEST and mode in (0, 1):
                offset = max(offset, 1)  # or it would take as many pages
            steps: list[Step] = [["fallocate", fd, mode, offset, length]]
        case 6 | 7:
            steps = [["lseek", fd, page * PAGE, rng.choice([3, 4])]]
        case 8:
            steps = [["pwrite64", fd, A, rng.choice([1, PAGE]), page * PAGE + 9]]
        case 9:
            steps = [["load", MAPPED + page * PAGE]] if page < 1 else []
        case 10:
            steps = [["fcntl", 4, 1033, rng.choice([2, 4, 8, 0x10])]] if page < 3 else []
        case 11:
            steps = [["ftruncate", 4, page * PAGE + 3]]
        case 12:
            steps = [["mincore", MAPPED, 12 * PAGE, A + 100], ["bytes", A + 100, 12]]
        case 13:
            place = MAPPED + rng.choice([0, 16]) * PAGE
            advice = rng.choice([Madv.MADV_POPULATE_READ, Madv.MADV_POPULATE_WRITE])
            steps = [["madvise", place, 2 * PAGE, advice.value]]
        case 14:
            steps = [["smaps", MAPPED], ["smaps", MAPPED + 16 * PAGE]]
        case _:
            steps = [["munmap", MAPPED, 12 * PAGE], ["mmap", MAPPED, 12 * PAGE, RW, 17, 4, 0]]
    return [*steps, ["fstat", 4, A + 200], ["bytes", A + 248, 24]]


def shm(rng: random.Random) -> list[Step]:
    """Segments of shared memory: made, attached, cut, moved, inherited and destroyed."""
    steps: list[Step] = [["mmap", A, 4 * PAGE, RW, ANON, -1, 0], ["store", A, 7, 2]]
    steps.append(["shmget", 0, 3 * PAGE + 5, 0o1600])
    for _ in range(14):
        steps += _shm(rng, children=1)
    return [*steps, *_shm_told()]


KEYS = [0, 0, 1, 1, 2, 0x12345678, -1]
PLACES = [A + place * PAGE for place in (16, 16, 20, 24, 18)]


def _shm(rng: random.Random, children: int) -> list[Step]:
    shmid = rng.choice([0, 0, 0, 0, 1, 1, 2, 3, 32768, -1])
    place = rng.choice(PLACES)
    flags = rng.choice([0, 0, 0, 0o10000, 0o20000, 0o40000, 0o40000, 0o100000, 0o50000, 0o60000])
    match rng.randrange(20):
        case 0 | 1 | 2:
            size = rng.choice([0, 1, PAGE, 3 * PAGE, 4 * PAGE, 1 << 40, LARGEST, -1, -(1 << 24)])
            how = rng.choice([0, 0o600, 0o1600, 0o1600, 0o1777, 0o3600, 0o11600, 0o5600])
            return [["shmget", rng.choice(KEYS), size, how]]
        case 3 | 4 | 5 | 6 | 7 | 8:
            where = rng.choice([0, 0, place, place, place, place, place + 7, 7, -PAGE, A])
            return [["shmat", shmid, where, flags]]
        case 9 | 10 | 11:
            where = rng.choice([place, place, place, place + PAGE, place - PAGE, place + 1, A, 0])
            return [["shmdt", where], *_shm_told()]
        case 12 | 13:
            return [["shmctl", shmid, rng.choice([0, 0, 0, 11, 12, 2, 99, -1]), 0], *_shm_told()]
        case 14:
            return [["munmap", place + rng.randrange(3) * PAGE, PAGE], *_shm_told()]
        case 15:
            prot = rng.choice([1, 3, 0, 3])
            return [["mprotect", place + rng.randrange(3) * PAGE, PAGE, prot], *_shm_told()]
        case 16:
            to = A + rng.choice([32, 36]) * PAGE
            old, new = rng.choice([(4, 4), (1, 1), (4, 6), (0, 4), (2, 1)])
            return [["mremap", place, old * PAGE, new * PAGE, 3, to], *_shm_told()]
        case 17:
            # What no segment has would be read past its end.
            return [["madvise", place, PAGE, rng.choice([4, 9, 22, 23])], ["smaps", place]]
        case 18 if children:
            inside = [step for _ in range(3) for step in _shm(rng, children - 1)]
            return [["fork", inside], *_shm_told()]
    return [["smaps", place], ["mincore", place, 4 * PAGE, A + 600], ["bytes", A + 600, 4]]


def _shm_told() -> list[Step]:
    # Key, rights, size and attachments; not times and pids.
    steps: list[Step] = []
    for shmid in (0, 1):
        steps += [["shmctl", shmid, 2, A + 100], ["bytes", A + 100, 56], ["bytes", A + 188, 8]]
    return [*steps, ["maps"]]


def shm_numbers(rng: random.Random) -> list[Step]:
    """Numbers of segments that come and go."""
    steps: list[Step] = []
    for _ in range(rng.choice([30, 100, 150])):
        steps.append(["shmget", 0, 1, 0o600])
        for _ in range(rng.choice([0, 0, 1, 1, 2])):
            steps.append(["shmctl", rng.randrange(70) + 32768 * rng.choice([0, 0, 0, 1]), 0, 0])
    return steps


PIECES = [
    *((A + 1000, 16), (A + 1004, 3), (A + PAGE - 5, 10), (A + PAGE, 0), (A + 100, PAGE)),
    *((A, 1), (A + 64 * PAGE, 4), (A + 64 * PAGE, 0), (1 << 62, 1), (A, 1 << 63), (A + 500, 600)),
    *((A, (1 << 31) - 1), (A + 1010, 5), (A + 1008, 2), (A + 4 * PAGE - 3, 9)),
]


def vectors(rng: random.Random) -> list[Step]:
    """Pieces of memory that are read and written together."""
    steps: list[Step] = [["mmap", A, 4 * PAGE, RW, ANON, -1, 0], ["store", A + 1000, 7, 2]]
    steps.append(["memfd_create", "x", 2])
    steps.append(["open", f"{FOLDER}/f", rng.choice([2, 2, 0, 1, 0o2002])])
    steps.append(["open", FOLDER, rng.choice([0, 0o10000000])])
    steps.append(["open", rng.choice(["/dev/null", "/dev/zero"]), 2])
    steps.append(["ftruncate", 4, rng.choice([0, 5, PAGE, 3 * PAGE + 5])])
    for _ in range(14):
        steps += _vector(rng, rng.choice([4, 4, 5, 5, 6, 7, 99]))
        if rng.random() < 0.1:
            steps += [["lseek", rng.choice([4, 5]), LARGEST - rng.choice([0, 9]), 0]]
    return steps


def _stat(rng: random.Random, fd: int) -> list[Step]:
    # Neither times nor owners nor rights, but those of a memfd.
    where = A + rng.choice([0, 100, PAGE - 60])
    buffer = rng.choice([where, where, 0, 1 << 62])
    told = 12 if fd == 4 and buffer == where else 8
    return [["fstat", fd, buffer], ["bytes", where + 16, told], ["bytes", where + 40, 32]]


def _open_at(rng: random.Random, _: int) -> list[Step]:
    # Mode is the kernel's fourth argument, which is 0 here.
    dirfd = rng.choice([FOLDER_FD, FOLDER_FD, FOLDER_FD, 5, 4, 99, -1])
    path = rng.choice(PATHS)
    if dirfd == FOLDER_FD and path == ".." and rng.random() < 0.5:
        path = "."
    flags = rng.choice([0, 1, 2, 3]) | sum(
        flag.value for flag in SOME_OPEN_FLAGS if rng.random() < 0.12
    )
    steps: list[Step] = [["openat", dirfd, path, flags & 0xFFFFFFFF]]
    return [*steps, ["fcntl", 8, 3, 0], ["lseek", 8, 0, 2], ["close", rng.choice([8, 8, 8, 99])]]


def _set_flags(rng: random.Random, fd: int) -> list[Step]:
    flags = rng.choice([0, 0o2000, 0o4000, 0o40000, 0o1000000, 0o2000 | 1 << 40, 0o4010003])
    return [["fcntl", fd, 4, flags], ["fcntl", fd, 3, 0]]


ON_FILES = [_seek, _seek, _seek, _move, _move, _stat, _open_at, _open_at, _set_flags]
SOME_OPEN_FLAGS = [
    *(flag for flag in Open.__members__.values() if flag not in (Open.O_NOFOLLOW, Open.FASYNC)),
    *(Open.O_CREAT, Open.O_CREAT, Open.O_PATH, Open.O_DIRECTORY, Open.O_TMPFILE),
]

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


TIDS = Clone.CLONE_PARENT_SETTID | Clone.CLONE_CHILD_SETTID | Clone.CLONE_CHILD_CLEARTID
PLACES_OF_TIDS = [
    *(A + 8, A + 8, A + PAGE - 2, A + PAGE + 64, A + 2 * PAGE, A + 2 * PAGE - 3, A + 3 * PAGE + 1),
    *(A + 4 * PAGE - 2, A + 5 * PAGE, A + 6 * PAGE, A + 7 * PAGE - 1, 0, -1, 1 << 47, 1 << 62),
]


def tids(rng: random.Random) -> list[Step]:
    """Where the number of a child is stored, and becomes 0 again; in what, and who sees it."""
    # Written, written, read only, never touched, shared; then a hole.
    steps: list[Step] = [["mmap", A, 5 * PAGE, RW, ANON, -1, 0]]
    steps += [["mmap", A + 5 * PAGE, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0]]
    steps += [["store", A + at, 0xAA] for at in range(16)]
    steps += [["store", A + page * PAGE + at, 0xAA] for page in (1, 2, 4) for at in range(-4, 4)]
    steps += [["mprotect", A + 2 * PAGE, PAGE, PROT_READ]]
    for _ in range(8):
        steps += _tid(rng, children=1)
    return steps


def _tid(rng: random.Random, children: int) -> list[Step]:
    if rng.random() < 0.2:
        return [["set_tid_address", rng.choice(PLACES_OF_TIDS)]]
    flags = rng.choice([Clone.CLONE_VM, Clone.CLONE_VM, Clone.CLONE_VM | Clone.CLONE_VFORK, 0])
    flags |= sum(flag for flag in TIDS if rng.random() < 0.6) | 17
    tls = 0
    if rng.random() < 0.2:
        flags |= Clone.CLONE_SETTLS
        tls = rng.choice([0, A, (1 << 47) - PAGE - 1, (1 << 47) - PAGE, -1])
    parent_tid, child_tid = rng.choice(PLACES_OF_TIDS), rng.choice(PLACES_OF_TIDS)
    inside = [*_told_tids(), *(step for _ in range(children) for step in _tid(rng, 0))]
    if tls == A:
        inside += [["arch_prctl", 0x1003, A + PAGE + 16], ["bytes", A + PAGE + 16, 8]]
    if rng.random() < 0.2:
        inside.append(["load", A + 64 * PAGE])  # it dies
    clone: Step = ["clone", int(flags), 0, parent_tid, child_tid, tls, inside]
    return [clone, *_told_tids(), ["smaps", A]]


def _told_tids() -> list[Step]:
    places = [A + 8, A + PAGE - 2, A + PAGE + 64, A + 2 * PAGE - 3, A + 3 * PAGE + 1, A + 5 * PAGE]
    return [["word", place] for place in (*places, A + 2 * PAGE, A + 4 * PAGE - 2)]


SHARED_AT, FILE_AT = A + 16 * PAGE, A + 20 * PAGE
OWN_PIECES = [
    *((A + PAGE + 5, 16), (A + 2 * PAGE - 3, 10), (A + PAGE, 2 * PAGE), (A + 2 * PAGE - 9, PAGE)),
    *((A + PAGE, 1), (A + 7 * PAGE, 10), (FILE_AT, 2 * PAGE), (A + 64 * PAGE, 4), (A + PAGE, 0)),
    *((1 << 62, 1), (-1, 5), (A, 1 << 63), (A + 7 * PAGE, (1 << 31) - 1), (0, 1)),
]
OTHERS = [
    *((A + 3 * PAGE + 5, 16), (A + 4 * PAGE - 3, 10), (A + 3 * PAGE, 2 * PAGE), (A + 3 * PAGE, 1)),
    *((A + 5 * PAGE, PAGE), (A + 6 * PAGE, PAGE + 7), (A + 7 * PAGE, 10), (A + 7 * PAGE + 1, PAGE)),
    *((A + 5 * PAGE, 4 * PAGE), (SHARED_AT + 3, 20), (SHARED_AT, 3 * PAGE), (FILE_AT, 2 * PAGE)),
    *((FILE_AT + PAGE, 2 * PAGE), (FILE_AT + 2 * PAGE, 4), (A + 64 * PAGE, 4), (A + 3 * PAGE, 0)),
    *((1 << 62, 1), (-PAGE, 8), (-1, 5), (A, 1 << 63), (A + 5 * PAGE, (1 << 63) - 1), (0, 1)),
]
GUP_PAGES = [A + page * PAGE for page in (1, 2, 3, 4, 5, 6, 7, 16, 17, 20, 21)]


def process_vm(rng: random.Random) -> list[Step]:
    """Bytes from one address space to another: how many, in what frames, and for whom."""
    # Three written pages, the last three of which the last may only be read; shared, of a file.
    steps: list[Step] = [["mmap", A, 8 * PAGE, RW, ANON, -1, 0], ["store", A, 1, 5]]
    steps += [["store", A + 7 * PAGE, 3], ["open", f"{FOLDER}/f", 2]]
    steps.append(["mmap", SHARED_AT, 2 * PAGE, RW, 0x31, -1, 0])
    prot = rng.choice([RW, PROT_READ, PROT_WRITE])
    steps.append(["mmap", FILE_AT, 3 * PAGE, prot, rng.choice([1, 2]) | MAP_FIXED, 4, 0])
    steps.append(["mprotect", A + 7 * PAGE, PAGE, rng.choice([PROT_READ, PROT_READ, 0])])
    return [*steps, *_process_vm(rng, 6, children=1)]


def _process_vm(rng: random.Random, count: int, children: int) -> list[Step]:
    steps: list[Step] = []
    for _ in range(count):
        match rng.randrange(8):
            case 0 | 1 if children:
                inside = _process_vm(rng, rng.randint(2, 4), children - 1)
                steps.append(["fork", inside])
            case 2:
                steps.append(["store", A + rng.randrange(1, 6) * PAGE + 3, rng.randrange(256)])
            case _:
                steps += _between(rng)
        steps += [["smaps", A], ["smaps", SHARED_AT], ["smaps", FILE_AT]]
        steps += [["pagemap", addr] for addr in GUP_PAGES]
    return steps


def _between(rng: random.Random) -> list[Step]:
    lists = (OWN_PIECES, OTHERS)
    sides = [[rng.choice(each) for _ in range(rng.choice([1, 1, 2, 3]))] for each in lists]
    if rng.random() < 0.6:  # let most of it go well
        sides = [
            [side[0], *rng.choices(each[:5], k=2)] for side, each in zip(sides, lists, strict=True)
        ]
        side = rng.randrange(2)
        sides[side][0] = rng.choice(lists[side][:5])
    steps: list[Step] = []
    for place, side in zip((A, A + 512), sides, strict=True):
        data = b"".join(struct.pack("<2Q", addr % (1 << 64), length) for addr, length in side)
        steps += [["store", place + at, byte] for at, byte in enumerate(data)]
    local, remote = (len(side) for side in sides)
    who: int | str = "victim"
    flags = 0
    if rng.random() < 0.15:
        who, flags = rng.choice([("victim", 1), (0, 0), (-1, 0), (1 << 22, 0), ("victim", 1 << 32)])
    if rng.random() < 0.1:
        local, remote = rng.choice([(0, 1), (1, 0), (1025, 1), (1, 1025), (1 << 32 | 1, 1)])
    call = rng.choice(["process_vm_readv", "process_vm_readv", "process_vm_writev"])
    where = rng.choice([A + 512, A + 512, A + 512, A + 512, A + 64 * PAGE, A + 8 * PAGE - 8])
    steps.append([call, who, A, local, where, remote, flags])
    return [*steps, *(["bytes", A + at, 8] for at in (PAGE + 3, 2 * PAGE, 4 * PAGE + 7))]


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


FAMILIES: dict[str, tuple[Callable[[random.Random], list[Step]], int]] = {
    "lazyfree": (lazyfree, 60),
    "memfd": (memfd, 100),
    "fcntl": (fcntl, 60),
    "files": (files, 150),
    "vectors": (vectors, 60),
    "fallocate": (fallocate, 100),
    "shm": (shm, 120),
    "shm_numbers": (shm_numbers, 12),
    "sem": (sem, 120),
    "msg": (msg, 100),
    "sigqueue": (sigqueue, 60),
    "timers": (timers, 80),
    "ignored": (ignored, 40),
    "advice": (advice, 40),
    "signals": (signals, 60),
    "clocks": (clocks, 50),
    "futexes": (futexes, 60),
    "itself": (itself, 60),
    "clone": (clone, 20),
    "clone_pairs": (clone_pairs, 1),
    "tids": (tids, 40),
    "process_vm": (process_vm, 60),
    "lru": (lru, 80),
    "counters": (counters, 30),
    "pagemap": (pagemap, 30),
    "proc_mem": (proc_mem, 30),
    "clear_refs": (clear_refs, 30),
    "committed": (committed, 30),
    "overcommit": (overcommit, 40),
    "names": (names, 200),
}
