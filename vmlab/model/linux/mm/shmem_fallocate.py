"""fallocate on tmpfs: pages before anybody writes to them, and holes.

In Linux's mm/shmem.c.
"""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import (
    F_SEAL_FUTURE_WRITE,
    F_SEAL_GROW,
    F_SEAL_WRITE,
    FALLOC_FL_KEEP_SIZE,
    FALLOC_FL_PUNCH_HOLE,
)
from vmlab.model.linux.include.page_flags import PG_DIRTY, PG_UPTODATE
from vmlab.model.linux.include.structs import AddressSpace, Inode, System
from vmlab.model.linux.kernel.signal import fatal_signal_pending
from vmlab.model.linux.mm.page_alloc import OutOfMemory
from vmlab.model.linux.mm.shmem import shmem_getpage
from vmlab.model.linux.mm.truncate import remove_pages, truncate_range
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit


@traced
def shmem_fallocate(system: System, inode: Inode, mode: int, offset: int, length: int) -> None:
    """Give a range of a file its pages, or take them away.

    Args:
        system: the kernel.
        inode: the file.
        mode: FALLOC_FL_* bits.
        offset: bytes.
        length: bytes.

    Raises:
        LinuxError: EOPNOTSUPP for another mode; EPERM if the file is sealed against it; ENOSPC
            without frames, EINTR if it is interrupted: the pages that were added are gone again.

    Emits: mm_page_alloc, pagecache_add, inode_fallocate; what truncate_range emits.
    Source: mm/shmem.c: shmem_fallocate() [v6.18].
    """
    if mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE):
        raise LinuxError(errno.EOPNOTSUPP, "fallocate_mode")
    end = offset + length
    if mode & FALLOC_FL_PUNCH_HOLE:
        if inode.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE):
            raise LinuxError(errno.EPERM, "sealed_against_writing")
        truncate_range(system, inode.i_mapping, offset, end, even_cows=False)
        return
    if inode.seals & F_SEAL_GROW and end > inode.i_size:
        raise LinuxError(errno.EPERM, "sealed_against_growing")
    before = len(inode.i_mapping.i_pages)
    _add_pages(system, inode, offset >> PAGE_SHIFT, -(-end // PAGE_SIZE))
    old = inode.i_size
    if not mode & FALLOC_FL_KEEP_SIZE:
        inode.i_size = max(old, end)
    added = len(inode.i_mapping.i_pages) - before
    emit(
        system,
        file_events.InodeFallocate,
        *(inode.i_ino, offset, end, added, old, inode.i_size),
    )


def _add_pages(system: System, inode: Inode, start: int, end: int) -> None:
    mapping = inode.i_mapping
    for index in range(start, end):
        try:
            if fatal_signal_pending(system):
                raise LinuxError(errno.EINTR, "interrupted")
            page = shmem_getpage(system, mapping, index, falloc=True)
        except (LinuxError, OutOfMemory) as failure:
            remove_pages(system, mapping, _unused(mapping, start, index))
            if isinstance(failure, OutOfMemory):
                raise LinuxError(errno.ENOSPC, failure.reason) from None
            raise
        page.flags |= PG_DIRTY


def _unused(mapping: AddressSpace, start: int, end: int) -> list[int]:
    found = [index for index in mapping.i_pages if start <= index < end]
    return sorted(index for index in found if not mapping.i_pages[index].flags & PG_UPTODATE)
