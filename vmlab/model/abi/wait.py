"""What the status of wait(2) says of how a child ended.

>>> WIFEXITED(3 << 8), WEXITSTATUS(3 << 8), WIFSIGNALED(3 << 8)
(True, 3, False)
>>> WIFEXITED(9), WIFSIGNALED(9), WTERMSIG(9)
(False, True, 9)
"""

from __future__ import annotations

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


def WTERMSIG(status: int) -> int:
    """Return the number of the signal that ended it; it means something if WIFSIGNALED is true."""
    return status & _SIGNAL
