"""The text of /proc/PID/maps, read off a snapshot."""

from __future__ import annotations

from vmlab.model.abi import maps
from vmlab.state import views
from vmlab.state.snapshot import MmState, Snapshot, VmaState


def maps_line(snap: Snapshot, vma: VmaState) -> str:
    """Return the line of one VMA."""
    dev, ino, offset = "00:00", 0, 0
    if vma.vm_file:
        file = views.find_file(snap, vma.vm_file)
        inode = views.find_inode(snap, file.ino) if file is not None else None
        if inode is None:
            raise KeyError(vma.vm_file)
        dev, ino = inode.dev, _number(snap, inode.ino)
        offset = vma.vm_pgoff << snap.geometry.page_shift
    return maps.maps_line(
        vma.vm_start, vma.vm_end, maps.perms(vma.vm_flags), offset, dev, ino, vma.name
    )


def maps_text(snap: Snapshot, mm: MmState) -> str:
    """Return the whole text of an address space, byte for byte what the machine itself gives."""
    lines = [maps_line(snap, vma) for vma in mm.mmap]
    if mm.task_size >> 46:
        lines.append(maps.VSYSCALL_LINE)
    return "".join(f"{line}\n" for line in lines)


def _number(snap: Snapshot, ino: int) -> int:
    # Of a segment of shared memory it shows the number of that.
    for segment in snap.system.shm:
        file = views.find_file(snap, segment.file)
        if file is not None and file.ino == ino:
            return segment.shmid
    return ino
