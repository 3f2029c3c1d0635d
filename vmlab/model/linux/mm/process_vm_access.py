"""process_vm_readv and process_vm_writev: bytes go from one address space to another."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.model.linux.kernel.pid import find_task_by_vpid
from vmlab.model.linux.lib.iov_iter import (
    IovIter,
    copy_page_from_iter,
    copy_to_iter,
    import_iovec,
    iovec_from_user,
    iter_iov_addr,
)
from vmlab.model.linux.mm.gup import pin_user_pages_remote
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from vmlab.model.trace.decorators import traced
from vmlab.model.trace.events import file as file_events
from vmlab.model.trace.hook import emit

_PAGES_AT_ONCE = 1024


def process_vm_rw_pages(
    mm: MmStruct, frames: list[int], addr: int, length: int, i: IovIter, write: bool
) -> None:
    """Copy between some frames and what is left of the caller's pieces.

    Args:
        mm: the address space that the frames belong to.
        frames: their numbers, in the order of their pages.
        addr: bytes: where in the first page it begins.
        length: bytes, at most.
        i: the pieces.
        write: whether the frames are written to.

    Raises:
        LinuxError: EFAULT if the caller's memory cannot be accessed; what went before stays.

    Emits: copy_to_user, copy_from_user, remote_access.
    Source: mm/process_vm_access.c: process_vm_rw_pages() [v6.18].
    """
    system = mm.system
    for pfn in frames:
        if not length or not i.count:
            break
        start = addr % PAGE_SIZE
        size = min(PAGE_SIZE - start, length)
        part = system.ram.frame(pfn)[start : start + size]
        copied = (copy_page_from_iter if write else copy_to_iter)(system, part, i)
        if copied:
            emit(mm, file_events.RemoteAccess, mm.number, addr, copied, write)
        if copied < size and i.count:
            code = "nothing_read" if write else "nothing_stored"
            raise LinuxError(errno.EFAULT, code, addr=iter_iov_addr(i))
        addr += size
        length -= size


def process_vm_rw_single_vec(mm: MmStruct, addr: int, length: int, i: IovIter, write: bool) -> None:
    """Copy between one piece of an address space and what is left of the caller's pieces.

    All its pages are brought in first, 1024 at a time, even if less is copied.

    Raises:
        LinuxError: EFAULT if nothing of it can be reached, or the caller's memory cannot be
            accessed; what went before stays.

    Emits: what pin_user_pages_remote and process_vm_rw_pages emit.
    Source: mm/process_vm_access.c: process_vm_rw_single_vec() [v6.18].
    """
    left = ((addr + length - 1) >> PAGE_SHIFT) - (addr >> PAGE_SHIFT) + 1 if length else 0
    while left and i.count:
        try:
            frames = pin_user_pages_remote(mm, addr & PAGE_MASK, min(left, _PAGES_AT_ONCE), write)
        except LinuxError as failure:
            raise LinuxError(errno.EFAULT, failure.check) from None
        size = min(len(frames) * PAGE_SIZE - addr % PAGE_SIZE, length)
        process_vm_rw_pages(mm, frames, addr, size, i, write)
        addr, length, left = addr + size, length - size, left - len(frames)


@traced
def process_vm_rw(
    task: TaskStruct,
    pid: int,
    local: tuple[int, int],
    remote: tuple[int, int],
    flags: int,
    write: bool,
) -> int:
    """Copy between pieces of the caller's memory and pieces of that of a process.

    Args:
        task: the caller.
        pid: of the process.
        local: where the struct iovec of the caller's pieces are, and how many.
        remote: the same of those of the process, also in the memory of the caller.
        flags: 0.
        write: whether the process is written to, else it is read.

    Returns how many bytes were copied, up to what could not be reached.

    Raises:
        LinuxError: EINVAL for flags, more than 1024 pieces or one of a negative length; ESRCH if
            there is no such process; EFAULT if nothing could be copied.

    Emits: copy_from_user, copy_to_user, remote_access, and what handle_mm_fault emits.
    Source: mm/process_vm_access.c: process_vm_rw(), process_vm_rw_core() [v6.18].
    Left out: rights, as all processes belong to one user; in which order the bytes of a piece go,
        which shows where it overlaps itself.
    """
    if flags:
        raise LinuxError(errno.EINVAL, "unknown_flags")
    i = import_iovec(task, *local)
    wanted = i.count
    pieces = iovec_from_user(task, *remote) if wanted else []
    if not any(length for _, length in pieces):
        return 0
    other = find_task_by_vpid(task.system, pid)
    if other is None or other.mm is None:
        raise LinuxError(errno.ESRCH, "no_such_process", pid=pid)
    try:
        for addr, length in pieces:
            process_vm_rw_single_vec(other.mm, addr, length, i, write)
    except LinuxError:
        if i.count == wanted:
            raise
    return wanted - i.count
