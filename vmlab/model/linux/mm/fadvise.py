"""Advice about parts of an open file."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fadvise import Fadvise
from vmlab.model.linux.fs.ext4.extents_status import ext4_es_lookup_extent
from vmlab.model.linux.fs.ext4.inode import ext4_writepages
from vmlab.model.linux.fs.file import fget
from vmlab.model.linux.include.extents_status import ES_UNWRITTEN
from vmlab.model.linux.include.file_ra_state import VM_READAHEAD_PAGES
from vmlab.model.linux.include.fs import (
    FMODE_PATH,
    FMODE_RANDOM,
    FMODE_READ,
    MAX_LFS_FILESIZE,
    S_IFIFO,
    S_IFREG,
    on_disk,
)
from vmlab.model.linux.include.page_flags import PG_DIRTY
from vmlab.model.linux.include.structs import File, Inode, System, TaskStruct
from vmlab.model.linux.mm.readahead import force_page_cache_ra
from vmlab.model.linux.mm.swap import lru_add_drain
from vmlab.model.linux.mm.truncate import remove_pages
from vmlab.model.mmu.page import PAGE_SHIFT, PAGE_SIZE
from vmlab.model.trace.decorators import traced

_ONE_USER = 1  # of a page: the cache itself


def _file_of(task: TaskStruct, fd: int) -> File:
    file = fget(task, fd)
    if file.f_mode & FMODE_PATH:
        raise LinuxError(errno.EBADF, "fd_o_path", fd=fd)
    return file


@traced
def ksys_fadvise64_64(task: TaskStruct, fd: int, offset: int, length: int, advice: int) -> None:
    """Give advice about a part of an open file.

    Args:
        task: the caller.
        fd: descriptor.
        offset: bytes.
        length: bytes; 0 = up to the end.
        advice: POSIX_FADV_*.

    Raises:
        LinuxError: EBADF; ESPIPE for a pipe; EINVAL for a negative length and for advice that
            there is not.

    Emits: mm_page_alloc, pagecache_add, pagecache_remove, mm_page_free, pagecache_writeback.
    Source: mm/fadvise.c: ksys_fadvise64_64(), generic_fadvise() [v6.18].
    """
    file = _file_of(task, fd)
    inode = file.f_inode
    if inode.i_kind == S_IFIFO:
        raise LinuxError(errno.ESPIPE, "pipe_has_no_offsets")
    if length < 0:
        raise LinuxError(errno.EINVAL, "length_negative")
    if advice not in list(Fadvise):
        raise LinuxError(errno.EINVAL, "unknown_advice", advice=advice)
    if not on_disk(inode):
        return
    end = offset + length if length and offset >= 0 else MAX_LFS_FILESIZE + 1
    match advice:
        case Fadvise.POSIX_FADV_NORMAL | Fadvise.POSIX_FADV_SEQUENTIAL:
            pages = VM_READAHEAD_PAGES << (advice == Fadvise.POSIX_FADV_SEQUENTIAL)
            file.f_ra = file.f_ra._replace(ra_pages=pages)
            file.f_mode &= ~FMODE_RANDOM
        case Fadvise.POSIX_FADV_RANDOM:
            file.f_mode |= FMODE_RANDOM
        case Fadvise.POSIX_FADV_WILLNEED if offset >= 0:
            first = offset >> PAGE_SHIFT
            nr_pages = ((end - 1) >> PAGE_SHIFT) - first + 1
            force_page_cache_ra(task.system, inode.i_mapping, first, nr_pages)
        case Fadvise.POSIX_FADV_DONTNEED if offset > -PAGE_SIZE:
            _dontneed(task.system, inode, offset, end)


def _dontneed(system: System, inode: Inode, offset: int, end: int) -> None:
    # Whole pages only, but for the last one of the file, if the part ends where the file does.
    if offset >= 0:
        ext4_writepages(system, inode.i_mapping, offset, end)
    first, last = -(-offset // PAGE_SIZE), end >> PAGE_SHIFT
    if end == inode.i_size:
        last = -(-end // PAGE_SIZE)
    if first < last:
        lru_add_drain(system)
        invalidate_mapping_pages(system, inode, first, last)


def invalidate_mapping_pages(system: System, inode: Inode, start: int, end: int) -> None:
    """Take pages out of the cache that are clean and that nobody uses.

    Args:
        system: the kernel.
        inode: the file.
        start: first page.
        end: page after the last.

    Emits: pagecache_remove, mm_page_free.
    Source: mm/truncate.c: invalidate_mapping_pages() [v6.18].
    Left out: pages that were written to the disk: it has no other copy of them here.
    """
    pages = inode.i_mapping.i_pages
    gone = [
        index
        for index, page in sorted(pages.items())
        if start <= index < end
        and not page.flags & PG_DIRTY
        and not page.mapcount
        and page.refcount == _ONE_USER
        and _is_hole(inode, index)
    ]
    remove_pages(system, inode.i_mapping, gone)


def _is_hole(inode: Inode, index: int) -> bool:
    extent = ext4_es_lookup_extent(inode, index)
    return extent is None or extent.status == ES_UNWRITTEN


@traced
def ksys_readahead(task: TaskStruct, fd: int, offset: int, count: int) -> None:
    """Read a part of a file before it is needed.

    Args:
        task: the caller.
        fd: descriptor.
        offset: bytes.
        count: bytes.

    Raises:
        LinuxError: EBADF if it is not open for reading; EINVAL for what is no file.

    Emits: mm_page_alloc, pagecache_add.
    Source: mm/readahead.c: ksys_readahead() [v6.18].
    """
    file = _file_of(task, fd)
    if not file.f_mode & FMODE_READ:
        raise LinuxError(errno.EBADF, "fd_wrong_mode", fd=fd)
    if file.f_inode.i_kind != S_IFREG:
        raise LinuxError(errno.EINVAL, "not_regular_file", path=file.f_path)
    length = count - (count >> 63 << 64)
    ksys_fadvise64_64(task, fd, offset, length, Fadvise.POSIX_FADV_WILLNEED)
