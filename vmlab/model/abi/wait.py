"""What the status of wait(2) says of how a child ended.

>>> WIFEXITED(3 << 8), WEXITSTATUS(3 << 8), WIFSIGNALED(3 << 8)
(True, 3, False)
>>> WIFEXITED(9), WIFSIGNALED(9), WTERMSIG(9)
(False, True, 9)
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

Wait = IntFlag(
    "Wait",
    {
        "WNOHANG": 1,
        "WUNTRACED": 2,
        "WEXITED": 4,
        "WCONTINUED": 8,
        "WNOWAIT": 0x1000000,
        "__WNOTHREAD": 0x20000000,
        "__WALL": 0x40000000,
        "__WCLONE": 0x80000000,
    },
)
"""Options of wait4(2) and waitid(2)."""


class IdType(IntEnum):
    """What waitid(2) waits for."""

    P_ALL = 0
    P_PID = 1
    P_PGID = 2
    P_PIDFD = 3


P_ALL, P_PID, P_PGID, P_PIDFD = (each.value for each in IdType)
WNOHANG = 1
WNOTHREAD = 0x20000000  # __WNOTHREAD: only of children of the thread itself
WALL = 0x40000000  # __WALL: whatever signal tells of the end of a child
WCLONE = 0x80000000  # __WCLONE: only if that is not SIGCHLD
WUNTRACED = WSTOPPED = 2  # also of those that a signal stopped
WEXITED = 4
WCONTINUED = 8  # also of those that SIGCONT let go on
WNOWAIT = 0x1000000  # without taking note of it
CONTINUED_STATUS = 0xFFFF
WAITID_OPTIONS = 0xE100000F  # that waitid has
WAIT_OPTIONS = 0xE000000B  # that wait4 has

_SIGNAL = 0x7F  # 0 = it called exit, 0x7f = it did not end but stopped


def WIFEXITED(status: int) -> bool:
    """Say whether it ended by calling exit."""
    return not status & _SIGNAL


def WEXITSTATUS(status: int) -> int:
    """Return the code that it gave to exit; it means something if WIFEXITED is true."""
    return status >> 8 & 0xFF


def WIFSIGNALED(status: int) -> bool:
    """Say whether a signal ended it."""
    return 0 < status & _SIGNAL < _SIGNAL


def WIFSTOPPED(status: int) -> bool:
    """Say whether a signal stopped it; it goes on when SIGCONT comes."""
    return status & 0xFF == _SIGNAL


def WSTOPSIG(status: int) -> int:
    """Return the number of the signal that stopped it; it means something if WIFSTOPPED is true."""
    return WEXITSTATUS(status)


def WIFCONTINUED(status: int) -> bool:
    """Say whether SIGCONT let it go on."""
    return status == CONTINUED_STATUS


def WTERMSIG(status: int) -> int:
    """Return the number of the signal that ended it; it means something if WIFSIGNALED is true."""
    return status & _SIGNAL
