"""Making inodes and freeing them."""

from __future__ import annotations

from vmlab.model.linux.include.fs import shmem_mapping
from vmlab.model.linux.include.structs import Inode, System
from vmlab.model.linux.mm.page_alloc import put_page
from vmlab.model.linux.mm.util import vm_unacct_memory
from vmlab.model.mmu.page import PAGE_SHIFT, page_align
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit


def alloc_inode(system: System, kind: str, name: str, dev: str) -> Inode:
    """Make an inode with the next number.

    Emits: inode_create.
    Source: fs/inode.c: new_inode() [v5.4].
    """
    inode = Inode(system.next_ino, kind, name, dev)
    system.next_ino += 1
    system.inodes[inode.i_ino] = inode
    emit(system, file_events.InodeCreate, inode.i_ino, name)
    return inode


def iput(system: System, inode: Inode) -> None:
    """Free an inode, with its cached pages, that has no name and is not open.

    Emits: mm_page_free, inode_free.
    Source: fs/inode.c: iput() [v5.4].
    """
    if inode.i_count == 0 and inode.i_nlink == 0:
        for _, page in sorted(inode.i_mapping.i_pages.items()):
            page.mapping = None
            put_page(system, page)
        _unacct(system, inode)
        inode.i_mapping.i_pages.clear()
        system.inodes.pop(inode.i_ino, None)
        emit(system, file_events.InodeFree, inode.i_ino)


def _unacct(system: System, inode: Inode) -> None:
    # What was promised for a file in memory: its size, or each of its pages.
    # Source: mm/shmem.c: shmem_evict_inode() [v6.18].
    if shmem_mapping(inode):
        pages = page_align(inode.i_size) >> PAGE_SHIFT
        vm_unacct_memory(system, len(inode.i_mapping.i_pages) if inode.noreserve else pages)
