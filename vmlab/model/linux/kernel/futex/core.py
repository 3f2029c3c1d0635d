"""Futexes: which one an address is, who waits there, and the locks of a task that ends.

All waiters stand in one queue, in order, where Linux has a table of them.
Left out: priority inheritance, NUMA nodes, sizes other than 4 bytes.
"""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.futex import (
    FUTEX_BITSET_MATCH_ANY,
    FUTEX_OWNER_DIED,
    FUTEX_TID_MASK,
    FUTEX_WAITERS,
    ROBUST_LIST_HEAD_SIZE,
    ROBUST_LIST_LIMIT,
)
from vmlab.model.abi.mman import ULONG_MAX, VM_IO, VM_PFNMAP, VM_WRITE
from vmlab.model.linux.arch.x86.mm.extable import UserAccessFault
from vmlab.model.linux.include.futex import INODE, MMSHARED, PRIVATE, FutexKey, FutexQ
from vmlab.model.linux.include.structs import TaskStruct, VmAreaStruct
from vmlab.model.linux.lib.usercopy import access_ok, copy_from_user, load_from_user
from vmlab.model.linux.mm.pgtable import get_pte, pte_page
from vmlab.model.linux.mm.vma import find_vma
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from vmlab.model.mmu.traps import X86_PF_WRITE
from vmlab.model.trace.events import futex as events
from vmlab.model.trace.hook import emit

_INT, _LONG = 4, 8  # bytes
_ANY = FUTEX_BITSET_MATCH_ANY
_PI = 1  # in an entry of a robust list: its lock has priority inheritance


def get_futex_key(task: TaskStruct, uaddr: int, *, shared: bool, write: bool) -> FutexKey:
    """Return which futex an address is; a shared one is told by the page behind it.

    Args:
        task: the caller.
        uaddr: bytes.
        shared: others than the threads of the process may reach it.
        write: it will be written to.

    Raises:
        LinuxError: EINVAL if it is not aligned; EFAULT if it cannot be accessed.

    Source: kernel/futex/core.c: get_futex_key() [v6.18].
    """
    mm = task.mm
    assert mm is not None
    if uaddr % _INT:
        raise LinuxError(errno.EINVAL, "futex_not_aligned", addr=uaddr)
    if not access_ok(task, uaddr, 0):  # of so few bytes only the first counts
        raise LinuxError(errno.EFAULT, "addr_outside_user_space", addr=uaddr)
    if not shared:
        return FutexKey(PRIVATE, mm.number, uaddr)
    vma = find_vma(mm, uaddr)
    writable = vma is not None and vma.vm_start <= uaddr and bool(vma.vm_flags & VM_WRITE)
    special = vma is not None and bool(vma.vm_flags & (VM_IO | VM_PFNMAP))
    if special or (write and not writable):
        raise LinuxError(errno.EFAULT, "vma_forbids_access", vma=vma.vm_start if vma else 0)
    try:
        task.system.cpu.translate(uaddr, X86_PF_WRITE if writable else 0)
    except UserAccessFault:
        raise LinuxError(errno.EFAULT, "nothing_read", addr=uaddr) from None
    vma = find_vma(mm, uaddr)
    assert vma is not None
    page = pte_page(mm, get_pte(mm, uaddr))
    if page is not None and page.kind == "anon":
        if not writable:
            raise LinuxError(errno.EFAULT, "vma_forbids_access", vma=vma.vm_start)
        return FutexKey(MMSHARED, mm.number, uaddr)
    if vma.vm_file is None:  # the page of zeros
        raise LinuxError(errno.EFAULT, "vma_forbids_access", vma=vma.vm_start)
    return FutexKey(INODE, vma.vm_file.f_inode.i_ino, _place_in_file(vma, uaddr))


def _place_in_file(vma: VmAreaStruct, addr: int) -> int:
    page = vma.vm_pgoff + ((addr & PAGE_MASK) - vma.vm_start >> PAGE_SHIFT)
    return (page << PAGE_SHIFT) + addr % PAGE_SIZE


def futex_get_value(task: TaskStruct, uaddr: int) -> int:
    """Read a futex.

    Raises:
        LinuxError: EFAULT.

    Emits: copy_from_user.
    Source: kernel/futex/core.c: futex_get_value_locked() [v6.18].
    """
    return int.from_bytes(load_from_user(task, uaddr, _INT), "little")


