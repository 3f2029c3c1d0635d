"""What stands in memory for calls that read it there, and where they store what differs anyway."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterable

from tests.record.runs import ARENA, PAGE, PAGES
from vmlab.model.abi.kinds import Kind, Parameter
from vmlab.model.abi.mman import ULONG_MAX

_HOUR = 3600
_IGNORED = (17, 23, 28)  # signals that do nothing unless somebody handles them
_EVENTS = 0x1 | 0x2 | 0x4  # of poll(2)
# Time, clocks, frame numbers and inodes are stored where no operation looks at a byte.
_UNSEEN = 0xA00  # bytes into a page
_NOWHERE = (0, 1, 0x7FFFFFFFF000, ULONG_MAX - 4095, 0x400A00)


def _set(numbers: Iterable[int]) -> bytes:
    return struct.pack("<Q", sum(1 << number for number in numbers))


def _signals(*numbers: int) -> bytes:
    return _set(number - 1 for number in numbers)


def _polled(*fds: int) -> bytes:
    return b"".join(struct.pack("<ihh", fd, _EVENTS, 0) for fd in fds)


def _clone_args(flags: int, exit_signal: int = 17) -> bytes:
    return struct.pack("<11Q", flags, 0, 0, 0, exit_signal, *[0] * 6)


# By what they are, several of each.
_STRUCTURES: dict[str, tuple[bytes, ...]] = {
    "timespec": tuple(struct.pack("<2q", *each) for each in ((0, 0), (0, -1), (-1, 0))),
    "itimerval": tuple(
        struct.pack("<4q", *each)
        for each in ((0, 0, 0, 0), (0, 0, _HOUR, 0), (_HOUR, 0, _HOUR, 5), (0, 0, 0, 1_000_000))
    ),
    "sigset": (_signals(), _signals(*_IGNORED), _signals(17), _signals(9, 19, 28, 64)),
    "pollfds": (_polled(0, 3, 10, -1, 14), _polled(99, 5, 11, 12, 15), _polled(19, 20, 21)),
    "fdset": (_set(()), _set((0, 3, 10)), _set((4, 8, 9, 13)), _set((62,))),
    "clone_args": (_clone_args(0), _clone_args(0x100), _clone_args(0x4100), _clone_args(17)),
    "stack_t": tuple(
        struct.pack("<QiiQ", ARENA, flags, 0, size) for flags, size in ((0, 8192), (2, 0), (0, 99))
    ),
    "robust_list_head": (struct.pack("<3Q", ARENA, 0, 0),),
    "rlimit": tuple(
        struct.pack("<2Q", *each)
        for each in ((1 << 16, 1 << 40), (1 << 23, ULONG_MAX), (64, 4096), (2, 1))
    ),
}
_POINTERS = {
    "timespec": "rqtp tmo_p timeout uts",
    "itimerval": "new_value",
    "sigset": "set sigmask mask uthese",
    "pollfds": "fds",
    "fdset": "readfds writefds exceptfds",
    "clone_args": "cl_args",
    "stack_t": "ss",
    "robust_list_head": "head",
    "rlimit": "rlim new_limit",
}
_READ = {name: what for what, names in _POINTERS.items() for name in names.split()}
_STORED = frozenset(
    "statbuf buffer usage info cpu node tp res tv tz old_value curr_value rusage dirp mask "
    "old_limit uinfo".split()
)
_STORED_BY = frozenset(("uname", "getrandom", "shmctl", "getrlimit"))  # in their `buf` or `rlim`


class Structures:
    """Structures one after the other from an address on.

    Attributes:
        data: all of them.
    """

    def __init__(self, start: int) -> None:
        self.data = b""
        self._places: dict[str, list[int]] = {}
        for what, all_of_it in _STRUCTURES.items():
            for each in all_of_it:
                self._places.setdefault(what, []).append(start + len(self.data))
                self.data += each
        pairs = [struct.pack("<2Q", place, 8) for place in self._places["sigset"]]
        self._places["pair"] = [start + len(self.data) + 16 * n for n in range(len(pairs))]
        self.data += b"".join(pairs)

    def pointer(self, call: str, parameter: Parameter, chance: random.Random) -> int | None:
        """Choose where a call finds or stores a structure; None if it may be anywhere.

        Args:
            call: its name.
            parameter: of the call.
            chance: chooses.
        """
        name = parameter.name
        if parameter.kind not in (Kind.BUFFER, Kind.VECTOR):
            return None
        stores = name in _STORED and call != "rt_sigsuspend"
        if stores or (call in _STORED_BY and name in ("buf", "rlim")):
            page = ARENA + chance.randrange(PAGES) * PAGE
            return page + _UNSEEN if chance.random() < 0.8 else chance.choice(_NOWHERE)
        what = "pair" if (call, name) == ("pselect6", "sigmask") else _READ.get(name)
        if what is None:
            return None
        return chance.choice((*self._places[what], *_NOWHERE[:3], 0))
