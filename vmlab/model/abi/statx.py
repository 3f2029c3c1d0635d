"""What statx(2) is asked for and tells, with Linux's values."""

from __future__ import annotations

from enum import IntFlag


class Statx(IntFlag):
    """What statx(2) is asked for."""

    STATX_TYPE = 0x1
    STATX_MODE = 0x2
    STATX_NLINK = 0x4
    STATX_UID = 0x8
    STATX_GID = 0x10
    STATX_ATIME = 0x20
    STATX_MTIME = 0x40
    STATX_CTIME = 0x80
    STATX_INO = 0x100
    STATX_SIZE = 0x200
    STATX_BLOCKS = 0x400
    STATX_BTIME = 0x800
    STATX_MNT_ID = 0x1000


STATX_MTIME = Statx.STATX_MTIME.value
STATX_CTIME = Statx.STATX_CTIME.value
STATX_BTIME = Statx.STATX_BTIME.value
STATX_MNT_ID = Statx.STATX_MNT_ID.value
STATX_BASIC_STATS = 0x7FF
STATX__RESERVED = 1 << 31
