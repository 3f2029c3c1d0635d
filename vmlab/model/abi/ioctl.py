"""Commands of ioctl(2), with Linux's values.

Source: include/uapi/asm-generic/ioctls.h [v5.4].
"""

from __future__ import annotations

from enum import IntEnum


class Ioctl(IntEnum):
    """Those that are known."""

    TCGETS = 0x5401
    TIOCGWINSZ = 0x5413
    FIONREAD = 0x541B
    FIONBIO = 0x5421
    FIONCLEX = 0x5450
    FIOCLEX = 0x5451
