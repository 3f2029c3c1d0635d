"""What msgsnd(2), msgrcv(2) and msgctl(2) are told, with Linux's x86-64 values."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Msgrcv(IntFlag):
    """Flags of msgsnd(2) and msgrcv(2)."""

    IPC_NOWAIT = 0o4000
    MSG_NOERROR = 0o10000
    MSG_EXCEPT = 0o20000
    MSG_COPY = 0o40000


class Msgctl(IntEnum):
    """Commands of msgctl(2)."""

    IPC_RMID = 0
    IPC_SET = 1
    IPC_STAT = 2
    IPC_INFO = 3
    MSG_STAT = 11
    MSG_INFO = 12
    MSG_STAT_ANY = 13


IPC_NOWAIT = Msgrcv.IPC_NOWAIT.value
MSG_NOERROR = Msgrcv.MSG_NOERROR.value
MSG_EXCEPT = Msgrcv.MSG_EXCEPT.value
MSG_COPY = Msgrcv.MSG_COPY.value
