"""memfd_create: a nameless file in memory."""

from __future__ import annotations

from vmlab.model.abi.mman import VM_NORESERVE
from vmlab.model.linux.fs.file import fd_install
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.mm.shmem import shmem_file_setup


def do_memfd_create(task: TaskStruct, name: str, cloexec: bool) -> int:
    """Make a nameless file in memory; return the descriptor.

    Raises:
        LinuxError: EMFILE.

    Source: mm/memfd.c: SYSCALL_DEFINE2(memfd_create) [v5.4].
    """
    file = shmem_file_setup(task.system, f"/memfd:{name}", 0, VM_NORESERVE)
    return fd_install(task, file, cloexec)
