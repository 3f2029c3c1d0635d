"""What shmget(2), shmat(2) and shmctl(2) are told, with Linux's x86-64 values."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Ipc(IntFlag):
    """Flags of shmget(2). The lowest nine bits say who may do what."""

    IPC_CREAT = 0o1000
    IPC_EXCL = 0o2000
    SHM_HUGETLB = 0o4000
    SHM_NORESERVE = 0o10000


class Shmat(IntFlag):
    """Flags of shmat(2)."""

    SHM_RDONLY = 0o10000
    SHM_RND = 0o20000
    SHM_REMAP = 0o40000
    SHM_EXEC = 0o100000


class Shmctl(IntEnum):
    """Commands of shmctl(2)."""

    IPC_RMID = 0
    IPC_STAT = 2
    SHM_LOCK = 11
    SHM_UNLOCK = 12


class ShmMode(IntFlag):
    """What else the rights of a segment say."""

    SHM_DEST = 0o1000
    SHM_LOCKED = 0o2000


IPC_PRIVATE = 0  # the key of a segment that no key finds
IPC_CREAT = Ipc.IPC_CREAT.value
IPC_EXCL = Ipc.IPC_EXCL.value
IPC_STAT = Shmctl.IPC_STAT.value
SHM_HUGETLB = Ipc.SHM_HUGETLB.value
SHM_NORESERVE = Ipc.SHM_NORESERVE.value
SHM_RDONLY = Shmat.SHM_RDONLY.value
SHM_RND = Shmat.SHM_RND.value
SHM_REMAP = Shmat.SHM_REMAP.value
SHM_EXEC = Shmat.SHM_EXEC.value
SHM_DEST = ShmMode.SHM_DEST.value
SHM_LOCKED = ShmMode.SHM_LOCKED.value
