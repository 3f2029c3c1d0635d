"""Making inodes and freeing them; whose they are, and when something happened to them."""

from __future__ import annotations

from vmlab.model.abi.stat import S_IRWXUGO, S_ISGID
from vmlab.model.abi.time import NSEC_PER_SEC
from vmlab.model.linux.include.fs import (
    ANON_KINDS,
    S_IFCHR,
    S_IFDIR,
    S_IFIFO,
    shmem_mapping,
)
from vmlab.model.linux.include.structs import Inode, System
from vmlab.model.linux.mm.page_alloc import put_page
from vmlab.model.linux.mm.shmem_swap import shmem_free_swap
from vmlab.model.linux.mm.util import vm_unacct_memory
from vmlab.model.mmu.page import PAGE_SHIFT, page_align
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

_MODES = {  # rights, unless somebody says others
    **dict.fromkeys((S_IFIFO, *ANON_KINDS), 0o600),
    S_IFCHR: 0o666,
}
_DAY = 24 * 60 * 60 * NSEC_PER_SEC


def alloc_inode(system: System, kind: str, name: str, dev: str) -> Inode:
    """Make an inode with the next number.

    Emits: inode_create.
    Source: fs/inode.c: new_inode() [v5.4].
    """
    inode = Inode(system.next_ino, kind, name, dev)
    system.next_ino += 1
    inode.i_mode = _MODES.get(kind, S_IRWXUGO)
    inode.i_atime = inode.i_mtime = inode.i_ctime = system.clock
    system.inodes[inode.i_ino] = inode
    emit(system, file_events.InodeCreate, inode.i_ino, name)
    return inode


def inode_init_owner(inode: Inode, above: Inode, mode: int) -> None:
    """Give a new inode its rights, and its group: a directory with S_ISGID hands its own down.

    Args:
        inode: the new one.
        above: the directory that it is made in.
        mode: its rights.

    Source: fs/inode.c: inode_init_owner() [v6.18].
    """
    inode.i_mode = mode
    if above.i_mode & S_ISGID:
        inode.i_gid = above.i_gid
        inode.i_mode |= S_ISGID if inode.i_kind == S_IFDIR else 0


def touch_atime(system: System, inode: Inode) -> None:
    """Note that a file is read, if that was not noted since it was written to, or today.

    Source: fs/inode.c: touch_atime(), relatime_need_update() [v6.18].
    """
    old = inode.i_atime
    stale = old <= inode.i_mtime or old <= inode.i_ctime or system.clock - old >= _DAY
    if stale and old != system.clock:
        inode.i_atime = system.clock


def file_update_time(system: System, inode: Inode) -> None:
    """Note that a file is written to.

    Source: fs/inode.c: file_update_time() [v6.18].
    """
    if inode.i_mtime != system.clock:
        inode.i_mtime = system.clock
    inode_set_ctime_current(system, inode)


def inode_set_ctime_current(system: System, inode: Inode) -> None:
    """Note that something of a file changes.

    Source: fs/inode.c: inode_set_ctime_current() [v6.18].
    """
    if inode.i_ctime != system.clock:
        inode.i_ctime = system.clock


def iput(system: System, inode: Inode) -> None:
    """Free an inode, with its cached pages, that has no name and is not open.

    Emits: mm_page_free, inode_free.
    Source: fs/inode.c: iput() [v5.4].
    """
    if not (inode.i_count or inode.i_nlink or inode.i_fifo):
        for _, page in sorted(inode.i_mapping.i_pages.items()):
            page.mapping = None
            put_page(system, page)
        _unacct(system, inode)
        inode.i_mapping.i_pages.clear()
        if inode.i_mapping.i_swapped:
            shmem_free_swap(system, inode.i_mapping, 0, max(inode.i_mapping.i_swapped) + 1)
        system.inodes.pop(inode.i_ino, None)
        emit(system, file_events.InodeFree, inode.i_ino)


def _unacct(system: System, inode: Inode) -> None:
    # What was promised for a file in memory: its size, or each of its pages.
    # Source: mm/shmem.c: shmem_evict_inode() [v6.18].
    if shmem_mapping(inode):
        pages = page_align(inode.i_size) >> PAGE_SHIFT
        held = len(inode.i_mapping.i_pages) + len(inode.i_mapping.i_swapped)
        vm_unacct_memory(system, held if inode.noreserve else pages)
