"""What a log tells of each address space: where it began, and what was there before.

A program of which only its calls are known still says much: where its heap begins, below what the
first mapping lies, and which addresses it changes that no call of the log mapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from vmlab.errors import ArgumentError
from vmlab.host.replay_calls import BIRTHS, shares_memory, typed
from vmlab.host.replay_ranges import Ranges
from vmlab.host.strace_lines import Entry, LogCall, Unread
from vmlab.model.abi.mman import MAP_32BIT, MAP_FIXED, MAP_FIXED_NOREPLACE
from vmlab.model.mmu.page import PAGE_MASK, page_align

_RANGE_CALLS = frozenset(
    ("mprotect", "madvise", "mlock", "mlock2", "munlock", "msync", "mincore", "mseal")
)
ATTACHED = -1  # the number of the life that began before the log


@dataclass(slots=True)
class Life:
    """An address space from one execve to the next, children's copies included. Bytes."""

    heap: int = 0  # where its heap begins, 0 = unknown
    top: int = 0  # below which its first mapping lies, 0 = unknown
    touched: Ranges = field(default_factory=Ranges)  # what was there, and no call had mapped


@dataclass(slots=True)
class _Space:
    life: Life
    mapped: Ranges = field(default_factory=Ranges)


def is_attached(entries: Iterable[Entry]) -> bool:
    """Say whether a log begins in the middle of a program: its first call runs none."""
    first = next((each for each in entries if isinstance(each, LogCall)), None)
    return first is not None and first.name != "execve"


def lives_of(entries: Sequence[Entry]) -> dict[int, Life]:
    """Return the lives of a log, by the number of the execve among the entries, or ATTACHED."""
    return _Lives().follow(entries)


class _Lives:
    def __init__(self) -> None:
        self.lives: dict[int, Life] = {}
        self.spaces: dict[int, _Space] = {}
        self.segments: dict[int, int] = {}  # shmid -> bytes
        self.attached: _Space | None = None

    def follow(self, entries: Sequence[Entry]) -> dict[int, Life]:
        if not is_attached(entries):
            self.attached = _Space(Life())  # of which nothing is made
        for number, entry in enumerate(entries):
            if isinstance(entry, Unread):
                continue
            if isinstance(entry, LogCall) and entry.name == "execve" and entry.result == 0:
                life = self.lives[number] = Life()
                self.spaces[entry.pid] = _Space(life)
                continue
            if entry.pid not in self.spaces and isinstance(entry, LogCall):
                if entry.name == "execve":
                    continue
                self.spaces[entry.pid] = self._attached()
            if isinstance(entry, LogCall) and entry.result is not None:
                try:
                    self._call(self.spaces[entry.pid], entry, entry.result)
                except ArgumentError:
                    continue  # it says so when it is replayed
        return self.lives

    def _attached(self) -> _Space:
        if self.attached is None:
            self.lives[ATTACHED] = Life()
            self.attached = _Space(self.lives[ATTACHED])
        return self.attached

    def _call(self, space: _Space, call: LogCall, result: int) -> None:
        name, life = call.name, space.life
        if name in BIRTHS and result:
            shares = shares_memory(call)
            self.spaces[result] = space if shares else _Space(life, space.mapped.copy())
        elif name == "brk":
            life.heap = life.heap or result
            space.mapped.add(life.heap, page_align(result))
        elif name == "shmget":
            self.segments[result] = typed(call)[1]
        elif name == "shmat":
            size = self.segments.get(typed(call)[0], 1)
            space.mapped.add(result, result + page_align(size))
        elif name in ("mmap", "munmap", "mremap"):
            self._map(space, call, result)
        elif name in _RANGE_CALLS:
            addr, length, *_ = typed(call)
            self._touch(space, addr & PAGE_MASK, page_align(addr + length))

    def _map(self, space: _Space, call: LogCall, result: int) -> None:
        args = typed(call)
        length = page_align(args[1])
        if call.name == "munmap":
            space.mapped.remove(args[0], args[0] + length)
            return
        if call.name == "mremap":
            self._touch(space, args[0], args[0] + length)
            space.mapped.remove(args[0], args[0] + length)
            space.mapped.add(result, result + page_align(args[2]))
            return
        is_free = not args[0] and not args[3] & (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_32BIT)
        if is_free and not space.life.top:
            space.life.top = result + length
        space.mapped.add(result, result + length)

    @staticmethod
    def _touch(space: _Space, start: int, end: int) -> None:
        for each in space.mapped.missing(start, end):
            space.life.touched.add(*each)