def futex_write(task: TaskStruct, uaddr: int) -> memoryview:
    """Return the 4 bytes of a futex in memory, to read and change in one step.

    The name is vmlab's.

    Raises:
        LinuxError: EFAULT.

    Source: arch/x86/include/asm/futex.h: unsafe_atomic_op2() [v6.18].
    """
    try:
        frame = task.system.cpu.translate(uaddr, X86_PF_WRITE)
    except UserAccessFault:
        raise LinuxError(errno.EFAULT, "nothing_stored", addr=uaddr) from None
    return frame[uaddr % PAGE_SIZE : uaddr % PAGE_SIZE + _INT]


def futex_queue(task: TaskStruct, q: FutexQ, uaddr: int) -> None:
    """Let a task wait at a futex, behind all others.

    Emits: futex_queue.
    Source: kernel/futex/core.c: __futex_queue() [v6.18].
    """
    task.futex_q = q
    task.system.futex_queue.append(q)
    emit(task, events.FutexQueue, task.pid, uaddr)


def futex_unqueue(task: TaskStruct) -> bool:
    """Let a task wait no more; say whether nobody had woken it.

    Source: kernel/futex/core.c: futex_unqueue() [v6.18].
    """
    q, task.futex_q = task.futex_q, None
    if q is None or q.woken:
        return False
    task.system.futex_queue.remove(q)
    return True


def wake_up(task: TaskStruct, key: FutexKey, nr_wake: int, bitset: int) -> int:
    """Wake those who wait at a futex, who have waited longest first; return how many.

    Args:
        task: who wakes.
        key: the futex.
        nr_wake: how many at most; one if it is less.
        bitset: only those that have one of these bits.

    Emits: futex_wake.
    Source: kernel/futex/waitwake.c: futex_wake(), futex_wake_mark() [v6.18].
    """
    woken = 0
    for q in list(task.system.futex_queue):
        if q.key == key and q.bitset & bitset:
            futex_wake_mark(task, q)
            woken += 1
            if woken >= nr_wake:
                break
    return woken


def futex_wake_mark(task: TaskStruct, q: FutexQ) -> None:
    """Take a waiter out of the queue: it goes on.

    Emits: futex_wake.
    Source: kernel/futex/waitwake.c: futex_wake_mark() [v6.18].
    """
    q.woken = True
    task.system.futex_queue.remove(q)
    emit(task, events.FutexWake, task.pid, q.pid)


# Locks that a task holds when it ends


def exit_robust_list(task: TaskStruct) -> None:
    """Mark the locks that a task holds, for it ends; wake who waits for them.

    Its list is in user memory: what cannot be read ends it.

    Emits: copy_from_user, futex_wake.
    Source: kernel/futex/core.c: exit_robust_list() [v6.18].
    """
    head, task.robust_list = task.robust_list, 0
    words = _words(task, head, ROBUST_LIST_HEAD_SIZE)
    if words is None:
        return
    entry, offset, pending = words
    limit = ROBUST_LIST_LIMIT
    while entry & ~_PI != head and limit:
        following = _words(task, entry & ~_PI, _LONG)
        if entry != pending and not _futex_death(task, entry, offset, pending=False):
            return
        if following is None:
            return
        entry = following[0]
        limit -= 1
    if pending:
        _futex_death(task, pending, offset, pending=True)


def _words(task: TaskStruct, addr: int, size: int) -> list[int] | None:
    data = copy_from_user(task.system, addr, size)
    if len(data) < size:
        return None
    return [int.from_bytes(data[at : at + _LONG], "little") for at in range(0, size, _LONG)]


def _futex_death(task: TaskStruct, entry: int, offset: int, *, pending: bool) -> bool:
    # Say whether the list goes on. The pending entry may have been unlocked, and nobody woken.
    # Source: kernel/futex/core.c: handle_futex_death() [v6.18].
    uaddr = (entry & ~_PI) + offset & ULONG_MAX
    try:
        if uaddr % _INT:
            return False
        value = futex_get_value(task, uaddr)
        unlocked = pending and not value and not entry & _PI
        if value & FUTEX_TID_MASK == task.pid:
            futex = futex_write(task, uaddr)
            futex[:] = (value & FUTEX_WAITERS | FUTEX_OWNER_DIED).to_bytes(_INT, "little")
        elif not unlocked:
            return True
        if unlocked or (value & FUTEX_WAITERS and not entry & _PI):
            wake_up(task, get_futex_key(task, uaddr, shared=True, write=False), 1, _ANY)
    except LinuxError:
        return False
    return True
