"""tmpfs as the kernel uses it itself: shared anonymous memory, memfd, /dev/zero."""

from __future__ import annotations

from vmlab import errno
from vmlab.errors import LinuxError
from vmlab.model.events import file as events
from vmlab.model.kernel.fs import (
    DEV_SHMEM,
    FMODE_READ,
    FMODE_WRITE,
    S_IFREG,
    File,
    Inode,
)
from vmlab.model.kernel.mm_types import VmAreaStruct, shmem_vm_ops
from vmlab.model.kernel.mman import VM_NORESERVE
from vmlab.model.kernel.resource import vm_enough_memory
from vmlab.model.kernel.system import System
from vmlab.model.mmu.page import PAGE_SHIFT, page_align
from vmlab.model.trace import emit


def alloc_inode(system: System, kind: str, name: str, dev: str) -> Inode:
    """Make an inode with the next number.

    Emits: inode_create.
    Source: fs/inode.c: new_inode() [v5.4].
    """
    inode = Inode(system.next_ino, kind, name, dev)
    system.next_ino += 1
    system.inodes[inode.i_ino] = inode
    emit(system, events.InodeCreate, inode.i_ino, name)
    return inode


def alloc_file(system: System, inode: Inode, mode: int, path: str) -> File:
    """Open an inode.

    Emits: file_open.
    Source: fs/file_table.c: alloc_file() [v5.4].
    """
    file = File(system.next_file, inode, mode, path)
    system.next_file += 1
    inode.i_count += 1
    emit(system, events.FileOpen, file.number, inode.i_ino, path)
    return file


def shmem_file_setup(system: System, name: str, size: int, vm_flags: int) -> File:
    """Make a nameless file on the kernel's own tmpfs.

    Args:
        system: the kernel.
        name: what /proc/PID/maps shows, without ' (deleted)'.
        size: bytes.
        vm_flags: VM_NORESERVE keeps its size from being counted as committed.

    Raises:
        LinuxError: ENOMEM if it is larger than the machine's memory.

    Source: mm/shmem.c: __shmem_file_setup() [v5.4].
    """
    if not vm_flags & VM_NORESERVE and not vm_enough_memory(system, page_align(size) >> PAGE_SHIFT):
        raise LinuxError(errno.ENOMEM, "more memory than the machine has")
    inode = alloc_inode(system, S_IFREG, name, DEV_SHMEM)
    inode.i_nlink = 0
    inode.i_size = size
    return alloc_file(system, inode, FMODE_READ | FMODE_WRITE, f"{name} (deleted)")


def shmem_zero_setup(vma: VmAreaStruct) -> None:
    """Give a shared anonymous mapping an object of its own.

    Raises:
        LinuxError: ENOMEM if it is larger than the machine's memory.

    Source: mm/shmem.c: shmem_zero_setup() [v5.4].
    """
    size = vma.vm_end - vma.vm_start
    vma.vm_file = shmem_file_setup(vma.vm_mm.system, "/dev/zero", size, vma.vm_flags)
    vma.vm_ops = shmem_vm_ops
