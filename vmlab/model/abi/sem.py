"""What semop(2) and semctl(2) are told, with Linux's x86-64 values."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Semop(IntFlag):
    """Flags of an operation of semop(2)."""

    SEM_UNDO = 0x1000
    IPC_NOWAIT = 0o4000


class Semctl(IntEnum):
    """Commands of semctl(2)."""

    IPC_RMID = 0
    IPC_SET = 1
    IPC_STAT = 2
    IPC_INFO = 3
    GETPID = 11
    GETVAL = 12
    GETALL = 13
    GETNCNT = 14
    GETZCNT = 15
    SETVAL = 16
    SETALL = 17
    SEM_STAT = 18
    SEM_INFO = 19
    SEM_STAT_ANY = 20


SEM_UNDO = Semop.SEM_UNDO.value
IPC_NOWAIT = Semop.IPC_NOWAIT.value
