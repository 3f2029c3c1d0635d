"""Locks on files.

Source: include/linux/filelock.h [v6.18].
"""

from __future__ import annotations

from typing import NamedTuple

LockOwner = tuple[str, int]  # "posix" and a table of descriptors, "ofd" or "flock" and an open file


class FileLock(NamedTuple):
    """A lock on a part of a file (struct file_lock)."""

    owner: LockOwner
    type: int  # F_RDLCK, F_WRLCK
    start: int  # bytes
    end: int  # bytes, its last one
    pid: int  # of the process that set it
