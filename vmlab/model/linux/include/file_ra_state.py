"""How far a file is read ahead.

Source: include/linux/fs.h: struct file_ra_state [v6.18].
"""

from __future__ import annotations

from typing import NamedTuple

VM_READAHEAD_PAGES = 32  # pages: the largest window of a file that nobody gave advice about


class FileRaState(NamedTuple):
    """What an open file was read ahead of (struct file_ra_state)."""

    start: int = 0  # pages: where the last window begins
    size: int = 0  # pages
    async_size: int = 0  # pages from its end: who reaches them lets the next window be read
    mmap_miss: int = 0  # faults that found no page, less those that did
    prev_pos: int = (1 << 64) - 1  # bytes: where the last read ended; at first far from all
    ra_pages: int = VM_READAHEAD_PAGES  # pages: the largest window
