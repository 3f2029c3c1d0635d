"""How much memory files in memory promise.

In Linux's mm/shmem.c.
"""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.include.fs import shmem_mapping
from vmlab.model.linux.include.structs import Inode, System
from vmlab.model.linux.mm.util import vm_enough_memory, vm_unacct_memory


def shmem_acct_blocks(system: System, inode: Inode, nr_pages: int) -> None:
    """Promise pages of a file in memory, if they are promised one by one.

    Raises:
        LinuxError: ENOSPC if no more memory may be promised.

    Source: mm/shmem.c: shmem_acct_blocks() [v6.18].
    """
    if inode.noreserve and shmem_mapping(inode):
        mm = system.current.mm if system.current is not None else None
        try:
            vm_enough_memory(system, mm, nr_pages)
        except LinuxError as failure:
            raise LinuxError(errno.ENOSPC, failure.check) from None


def shmem_unacct_blocks(system: System, inode: Inode, nr_pages: int) -> None:
    """Promise pages of a file in memory no longer, if they were promised one by one.

    Source: mm/shmem.c: shmem_unacct_blocks() [v6.18].
    """
    if inode.noreserve and shmem_mapping(inode):
        vm_unacct_memory(system, nr_pages)
