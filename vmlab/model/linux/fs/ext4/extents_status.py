"""Which blocks of a file there are: on the disk, given to it, or promised."""

from __future__ import annotations

from vmlab.model.linux.include.extents_status import Extent
from vmlab.model.linux.include.structs import Inode


def ext4_es_lookup_extent(inode: Inode, block: int) -> Extent | None:
    """Return the extent that a block belongs to, None for a hole.

    Source: fs/ext4/extents_status.c: ext4_es_lookup_extent() [v5.4].
    """
    return next((each for each in inode.i_es if each.start <= block < each.end), None)


def ext4_es_insert_extent(inode: Inode, start: int, end: int, status: int) -> None:
    """Say of what kind blocks are now.

    Args:
        inode: the file.
        start: first block.
        end: block after the last.
        status: ES_*.

    Source: fs/ext4/extents_status.c: ext4_es_insert_extent() [v5.4].
    """
    ext4_es_remove_extent(inode, start, end)
    merged: list[Extent] = []
    for each in sorted((*inode.i_es, Extent(start, end, status))):
        if merged and (merged[-1].end, merged[-1].status) == (each.start, each.status):
            merged[-1] = merged[-1]._replace(end=each.end)
        else:
            merged.append(each)
    inode.i_es = tuple(merged)


def ext4_es_remove_extent(inode: Inode, start: int, end: int) -> None:
    """Make blocks a hole.

    Source: fs/ext4/extents_status.c: ext4_es_remove_extent() [v5.4].
    """
    left = []
    for each in inode.i_es:
        parts = (each._replace(end=min(each.end, start)), each._replace(start=max(each.start, end)))
        left += [part for part in parts if part.start < part.end]
    inode.i_es = tuple(left)
