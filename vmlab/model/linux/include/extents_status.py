"""Where the blocks of a file are.

Source: fs/ext4/extents_status.h [v6.18].
"""

from __future__ import annotations

from typing import NamedTuple

ES_WRITTEN, ES_UNWRITTEN, ES_DELAYED = range(3)  # on the disk, given but never written, promised


class Extent(NamedTuple):
    """A stretch of a file's blocks of one kind (struct extent_status)."""

    start: int  # blocks, which are as long as pages
    end: int  # block after the last
    status: int  # ES_*
