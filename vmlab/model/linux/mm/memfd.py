"""memfd_create: a nameless file in memory, and the seals that such a file can have."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import (
    F_SEAL_EXEC,
    F_SEAL_FUTURE_WRITE,
    F_SEAL_GROW,
    F_SEAL_SEAL,
    F_SEAL_SHRINK,
    F_SEAL_WRITE,
    MFD_ALLOW_SEALING,
    MFD_CLOEXEC,
    MFD_EXEC,
    MFD_HUGE_BITS,
    MFD_HUGETLB,
    MFD_NOEXEC_SEAL,
)
from vmlab.model.abi.mman import VM_MAYWRITE, VM_NORESERVE, VM_SHARED, VM_WRITE
from vmlab.model.linux.fs.file import fd_install, get_unused_fd_flags
from vmlab.model.linux.include.fs import FMODE_WRITE, shmem_mapping
from vmlab.model.linux.include.structs import AddressSpace, File, TaskStruct
from vmlab.model.linux.mm.shmem import shmem_file_setup
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

_ALL_FLAGS = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB | MFD_NOEXEC_SEAL | MFD_EXEC
_NAME_MAX_LEN = 249  # bytes
_WRITE_SEALS = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE
_ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | _WRITE_SEALS | F_SEAL_EXEC
_EXEC_BITS = 0o111


@traced
def do_memfd_create(task: TaskStruct, name: str, flags: int) -> int:
    """Make a nameless file in memory; return the descriptor.

    Args:
        task: the caller.
        name: what /proc shows for it.
        flags: MFD_* bits.

    Raises:
        LinuxError: EINVAL for unknown flags, flags that exclude each other, or a name of more
            than 249 bytes; EMFILE; ENOSYS for MFD_HUGETLB.

    Emits: inode_create, file_open, fd_install.
    Source: mm/memfd.c: SYSCALL_DEFINE2(memfd_create) [v6.18].
    Left out: hugetlbfs.
    """
    if flags & ~(_ALL_FLAGS | (MFD_HUGE_BITS if flags & MFD_HUGETLB else 0)):
        raise LinuxError(errno.EINVAL, "unknown_flags")
    if flags & MFD_EXEC and flags & MFD_NOEXEC_SEAL:
        raise LinuxError(errno.EINVAL, "exec_and_noexec_seal")
    nr_bytes = len(name.encode(errors="surrogateescape"))
    if nr_bytes > _NAME_MAX_LEN:
        raise LinuxError(errno.EINVAL, "memfd_name_too_long", nr_bytes=nr_bytes)
    get_unused_fd_flags(task)
    if flags & MFD_HUGETLB:
        raise LinuxError(errno.ENOSYS, "no_hugetlbfs")
    file = shmem_file_setup(task.system, f"/memfd:{name}", 0, VM_NORESERVE)
    if flags & MFD_NOEXEC_SEAL:
        file.f_inode.i_mode &= ~_EXEC_BITS
        file.f_inode.seals = F_SEAL_EXEC
    elif flags & MFD_ALLOW_SEALING:
        file.f_inode.seals = 0
    return fd_install(task, file, bool(flags & MFD_CLOEXEC))


def memfd_get_seals(file: File) -> int:
    """Return the seals of a file.

    Raises:
        LinuxError: EINVAL if it is no file in memory.

    Source: mm/memfd.c: memfd_get_seals() [v6.18].
    """
    if not shmem_mapping(file.f_inode):
        raise LinuxError(errno.EINVAL, "file_cannot_be_sealed")
    return file.f_inode.seals


@traced
def memfd_add_seals(task: TaskStruct, file: File, seals: int) -> None:
    """Seal a file; a seal is never taken off.

    Args:
        task: the caller.
        file: the file.
        seals: F_SEAL_* bits. To forbid execution of a file that may be executed is to forbid
            every change of it.

    Raises:
        LinuxError: EPERM if it is not open for writing, or sealed with F_SEAL_SEAL; EINVAL for
            unknown seals or another kind of file; EBUSY to F_SEAL_WRITE while a shared mapping
            may be written.

    Emits: inode_seal.
    Source: mm/memfd.c: memfd_add_seals() [v6.18].
    """
    inode = file.f_inode
    if not file.f_mode & FMODE_WRITE:
        raise LinuxError(errno.EPERM, "file_not_open_for_writing")
    if seals & ~_ALL_SEALS:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    old = memfd_get_seals(file)
    if old & F_SEAL_SEAL:
        raise LinuxError(errno.EPERM, "seals_are_final")
    if seals & F_SEAL_EXEC and inode.i_mode & _EXEC_BITS:
        seals |= F_SEAL_SHRINK | F_SEAL_GROW | _WRITE_SEALS
    if seals & F_SEAL_WRITE and not old & F_SEAL_WRITE and mapping_writably_mapped(inode.i_mapping):
        raise LinuxError(errno.EBUSY, "mapped_writable")
    inode.seals = old | seals
    if inode.seals != old:
        emit(task, file_events.InodeSeal, inode.i_ino, old, inode.seals)


def mapping_writably_mapped(mapping: AddressSpace) -> bool:
    """Say whether a shared mapping of a file may be written, or may become so.

    Source: include/linux/fs.h: mapping_writably_mapped() [v6.18].
    """
    writable = VM_SHARED | VM_MAYWRITE
    return any(vma.vm_flags & writable == writable for vma in mapping.i_mmap)


def memfd_check_seals_mmap(file: File, vm_flags: int) -> int:
    """Return the flags that a mapping of a file gets, which its seals may cut.

    Raises:
        LinuxError: EPERM for a shared mapping to write to a file sealed against writing.

    Source: mm/memfd.c: memfd_check_seals_mmap() [v6.18].
    """
    if file.f_inode.seals & _WRITE_SEALS and vm_flags & VM_SHARED:
        if vm_flags & VM_WRITE:
            raise LinuxError(errno.EPERM, "sealed_against_writing")
        vm_flags &= ~VM_MAYWRITE
    return vm_flags
