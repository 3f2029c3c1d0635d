"""What posix_fadvise(2) and sync_file_range(2) are told, with Linux's values."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Fadvise(IntEnum):
    """Advice about a part of a file. Source: include/uapi/linux/fadvise.h [v6.18]."""

    POSIX_FADV_NORMAL = 0
    POSIX_FADV_RANDOM = 1
    POSIX_FADV_SEQUENTIAL = 2
    POSIX_FADV_WILLNEED = 3
    POSIX_FADV_DONTNEED = 4
    POSIX_FADV_NOREUSE = 5


class SyncRange(IntFlag):
    """Flags of sync_file_range(2). Source: include/uapi/linux/fs.h [v6.18]."""

    SYNC_FILE_RANGE_WAIT_BEFORE = 1
    SYNC_FILE_RANGE_WRITE = 2
    SYNC_FILE_RANGE_WAIT_AFTER = 4


SYNC_FILE_RANGE_WRITE = SyncRange.SYNC_FILE_RANGE_WRITE.value
SYNC_FILE_RANGE_ALL = 7
