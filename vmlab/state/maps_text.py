"""The text of /proc/PID/maps, read off a snapshot."""

from __future__ import annotations

from vmlab.state.snapshot import MmState, Snapshot, VmaState
from vmlab.state.views import perms

_NAME_COLUMN = 73
_VSYSCALL = "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0".ljust(72) + " [vsyscall]"


def maps_line(snap: Snapshot, vma: VmaState) -> str:
    """Return the line of one VMA."""
    dev, ino, offset = "00:00", 0, 0
    if vma.vm_file:
        ino = next(file.ino for file in snap.files if file.file == vma.vm_file)
        dev = next(inode.dev for inode in snap.inodes if inode.ino == ino)
        offset = vma.vm_pgoff << snap.geometry.page_shift
    line = f"{vma.vm_start:08x}-{vma.vm_end:08x} {perms(vma)} {offset:08x} {dev} {ino} "
    return f"{line.ljust(_NAME_COLUMN)}{vma.name}" if vma.name else line


def maps_text(snap: Snapshot, mm: MmState) -> str:
    """Return the whole text of an address space, byte for byte what the machine itself gives."""
    lines = [maps_line(snap, vma) for vma in mm.mmap]
    if mm.task_size >> 46:
        lines.append(_VSYSCALL)
    return "".join(f"{line}\n" for line in lines)
