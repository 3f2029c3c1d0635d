"""The text of /proc/PID/maps, read off a snapshot."""

from __future__ import annotations

from vmlab.model.abi import maps
from vmlab.state.snapshot import MmState, Snapshot, VmaState


def maps_line(snap: Snapshot, vma: VmaState) -> str:
    """Return the line of one VMA."""
    dev, ino, offset = "00:00", 0, 0
    if vma.vm_file:
        ino = next(file.ino for file in snap.files if file.file == vma.vm_file)
        dev = next(inode.dev for inode in snap.inodes if inode.ino == ino)
        # Of a segment it shows the number.
        shm = {each.file: each.shmid for each in snap.system.shm}
        segments = {file.ino: shm[file.file] for file in snap.files if file.file in shm}
        ino = segments.get(ino, ino)
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
