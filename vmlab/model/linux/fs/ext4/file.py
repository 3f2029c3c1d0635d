"""Open files of ext4: where data and holes are, what their mappings do, and closing them."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import SEEK_DATA
from vmlab.model.abi.mman import VM_SYNC
from vmlab.model.linux.fs.ext4.inode import ext4_page_mkwrite, ext4_writepages
from vmlab.model.linux.include.extents_status import ES_DELAYED, ES_UNWRITTEN
from vmlab.model.linux.include.structs import File, Inode, System, VmAreaStruct, VmOperations
from vmlab.model.linux.mm.filemap import mapping_seek_hole_data
from vmlab.model.linux.mm.filemap_read import filemap_fault
from vmlab.model.mmu.page import PAGE_SHIFT


def ext4_file_mmap(file: File, vma: VmAreaStruct) -> None:
    """Refuse MAP_SYNC, which only memory that lasts has: no disk has any.

    Raises:
        LinuxError: EOPNOTSUPP.

    Source: fs/ext4/file.c: ext4_file_mmap_prepare() [v6.18].
    """
    if vma.vm_flags & VM_SYNC:
        raise LinuxError(errno.EOPNOTSUPP, "no_synchronous_mapping", path=file.f_path)


ext4_file_vm_ops = VmOperations(
    "ext4",
    map_pages=True,
    mmap=ext4_file_mmap,
    fault=filemap_fault,
    page_mkwrite=ext4_page_mkwrite,
)


def ext4_seek_hole_data(inode: Inode, offset: int, whence: int) -> int:
    """Return where data or a hole begins, from a place on.

    Blocks that were given but never written are a hole, but for those of them that are cached.

    Args:
        inode: the file.
        offset: bytes.
        whence: SEEK_DATA or SEEK_HOLE.

    Raises:
        LinuxError: ENXIO outside of the file, or if there is no data.

    Source: fs/ext4/file.c: ext4_llseek() [v6.18]; fs/iomap/seek.c: iomap_seek_data() [v6.18].
    """
    if not 0 <= offset < inode.i_size:
        raise LinuxError(errno.ENXIO, "offset_negative" if offset < 0 else "offset_past_end")
    seek_data = whence == SEEK_DATA
    for extent in inode.i_es:
        start, end = extent.start << PAGE_SHIFT, extent.end << PAGE_SHIFT
        if end <= offset:
            continue
        if offset < start:
            if not seek_data:
                break
            offset = start
        if extent.status == ES_UNWRITTEN:
            found = _seek_unwritten(inode, offset, end, whence)
            if found is not None:
                offset = found
                break
        elif seek_data:
            break
        offset = end
    else:
        if seek_data:
            raise LinuxError(errno.ENXIO, "no_data_there")
    if seek_data and offset >= inode.i_size:
        raise LinuxError(errno.ENXIO, "no_data_there")
    return min(offset, inode.i_size)


def _seek_unwritten(inode: Inode, start: int, end: int, whence: int) -> int | None:
    # Source: fs/iomap/seek.c: iomap_seek_data_iter(), iomap_seek_hole_iter() [v6.18].
    try:
        found = mapping_seek_hole_data(inode.i_mapping, start, end, whence)
    except LinuxError:
        return None
    return found if found < end else None


def ext4_release_file(system: System, inode: Inode) -> None:
    """Write a file back that was cut to nothing before, so that no crash leaves it empty.

    Emits: what ext4_writepages emits.
    Source: fs/ext4/file.c: ext4_release_file() [v6.18].
    """
    if inode.da_alloc_close:
        if any(extent.status == ES_DELAYED for extent in inode.i_es):
            ext4_writepages(system, inode.i_mapping, 0, inode.i_size)
        inode.da_alloc_close = False
