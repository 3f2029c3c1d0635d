"""Sequences about reading ahead: which pages of a file of a disk come with the one asked for."""

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

_A = 0x10000000  # bytes: where the whole file is mapped
_PART = 0x12000000  # where parts of it are
_BUF = 0x20000000  # what is read and written
_BUF_PAGES = 400
_VEC = 0x20200000
_PATH = 0x20210000
_PAGE = 4096
_OPS = 40
_FILE, _OTHER = 18, 19  # two descriptors of the same file
_PAGES = (24, 64, 64, 100, 300, 300, 700, 1600)  # of the file
_COUNTS = (1, 1, 100, _PAGE, _PAGE, 2 * _PAGE, 3 * _PAGE, 5000, 8 * _PAGE, 9 * _PAGE, 16 * _PAGE)
_LARGE = (17 * _PAGE, 20 * _PAGE, 31 * _PAGE, 32 * _PAGE, 33 * _PAGE, 70 * _PAGE, 350 * _PAGE)
_ADVICE = ("RANDOM", "SEQUENTIAL", "NORMAL", "NORMAL", "WILLNEED", "POPULATE_READ", "HUGEPAGE")


class _Reader:
    # Makes the operations of one sequence, on one file.

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.pages = rng.choice(_PAGES)
        self.bytes = self.pages * _PAGE - rng.choice([0, 0, 1, 4000])
        self._fd = _FILE
        self._usual = rng.choice([1, _PAGE, *_COUNTS])  # many programs read as much each time
        self._page = rng.randrange(self.pages)
        makers: list[tuple[Callable[[], Op], list[int]]] = [
            (self.read, [6, 1]),
            (self.seek, [1, 1]),
            (self.pread, [4, 1]),
            (self.next_fault, [1, 5]),
            (self.fault, [1, 5]),
            (self.advise, [1, 2]),
            (self.map_part, [0, 1]),
            (self.change, [1, 1]),
        ]
        self._makers = [maker for maker, _ in makers]
        manner = rng.randrange(2)  # 0 = mostly calls, 1 = mostly faults
        self._weights = [weights[manner] for _, weights in makers]

    def make(self) -> Op:
        return self._rng.choices(self._makers, self._weights)[0]()

    def _descriptor(self) -> int:
        if self._rng.random() < 0.15:
            self._fd = _FILE + _OTHER - self._fd
        return self._fd

    def _count(self) -> int:
        rng = self._rng
        usual = rng.random() < 0.6
        return self._usual if usual else rng.choice([*_COUNTS, *_COUNTS, *_LARGE])

    def _place(self) -> int:
        # A page: any, or one near the last, or near the end.
        rng = self._rng
        near = self._page + rng.choice([1, 1, 2, -1, 4, 12, 28, 33])
        self._page = rng.choice([near, near, rng.randrange(self.pages), self.pages - 2, 0])
        self._page = min(max(self._page, 0), self.pages - 1)
        return self._page

    def read(self) -> Op:
        return ["read", 0, self._descriptor(), _BUF, self._count()]

    def seek(self) -> Op:
        place = self._place() * _PAGE + self._rng.choice([0, 0, 0, 1, 4095])
        return ["lseek", 0, self._descriptor(), place, 0]

    def pread(self) -> Op:
        place = self._place() * _PAGE + self._rng.choice([0, 0, 0, 1, 4095])
        return ["pread64", 0, self._descriptor(), _BUF, self._count(), place]

    def next_fault(self) -> Op:
        self._page = min(self._page + self._rng.choice([1, 1, 2, 16]), self.pages - 1)
        return ["ld", 0, _A + self._page * _PAGE]

    def fault(self) -> Op:
        return ["ld", 0, _A + self._place() * _PAGE + self._rng.randrange(100)]

    def advise(self) -> Op:
        rng = self._rng
        name = rng.choice(_ADVICE)
        whole = name in ("RANDOM", "SEQUENTIAL", "NORMAL", "HUGEPAGE")
        first = 0 if whole else self._place()
        length = rng.choice([1, 2, 5, 30, 40, 330]) * _PAGE
        if whole or first * _PAGE + length > self.pages * _PAGE:
            length = (self.pages - first) * _PAGE
        return ["madvise", 0, _A + first * _PAGE, length, Madv[f"MADV_{name}"].value]

    def map_part(self) -> Op:
        rng = self._rng
        flags = rng.choice([MAP_SHARED, MAP_PRIVATE]) | MAP_FIXED
        flags |= rng.choice([0, 0, MAP_POPULATE, MAP_LOCKED])
        prot = rng.choice([1, 5, 5])
        part = rng.choice([_A + self._place() * _PAGE, _PART])
        length = rng.choice([1, 3, 10]) * _PAGE
        offset = (part - _A) if part != _PART else self._place() * _PAGE
        return ["mmap", 0, part, length, prot, flags, self._descriptor(), offset]

    def change(self) -> Op:
        rng, fd = self._rng, self._descriptor()
        hole = ["fallocate", 0, fd, 3, self._place() * _PAGE, rng.choice([1, 4, 40]) * _PAGE]
        return rng.choice(
            [
                hole,
                hole,
                ["pwrite64", 0, fd, _BUF, rng.choice([1, _PAGE, 3 * _PAGE]), self._place() * _PAGE],
                ["ftruncate", 0, fd, rng.choice([self.bytes, self._place() * _PAGE + 5, 0])],
                ["ftruncate", 0, fd, self.bytes],
            ]
        )


def ahead() -> dict[str, list[Op]]:
    """A file of holes: read in order, back and at random, mapped, advised; then what is cached."""
    return {str(seed): _ahead(random.Random(seed)) for seed in range(90)}


def _ahead(rng: random.Random) -> list[Op]:
    reader = _Reader(rng)
    private = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
    cached = ["mincore", 0, _A, reader.pages * _PAGE, _VEC]
    ops: list[Op] = [
        ["mmap", 0, _BUF, _BUF_PAGES * _PAGE, 3, private, -1, 0],
        ["mmap", 0, _VEC, _PATH + _PAGE - _VEC, 3, private, -1, 0],
        ["store", 0, _PATH, b"/disk/s.dat\0".hex()],
        ["open", 0, _PATH, 2],
        ["ftruncate", 0, _FILE, reader.bytes],
        ["mmap", 0, _A, reader.pages * _PAGE, 1, MAP_SHARED | MAP_FIXED, _FILE, 0],
    ]
    while len(ops) < _OPS:
        ops += [reader.make(), cached]
    return ops
