"""fallocate on ext4: blocks before anybody writes to them, zeros, and holes."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import (
    FALLOC_FL_KEEP_SIZE,
    FALLOC_FL_PUNCH_HOLE,
    FALLOC_FL_ZERO_RANGE,
)
from vmlab.model.linux.fs.ext4.extents_status import (
    ext4_es_insert_extent,
    ext4_es_remove_extent,
)
from vmlab.model.linux.fs.ext4.inode import ext4_zero_partial_blocks
from vmlab.model.linux.include.extents_status import ES_UNWRITTEN, ES_WRITTEN
from vmlab.model.linux.include.structs import Inode, System
from vmlab.model.linux.mm.truncate import truncate_pagecache_range
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

_MODES = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE


@traced
def ext4_fallocate(system: System, inode: Inode, mode: int, offset: int, length: int) -> None:
    """Give a range of a file its blocks, fill it with zeros, or make it a hole.

    Args:
        system: the kernel.
        inode: the file.
        mode: FALLOC_FL_* bits.
        offset: bytes.
        length: bytes.

    Raises:
        LinuxError: EOPNOTSUPP for another mode.

    Emits: inode_alloc_blocks; what truncate_pagecache_range and ext4_block_zero_page_range emit.
    Source: fs/ext4/extents.c: ext4_fallocate() [v6.18].
    Left out: FALLOC_FL_COLLAPSE_RANGE and FALLOC_FL_INSERT_RANGE; a disk that is full.
    """
    if mode & ~_MODES:
        raise LinuxError(errno.EOPNOTSUPP, "fallocate_mode")
    end = offset + length
    if mode & FALLOC_FL_PUNCH_HOLE:
        ext4_punch_hole(system, inode, offset, end)
        return
    old = inode.i_size
    new_size = old if mode & FALLOC_FL_KEEP_SIZE else max(old, end)
    if mode & FALLOC_FL_ZERO_RANGE:
        _zero_range(system, inode, offset, end, new_size)
    else:
        _alloc_file_blocks(system, inode, offset >> PAGE_SHIFT, -(-end // PAGE_SIZE), new_size)
    emit(system, file_events.InodeAllocBlocks, inode.i_ino, offset, end, old, inode.i_size)


def _alloc_file_blocks(system: System, inode: Inode, start: int, end: int, new_size: int) -> None:
    # Holes and promises become blocks. Source: fs/ext4/extents.c: ext4_alloc_file_blocks() [v6.18].
    kept = [each for each in inode.i_es if each.status == ES_WRITTEN]
    ext4_es_insert_extent(inode, start, end, ES_UNWRITTEN)
    for each in kept:
        low, high = max(each.start, start), min(each.end, end)
        if low < high:
            ext4_es_insert_extent(inode, low, high, ES_WRITTEN)
    old, inode.i_size = inode.i_size, max(inode.i_size, new_size)
    ext4_zero_partial_blocks(system, inode, old, inode.i_size)


def _zero_range(system: System, inode: Inode, offset: int, end: int, new_size: int) -> None:
    # Source: fs/ext4/extents.c: ext4_zero_range() [v6.18].
    if (offset | end) % PAGE_SIZE:
        _alloc_file_blocks(system, inode, offset >> PAGE_SHIFT, -(-end // PAGE_SIZE), new_size)
    truncate_pagecache_range(system, inode.i_mapping, offset, end, even_cows=False)
    first, last = -(-offset // PAGE_SIZE), end >> PAGE_SHIFT
    if last > first:
        _alloc_file_blocks(system, inode, first, last, new_size)
        ext4_es_insert_extent(inode, first, last, ES_UNWRITTEN)
    ext4_zero_partial_blocks(system, inode, offset, end)


def ext4_punch_hole(system: System, inode: Inode, offset: int, end: int) -> None:
    """Make a range of a file a hole.

    Args:
        system: the kernel.
        inode: the file.
        offset: bytes.
        end: bytes after the range.

    Emits: what truncate_pagecache_range and ext4_block_zero_page_range emit.
    Source: fs/ext4/inode.c: ext4_punch_hole() [v6.18].
    """
    if offset >= inode.i_size:
        return
    if end >= inode.i_size:
        end = -(-inode.i_size // PAGE_SIZE) * PAGE_SIZE
    truncate_pagecache_range(system, inode.i_mapping, offset, end, even_cows=False)
    ext4_zero_partial_blocks(system, inode, offset, end)
    first, last = -(-offset // PAGE_SIZE), end >> PAGE_SHIFT
    if first < last:
        ext4_es_remove_extent(inode, first, last)
