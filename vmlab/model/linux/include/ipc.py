"""What all objects of System V have, and how they are numbered.

Source: include/linux/ipc.h, include/linux/ipc_namespace.h [v6.18].
"""

from __future__ import annotations

from typing import Generic, TypeVar


class KernIpcPerm:
    """An object of System V, as all kinds of them have it (struct kern_ipc_perm)."""

    __slots__ = ("gid", "id", "key", "mode", "uid")

    def __init__(self, id: int, key: int, mode: int) -> None:
        self.id = id  # its number
        self.key = key  # 0 = no key finds it
        self.mode = mode  # rights, and what else a kind has there
        self.uid = 0  # of its owner
        self.gid = 0


T = TypeVar("T", bound=KernIpcPerm)


class IpcIds(Generic[T]):
    """The objects of a kind, and which number the next one gets (struct ipc_ids)."""

    __slots__ = ("ipcs", "next_idx", "seq")

    def __init__(self) -> None:
        self.ipcs: dict[int, T] = {}  # by number, in order of creation
        self.next_idx = 0  # place behind that of the last one that was made
        self.seq = 0  # how often the places were gone through

    def __repr__(self) -> str:
        return f"<ipc_ids of {len(self.ipcs)} objects>"
