"""What waits in a pipe.

Source: include/linux/pipe_fs_i.h [v6.18].
"""

from __future__ import annotations

from typing import NamedTuple


class PipeBuffer(NamedTuple):
    """What was written to a pipe and not read yet, in one page (struct pipe_buffer)."""

    page: int  # index of the page, in the order of the pages
    offset: int  # bytes: where in it
    length: int  # bytes


class FifoOpener(NamedTuple):
    """A task that opens a FIFO, and waits for the other end. The name is vmlab's."""

    pid: int
    mode: int  # FMODE_* bits that it opens it for
    path: str  # by which it was found
    met: bool  # the other end was opened meanwhile


class PipeInodeInfo:
    """What a pipe holds (struct pipe_inode_info)."""

    __slots__ = ("bufs", "readers", "writers")

    def __init__(self) -> None:
        self.bufs: list[PipeBuffer] = []
        self.readers = 0  # open files to read from it
        self.writers = 0  # open files to write to it

    def __repr__(self) -> str:
        return f"<pipe of {len(self.bufs)} pages>"
