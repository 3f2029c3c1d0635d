"""Sequences about files of a disk: mapped, read, written, cut, synced, beside those in memory."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from vmlab.model.abi.mman import (
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_LOCKED,
    MAP_POPULATE,
    MAP_PRIVATE,
    MAP_SHARED,
    Madv,
)

Op = list[Any]

_A = 0x10000000  # bytes: where files are mapped
_BUF = 0x20000000  # what is read and written
_VEC = 0x20040000
_PAGE = 4096
_PAGES = 48  # from _A on
_OPS = 40
_FILES = (15, 15, 15, 16, 17, 18, 18, 3)
_WRITABLE = (15, 15, 17, 18, 18, 3)
_LARGEST = 0xFFFFFFFF000  # bytes of a file
_ADVICE = (
    *("DONTNEED", "WILLNEED", "WILLNEED", "COLD", "REMOVE", "SEQUENTIAL", "RANDOM", "NORMAL"),
    *("POPULATE_READ", "POPULATE_WRITE", "HUGEPAGE", "FREE"),
)
_FALLOC_MODES = (0, 0, 1, 1, 3, 3, 3, 0x10, 0x11, 2, 0x40, 0x80)


def _range(rng: random.Random) -> tuple[int, int]:
    return _A + rng.randrange(_PAGES) * _PAGE, rng.choice([1, 1, 2, 3, 5, 8, 20]) * _PAGE


def _place(rng: random.Random) -> int:
    # In a file.
    return rng.randrange(24) * _PAGE + rng.choice([0, 0, 0, 1, 100, 4095])


def _mmap(rng: random.Random, process: int) -> Op:
    addr, length = _range(rng)
    flags = rng.choice([MAP_SHARED, MAP_SHARED, MAP_PRIVATE]) | MAP_FIXED
    flags |= rng.choice([0, 0, 0, 0, 0, MAP_POPULATE, MAP_LOCKED])
    offset = rng.choice([0, 0, rng.randrange(24) * _PAGE])
    prot = rng.choice([3, 3, 3, 1, 7])
    return ["mmap", process, addr, length, prot, flags, rng.choice(_FILES), offset]


def _access(rng: random.Random, process: int) -> Op:
    addr = _A + rng.randrange(_PAGES) * _PAGE + rng.randrange(_PAGE)
    return rng.choice([["ld", process, addr], ["st", process, addr, rng.randrange(256)]])


def _move(rng: random.Random, process: int) -> Op:
    count = rng.choice([0, 1, 100, _PAGE, 3 * _PAGE, 5000, 20 * _PAGE])
    buf = rng.choice([_BUF, _BUF, _BUF + 7, _A + rng.randrange(_PAGES) * _PAGE, 0x5000])
    if rng.random() < 0.5:
        fd = rng.choice(_FILES)
        return rng.choice(
            [["pread64", process, fd, buf, count, _place(rng)], ["read", process, fd, buf, count]]
        )
    fd = rng.choice(_WRITABLE)
    return rng.choice(
        [["pwrite64", process, fd, buf, count, _place(rng)], ["write", process, fd, buf, count]]
    )


def _size(rng: random.Random, process: int) -> Op:
    fd = rng.choice(_WRITABLE)
    length = rng.choice([_PAGE, 2 * _PAGE, 4 * _PAGE, 3000, 70000])
    return rng.choice(
        [
            ["ftruncate", process, fd, rng.choice([_place(rng), _place(rng), 0, 64 * _PAGE])],
            ["fallocate", process, fd, rng.choice(_FALLOC_MODES), _place(rng), length],
            ["fallocate", process, fd, rng.choice(_FALLOC_MODES), _place(rng), length],
            ["lseek", process, fd, _place(rng), rng.choice([0, 3, 3, 4, 4])],
        ]
    )


def _sync(rng: random.Random, process: int) -> Op:
    addr, length = _range(rng)
    fd = rng.choice([*_FILES, 10, 11, 12, 13, 99])
    return rng.choice(
        [
            ["msync", process, addr, length, rng.choice([4, 4, 4, 1, 2, 6])],
            [rng.choice(["fsync", "fdatasync"]), process, fd],
            [rng.choice(["fsync", "fdatasync"]), process, rng.choice(_FILES)],
            ["sync", process],
        ]
    )


def _change(rng: random.Random, process: int) -> Op:
    addr, length = _range(rng)
    advice = Madv[f"MADV_{rng.choice(_ADVICE)}"].value
    other = _A + rng.randrange(_PAGES) * _PAGE
    return rng.choice(
        [
            ["munmap", process, addr, _PAGE],
            ["mprotect", process, addr, length, rng.choice([0, 1, 1, 3, 3])],
            ["mremap", process, addr, length, length, 3, other + _PAGES * _PAGE],
            ["madvise", process, addr, length, advice],
            ["madvise", process, addr, length, advice],
            ["madvise", process, addr, length, advice],
            rng.choice([["mlock", process, addr, length], ["munlock", process, addr, length]]),
            ["mincore", process, addr, length, _VEC],
            ["mincore", process, addr, length, _VEC],
        ]
    )


def _odd(rng: random.Random, process: int) -> Op:
    fd = rng.choice([15, 18, 3])
    far = rng.choice([_LARGEST - 1, _LARGEST, _LARGEST + 1, (1 << 63) - 1, -1])
    return rng.choice(
        [
            ["lseek", process, fd, far, rng.choice([0, 1, 2, 3, 4])],
            ["pwrite64", process, fd, _BUF, rng.choice([0, 2]), far],
            ["pread64", process, fd, _BUF, 2, far],
            ["fallocate", process, fd, 1, far - 4, rng.choice([4, 5])],
            ["mmap", process, 0, _PAGE, 1, MAP_SHARED, fd, far & -_PAGE],
            ["fcntl", process, fd, rng.choice([1033, 1034]), rng.choice([0, 1])],
            ["close", process, rng.choice([16, 5])],
            ["dup2", process, 15, 19],
            ["fcntl", process, fd, 4, rng.choice([0x400, 0x800, 0])],
        ]
    )


_MAKERS: list[tuple[float, Callable[[random.Random, int], Op]]] = [
    *((4, _mmap), (8, _access), (4, _move), (4, _size), (3, _sync), (4, _change), (0.7, _odd)),
]


def disk() -> dict[str, list[Op]]:
    """Files of a disk: what is dirty, clean, cached, read ahead, a hole; and files in memory."""
    return {str(seed): _disk(random.Random(seed)) for seed in range(100)}


def _disk(rng: random.Random) -> list[Op]:
    private = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    ops: list[Op] = [
        ["mmap", 0, _BUF, (_VEC + _PAGE - _BUF), 3, private, -1, 0],
        ["store", 0, _BUF, bytes(range(200)).hex()],
        ["mmap", 0, _A, 20 * _PAGE, 3, MAP_SHARED | MAP_FIXED, 15, 0],
        ["mmap", 0, _A + 20 * _PAGE, 28 * _PAGE, 3, MAP_SHARED | MAP_FIXED, 18, 0],
    ]
    alive, made = [0], 1
    weights, makers = zip(*_MAKERS, strict=True)
    while len(ops) < _OPS:
        process = rng.choice(alive)
        if rng.random() < 0.03 and made < 3:
            ops.append(["fork", process])
            alive.append(made)
            made += 1
        else:
            ops.append(rng.choices(makers, weights)[0](rng, process))
    return ops
