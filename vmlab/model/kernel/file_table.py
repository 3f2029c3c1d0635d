"""Giving up open files and inodes."""

from __future__ import annotations

from vmlab.model.events import file as events
from vmlab.model.kernel.fs import File, Inode
from vmlab.model.kernel.page_alloc import put_page
from vmlab.model.kernel.system import System
from vmlab.model.trace import emit


def fput(system: System, file: File) -> None:
    """Drop one hold on an open file; the last one closes it.

    Emits: file_close, and what iput emits.
    Source: fs/file_table.c: fput() [v5.4].
    """
    file.f_count -= 1
    if file.f_count == 0:
        file.f_inode.i_count -= 1
        emit(system, events.FileClose, file.number, file.f_inode.i_ino)
        iput(system, file.f_inode)


def iput(system: System, inode: Inode) -> None:
    """Free an inode, with its cached pages, that has no name and is not open.

    Emits: mm_page_free, inode_free.
    Source: fs/inode.c: iput() [v5.4].
    """
    if inode.i_count == 0 and inode.i_nlink == 0:
        for _, page in sorted(inode.i_mapping.i_pages.items()):
            page.mapping = None
            put_page(system, page)
        inode.i_mapping.i_pages.clear()
        system.inodes.pop(inode.i_ino, None)
        emit(system, events.InodeFree, inode.i_ino)
