"""A task that sleeps at a futex.

Source: kernel/futex/futex.h, include/linux/futex.h [v6.18].
"""

from __future__ import annotations

from typing import NamedTuple

PRIVATE, MMSHARED, INODE = "private", "mmshared", "inode"  # what an object is


class FutexKey(NamedTuple):
    """Which futex it is: the same in all tasks that reach it (union futex_key)."""

    kind: str  # PRIVATE, MMSHARED or INODE
    object: int  # number of the mm or of the inode
    offset: int  # bytes: the address, or the place in the file


class FutexQ:
    """A waiter (struct futex_q)."""

    __slots__ = ("bitset", "key", "pid", "woken")

    def __init__(self, pid: int, key: FutexKey, bitset: int) -> None:
        self.pid = pid
        self.key = key
        self.bitset = bitset  # a waker must have one of these
        self.woken = False  # it is in no queue any more, and goes on; Linux clears lock_ptr

    def __repr__(self) -> str:
        return f"<futex_q of {self.pid} at {self.key.kind} {self.key.offset:#x}>"
